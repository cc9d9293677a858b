// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "tools/sim/account/matching.h"
#include "tools/sim/server/rest.h"

namespace daypack::core::sim {

// What the signed part of REST answers from.
struct AccountView {
    const Matching& matching;
    const Account& account;
    const Holdings& holdings;     // as the answer is to show them: those of now, or older ones
    std::int64_t history_us = 0;  // what came later is in no history yet
    std::uint64_t seed = 0;       // of what varies from answer to answer
};

// The answer to a signed GET that was let in; 404 for a path that is not served.
[[nodiscard]] Reply account_answer(const AccountView& view, std::string_view target);
// The three histories, with their pages.
[[nodiscard]] Reply history_answer(const AccountView& view, std::string_view target);
// Body of /_sim/account: what is true of it, at one moment.
[[nodiscard]] std::string account_truth_body(const Account& account, bool is_over);

// The venue's answers, in one place for both.
[[nodiscard]] Reply json_reply(std::string body, int status = 200);
[[nodiscard]] Reply text_reply(std::string body, int status);
[[nodiscard]] Reply error_reply(int status, std::string_view code, std::string_view message);
[[nodiscard]] std::string quoted(std::string_view text);
[[nodiscard]] std::string quoted(Amount amount);
// "2026-09-01T17:54:04.094", or with six decimals: no zone is told, and it is UTC.
[[nodiscard]] std::string naive_iso(std::int64_t us, bool with_micros);

}  // namespace daypack::core::sim
