// SPDX-License-Identifier: MIT
#pragma once
#include <optional>
#include <string>

namespace daypack::core::sim {

// What a request's head says of who asks: X-API-Key, X-Signature, X-Timestamp and X-Window, as they came.
struct Credentials {
    std::optional<std::string> api_key{};
    std::optional<std::string> signature{};
    std::optional<std::string> timestamp{};
    std::optional<std::string> window{};
};

}  // namespace daypack::core::sim
