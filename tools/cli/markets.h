// SPDX-License-Identifier: MIT
#pragma once
#include <string>

namespace daypack::core {

struct MarketsOptions {
    std::string config_path;  // empty: the venue's own hosts
    bool json = false;
};

// Prints the exchange's markets, a line each. The exit code; throws ConfigError, or std::runtime_error with a sentence.
[[nodiscard]] int show_markets(const MarketsOptions& options);

}  // namespace daypack::core
