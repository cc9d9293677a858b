// SPDX-License-Identifier: MIT
#include "net/base/clock.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <cmath>

namespace daypack::core {
namespace {

[[nodiscard]] std::int64_t kernel_ns() noexcept {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

#if defined(__x86_64__)

[[nodiscard]] bool tsc_is_invariant() noexcept {
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid(0x80000007, &a, &b, &c, &d) != 0 && (d >> 8 & 1) != 0;
}

// Both clocks at one moment: of some tries the one in which the least time lay between them, since any may have been
// interrupted.
struct Both {
    std::uint64_t ticks = 0;
    std::int64_t ns = 0;
};
[[nodiscard]] Both read_both() noexcept {
    constexpr int kTries = 4;
    Both best;
    std::uint64_t best_gap = UINT64_MAX;
    for (int i = 0; i < kTries; ++i) {
        const std::uint64_t before = __builtin_ia32_rdtsc();
        const std::int64_t ns = kernel_ns();
        const std::uint64_t gap = __builtin_ia32_rdtsc() - before;
        if (gap >= best_gap) continue;
        best_gap = gap;
        best = {before + gap / 2, ns};
    }
    return best;
}

// A first guess of ns a tick, once in a process; 0: the counter is of no use.
[[nodiscard]] double first_guess() noexcept {
    static const double guess = [] {
        constexpr std::int64_t kSpin_ns = 1'000'000;
        if (!tsc_is_invariant()) return 0.0;
        const Both from = read_both();
        Both to = from;
        while (to.ns - from.ns < kSpin_ns) to = read_both();
        return to.ticks <= from.ticks
                   ? 0.0
                   : static_cast<double>(to.ns - from.ns) / static_cast<double>(to.ticks - from.ticks);
    }();
    return guess;
}

#endif

}  // namespace

MonoTime detail::anchor_clock() noexcept {
#if defined(__x86_64__)
    if (!thread_clock.started()) thread_clock.start(first_guess());
    if (thread_clock.started()) {
        const Both both = read_both();
        return {thread_clock.anchor(both.ticks, both.ns)};
    }
#endif
    return {kernel_ns()};
}

ClockState clock_state() noexcept {
    const TickClock& clock = detail::thread_clock;
    if (!clock.started()) return {};
    return {static_cast<std::uint64_t>(std::llround(1e6 / clock.ns_per_tick())), clock.drift_ppb(), clock.error_ns()};
}

}  // namespace daypack::core
