// SPDX-License-Identifier: MIT
#include "net/base/host_port.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "net/base/lower_case.h"
#include "net/base/printable.h"

namespace daypack::core {
namespace {

constexpr std::size_t kHostBytesMax = 253;  // of a name in DNS

bool is_host_char(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

bool is_v6_address(const std::string& host) noexcept {
    in6_addr ignored{};
    return inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

}  // namespace

std::string parse_host_port(std::string_view text, HostPort& result) {
    result = {};
    std::string_view behind;  // the host: empty, or a colon and the port
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return "the bracket of the IPv6 address is not closed";
        result.host = lower_case(text.substr(1, end - 1));
        if (!is_v6_address(result.host)) return "no IPv6 address between the brackets";
        behind = text.substr(end + 1);
    } else {
        const std::size_t colon = std::min(text.find(':'), text.size());
        result.host = lower_case(text.substr(0, colon));
        behind = text.substr(colon);
        if (result.host.empty()) return "it names no host";
        if (result.host.size() > kHostBytesMax) return "the host's name is too long";
        if (!std::all_of(result.host.begin(), result.host.end(), is_host_char)) {
            return "\"" + printable(result.host) + "\" is no host name";
        }
    }
    if (behind.empty()) return {};
    const char* const last = behind.data() + behind.size();
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(behind.data() + 1, last, port);
    if (behind.front() != ':' || error != std::errc{} || end != last || port == 0) {
        return "the port is a number from 1 to 65535";
    }
    result.port = port;
    return {};
}

}  // namespace daypack::core
