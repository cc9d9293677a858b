// SPDX-License-Identifier: MIT
#include "engine/shm/clock_quality.h"

#include <sys/timex.h>

#include <ctime>

#include "engine/shm/atomic_words.h"

namespace daypack::core {

ClockQuality clock_quality(int result, const timex& told) noexcept {
    if (result == -1) return {};
    if (result == TIME_ERROR || (told.status & STA_UNSYNC) != 0) return {DAYPACK_CLOCK_UNSYNCHRONISED, 0, 0};
    const std::int64_t unit_ns = (told.status & STA_NANO) != 0 ? 1 : 1000;
    const std::uint64_t error_us = told.maxerror < 0 ? 0 : static_cast<std::uint64_t>(told.maxerror);
    return {DAYPACK_CLOCK_SYNCHRONISED, std::int64_t{told.offset} * unit_ns, error_us * 1000};
}

void write_clock(daypack_header& header) noexcept {
    timex told{};  // no mode: nothing is set
    const int result = adjtimex(&told);
    const ClockQuality quality = clock_quality(result, told);
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    store_relaxed(header.clock_state, static_cast<std::uint64_t>(quality.state));
    store_relaxed(header.clock_offset_ns, quality.offset_ns);
    store_relaxed(header.clock_error_ns, quality.error_ns);
    store_relaxed(header.clock_checked_ns, std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec);
}

}  // namespace daypack::core
