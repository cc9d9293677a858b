// SPDX-License-Identifier: MIT
#pragma once
#include <string>

namespace daypack {

struct RunOptions {
    std::string config_path;
    double duration_s = 0;  // 0: until SIGINT or SIGTERM
    // What follows overrides the file; empty: as the file says.
    std::string instance;
    std::string rest_url;
    std::string ws_url;
    std::string ca_file;
};

// Runs the engine in the foreground, with a live ladder where stdout is a terminal and a line per symbol and second
// elsewhere, and ends with what it saw. The exit code; throws ConfigError, or std::runtime_error with a sentence.
[[nodiscard]] int run_engine(const RunOptions& options);

}  // namespace daypack
