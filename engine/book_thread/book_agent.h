// SPDX-License-Identifier: MIT
#pragma once
#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "engine/book_thread/book_monitor.h"
#include "engine/book_thread/tracked_book.h"
#include "engine/callbacks.h"
#include "engine/messages/backlog.h"
#include "engine/messages/log.h"
#include "engine/messages/messages.h"
#include "engine/shm/publisher.h"
#include "engine/shm/segment.h"
#include "engine/shm/stage_timer.h"
#include "engine/threads/wall_clock.h"

namespace daypack {

// The book thread's work: takes events from the network threads, keeps the books, publishes them.
//
// Thread: book. The other ends of its queues belong to the network threads and the cold thread.
// Invariants: an update is applied and published whole or not at all; a slot is written before the ring's records of
// the same update; nothing here allocates, locks or waits.
class BookAgent {
  public:
    // One network thread, seen from here.
    struct Source {
        EventQueue* events;  // null: it hands its events to take()
        Resubscribes* resubscribes;
        Backlog* backlog;
    };
    struct Wiring {
        const InstrumentTable* instruments;
        Segment* segment;  // for its counters and histograms
        Publisher* publisher;
        std::vector<Source> sources;
        BookCommands* from_cold;
        SnapshotRequests* requests;
        RetiredQueue* spent;
        LogQueue* log;
        PendingPool* pool;
    };

    BookAgent(Wiring wiring, BookMonitor::Options watch, Callbacks callbacks, Timing timing = Timing::on);

    // One round. Returns how much there was to do.
    std::size_t do_work(MonoTime now) noexcept;
    // When there is something to do though nothing came.
    [[nodiscard]] MonoTime beat_due() const noexcept;

    // Takes one whole update (or trade, line_up, line_down, ...) from this very thread, without a queue.
    // REQUIRES: its last event has `last`.
    void take(std::span<const Event> update, MonoTime now) noexcept { take(update, now, {}); }

  private:
    void keep_time(MonoTime now) noexcept;
    void end_pause() noexcept;
    std::size_t apply_commands(MonoTime now) noexcept;
    std::size_t take_events(std::size_t source, MonoTime now) noexcept;
    // `popped`: when it came out of the queue; 0: it came through none, or nobody wants to know.
    void take(std::span<const Event> update, MonoTime now, MonoTime popped) noexcept;
    void on_update(std::span<const Event> update, MonoTime now, MonoTime popped) noexcept;
    // Returns when it was applied, and when it was published.
    struct Stamps {
        MonoTime applied, published;
    };
    Stamps publish(TrackedBook& book, std::span<const Event> update, WallTime kernel) noexcept;
    void race(TrackedBook& book, const Event& copy) noexcept;
    void log_gap(SymbolIndex symbol, Sequence have, const Event& got, MonoTime now) noexcept;
    RetiredBlocks apply(JoinSnapshot& command, MonoTime now) noexcept;
    RetiredBlocks apply(CheckSnapshot& command, MonoTime now) noexcept;
    RetiredBlocks apply(PolledSnapshot& command, MonoTime now) noexcept;
    RetiredBlocks apply(PolledTrades& command, MonoTime now) noexcept;
    RetiredBlocks apply(FollowSymbol& command, MonoTime now) noexcept;
    RetiredBlocks apply(ReleaseSymbol& command, MonoTime now) noexcept;
    RetiredBlocks apply(SetHalt& command, MonoTime now) noexcept;
    RetiredBlocks release(SymbolIndex symbol, const Instrument& instrument, MonoTime now) noexcept;
    void on_snapshot(const JoinSnapshot& command, MonoTime now) noexcept;
    void on_joined(SymbolIndex symbol) noexcept;
    void on_trade(std::span<const Event> events) noexcept;
    void publish_trade(std::span<const Event> events) noexcept;
    void on_trades(const PolledTrades& command) noexcept;
    void on_polled(const PolledSnapshot& command, MonoTime now) noexcept;
    void on_ticker(std::span<const Event> events, MonoTime now) noexcept;
    void check_touch(TrackedBook& book, SymbolIndex symbol, MonoTime now) noexcept;
    void look(MonoTime now) noexcept;
    void look_at_silences(SymbolIndex symbol, MonoTime now) noexcept;
    std::size_t audit(MonoTime now) noexcept;
    void on_line(const Event& event, MonoTime now) noexcept;
    void show(SymbolIndex symbol, MonoTime now) noexcept;
    void ask(SymbolIndex symbol, MonoTime now) noexcept;
    void tell(SymbolIndex symbol, MonoTime receive) noexcept;
    void tell_clock() noexcept;
    void log(const LogRecord& record) noexcept;
    [[nodiscard]] BookUpdate update_of(SymbolIndex symbol, MonoTime now) const noexcept;
    [[nodiscard]] BookView view(SymbolIndex symbol) const noexcept;

    Wiring wiring_;
    Callbacks callbacks_;
    std::vector<TrackedBook> books_;
    BookMonitor watch_;
    StageTimes times_;
    Timing timing_;
    std::size_t known_ = 0;                       // books_ in use
    std::vector<std::vector<Event>> assembling_;  // a source's update whose last event has not come yet
    WallTime kernel_receive_;                     // of the frame that is being taken; 0: not told
    Sync::LineSet lines_up_ = 0;
    WallClock wall_;
    MonoTime beat_;
    MonoTime looked_;     // when time was last shown to the books
    MonoTime pause_end_;  // 0: no pause to catch up with
    std::uint64_t high_water_ = 0;
    std::uint64_t log_dropped_ = 0;
};

}  // namespace daypack
