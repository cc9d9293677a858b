// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <string>

namespace daypack::core {

struct AccountOptions {
    std::string what;         // balances, orders, positions or fills
    std::string config_path;  // empty: the exchange itself, and keys of the environment or of `key_file`
    std::string account;      // of the configuration; empty: its first
    std::string key_file;
    std::string rest_url;  // instead of the configuration's; empty: as that says
    std::string ca_file;   // likewise
    std::string symbol;    // native; empty: all
    std::uint32_t limit = 100;
    bool json = false;
};

// Prints what the exchange says of an account, asked once over REST. The exit code; throws ConfigError, or
// std::runtime_error with a sentence.
[[nodiscard]] int show_account(const AccountOptions& options);

}  // namespace daypack::core
