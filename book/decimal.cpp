// SPDX-License-Identifier: MIT
#include "book/decimal.h"

#include <algorithm>
#include <array>

#include "book/digits.h"

namespace daypack::core {
namespace {

constexpr std::int64_t kMax = INT64_MAX;
constexpr int kMaxExponent = 18;

constexpr std::array<std::int64_t, 19> kPowersOfTen = [] {
    std::array<std::int64_t, 19> powers{};
    std::int64_t power = 1;
    for (auto& entry : powers) {
        entry = power;
        if (power <= kMax / 10) power *= 10;
    }
    return powers;
}();

// Digits of a plain decimal as one integer, and how many of them stood behind the point.
struct Digits {
    std::int64_t value = 0;
    int fraction = 0;
};

// Reads a usual decimal: up to 16 characters with at most one point, between digits. Returns false for any other text,
// which the slow way then reads or rejects.
bool read_usual(std::string_view text, Digits& digits) noexcept {
    if (text.empty() || text.size() > 16) return false;
    const std::size_t head = text.size() > 8 ? text.size() - 8 : 0;
    Digits8 high(text.substr(0, head));
    Digits8 low(text.substr(head));
    unsigned behind = low.behind_point();
    if (behind < 8) {
        low.close_up(behind, high.last());
        high.close_up(0, '0');
    } else {
        behind = 8 + high.behind_point();
        if (behind < 16) high.close_up(behind - 8, '0');
    }
    if (behind == 0 || behind + 1 == text.size() || !high.are_digits() || !low.are_digits()) return false;
    digits.value = static_cast<std::int64_t>(high.value() * 100'000'000 + low.value());
    digits.fraction = behind < 16 ? static_cast<int>(behind) : 0;
    return true;
}

Result<Digits> read_slowly(std::string_view text) noexcept {
    const std::size_t point = std::min(text.find('.'), text.size());
    const std::string_view whole = text.substr(0, point);
    std::string_view part = point < text.size() ? text.substr(point + 1) : std::string_view("0");
    for (const std::string_view digits : {whole, part}) {
        if (digits.empty()) return Errc::not_a_number;
        for (const char c : digits) {
            if (c < '0' || c > '9') return Errc::not_a_number;
        }
    }
    while (!part.empty() && part.back() == '0') part.remove_suffix(1);  // padding must not overflow
    if (part.size() > static_cast<std::size_t>(kMaxExponent)) return Errc::off_tick;
    Digits result;
    for (const std::string_view digits : {whole, part}) {
        for (const char c : digits) {
            if (result.value > (kMax - (c - '0')) / 10) return Errc::overflow;
            result.value = result.value * 10 + (c - '0');
        }
    }
    result.fraction = static_cast<int>(part.size());
    return result;
}

Result<Digits> read_decimal(std::string_view text) noexcept {
    Digits digits;
    return read_usual(text, digits) ? Result<Digits>(digits) : read_slowly(text);
}

}  // namespace

Result<Unit> parse_unit(std::string_view text) noexcept {
    const auto digits = read_decimal(text);
    if (!digits) return digits.errc();
    std::int64_t mantissa = digits->value;
    int exponent = -digits->fraction;
    if (mantissa == 0) return Errc::not_a_number;
    while (mantissa % 10 == 0) {
        mantissa /= 10;
        ++exponent;
    }
    return Unit{mantissa, static_cast<std::int8_t>(exponent)};
}

Result<Decimal> parse_decimal(std::string_view text) noexcept {
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    const auto digits = read_decimal(text);
    if (!digits) return digits.errc();
    std::int64_t mantissa = digits->value;
    int fraction = digits->fraction;
    for (; fraction > 0 && mantissa % 10 == 0; --fraction) mantissa /= 10;
    return Decimal{negative ? -mantissa : mantissa, static_cast<std::int8_t>(-fraction)};
}

Result<std::int64_t> parse_units(std::string_view text, Unit unit) noexcept {
    const auto digits = read_decimal(text);
    if (!digits) return digits.errc();
    std::int64_t value = digits->value;
    const int shift = -unit.exponent - digits->fraction;  // how many zeros to add so that it counts 10^exponent
    if (shift < -kMaxExponent || shift > kMaxExponent) return value == 0 ? Result<std::int64_t>(0) : Errc::off_tick;
    if (shift > 0) {
        const std::int64_t power = kPowersOfTen[static_cast<std::size_t>(shift)];
        if (value > kMax / power) return Errc::overflow;
        value *= power;
    } else if (shift < 0) {
        const std::int64_t power = kPowersOfTen[static_cast<std::size_t>(-shift)];
        if (value % power != 0) return Errc::off_tick;
        value /= power;
    }
    if (unit.mantissa != 1) {
        if (value % unit.mantissa != 0) return Errc::off_tick;
        value /= unit.mantissa;
    }
    return value;
}

Result<Unit> finer_unit(std::string_view text, Unit unit) noexcept {
    const auto fits = parse_units(text, unit);
    if (fits) return unit;
    if (fits.errc() != Errc::off_tick) return fits.errc();
    const auto own = parse_unit(text);
    if (!own) return own.errc();
    const Unit finer{1, std::min(unit.exponent, own->exponent)};
    const auto counted = parse_units(text, finer);
    return counted ? Result<Unit>(finer) : counted.errc();
}

std::string format_decimal(std::int64_t mantissa, int exponent, int decimals) {
    // The smallest of all has no positive twin.
    const auto magnitude = mantissa < 0 ? -static_cast<std::uint64_t>(mantissa) : static_cast<std::uint64_t>(mantissa);
    std::string digits = std::to_string(magnitude);
    if (mantissa != 0) digits.append(static_cast<std::size_t>(exponent + decimals), '0');
    const auto width = static_cast<std::size_t>(decimals);
    if (digits.size() <= width) digits.insert(0, width + 1 - digits.size(), '0');
    if (decimals > 0) digits.insert(digits.size() - width, 1, '.');
    return mantissa < 0 ? "-" + digits : digits;
}

std::string format_unit(Unit unit) {
    return format_units(1, unit);
}

std::string format_units(std::int64_t count, Unit unit) {
    return format_decimal(count * unit.mantissa, unit.exponent, unit.decimals());
}

}  // namespace daypack::core
