// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "tools/sim/faults/fault.h"

namespace daypack::core::sim {

// What the venue's clocks show: `T` and `E` of the streams, and that of REST. Each may be off, stand, or slip once.
//
// Thread: the exchange's.
// Invariant: an untouched clock shows the true time, and stamp() leaves the frame as it is.
class VenueClock {
  public:
    // `seed`: of what jitter is drawn from.
    explicit VenueClock(std::uint64_t seed) : seed_(seed) {}

    // What a fault of the kind `clock` asks for, from the event at hand on.
    void strike(const Fault& fault);
    // T jitters from now on as the recorded one does.
    void set_jitter(bool on) noexcept { jitter_ = on; }

    // Into the event's frame, what the clocks show at its times. `exact`: its T has microseconds; a trade's has not.
    void stamp(std::string& frame, bool exact);
    // The event at hand is done: a slip of the streams' clocks is over.
    void end_event() noexcept { match_.glitch_us = send_.glitch_us = 0; }
    // What REST's shows at that time. A slip is over with it.
    [[nodiscard]] std::int64_t rest_us(std::int64_t true_us) noexcept;
    // How far the T of that time is set back: by less than a millisecond, and once in a while by up to 13. The same for
    // every frame of that time.
    [[nodiscard]] std::int64_t jitter_us(std::int64_t match_us) const noexcept;

  private:
    struct Hand {
        std::int64_t off_us = 0;
        std::int64_t glitch_us = 0;
        bool frozen = false;
        std::int64_t frozen_us = 0;  // 0: at what it shows next
        std::int64_t until_ns = 0;   // monotonic; 0: for good

        [[nodiscard]] bool is_true() const noexcept { return off_us == 0 && glitch_us == 0 && !frozen; }
        [[nodiscard]] std::int64_t shown(std::int64_t true_us) noexcept;
    };

    std::uint64_t seed_;
    bool jitter_ = false;
    Hand match_;
    Hand send_;
    Hand rest_;
};

}  // namespace daypack::core::sim
