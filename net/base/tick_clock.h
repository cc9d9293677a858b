// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

namespace daypack::core {

// Turns the ticks of a counter that is cheap to read into the time of a clock that is not, and is held against that
// clock again and again, since the two drift apart. Pure: whoever owns it reads both.
//
// Thread: its owner. Invariants: its time never goes back; where it was ahead of the clock it runs slower, at least
// half as fast, until they meet; where it was behind, it steps.
class TickClock {
  public:
    constexpr TickClock() noexcept = default;

    // A first guess, before the first anchor().
    void start(double ns_per_tick) noexcept { rate_ = ns_per_tick; }
    [[nodiscard]] bool started() const noexcept { return rate_ != 0; }

    // It must be held against the clock before its time is asked for; always so before the first anchor().
    [[nodiscard]] bool due(std::uint64_t ticks) const noexcept { return ticks - ticks_ >= window_; }
    // REQUIRES: !due(ticks).
    [[nodiscard]] std::int64_t at(std::uint64_t ticks) const noexcept { return ns_ + scaled(ticks - ticks_); }

    // The clock said `ns` at `ticks`. Returns the time that is shown for it. REQUIRES: started(); `ns` does not go
    // back.
    std::int64_t anchor(std::uint64_t ticks, std::int64_t ns) noexcept;

    [[nodiscard]] double ns_per_tick() const noexcept { return rate_; }
    // By how much the counter ran otherwise in the last second than in the first, in parts of 10^9, either way.
    [[nodiscard]] std::uint64_t drift_ppb() const noexcept;
    // By how much it was off, at most, when it was held against the clock in time.
    [[nodiscard]] std::uint64_t error_ns() const noexcept { return error_ns_; }

    static constexpr std::int64_t kWindow_ns = 10'000'000;

  private:
    // REQUIRES: ticks <= window_, so that nothing overflows.
    [[nodiscard]] std::int64_t scaled(std::uint64_t ticks) const noexcept {
        return static_cast<std::int64_t>(ticks * multiplier_ >> 32);
    }
    void measure(std::uint64_t ticks, std::int64_t ns) noexcept;

    std::uint64_t ticks_ = 0;
    std::int64_t ns_ = 0;
    std::uint64_t multiplier_ = 0;  // ns a tick, × 2^32
    std::uint64_t window_ = 0;      // in ticks; 0: no anchor yet

    double rate_ = 0;               // ns a tick
    double first_rate_ = 0;         // of the first second; 0: it is not over
    std::uint64_t base_ticks_ = 0;  // since when it is measured again
    std::int64_t base_ns_ = 0;
    std::uint64_t error_ns_ = 0;
};

}  // namespace daypack::core
