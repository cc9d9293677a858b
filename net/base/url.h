// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace daypack::core {

// Where a server is. Made by `parse_url` alone, so that one in hand is safe to use.
//
// Invariants: `host` is not empty, lower case, an IPv6 address without brackets; without `tls` it is a loopback host.
struct Url {
    bool tls = true;
    std::string host;
    std::uint16_t port = 443;
    std::string path;  // what every target begins with: "" or "/some/prefix", never ending in '/'

    // "ws.example.com:443": for people.
    [[nodiscard]] std::string name() const;
    // What the Host header says: the port only where it is not the scheme's own.
    [[nodiscard]] std::string host_header() const;

    bool operator==(const Url&) const = default;
};

enum class UrlKind : std::uint8_t { rest, websocket };

// "https://host[:port][/path]" for REST, "wss://…" for a WebSocket. The plain schemes, "http" and "ws", are taken for
// loopback hosts only. Throws std::runtime_error with a sentence that says what is wrong and what would be right.
[[nodiscard]] Url parse_url(std::string_view text, UrlKind kind);

// 127.0.0.0/8, ::1, localhost.
[[nodiscard]] bool is_loopback_host(std::string_view host) noexcept;

}  // namespace daypack::core
