// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "book/event.h"
#include "engine/messages/backlog.h"
#include "engine/messages/event_sink.h"
#include "engine/messages/line_health.h"
#include "engine/messages/log.h"
#include "engine/messages/messages.h"
#include "engine/messages/subscriptions.h"
#include "engine/shm/segment.h"
#include "engine/shm/stage_timer.h"
#include "engine/threads/idle.h"
#include "net/backpack/symbol.h"
#include "net/ws/line.h"

namespace daypack::core {

// The work of a network thread: drives some of the lines, decodes their frames and writes the events to its sink.
//
// Thread: the network thread. Invariants: an update is written to the sink whole or not at all; where the sink has no
// room, the sockets are not read, so that TCP holds the bytes. Only after 100 ms of that are updates dropped; each is
// counted, and its symbol rejoins.
class NetAgent {
  public:
    struct Wiring {
        const InstrumentTable* instruments;
        const Subscriptions* subscriptions;
        EventSink* sink;  // of its events
        LogQueue* log;
        const Segment* segment;  // for the counters of its lines
        LineHealth* health;      // of all lines, by index
        Resubscribes* resubscribes;
    };
    struct Options {
        std::vector<LineOptions> lines;
        std::vector<Channel> channels;  // what is subscribed of each symbol
        DepthStream depth = DepthStream::realtime;
        IdleMode idle = IdleMode::backoff;
        int wait_ms = 10;  // how long a round may wait for the sockets, where the idle mode is backoff
        Timing timing = Timing::on;
    };

    NetAgent(Options options, Wiring wiring);
    ~NetAgent();

    // Replaces the sink, before the first round: books that a thread keeps itself are made after its agent.
    void write_to(EventSink& sink) noexcept { wiring_.sink = &sink; }

    // One round; where the idle mode is backoff and there was nothing to do, it waits for the sockets.
    void do_work(MonoTime now);
    // Closes the lines, within half a second. `meanwhile` is called at least every millisecond or so: for what else the
    // thread has to go on with.
    void stop(const std::function<void()>& meanwhile);

    // What is unread of its lines after a pause, for the book thread that reads its events.
    [[nodiscard]] Backlog& backlog() noexcept { return backlog_; }

  private:
    class Feed;
    struct Io;

    bool run_io();
    void follow_subscriptions();
    void resubscribe(MonoTime now);
    void follow_pause(MonoTime now);
    void answer_pause() noexcept;
    [[nodiscard]] std::vector<std::string> streams_of(SymbolIndex symbol) const;

    Options options_;
    Wiring wiring_;
    std::unique_ptr<Io> io_;
    std::vector<std::unique_ptr<Feed>> feeds_;
    std::uint64_t revision_ = 0;
    std::vector<bool> subscribed_;
    Backlog backlog_;
    std::int64_t pause_ = 0;     // the last pause that the lines have begun to catch up with
    std::int64_t answered_ = 0;  // the last pause that they have caught up with
};

}  // namespace daypack::core
