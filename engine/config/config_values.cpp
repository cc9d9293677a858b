// SPDX-License-Identifier: MIT
#include "engine/config/config_values.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <stdexcept>

#include "net/backpack/symbol.h"
#include "net/base/edit_distance.h"
#include "net/base/host_port.h"

namespace daypack::core {
namespace {

bool alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool all_of(std::string_view text, std::string_view extra) {
    return std::all_of(text.begin(), text.end(),
                       [extra](char c) { return alphanumeric(c) || extra.find(c) != std::string_view::npos; });
}

}  // namespace

bool may_be_secret(std::string_view text) {
    if (text.size() > 10 && text.find("secret") != std::string_view::npos) return true;
    std::size_t run = 0;
    for (const char c : text) {
        run = alphanumeric(c) || c == '+' || c == '/' || c == '=' || c == '-' || c == '_' ? run + 1 : 0;
        if (run >= 40) return true;
    }
    return false;
}

std::string url_fault(std::string_view url, UrlKind kind) {
    try {
        (void)parse_url(url, kind);
        return {};
    } catch (const std::runtime_error& error) {
        if (may_be_secret(url)) return "is no URL; write it as in \"https://api.backpack.exchange\"";
        // The error reads `URL "…": why`, and the caller shows the URL itself.
        const std::string_view why = error.what();
        const auto start = why.find("\": ");
        return "is refused: " + std::string(start == std::string_view::npos ? why : why.substr(start + 3));
    }
}

std::string key_fault(std::string_view text) {
    const bool good = text.size() == 44 && text.back() == '=' && all_of(text.substr(0, 43), "+/") &&
                      // 43 characters carry 258 bits: the last has only four that mean something
                      std::string_view("AEIMQUYcgkosw048").find(text[42]) != std::string_view::npos;
    if (good) return {};
    return "is not base64 of 32 bytes; copy the key as the exchange shows it, 44 characters with `=` at the end";
}

std::string secret_fault(std::string_view text) {
    const bool is_long = text.size() == 88 && text.ends_with("==") && all_of(text.substr(0, 86), "+/") &&
                         // 86 characters carry 516 bits: the last has only two that mean something
                         std::string_view("AQgw").find(text[85]) != std::string_view::npos;
    return is_long ? std::string() : key_fault(text);
}

std::string symbol_fault(std::string_view text) {
    if (native_symbol(text)) return {};
    return "is no symbol: its parts are of letters and digits, with single dots between; write it as in \"BTC-USDC\", "
           "\"BTC_USDC\", \"BTC/USDC\" or \"SOL/USDC:USDC\"";
}

std::string listen_fault(std::string_view text) {
    HostPort address;
    if (parse_host_port(text, address).empty() && address.port) return {};
    return "is no address to listen on; write it as in \"127.0.0.1:9464\"";
}

std::string address_fault(std::string_view text) {
    const std::string address(text);
    in6_addr ignored{};
    const bool good =
        inet_pton(AF_INET, address.c_str(), &ignored) == 1 || inet_pton(AF_INET6, address.c_str(), &ignored) == 1;
    return good ? "" : "is no IP address; write it as in \"192.0.2.7\" or \"2001:db8::7\"";
}

std::string group_fault(std::string_view name) {
    if (!name.empty() && name.size() <= 32 && all_of(name, "_.-")) return {};
    return "is no name of a group; write it as in \"trading\", or \"\" for the group of the process";
}

std::string mode_fault(std::string_view text) {
    unsigned mode = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
    const bool octal = error == std::errc{} && end == text.data() + text.size() && text.size() >= 3 && text.size() <= 4;
    if (octal && mode <= 0666 && (mode & 0600) == 0600 && (mode & 0111) == 0) {
        if ((mode & 0022) == 0) return {};
        // Who may write it makes the books of every reader: that is the owner alone.
        std::array<char, 8> digits{};
        (void)std::snprintf(digits.data(), digits.size(), "%04o", mode & ~0022u);
        return "lets others than the owner write the books; write \"" + std::string(digits.data()) + "\" instead";
    }
    return "is no mode for a file that its owner reads and writes; write it as in \"0640\"";
}

std::string nearest_word(std::string_view word, const std::vector<std::string>& words) {
    const std::string_view start = word.substr(0, 64);
    std::size_t best = std::max<std::size_t>(1, (start.size() + 1) / 3) + 1;
    std::string nearest;
    for (const auto& candidate : words) {
        const std::size_t away = edit_distance(start, candidate);
        if (away < best && away < candidate.size()) {
            best = away;
            nearest = candidate;
        }
    }
    return nearest;
}

std::string shown(std::string_view text) {
    if (may_be_secret(text)) return "(not shown)";
    constexpr std::size_t kMaxShown = 80;
    std::string out = "\"";
    for (const char c : text.substr(0, kMaxShown)) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    return out + (text.size() > kMaxShown ? "…\"" : "\"");
}

}  // namespace daypack::core
