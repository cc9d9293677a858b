// SPDX-License-Identifier: MIT
#include "net/base/refused.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace daypack::core {

namespace {

constexpr std::size_t kLooked = 4'096;  // of a body: an edge's page is short

}  // namespace

bool is_blocked(int status, std::string_view body) {
    if (status != 403) return false;
    std::string text(body.substr(0, kLooked));
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto says = [&text](std::string_view words) { return text.find(words) != std::string::npos; };
    if (says("from your country") || says("your region") || says("your location")) return false;
    constexpr std::array kWords{
        "request blocked",  "request could not be satisfied", "you have been blocked", "too much traffic", "rate limit",
        "too many requests"};
    return std::ranges::any_of(kWords, says);
}

std::string blocked_words() {
    return "request blocked by the firewall in front of the exchange: too many requests from this address, or a rule "
           "of "
           "its own; held back like after a 429";
}

std::string region_refused(const std::string& key) {
    return "the exchange refuses this address or region; set " + key + " to a host that serves it";
}

}  // namespace daypack::core
