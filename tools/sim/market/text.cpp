// SPDX-License-Identifier: MIT
#include "tools/sim/market/text.h"

#include <algorithm>
#include <iterator>
#include <limits>

namespace daypack::core::sim {

std::optional<std::int64_t> parse_fixed(std::string_view text, int decimals) noexcept {
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    std::int64_t value = 0;
    int behind_point = -1;  // -1: no point yet
    bool any_digit = false;
    const auto push = [&value](int digit) {
        if (value > (kMax - digit) / 10) return false;
        value = value * 10 + digit;
        return true;
    };
    for (const char c : text) {
        if (c == '.') {
            if (behind_point >= 0) return std::nullopt;
            behind_point = 0;
            continue;
        }
        if (c < '0' || c > '9') return std::nullopt;
        any_digit = true;
        if (behind_point == decimals) {
            if (c != '0') return std::nullopt;
            continue;
        }
        if (!push(c - '0')) return std::nullopt;
        if (behind_point >= 0) ++behind_point;
    }
    if (!any_digit) return std::nullopt;
    for (int i = std::max(behind_point, 0); i < decimals; ++i) {
        if (!push(0)) return std::nullopt;
    }
    return value;
}

int decimals_of(std::string_view text) noexcept {
    const auto point = text.find('.');
    return point == std::string_view::npos ? 0 : static_cast<int>(text.size() - point - 1);
}

void append_padded(std::string& out, std::int64_t value, int decimals) {
    char buffer[24];
    const std::string_view digits(
        buffer, static_cast<std::size_t>(std::to_chars(buffer, std::end(buffer), value).ptr - buffer));
    const auto behind_point = static_cast<std::size_t>(decimals);
    if (behind_point == 0) {
        out += digits;
    } else if (digits.size() > behind_point) {
        out += digits.substr(0, digits.size() - behind_point);
        out.push_back('.');
        out += digits.substr(digits.size() - behind_point);
    } else {
        out += "0.";
        out.append(behind_point - digits.size(), '0');
        out += digits;
    }
}

void append_trimmed(std::string& out, std::int64_t value, int decimals) {
    for (; decimals > 0 && value % 10 == 0; --decimals) value /= 10;
    append_padded(out, value, decimals);
}

}  // namespace daypack::core::sim
