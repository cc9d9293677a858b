// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace daypack::core {

struct SignOptions {
    std::string instruction;
    std::vector<std::string> parameters;  // "key=value"; "," begins the next element of a batch
    std::string text;                     // signed as it stands, where `as_text`
    bool as_text = false;
    std::int64_t timestamp_ms = 0;  // 0: now, by this machine's clock
    std::int64_t window_ms = 5'000;
    bool unchecked = false;  // values with % or reserved characters are signed as they are
    std::string key_file;    // empty: the environment
    bool json = false;
};

// Prints what is signed for a call, its signature and its headers. The exit code; throws ConfigError.
[[nodiscard]] int show_signature(const SignOptions& options);

}  // namespace daypack::core
