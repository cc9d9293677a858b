// SPDX-License-Identifier: MIT
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/book_thread/book_monitor.h"
#include "engine/book_thread/book_reporter.h"
#include "engine/book_thread/command_applier.h"
#include "engine/book_thread/figure_board.h"
#include "engine/book_thread/tracked_book.h"
#include "engine/book_thread/trade_tape.h"
#include "engine/callbacks.h"
#include "engine/messages/backlog.h"
#include "engine/messages/log.h"
#include "engine/messages/messages.h"
#include "engine/shm/hand_over.h"
#include "engine/shm/publisher.h"
#include "engine/shm/segment.h"
#include "engine/shm/segment_keeper.h"
#include "engine/shm/stage_timer.h"

namespace daypack::core {

// The work of the book thread: takes events from the network threads, keeps the books, and has them published.
//
// Thread: book. The other ends of its queues belong to the network threads and to the control thread.
// Invariants: an update is applied and published whole or not at all; a slot is written before the ring's records of
// the same update; nothing here allocates, locks or waits.
class BookAgent {
  public:
    // How events of the network threads get here.
    enum class Input : std::uint8_t {
        queues,  // do_work() takes them from the queue of each source
        calls,   // the network thread is this very thread, and calls take()
    };
    // One network thread, seen from here.
    struct Source {
        EventQueue* events;  // not looked at where the input is `calls`
        Resubscribes* resubscribes;
        Backlog* backlog;
    };
    struct Wiring {
        const InstrumentTable* instruments;
        Segment* segment;  // for its counters and histograms
        Publisher* publisher;
        Input input;
        std::vector<Source> sources;
        BookCommands* commands;
        SnapshotRequests* requests;
        RetiredQueue* retired;
        LogQueue* log;
        PendingPool* pool;
        std::int64_t (*slept_ns)() = daypack_slept_ns;  // how long the machine has slept; a test tells otherwise
        SegmentKeeper* keeper = nullptr;                // where the segment may be moved
        HandOver* hand_over = nullptr;                  // where another engine may succeed this one, or this one it
    };

    BookAgent(Wiring wiring, BookMonitor::Options doubts, Callbacks callbacks, Timing timing = Timing::on);

    // One round. Returns how much there was to do.
    std::size_t do_work(MonoTime now) noexcept;
    // When there is work again even if nothing comes.
    [[nodiscard]] MonoTime beat_due() const noexcept;

    // Takes one whole update (or trade, line_up, line_down, ...) from this very thread, without a queue.
    // REQUIRES: its last event has `last`.
    void take(std::span<const Event> update, MonoTime now) noexcept { take(update, now, {}); }

  private:
    // When an update was applied, and when it was published.
    struct Stamps {
        MonoTime applied, published;
    };
    // An id beyond the book's, and the line that brought it.
    struct Beyond {
        Sequence id = 0;
        LineIndex line = 0;
    };

    void keep_time(MonoTime now) noexcept;
    void end_pause() noexcept;
    void hand_over(MonoTime now) noexcept;
    std::size_t apply_commands(MonoTime now) noexcept;
    std::size_t take_events(std::size_t source, MonoTime now) noexcept;
    // `popped`: when it came out of the queue; 0 where it came through none, or timing is off.
    void take(std::span<const Event> update, MonoTime now, MonoTime popped) noexcept;
    void on_line(const Event& event, MonoTime now) noexcept;
    void on_update(TrackedBook& book, std::span<const Event> update, MonoTime now, MonoTime popped) noexcept;
    Stamps publish(TrackedBook& book, std::span<const Event> update, WallTime kernel) noexcept;
    void record_lead(const TrackedBook& book, const Event& copy) noexcept;
    void log_gap(const TrackedBook& book, Sequence have, Beyond got, MonoTime now) noexcept;
    [[nodiscard]] static Beyond newest_of_lines(const Sync& sync) noexcept;
    void on_joined(TrackedBook& book) noexcept;
    void publish_state(TrackedBook& book, MonoTime now) noexcept;
    void request_snapshot(const TrackedBook& book, MonoTime now) noexcept;
    void check_timeouts(MonoTime now) noexcept;
    void check_silences(TrackedBook& book, MonoTime now) noexcept;
    std::size_t audit(MonoTime now) noexcept;
    void on_ticker(TrackedBook& book, std::span<const Event> events, MonoTime now) noexcept;
    void check_touch(TrackedBook& book, MonoTime now) noexcept;

    Wiring wiring_;
    Timing timing_;
    BookTable books_;
    BookReporter reporter_;
    TradeTape tape_;
    FigureBoard figures_;
    BookMonitor monitor_;
    CommandApplier commands_;
    StageTimes times_;
    std::vector<std::vector<Event>> assembling_;  // by source: an update whose last event has not come yet
    WallTime kernel_receive_;                     // of the frame that is being taken; 0 where the kernel was not asked
    MonoTime beat_;
    MonoTime checked_;    // when timeouts were last checked
    MonoTime pause_end_;  // of a pause that has not been caught up with; 0 where there is none
    std::uint64_t high_water_ = 0;
};

}  // namespace daypack::core
