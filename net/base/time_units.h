// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

namespace daypack::core {

// Times are counted in ns inside; what people write, and what is said to them, is in ms and s.
[[nodiscard]] constexpr std::int64_t ms_to_ns(std::int64_t ms) noexcept {
    return ms * 1'000'000;
}
[[nodiscard]] constexpr std::int64_t s_to_ns(std::int64_t s) noexcept {
    return s * 1'000'000'000;
}
[[nodiscard]] constexpr std::int64_t s_to_ms(std::int64_t s) noexcept {
    return s * 1'000;
}
[[nodiscard]] constexpr std::int64_t ns_to_ms(std::int64_t ns) noexcept {
    return ns / 1'000'000;
}

}  // namespace daypack::core
