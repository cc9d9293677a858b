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
    bool check = false;  // the configuration alone
    bool json = false;   // of that
};

// Checks the configuration, and asks nothing of the network. The exit code: 0, or 2 where it is wrong.
[[nodiscard]] int check_run(const RunOptions& options);

// Runs the engine in the foreground, with a live ladder where stdout is a terminal and a line a minute in the log
// elsewhere, and ends with what it saw; quiet, it says only what is wrong. The exit code; throws ConfigError, or
// std::runtime_error with a sentence.
[[nodiscard]] int run_engine(const RunOptions& options);

}  // namespace daypack::core
