// SPDX-License-Identifier: MIT
#include "net/base/url.h"

#include <arpa/inet.h>

#include <stdexcept>

#include "net/base/host_port.h"
#include "net/base/lower_case.h"
#include "net/base/printable.h"

namespace daypack::core {
namespace {

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
    throw std::runtime_error("URL \"" + printable(text, 300) + "\": " + why);
}

}  // namespace

bool is_loopback_host(std::string_view host) noexcept {
    char address[INET_ADDRSTRLEN] = {};
    if (host == "localhost" || host == "::1") return true;
    if (host.size() >= sizeof address) return false;
    host.copy(address, host.size());
    in_addr parsed{};
    return inet_pton(AF_INET, address, &parsed) == 1 && (ntohl(parsed.s_addr) >> 24) == 127;
}

std::string Url::name() const {
    const bool v6 = host.find(':') != std::string::npos;
    return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string Url::host_header() const {
    const std::string full = name();
    return port == (tls ? 443 : 80) ? full.substr(0, full.rfind(':')) : full;
}

Url parse_url(std::string_view text, UrlKind kind) {
    const bool rest = kind == UrlKind::rest;
    const std::string secure = rest ? "https" : "wss";
    const std::string plain = rest ? "http" : "ws";
    const std::size_t mark = text.find("://");
    const std::string scheme = lower_case(text.substr(0, mark == std::string_view::npos ? 0 : mark));
    if (scheme != secure && scheme != plain) refuse(text, "it must begin with " + secure + "://");

    Url url;
    url.tls = scheme == secure;
    const std::string_view behind = text.substr(mark + 3);
    const std::size_t slash = behind.find_first_of("/?#");
    HostPort address;
    if (const std::string why = parse_host_port(behind.substr(0, slash), address); !why.empty()) refuse(text, why);
    url.host = std::move(address.host);
    url.port = address.port.value_or(url.tls ? 443 : 80);
    if (slash != std::string_view::npos) url.path = behind.substr(slash);
    for (const char c : url.path) {
        if (c == '?' || c == '#') refuse(text, "a path may follow the host, but no query and no fragment");
        if (c <= ' ' || c >= 127) refuse(text, "a blank or special character is in the path");
    }
    while (url.path.ends_with('/')) url.path.pop_back();
    if (!url.tls && !is_loopback_host(url.host)) {
        refuse(text, "plain " + plain + ":// is taken for loopback hosts only; use " + secure + "://");
    }
    return url;
}

}  // namespace daypack::core
