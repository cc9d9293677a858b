#include "net/retry_after.h"

#include <time.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <string>

namespace daypack {

std::optional<int> parse_retry_after(std::string_view text, WallTime now) {
    int seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error == std::errc{} && end == text.data() + text.size() && seconds >= 0) return seconds;
    tm date{};
    const std::string whole(text);
    const char* const rest = strptime(whole.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date);
    if (rest == nullptr || *rest != '\0') return std::nullopt;
    const std::int64_t away_s = std::int64_t{timegm(&date)} - now.ns / 1'000'000'000;
    return static_cast<int>(std::clamp<std::int64_t>(away_s, 0, std::numeric_limits<int>::max()));
}

}  // namespace daypack
