// SPDX-License-Identifier: MIT
#pragma once
#include <atomic>
#include <cstdint>

namespace daypack {

// What lies unread on the way from the venue when a book thread comes out of a pause: it may be seconds old, most of it
// still with the venue, which a full TCP window holds back. The books are stale until it is read.
//
// Thread: the book thread stores when its last pause ended; the network thread has each of its lines catch up
// (net/ws/line.h), and stores that same time once it has handed over all that was on the way then.
// Each has a cache line of its own: one is looked at in every round of the network thread, and hardly ever written.
struct Backlog {
    // By the monotonic clock; 0: none yet. The book thread releases, NetAgent::follow_pause() acquires.
    alignas(64) std::atomic<std::int64_t> pause_end_ns{0};
    // The pause that was caught up with. NetAgent::answer_pause() releases, BookAgent::end_pause() acquires: what was
    // read is in the queue then.
    alignas(64) std::atomic<std::int64_t> read_ns{0};
};

}  // namespace daypack
