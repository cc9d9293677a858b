#pragma once
#include <cstdint>
#include <span>

#include "book/event.h"
#include "book/instrument.h"
#include "book/order_book.h"
#include "book/state.h"
#include "book/types.h"
#include "engine/segment.h"

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
//
// Order, and who pairs with whom (engine/daypack_shm.h has the loads):
//   slot.sequence odd, release fence, payload | payload, acquire fence, sequence again   (words.h, SlotWrite)
//   slot.sequence even, release               | sequence, acquire, before the payload
//   claimed, release fence, record            | record, acquire fence, claimed
//   published, release                        | published, acquire, before the record
//   phase and epoch, then beat, release       | beat, acquire, then phase and epoch
class Publisher {
  public:
    explicit Publisher(const Segment& segment) noexcept;  // which must outlive it

    // An update was applied: its `delta` events, or the one `advance`. Writes the levels in book->dirty(), then the
    // records: a delta each, a change of the best bid and offer, a change of state.
    // REQUIRES: book->dirty() covers all that changed since it was last published; the caller then clears it.
    void publish_book(const BookUpdate& update, std::span<const Event> events) noexcept;
    // The book was set anew at `u`: a record tells readers to read the slot again. REQUIRES: as publish_book.
    void publish_snapshot(const BookUpdate& update) noexcept;
    // State, reason and flags alone; u and levels stay as they are, but for State::down, which has none.
    void publish_status(const BookUpdate& update) noexcept;
    // A `trade` event and the `trade_orders` that followed it.
    void publish_trade(const Event& trade, const Event& orders, const BookUpdate& update) noexcept;

    // Every ms. True after a pause of more than kPause while running: the phase is catching_up from here on, and every
    // LIVE reads STALE, until caught_up().
    bool beat(MonoTime now) noexcept;
    void caught_up() noexcept;    // every line was read empty since
    void set_running() noexcept;  // the start is over: readers see the states as they are published

    static constexpr std::int64_t kPause_ns = 100'000'000;

  private:
    struct Top {
        std::int64_t bid_price, bid_quantity, ask_price, ask_quantity;
        bool operator==(const Top&) const = default;
    };

    void write_slot(const BookUpdate& update) noexcept;
    // Returns how many levels are shown.
    [[nodiscard]] std::uint64_t write_side(daypack_level* levels, const BookUpdate& update, Side side) noexcept;
    [[nodiscard]] Top top_of(SymbolIndex symbol) const noexcept;
    [[nodiscard]] std::uint64_t status_of(SymbolIndex symbol) const noexcept;
    // The next record of the ring, claimed, with all that every kind has; commit() publishes what was claimed.
    [[nodiscard]] daypack_record& record(daypack_kind kind, const BookUpdate& update, const Event* event) noexcept;
    void record_delta(const Event& event, const BookUpdate& update) noexcept;
    void record_changes(const BookUpdate& update, const Top& top_before, std::uint64_t status_before) noexcept;
    void commit() noexcept;

    const Segment* segment_;
    std::uint64_t position_;  // of the next record
    MonoTime beat_;
};

}  // namespace daypack
