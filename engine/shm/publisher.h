// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "book/event.h"
#include "book/instrument.h"
#include "book/order_book.h"
#include "book/state.h"
#include "book/types.h"
#include "engine/shm/segment.h"

namespace daypack {

// What an update leaves behind, for the slot of its symbol and the records of the ring alike.
struct BookUpdate {
    SymbolIndex symbol = 0;
    const Instrument* instrument = nullptr;  // never null
    const OrderBook* book = nullptr;         // never null where a book is published
    Sequence u = 0;
    State state = State::syncing;
    Reason reason = Reason::start;
    std::uint16_t flags = 0;  // kCrossed and kPartial are added here where they hold
    VenueTime match;
    VenueTime send;
    WallTime receive;
    WallTime publish;
    WallTime kernel_receive{};  // 0: not asked for
};

// Writes books and events into the segment, where other processes read them.
//
// Thread: book. Nothing here allocates, locks, throws or fails.
// Invariants:
// 1. The slot is even before the records of its update are published. So who notes the cursor, reads the slot, and then
//    takes events beyond its `u`, misses none.
// 2. The records of one call become visible together.
// 3. What a slot says already is not stored again. An update that reaches no published level costs u, the times, and
//    its records. A slot with `u` 0 tells nothing yet, or no more: then all of its header is looked at.
//
// Order, and who pairs with whom (engine/daypack_shm.h has the loads):
//   slot.sequence odd, release fence, payload | payload, acquire fence, sequence again   (atomic_words.h, SlotWrite)
//   slot.sequence even, release               | sequence, acquire, before the payload
//   claimed, release fence, record            | record, acquire fence, claimed
//   published, release                        | published, acquire, before the record
//   phase and epoch, then beat, release       | beat, acquire, then phase and epoch
class Publisher {
  public:
    explicit Publisher(const Segment& segment) noexcept;  // which must outlive it

    // An update was applied: its `delta` events, or the one `advance`. Writes the levels in book->dirty(), then the
    // records: a delta each, a change of the best bid and offer, a change of state.
    // REQUIRES: book->dirty() covers all that changed since it was last published, and all of a side where its
    // known_to() or the instrument did; the caller then clears it.
    void publish_book(const BookUpdate& update, std::span<const Event> events) noexcept;
    // The book was replaced at `u`: a record tells readers to read the slot again. REQUIRES: as publish_book.
    void publish_snapshot(const BookUpdate& update) noexcept;
    // State, reason and flags alone; u and levels stay as they are, but for State::down, which has none.
    void publish_status(const BookUpdate& update) noexcept;
    // A `trade` event and the `trade_orders` that followed it.
    void publish_trade(const Event& trade, const Event& orders, const BookUpdate& update) noexcept;

    // Every ms. True after a pause of more than kPause, but for one of the start: the phase is catching_up from here
    // on, and every LIVE reads STALE, until caught_up().
    bool beat(MonoTime now) noexcept;
    void caught_up() noexcept;    // all that was on its way at the end of the last pause is in the books
    void set_running() noexcept;  // the start is over: readers see the states as they are published

    static constexpr std::int64_t kPause_ns = 100'000'000;

    // An update of the symbol will be published in a moment: its slot is on its way from wherever it is.
    void prefetch(SymbolIndex symbol) const noexcept {
        const auto* const lines = reinterpret_cast<const std::byte*>(&slot(symbol));
        __builtin_prefetch(lines, 1);
        __builtin_prefetch(lines + 64, 1);
    }

  private:
    struct Written;
    struct Fields;

    [[nodiscard]] daypack_slot& slot(SymbolIndex symbol) const noexcept {
        return *reinterpret_cast<daypack_slot*>(slots_ + symbol * slot_bytes_);
    }
    // With the flags of `update` alone.
    [[nodiscard]] std::uint64_t status_word_of(const BookUpdate& update) const noexcept;
    [[nodiscard]] bool keeps_count_and_best(const DirtyRanks& dirty, std::uint64_t count) const noexcept;
    void publish_levels(const BookUpdate& update, std::span<const Event> events) noexcept;
    [[nodiscard]] Written write_book(const BookUpdate& update) noexcept;
    [[nodiscard]] bool write_best(daypack_slot& slot, const BookUpdate& update) const noexcept;
    [[nodiscard]] std::uint64_t write_levels(daypack_level* to, const BookUpdate& update, Side side,
                                             std::uint64_t count) const noexcept;
    [[nodiscard]] std::uint64_t count_of(const BookSide& half) const noexcept;
    // The next so many records are written from here on, and shown by commit().
    void claim(std::size_t records) noexcept;
    void record(const Fields& fields, const BookUpdate& update, const Written& written) noexcept;
    void record_events(std::span<const Event> events, const BookUpdate& update, const Written& written) noexcept;
    void record_changes(const BookUpdate& update, Written written) noexcept;
    void record_state(const BookUpdate& update, Written written) noexcept;
    void commit() noexcept;

    // Of the segment, side by side.
    daypack_header* header_;
    std::byte* slots_;
    std::size_t slot_bytes_;
    std::size_t depth_;
    daypack_record* ring_;
    std::uint64_t ring_mask_;
    std::uint64_t epoch_;
    std::uint64_t position_;  // of the next record
    MonoTime beat_;
};

}  // namespace daypack
