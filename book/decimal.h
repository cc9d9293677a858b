// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "book/result.h"

namespace daypack::core {

// The unit of prices or quantities: mantissa × 10^exponent, as in tick 0.1 = {1, -1}, tick 0.5 = {5, -1},
// step 10000 = {1, 4}. Text is converted to a whole number of units or to an error; it is never rounded.
struct Unit {
    std::int64_t mantissa = 1;
    std::int8_t exponent = 0;
    bool operator==(const Unit&) const = default;

    // How many decimals print every multiple of the unit alike: 1 for 0.1, 0 for 10000.
    [[nodiscard]] int decimals() const noexcept { return exponent < 0 ? -exponent : 0; }
};

// A decimal that has no unit, as a mark price or a funding rate: mantissa × 10^exponent, as finely as it was written.
struct Decimal {
    std::int64_t mantissa = 0;
    std::int8_t exponent = 0;
    bool operator==(const Decimal&) const = default;
};

// "-0.0000125" -> {-125, -7}; zeros at the end of a fraction count for nothing. Errors: not_a_number, off_tick beyond
// 18 decimals, overflow.
[[nodiscard]] Result<Decimal> parse_decimal(std::string_view text) noexcept;

// "0.0100" -> {1, -2}. Anything but a positive plain decimal in range is an error.
[[nodiscard]] Result<Unit> parse_unit(std::string_view text) noexcept;

// "86786.0" and "86786" in units of 0.1 -> 867860. Padding does not matter (the venue pads over WebSocket and trims
// over REST). Errors: not_a_number (signs and exponents too: the venue sends none), off_tick, overflow.
[[nodiscard]] Result<std::int64_t> parse_units(std::string_view text, Unit unit) noexcept;

// The unit that holds `text` as well as all that `unit` holds: `unit` itself, or the coarsest power of ten that does.
// Errors: not_a_number; off_tick where 10^-18 is too coarse; overflow where the text does not fit 63 bits.
[[nodiscard]] Result<Unit> finer_unit(std::string_view text, Unit unit) noexcept;

// mantissa × 10^exponent as plain text with exactly `decimals` decimals. REQUIRES: decimals >= -exponent.
[[nodiscard]] std::string format_decimal(std::int64_t mantissa, int exponent, int decimals);

// One unit as a plain decimal: 0.1, 10000.
[[nodiscard]] std::string format_unit(Unit unit);

// The inverse of parse_units, padded to the unit.
[[nodiscard]] std::string format_units(std::int64_t count, Unit unit);

}  // namespace daypack::core
