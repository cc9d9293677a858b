// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstdint>
#include <random>

namespace daypack::core {

inline constexpr std::int64_t kBackoffMin_ms = 100;
inline constexpr std::int64_t kBackoffMax_ms = 10'000;

// How long to wait before the next attempt, after `tries` that failed in a row (the first failure is 1). Doubles with
// each, and lies somewhere in the upper half of its span, so that the clients of a server that came back do not come
// all at once. `jitter`: a random number in [0, 1). Always in [kBackoffMin_ms, kBackoffMax_ms].
[[nodiscard]] constexpr std::int64_t next_delay_ms(std::uint32_t tries, double jitter) noexcept {
    const std::uint32_t doublings = std::min<std::uint32_t>(tries, 16);
    const std::int64_t span = std::clamp(kBackoffMin_ms << doublings, 2 * kBackoffMin_ms, kBackoffMax_ms);
    const std::int64_t half = span / 2;
    return half + static_cast<std::int64_t>(static_cast<double>(half) * std::clamp(jitter, 0.0, 1.0));
}

// The same with a jitter that is drawn.
template <std::uniform_random_bit_generator Random>
[[nodiscard]] std::int64_t drawn_delay_ms(std::uint32_t tries, Random& random) {
    return next_delay_ms(tries, std::uniform_real_distribution<>(0.0, 1.0)(random));
}

}  // namespace daypack::core
