// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <cstdlib>
#include <string>

#include "tools/sim/market/text.h"

namespace daypack::core::sim {

// Money and quantities of accounts: exact counts of 10^-10, up to some nine hundred million either way.
using Amount = std::int64_t;
inline constexpr int kAmountDecimals = 10;
inline constexpr Amount kOne = 10'000'000'000;

__extension__ using WideAmount = __int128;

// Exact where both have ten decimals together at most, else cut off.
[[nodiscard]] constexpr Amount times(Amount one, Amount other) noexcept {
    return static_cast<Amount>(static_cast<WideAmount>(one) * other / kOne);
}
// `whole * part / of`, cut off. REQUIRES: of != 0.
[[nodiscard]] constexpr Amount share(Amount whole, Amount part, Amount of) noexcept {
    return static_cast<Amount>(static_cast<WideAmount>(whole) * part / of);
}
[[nodiscard]] constexpr Amount ratio(Amount one, Amount other) noexcept {
    return share(one, kOne, other);
}
// A market's count of its last decimal.
[[nodiscard]] constexpr Amount amount_of(std::int64_t units, int decimals) noexcept {
    for (int i = decimals; i < kAmountDecimals; ++i) units *= 10;
    return units;
}

// As REST writes it: "-0.5", "20", "0".
[[nodiscard]] inline std::string text_of(Amount amount) {
    std::string out = amount < 0 ? "-" : "";
    append_trimmed(out, std::abs(amount), kAmountDecimals);
    return out == "-" ? "0" : out;
}
// With at least so many decimals: "20.1520".
[[nodiscard]] inline std::string text_of(Amount amount, int decimals) {
    std::string out = text_of(amount);
    const auto point = out.find('.');
    int has = point == std::string::npos ? 0 : static_cast<int>(out.size() - point - 1);
    if (has == 0 && decimals > 0) out.push_back('.');
    for (; has < decimals; ++has) out.push_back('0');
    return out;
}

}  // namespace daypack::core::sim
