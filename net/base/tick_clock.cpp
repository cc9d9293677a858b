// SPDX-License-Identifier: MIT
#include "net/base/tick_clock.h"

#include <algorithm>
#include <cmath>

namespace daypack::core {
namespace {

constexpr std::int64_t kBase_ns = 1'000'000'000;  // over so long the rate is measured: its error is then 0.1 ppm
constexpr std::int64_t kFirstBase_ns = 2'000'000;
constexpr std::int64_t kFirstWindow_ns = 500'000;  // while the rate is a guess

}  // namespace

std::int64_t TickClock::anchor(std::uint64_t ticks, std::int64_t ns) noexcept {
    if (window_ == 0) {
        base_ticks_ = ticks;
        base_ns_ = ns_ = ns;
    } else {
        const std::uint64_t passed = ticks - ticks_;
        const std::int64_t shown = ns_ + scaled(std::min(passed, window_));  // no later time was given out
        if (passed < 2 * window_) {
            const double told = static_cast<double>(ns_) + static_cast<double>(passed) * rate_;
            const double off = std::fabs(told - static_cast<double>(ns));
            if (ns_ != 0) error_ns_ = std::max(error_ns_, static_cast<std::uint64_t>(off));
        }
        measure(ticks, ns);
        ns_ = std::max(ns, shown);
    }
    ticks_ = ticks;
    const std::int64_t known_ns = first_rate_ != 0 ? kBase_ns : ns - base_ns_;
    const auto window_ns = static_cast<double>(std::clamp(known_ns / 8, kFirstWindow_ns, kWindow_ns));
    const double ahead = std::min(static_cast<double>(ns_ - ns) / window_ns, 0.5);
    window_ = static_cast<std::uint64_t>(window_ns / rate_);
    multiplier_ = static_cast<std::uint64_t>(rate_ * (1 - ahead) * 4294967296.0);
    return ns_;
}

void TickClock::measure(std::uint64_t ticks, std::int64_t ns) noexcept {
    if (ns - base_ns_ < (first_rate_ == 0 ? kFirstBase_ns : kBase_ns)) return;
    const double measured = static_cast<double>(ns - base_ns_) / static_cast<double>(ticks - base_ticks_);
    const bool whole = ns - base_ns_ >= kBase_ns;
    if (measured > rate_ / 2 && measured < rate_ * 2) {  // else one of the two jumped: a machine that was suspended
        rate_ = measured;
        if (whole && first_rate_ == 0) first_rate_ = measured;
    }
    if (!whole) return;
    base_ticks_ = ticks;
    base_ns_ = ns;
}

std::uint64_t TickClock::drift_ppb() const noexcept {
    if (first_rate_ == 0) return 0;
    return static_cast<std::uint64_t>(std::llround(std::fabs(rate_ / first_rate_ - 1) * 1e9));
}

}  // namespace daypack::core
