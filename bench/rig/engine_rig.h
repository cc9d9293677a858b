// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/rig/bench_instance.h"
#include "book/snapshot.h"
#include "engine/book_thread/book_agent.h"
#include "engine/shm/publisher.h"
#include "engine/shm/segment.h"
#include "engine/shm/stage_timer.h"
#include "net/backpack/decoder.h"

namespace daypack::core::bench {

// What the engine has behind its decoders: the book thread's work with all its wiring, a segment of its own, and one
// line that is up. Nobody else knows the segment, and it is gone with this.
//
// Thread: the one that drives the agent; another may push into `events()`.
class EngineRig {
  public:
    // One book a snapshot, in the order of the table. REQUIRES: the table outlives this.
    EngineRig(const InstrumentTable& table, std::vector<const Snapshot*> seeds, Callbacks callbacks = {},
              Timing timing = Timing::on);

    // Every book again, joined at its snapshot.
    void rewind();

    [[nodiscard]] const std::string& instance() const noexcept { return instance_.name(); }
    [[nodiscard]] Segment& segment() noexcept { return segment_; }
    [[nodiscard]] EventQueue& events() noexcept { return events_; }
    [[nodiscard]] BookAgent& agent() noexcept { return agent_; }
    // What the engine's one thread does with a frame in the fused mode: decoded, and taken by the agent.
    void take(Decoder& decoder, std::string_view frame) noexcept {
        const Decoded decoded = decoder.decode(frame, mono_now(), 0);
        agent_.take(decoded.events, stamp(decoded));
    }
    // As a network thread does when it has decoded a frame. Returns now.
    MonoTime stamp(const Decoded& decoded) const noexcept {
        const MonoTime now = mono_now();
        if (timing_ == Timing::on) stamp_decoded(decoded.events, now);
        return now;
    }
    // What a hot thread does between updates; keeps the beat.
    void breathe() noexcept { (void)agent_.do_work(mono_now()); }
    // Updates of all books that were applied and published since they were last rewound.
    [[nodiscard]] std::uint64_t updates() const noexcept;

  private:
    const InstrumentTable& table_;
    Timing timing_;
    std::vector<const Snapshot*> seeds_;
    BenchInstance instance_;
    Segment segment_;
    Publisher publisher_{segment_};
    PendingPool pool_{4 * 65'536};
    EventQueue events_{65'536};
    Resubscribes resubscribes_{1'024};
    BookCommands to_book_{1'024};
    SnapshotRequests requests_{1'024};
    RetiredQueue spent_{2'048};
    LogQueue log_{1'024};
    Backlog backlog_{.pause_end_ns = 0, .read_ns = INT64_MAX};  // no line holds anything back
    BookAgent agent_;
    std::uint64_t updates_before_ = 0;
};

}  // namespace daypack::core::bench
