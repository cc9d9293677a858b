// SPDX-License-Identifier: MIT
#pragma once
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace daypack::core::sim {

// Decimal text of the simulated exchange: its own code, so that it can judge the engine's.
// A number is an integer count of 10^-decimals: "86786.0" with 1 decimal is 867860.

// Exact; nullopt for anything but digits with at most one point, for more non-zero decimals than `decimals`, and for
// what does not fit.
[[nodiscard]] std::optional<std::int64_t> parse_fixed(std::string_view text, int decimals) noexcept;

// Digits behind the point: 2 for "0.01", "1.50"; 0 for "10000".
[[nodiscard]] int decimals_of(std::string_view text) noexcept;

// As the venue's WebSocket pads it: "86786.0".
void append_padded(std::string& out, std::int64_t value, int decimals);

// As the venue's REST trims it: "86786".
void append_trimmed(std::string& out, std::int64_t value, int decimals);

template <class Integer>
void append_integer(std::string& out, Integer value) {
    char digits[24];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

}  // namespace daypack::core::sim
