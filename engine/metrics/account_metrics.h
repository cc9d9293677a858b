// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace daypack::core {

// What a scrape tells of an account that an engine follows: how far it may be relied on, and what was mended. Nothing
// of what the account holds.
struct AccountFigures {
    struct Part {
        std::string name;  // orders, positions, balances, fills
        unsigned state = 0;
        unsigned reason = 0;
        std::uint64_t fetches = 0;      // that counted
        std::uint64_t differences = 0;  // rows that the stream should have told
        std::uint64_t missed = 0;       // rows that changed while there was no subscription
        std::uint64_t failures = 0;     // of fetches
    };
    std::string account;
    std::vector<Part> parts;  // that a channel asks for
    std::uint64_t events = 0;
    std::uint64_t connections = 0;
    std::uint64_t fills_given_up = 0;
    std::uint64_t histories_cut = 0;
};

// In the text format of metrics_text, to stand behind that page; empty where there is no account.
[[nodiscard]] std::string account_metrics_text(std::span<const AccountFigures> accounts);

}  // namespace daypack::core
