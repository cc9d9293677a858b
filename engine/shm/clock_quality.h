// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include "engine/include/daypack/shm.h"

struct timex;

namespace daypack::core {

// What the kernel says of this machine's wall clock: whether a time service (NTP, PTP) keeps it, and how wrong it may
// be. Readers on other machines, and mirrors of the segment, judge by it whether times may be compared.
struct ClockQuality {
    daypack_clock state = DAYPACK_CLOCK_UNKNOWN;
    std::int64_t offset_ns = 0;  // what the kernel has still to add to the clock
    std::uint64_t error_ns = 0;  // the bound that the time service gave it, which grows while it is silent
};

// Makes sense of what adjtimex returned and wrote; `result` is -1 where it failed.
[[nodiscard]] ClockQuality clock_quality(int result, const timex& told) noexcept;

// Asks the kernel and writes what it says into the header. One system call, which changes nothing.
//
// Thread: one at a time: Segment at its construction, then the control thread.
void write_clock(daypack_header& header) noexcept;

}  // namespace daypack::core
