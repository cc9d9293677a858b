// SPDX-License-Identifier: MIT
#pragma once
#include <atomic>
#include <cstdint>

namespace daypack::core {

// Tracks what lies unread on the way from the venue when a book thread comes out of a pause. It may be seconds old, and
// most of it still with the venue, which a full TCP window holds back. The books are stale until it is read.
//
// Thread: the book thread stores when its last pause ended; the network thread has each of its lines catch up
// (net/ws/line.h), and stores that same time once it has handed over all that was on the way by then.
// Each word has a cache line of its own: the network thread reads one in every round, and it is hardly ever written.
struct Backlog {
    // By the monotonic clock; 0 before the first pause. The book thread releases, NetAgent::follow_pause() acquires.
    alignas(64) std::atomic<std::int64_t> pause_end_ns{0};
    // The pause that was caught up with. NetAgent::answer_pause() releases, BookAgent::end_pause() acquires: what the
    // lines had read is in the queue then.
    alignas(64) std::atomic<std::int64_t> read_ns{0};
};

}  // namespace daypack::core
