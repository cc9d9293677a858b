// SPDX-License-Identifier: MIT
#pragma once
#include <time.h>

#include <cstdint>

#include "book/types.h"
#include "net/base/tick_clock.h"

namespace daypack::core {

// The one place of net/ that reads the clocks; all else is handed the time.
//
// mono_now() is CLOCK_MONOTONIC, read from the processor's time stamp counter where that runs evenly at every load and
// in every sleep (an "invariant TSC"); elsewhere the kernel is asked. Each thread holds its counter against the
// kernel's clock every 10 ms or so, by itself, and never sees time go back. Two threads agree to some ten ns.

// What the calling thread's clock is worth.
struct ClockState {
    std::uint64_t tsc_khz = 0;  // 0: the kernel's clock is asked each time
    std::uint64_t drift_ppb = 0;
    std::uint64_t error_ns = 0;
};
[[nodiscard]] ClockState clock_state() noexcept;

namespace detail {
inline constinit thread_local TickClock thread_clock;
[[nodiscard]] MonoTime anchor_clock() noexcept;
}  // namespace detail

[[nodiscard]] inline MonoTime mono_now() noexcept {
#if defined(__x86_64__)
    const std::uint64_t ticks = __builtin_ia32_rdtsc();
    if (!detail::thread_clock.due(ticks)) [[likely]]
        return {detail::thread_clock.at(ticks)};
#endif
    return detail::anchor_clock();
}

[[nodiscard]] inline WallTime wall_now() noexcept {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return {now.tv_sec * 1'000'000'000 + now.tv_nsec};
}

}  // namespace daypack::core
