// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <string_view>

namespace daypack::core {

// The two keys of a WebSocket's upgrade (RFC 6455, 4.1): what the client asks with, 16 random bytes in base64, and what
// the server must answer to it. Errors: an empty text where wolfSSL fails.
[[nodiscard]] std::string web_socket_key();
[[nodiscard]] std::string web_socket_accept(std::string_view key);

}  // namespace daypack::core
