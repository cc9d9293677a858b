// SPDX-License-Identifier: MIT
#pragma once
#include <string>

#include "engine/config.h"

namespace daypack::core {

struct RunOptions {
    std::string config_path;
    double duration_s = 0;  // 0: until SIGINT or SIGTERM
    ConfigOverrides overrides;
    std::string log_level;  // debug, info, warning, error; empty: info, and with `quiet` warning
    bool log_json = false;
    bool quiet = false;
};

// Runs the engine in the foreground, with a live ladder where stdout is a terminal and a line a minute in the log
// elsewhere, and ends with what it saw; quiet, it says only what is wrong. The exit code; throws ConfigError, or
// std::runtime_error with a sentence.
[[nodiscard]] int run_engine(const RunOptions& options);

}  // namespace daypack::core
