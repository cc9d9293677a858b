// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "book/event.h"
#include "book/types.h"
#include "engine/shm/book_update.h"
#include "engine/shm/heartbeat.h"
#include "engine/shm/ring_writer.h"
#include "engine/shm/segment.h"
#include "engine/shm/slot_writer.h"

namespace daypack::core {

// Publishes books and events to the readers of the segment, which are other processes: the slot of a symbol
// (SlotWriter), the records of the ring (RingWriter), and the beat that vouches for both (Heartbeat).
//
// Thread: the book thread. Ownership: the segment must outlive this object, and has one Publisher at a time. Nothing
// here allocates, locks, throws or fails.
// Invariants:
// 1. The slot is even before the records of its update are published. So a reader that notes the cursor, reads the
//    slot, and then takes the events beyond the slot's `u` misses none.
// 2. The records of one call become visible together.
class Publisher {
  public:
    explicit Publisher(const Segment& segment) noexcept;

    // Publishes an update that was applied: its `delta` events, or its one `advance`. Writes the levels in
    // book->dirty(), then the records: one for each delta, for a change of the best bid and offer, for a change of
    // state. REQUIRES: as SlotWriter::write_book; the caller clears book->dirty() afterwards.
    void publish_book(const BookUpdate& update, std::span<const Event> events) noexcept;
    // Publishes a book that was replaced at `u`, with a record that tells readers to read the slot again.
    // REQUIRES: as publish_book.
    void publish_snapshot(const BookUpdate& update) noexcept;
    // Publishes state, reason and flags; `u` and the levels stay as they are, save that State::down has none.
    void publish_status(const BookUpdate& update) noexcept;
    // Publishes a `trade` event with the `trade_orders` that followed it.
    void publish_trade(const Event& trade, const Event& orders, const BookUpdate& update) noexcept;

    // Publishes figures, or a `liquidation` event: neither bears on the book. `update` has symbol and times.
    void publish_figures(const Figures& figures, const BookUpdate& update) noexcept;
    void publish_liquidation(const Event& event, const BookUpdate& update) noexcept;

    // See Heartbeat.
    bool beat(MonoTime now) noexcept { return heartbeat_.beat(now); }
    bool beat(MonoTime now, std::int64_t slept_ns) noexcept { return heartbeat_.beat(now, slept_ns); }
    void caught_up() noexcept { heartbeat_.caught_up(); }
    void set_running() noexcept { heartbeat_.set_running(); }
    static constexpr std::int64_t kPause_ns = Heartbeat::kPause_ns;

    // Fetches the slot of a symbol into the cache, because an update of it will be published in a moment.
    void prefetch(SymbolIndex symbol) const noexcept {
        const auto* const lines = reinterpret_cast<const std::byte*>(&slots_.slot(symbol));
        __builtin_prefetch(lines, 1);
        __builtin_prefetch(lines + 64, 1);
    }

  private:
    void publish_levels(const BookUpdate& update, std::span<const Event> events) noexcept;

    SlotWriter slots_;
    RingWriter ring_;
    Heartbeat heartbeat_;
};

}  // namespace daypack::core
