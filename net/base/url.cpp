// SPDX-License-Identifier: MIT
#include "net/base/url.h"

#include <arpa/inet.h>

#include <charconv>
#include <stdexcept>

#include "net/base/printable.h"

namespace daypack {
namespace {

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
    throw std::runtime_error("URL \"" + printable(text, 300) + "\": " + why);
}

bool is_host_char(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return result;
}

// Cuts "host", "host:port" or "[v6]:port" into the URL's fields.
void parse_authority(std::string_view authority, std::string_view text, Url& url) {
    std::string_view port;
    if (authority.starts_with('[')) {
        const std::size_t end = authority.find(']');
        if (end == std::string_view::npos) refuse(text, "the bracket of the IPv6 address is not closed");
        url.host = lower(authority.substr(1, end - 1));
        in6_addr ignored{};
        if (inet_pton(AF_INET6, url.host.c_str(), &ignored) != 1) refuse(text, "no IPv6 address between the brackets");
        port = authority.substr(end + 1);
    } else {
        const std::size_t colon = authority.find(':');
        url.host = lower(authority.substr(0, colon));
        port = colon == std::string_view::npos ? std::string_view{} : authority.substr(colon);
        if (url.host.empty()) refuse(text, "it names no host");
        if (url.host.size() > 253) refuse(text, "the host's name is too long");
        for (const char c : url.host) {
            if (!is_host_char(c)) refuse(text, "\"" + printable(url.host) + "\" is no host name");
        }
    }
    if (port.empty()) return;
    const char* const first = port.data() + 1;
    const char* const last = port.data() + port.size();
    const auto [end, error] = std::from_chars(first, last, url.port);
    if (port[0] != ':' || error != std::errc{} || end != last || url.port == 0) {
        refuse(text, "the port is a number from 1 to 65535");
    }
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
    const std::string scheme = lower(text.substr(0, mark == std::string_view::npos ? 0 : mark));
    if (scheme != secure && scheme != plain) refuse(text, "it must begin with " + secure + "://");

    Url url;
    url.tls = scheme == secure;
    url.port = url.tls ? 443 : 80;
    const std::string_view behind = text.substr(mark + 3);
    const std::size_t slash = behind.find_first_of("/?#");
    parse_authority(behind.substr(0, slash), text, url);
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

}  // namespace daypack
