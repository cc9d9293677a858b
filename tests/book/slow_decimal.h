// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "book/decimal.h"

namespace daypack::core::slow {

// Decimal arithmetic on strings of digits. It is slow and obvious, to check the fast implementation with.

inline std::string without_leading_zeros(std::string digits) {
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
    return digits;
}

inline bool fits(const std::string& digits) {
    constexpr std::string_view kMax = "9223372036854775807";
    return digits.size() < kMax.size() || (digits.size() == kMax.size() && digits <= kMax);
}

// Divides digit by digit; returns nothing when there is a remainder. REQUIRES: by <= 10^18.
inline std::optional<std::string> divided(const std::string& digits, std::int64_t by) {
    std::string quotient;
    std::uint64_t rest = 0;
    for (const char c : digits) {
        rest = rest * 10 + static_cast<unsigned>(c - '0');
        quotient += static_cast<char>('0' + rest / static_cast<std::uint64_t>(by));
        rest %= static_cast<std::uint64_t>(by);
    }
    if (rest != 0) return std::nullopt;
    return without_leading_zeros(quotient);
}

struct Units {
    Errc errc = Errc::ok;
    std::string count;          // digits, none for zero
    bool may_overflow = false;  // on the way a number above 63 bits stands: an implementation may give up there
};

inline Units units(std::string_view text, Unit unit) {
    const std::size_t point = text.find('.');
    std::string whole(text.substr(0, point));
    std::string part(point == std::string_view::npos ? "0" : text.substr(point + 1));
    if (whole.empty() || part.empty() || (whole + part).find_first_not_of("0123456789") != std::string::npos) {
        return {Errc::not_a_number, {}, false};
    }
    while (!part.empty() && part.back() == '0') part.pop_back();
    const bool may_overflow = !fits(without_leading_zeros(whole + part));
    std::string digits;  // in units of 10^exponent
    if (unit.exponent <= 0) {
        const auto places = static_cast<std::size_t>(-unit.exponent);
        if (part.size() > places) return {Errc::off_tick, {}, may_overflow};
        digits = whole + part + std::string(places - part.size(), '0');
    } else {
        const auto places = static_cast<std::size_t>(unit.exponent);
        whole = std::string(places, '0') + whole;
        const std::string tail = whole.substr(whole.size() - places);
        if (!part.empty() || tail.find_first_not_of('0') != std::string::npos) {
            return {Errc::off_tick, {}, may_overflow};
        }
        digits = whole.substr(0, whole.size() - places);
    }
    digits = without_leading_zeros(digits);
    const bool overflows = may_overflow || !fits(digits);
    const auto count = divided(digits, unit.mantissa);
    if (!count) return {Errc::off_tick, {}, overflows};
    if (!fits(*count)) return {Errc::overflow, {}, true};
    return {Errc::ok, *count, overflows};
}

// Returns what is wrong with the fast implementation's answer; empty when it is right.
inline std::string judge(std::string_view text, Unit unit, const Result<std::int64_t>& fast) {
    const Units model = units(text, unit);
    if (!fast && fast.errc() == Errc::overflow && model.may_overflow) return {};
    if (fast.errc() != model.errc) {
        return std::string(text) + ": " + errc_name(fast.errc()) + ", not " + errc_name(model.errc);
    }
    if (!fast) return {};
    const std::string is = std::to_string(*fast);
    const std::string expected = model.count.empty() ? "0" : model.count;
    return is == expected ? std::string() : std::string(text) + ": " + is + ", not " + expected;
}

}  // namespace daypack::core::slow
