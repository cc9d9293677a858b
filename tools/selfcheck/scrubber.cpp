// SPDX-License-Identifier: MIT
#include "tools/selfcheck/scrubber.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <regex>

#include "net/base/url.h"

namespace daypack::core::selfcheck {
namespace {

// What anybody may know.
bool is_public_host(std::string_view host) {
    return host == "api.backpack.exchange" || host == "ws.backpack.exchange" || host == "api.eu.backpack.exchange";
}

// Four numbers with points, or what only IPv6 has: two colons in a row, or many groups.
std::string without_addresses(const std::string& text) {
    static const std::regex ipv4(R"(\b\d{1,3}(\.\d{1,3}){3}\b)");
    static const std::regex ipv6(
        R"(\[?\b([0-9A-Fa-f]{1,4}:){3,7}[0-9A-Fa-f]{1,4}\b\]?|\[?([0-9A-Fa-f]{1,4}:){0,6}[0-9A-Fa-f]{0,4}::([0-9A-Fa-f]{1,4}:?){0,6}\]?)");
    return std::regex_replace(std::regex_replace(text, ipv4, "(address)"), ipv6, "(address)");
}

// Of files: those of the venue's API stay.
std::string without_paths(const std::string& text) {
    static const std::regex path(R"((^|[\s"'=(])/(?!api/)[\w.\-]+(/[\w.\-]+)*)");
    return std::regex_replace(text, path, "$1(path)");
}

// Neither a letter nor a digit stands right before or behind it.
bool is_word(std::string_view text, std::size_t at, std::size_t size) {
    const auto is_letter = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
    return (at == 0 || !is_letter(text[at - 1])) && (at + size == text.size() || !is_letter(text[at + size]));
}

}  // namespace

Scrubber::Scrubber(const Config& config) {
    const ExchangeConfig& exchange = config.exchange;
    hide(exchange.api_secret, "(secret)");
    hide(exchange.api_key, "(key)");
    hide(config.path, "(path)");
    hide(exchange.ca_file, "(path)");
    for (const std::string& address : exchange.local_address) hide(address, "(address)");
    const auto hide_host = [&](const std::string& text, UrlKind kind) {
        const Url url = parse_url(text, kind);
        if (is_public_host(url.host)) return;
        hide(text, "(url)");
        hide(url.name(), "(host)");
        hide(url.host, "(host)");
        if (!url.path.empty()) hide(url.path, "(path)");
    };
    for (const std::string& url : exchange.rest_urls) hide_host(url, UrlKind::rest);
    for (const std::string& url : exchange.ws_urls) hide_host(url, UrlKind::websocket);
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) == 0) hide_name(name.data(), "(machine)");
    for (const char* variable : {"HOME", "USER", "LOGNAME"}) {
        const char* value = std::getenv(variable);
        if (value != nullptr) hide_name(value, "(user)");
    }
}

void Scrubber::add(Hidden hidden) {
    if (hidden.text.empty()) return;
    hidden_.push_back(std::move(hidden));
    std::stable_sort(hidden_.begin(), hidden_.end(),
                     [](const Hidden& a, const Hidden& b) { return a.text.size() > b.text.size(); });
}

std::string Scrubber::scrubbed(std::string text) const {
    for (const Hidden& hidden : hidden_) {
        std::size_t from = 0;
        for (std::size_t at = text.find(hidden.text); at != std::string::npos; at = text.find(hidden.text, from)) {
            const bool hides = !hidden.is_name || is_word(text, at, hidden.text.size());
            if (hides) text.replace(at, hidden.text.size(), hidden.word);
            from = at + (hides ? hidden.word.size() : 1);
        }
    }
    return without_paths(without_addresses(text));
}

}  // namespace daypack::core::selfcheck
