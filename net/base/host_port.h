// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace daypack::core {

// A host and perhaps a port, as they stand in a URL and in an address to listen on.
struct HostPort {
    std::string host;                   // lower case; an IPv6 address without its brackets
    std::optional<std::uint16_t> port;  // none: none is given
};

// Reads "host", "host:port", "[v6]" and "[v6]:port". Returns "" or what is wrong, for a sentence that names the text.
[[nodiscard]] std::string parse_host_port(std::string_view text, HostPort& result);

}  // namespace daypack::core
