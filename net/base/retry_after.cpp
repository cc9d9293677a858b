// SPDX-License-Identifier: MIT
#include "net/base/retry_after.h"

#include <time.h>

#include <algorithm>
#include <cstdint>
#include <string>

namespace daypack::core {

namespace {

// Seconds since 1970 of "Wed, 21 Oct 2015 07:28:00 GMT".
std::optional<std::int64_t> parse_date(std::string_view text) {
    tm date{};
    const std::string whole(text);
    const char* const rest = strptime(whole.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date);
    if (rest == nullptr || *rest != '\0') return std::nullopt;
    return std::int64_t{timegm(&date)};
}

}  // namespace

std::optional<int> parse_retry_after(std::string_view text, std::string_view date, WallTime now) {
    const bool digits = !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    if (digits) {
        int seconds = 0;  // of any number of digits: it stops growing long before it could overflow
        for (const char c : text) seconds = std::min(seconds * 10 + (c - '0'), kRetryAfterMax_s);
        return seconds;
    }
    const auto due_s = parse_date(text);
    if (!due_s) return std::nullopt;
    const std::int64_t now_s = parse_date(date).value_or(now.ns / 1'000'000'000);
    return static_cast<int>(std::clamp<std::int64_t>(*due_s - now_s, 0, kRetryAfterMax_s));
}

}  // namespace daypack::core
