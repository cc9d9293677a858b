// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <string_view>

#include "book/digits.h"
#include "book/types.h"
#include "net/base/json.h"

namespace daypack::core {

// A whole number, in quotes or not.
[[nodiscard]] inline bool read_number(const json::Value& from, std::uint64_t& number) noexcept {
    const std::string_view text = from.scalar();
    return read_digits(json::is_quoted(text) ? json::unquoted(text) : text, number);
}

// Such a number of units of `scale` µs.
[[nodiscard]] inline bool read_time(const json::Value& from, std::int64_t scale, VenueTime& time) noexcept {
    std::uint64_t number = 0;
    if (!read_number(from, number) || number > static_cast<std::uint64_t>(INT64_MAX / scale)) return false;
    time.us = static_cast<std::int64_t>(number) * scale;
    return true;
}

}  // namespace daypack::core
