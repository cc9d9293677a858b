// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <string>
#include <string_view>

namespace daypack::core::selfcheck {

// Decimals as text, for whoever asks how they are written and not what they are worth.

// Digits, with a point among them at most: no sign, no exponent.
[[nodiscard]] inline bool is_plain_decimal(std::string_view text) noexcept {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const std::size_t point = std::min(text.find('.'), text.size());
    const std::string_view whole = text.substr(0, point);
    const std::string_view fraction = text.substr(std::min(point + 1, text.size()));
    return !whole.empty() && std::all_of(whole.begin(), whole.end(), is_digit) &&
           std::all_of(fraction.begin(), fraction.end(), is_digit) && (point == text.size() || !fraction.empty());
}

// How many digits stand behind the point.
[[nodiscard]] inline int decimals_of(std::string_view text) noexcept {
    const std::size_t point = text.find('.');
    return point == std::string_view::npos ? 0 : static_cast<int>(text.size() - point - 1);
}

// "86787.0" and "86787" are both "86787".
[[nodiscard]] inline std::string without_padding(std::string_view text) {
    if (text.find('.') == std::string_view::npos) return std::string(text);
    while (text.back() == '0') text.remove_suffix(1);
    if (text.back() == '.') text.remove_suffix(1);
    return std::string(text);
}

}  // namespace daypack::core::selfcheck
