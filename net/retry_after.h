#pragma once
#include <optional>
#include <string_view>

#include "book/types.h"

namespace daypack {

// Seconds from `now` that a Retry-After header asks for, in either of its forms: "120", or
// "Wed, 21 Oct 2015 07:28:00 GMT" (0 where that is over). None: it says neither.
[[nodiscard]] std::optional<int> parse_retry_after(std::string_view text, WallTime now);

}  // namespace daypack
