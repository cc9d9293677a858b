// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <vector>

namespace daypack::core {

// What only this machine can answer about a value: whether the file, the group or the address that it names is
// there. Like the checks of config_values.h they return "" when all is well, and repeat no value but an address.
// load_config asks them, parse_config does not: its answer is the same everywhere.

// It is no pipe, socket or device, which could be waited for for ever, and be read but once. What is not there is not
// judged.
[[nodiscard]] std::string file_kind_fault(const std::string& path);

// Certificates in PEM can be read from it; an empty path is the system's trust store, and well.
[[nodiscard]] std::string ca_file_fault(const std::string& path);

// They belong together: what a secret makes of itself is the verifying key. Both empty, or one: well.
[[nodiscard]] std::string key_pair_fault(const std::string& api_key, const std::string& api_secret);

// Keys can be read from it, and by no one else.
[[nodiscard]] std::string account_fault(const std::string& key_file);

// The machine has these addresses.
[[nodiscard]] std::string missing_address_fault(const std::vector<std::string>& addresses);

// The machine has such a group; an empty name is the group of the process, and well.
[[nodiscard]] std::string missing_group_fault(const std::string& name);

}  // namespace daypack::core
