// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>

namespace daypack::core {

// Whether a book may be traded on, and why not. The numbers are those of the C header (engine/include/daypack/shm.h),
// which readers see; engine/shm/slot_writer.cpp asserts that both lists agree. Zero must never mean tradable.
enum class State : std::uint8_t { down = 0, syncing = 1, live = 2, stale = 3, polling = 4, invalid = 5, halted = 6 };

enum class Reason : std::uint8_t {
    none = 0,
    // syncing
    start = 1,
    gap = 2,
    restart = 3,
    audit = 4,
    depth = 5,
    tick = 6,
    bad_frame = 7,
    queue = 8,
    overflow = 9,
    // stale
    silent = 10,
    line_dead = 11,
    writer_stalled = 12,
    // polling
    ws_down = 13,
    rest_only = 14,
    // invalid
    crossed = 15,
    // halted
    closed = 16,
    cancel_only = 17,
    limit_only = 18,
    post_only = 19,
    not_open = 20,  // the market is in a state that this version does not know
    // down
    no_market = 21,
    writer_dead = 22,
    stopped = 23,
    refused = 24,
};
inline constexpr std::size_t kReasons = 25;

// Bits that qualify a state.
enum Flag : std::uint16_t { kUnconfirmed = 1, kBehind = 2, kCrossed = 4, kPartial = 8 };

}  // namespace daypack::core
