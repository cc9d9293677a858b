// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include "book/types.h"
#include "engine/include/daypack/shm.h"

namespace daypack::core {

// The words of the header by which readers know whether the writer lives and keeps up: the beat and the phase.
//
// A writer that paused does not know what came meanwhile, so its books may be old although the writer is alive again.
// The first beat after a pause therefore sets the phase CATCHING_UP, in which readers see every LIVE as STALE, and only
// caught_up() ends it. The machine's sleep is a pause as any other, though the monotonic clock stood still in it.
//
// Thread: the book thread; Segment writes the same words only before that thread starts and after it has ended.
// Ownership: the header belongs to the Segment, which must outlive this object. Nothing here allocates, locks or fails.
// Invariants:
// 1. The phase is stored before the beat and the sleep (release): a reader that takes the beat for fresh sees the phase
//    of that beat.
// 2. Only a running writer can pause: neither a start that takes long nor an ended writer becomes CATCHING_UP.
class Heartbeat {
  public:
    explicit Heartbeat(daypack_header& header) noexcept;

    // Call every millisecond. `slept_ns`: how long the machine had slept by now, or less (daypack_slept_ns); the most
    // that was ever told counts. Returns true after a pause of more than kPause_ns: the phase is CATCHING_UP from here
    // on.
    bool beat(MonoTime now, std::int64_t slept_ns) noexcept;
    // The same, of a machine that did not sleep.
    bool beat(MonoTime now) noexcept { return beat(now, slept_ns_); }
    // All that was on its way at the end of the last pause is in the books now.
    void caught_up() noexcept;
    // The start is over: from here on readers see the states as they are published.
    void set_running() noexcept;

    // Readers call a beat of 10 ms ago late (DAYPACK_BEAT_STALE_NS); so long a pause may have cost more than the beat.
    static constexpr std::int64_t kPause_ns = 100'000'000;
    static_assert(kPause_ns > DAYPACK_BEAT_STALE_NS);

  private:
    daypack_header* header_;
    MonoTime beat_;          // the last one
    std::int64_t slept_ns_;  // by then
};

}  // namespace daypack::core
