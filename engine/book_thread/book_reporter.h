// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <memory>
#include <span>

#include "book/event.h"
#include "book/order_book.h"
#include "engine/book_thread/tracked_book.h"
#include "engine/callbacks.h"
#include "engine/messages/log.h"
#include "engine/shm/publisher.h"
#include "engine/shm/segment.h"
#include "engine/threads/wall_clock.h"

namespace daypack::core {

// Tells the outside about the books: readers of shared memory, the log, and the callbacks of the application.
//
// Thread: book. Invariants: of a book, this changes only what says how much of it has been published; shared memory is
// written before the log and the callbacks; nothing here allocates, locks or waits.
class BookReporter {
  public:
    // Both outlive this.
    BookReporter(const Segment& segment, Publisher& publisher, LogQueue& log, Callbacks callbacks);

    // The clocks are read again, and published. Call now and then.
    void refresh(MonoTime now) noexcept;
    [[nodiscard]] WallTime wall(MonoTime time) const noexcept { return wall_.at(time); }

    // An update was applied at `applied`, and the book stands at it. `kernel`: when the kernel received it, or 0.
    void publish_update(TrackedBook& book, std::span<const Event> update, MonoTime applied, WallTime kernel) noexcept;
    // The whole book was replaced.
    void publish_snapshot(TrackedBook& book) noexcept;
    // The state, where it is not as last published: in the slot, the ring, the log and the callback.
    void publish_state(TrackedBook& book, MonoTime now) noexcept;
    // The counters of the book. `receive`: of the newest event; 0 where there is none. REQUIRES: it has a Sync.
    void publish_counters(TrackedBook& book, MonoTime receive) noexcept;
    // A `trade` event and the `trade_orders` that followed it.
    void publish_trade(TrackedBook& book, std::span<const Event> events, WallTime kernel) noexcept;

    // What the venue tells beside the book, and a `liquidation` event.
    void publish_figures(TrackedBook& book, const Figures& figures) noexcept;
    void publish_liquidation(TrackedBook& book, const Event& event) noexcept;

    // Calls back with a book that has a Sync and was just updated.
    void call_back(TrackedBook& book, std::span<const Event> update) noexcept {
        if (callbacks_.on_book) call(book, update);
    }
    // Calls back with a book as it is now: its state changed, or it was replaced.
    void call_back(TrackedBook& book) noexcept {
        if (callbacks_.on_book && is_of_interest(book)) call(book, {});
    }
    void call_back(const LineChange& change) const noexcept {
        if (callbacks_.on_line) callbacks_.on_line(change);
    }
    void call_round() const noexcept {
        if (callbacks_.on_round) callbacks_.on_round();
    }
    // The engine paused, so that no book is live until it has read what came meanwhile. Calls back with each book.
    void set_catching_up(bool catching_up, std::span<TrackedBook> books) noexcept;
    void log(const LogRecord& record) noexcept { log_.push(record); }

  private:
    void publish_clock() noexcept;
    void log_state(const TrackedBook& book, MonoTime now) noexcept;
    [[nodiscard]] BookUpdate update_of(const TrackedBook& book, MonoTime now) const noexcept;
    [[nodiscard]] static bool is_of_interest(const TrackedBook& book) noexcept;
    void call(TrackedBook& book, std::span<const Event> update) noexcept;
    [[nodiscard]] BookView view_of(const TrackedBook& book) const noexcept;

    const Segment& segment_;
    Publisher& publisher_;
    LogQueue& log_;
    Callbacks callbacks_;
    std::unique_ptr<const OrderBook> empty_;  // what the callback is shown where there is no book
    bool catching_up_ = false;
    WallClock wall_;
    MonoTime refreshed_;
};

}  // namespace daypack::core
