// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#include "net/base/clock.h"

namespace daypack::core::bench {

// Time in the finest steps that this machine has, the same on every core and in every process.
[[nodiscard]] inline std::uint64_t ticks() noexcept {
#if defined(__x86_64__)
    return __rdtsc();
#else
    return static_cast<std::uint64_t>(mono_now().ns);
#endif
}

// Measured once, against the monotonic clock.
[[nodiscard]] inline double ns_per_tick() noexcept {
    static const double measured = [] {
        constexpr std::int64_t kLong_ns = 20'000'000;
        const MonoTime from = mono_now();
        const std::uint64_t began = ticks();
        MonoTime to;
        do {
            to = mono_now();
        } while (to - from < kLong_ns);
        return static_cast<double>(to - from) / static_cast<double>(ticks() - began);
    }();
    return measured;
}

// From `begin` to `end`; less than nothing where they are the other way round.
[[nodiscard]] inline std::int64_t ns_between(std::uint64_t begin, std::uint64_t end) noexcept {
    return static_cast<std::int64_t>(static_cast<double>(static_cast<std::int64_t>(end - begin)) * ns_per_tick());
}

inline void relax() noexcept {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

}  // namespace daypack::core::bench
