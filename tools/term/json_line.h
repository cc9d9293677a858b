// SPDX-License-Identifier: MIT
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace daypack::core {

// JSON as one line of printable ASCII, without its end: all else stands as an escape. Bytes that are not
// UTF-8, as files of the kernel or a hostile segment may hold them, become U+FFFD, so that what is printed is always
// JSON.
[[nodiscard]] std::string json_line(const nlohmann::ordered_json& json);

}  // namespace daypack::core
