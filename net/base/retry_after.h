// SPDX-License-Identifier: MIT
#pragma once
#include <optional>
#include <string_view>

#include "book/types.h"

namespace daypack::core {

// The longest that a server is obeyed: what is asked again after this time costs nobody anything, and a number with a
// slip of the pen, or a date by a clock that is hours off, must not silence a market for the day.
inline constexpr int kRetryAfterMax_s = 300;

// The pause after a 429, or a firewall's 403, that does not say how long: the venue publishes no figure, and a shorter
// one risks the address.
inline constexpr int kTooManyRequests_s = 10;

// Seconds that a Retry-After header asks for, in either of its forms: "120", or "Wed, 21 Oct 2015 07:28:00 GMT" (0
// where that is over); never more than kRetryAfterMax_s. None: it says neither. `date`: the answer's Date header, by
// the same clock as a date in `text`; where it is none, `now` stands for it.
[[nodiscard]] std::optional<int> parse_retry_after(std::string_view text, std::string_view date, WallTime now);

}  // namespace daypack::core
