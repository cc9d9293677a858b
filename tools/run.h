#pragma once
#include <optional>
#include <string>

namespace daypack {

struct RunOptions {
    std::string config_path;
    double duration_s = 0;  // 0: until SIGINT or SIGTERM
    std::optional<std::string> instance, rest_url, ws_url, ca_file;  // override the file
};

// Runs the engine in the foreground, with a live ladder where stdout is a terminal and a line per symbol and second
// elsewhere, and ends with what it saw. Returns the exit code; throws ConfigError and what Engine throws.
int run_engine(const RunOptions& options);

}  // namespace daypack
