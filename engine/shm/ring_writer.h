// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "book/event.h"
#include "book/figures.h"
#include "engine/shm/atomic_words.h"
#include "engine/shm/book_update.h"
#include "engine/shm/packed_words.h"
#include "engine/shm/segment.h"

namespace daypack::core {

// The kind of a record that is a part of a text: its head says whether the text begins or ends in it, and how many
// bytes of it stand in the words behind. No kind of the contract's list, for no segment of books has it.
inline constexpr unsigned kTextRecord = 0x80;
inline constexpr std::uint64_t kTextBegins = std::uint64_t{1} << 17;
inline constexpr std::uint64_t kTextEnds = std::uint64_t{1} << 16;
inline constexpr std::size_t kTextBytes = sizeof(daypack_record) - 8;  // of a record
// The kind of a record whose words are for the engine that comes next, and for no reader. It stands between texts.
inline constexpr unsigned kMarkRecord = 0x81;
inline constexpr std::size_t kMarkWords = kTextBytes / 8;

// Writes the records of the event ring, which is one for all symbols.
//
// Records are written in groups: claim() says how many follow, the write_* functions write exactly so many, and
// publish() makes all of them visible at once. A record that readers may still be reading is written over only after
// claim() has told them, so they know what they lost.
//
// Thread: the book thread. Ownership: the ring and its cursors belong to the Segment, which must outlive this object;
// no other object writes them meanwhile. Nothing here allocates, locks or fails, and nothing waits for a reader.
// Invariants, each with the reader's half of it (daypack_read_record):
// 1. `claimed`, release fence, record | record, acquire fence, `claimed`
// 2. record, `published` (release)    | `published` (acquire), record
// 3. Between two groups both cursors are equal; a writer that died inside one leaves `claimed` ahead.
class RingWriter {
  public:
    explicit RingWriter(const Segment& segment) noexcept;

    void claim(std::size_t records) noexcept {
        store_relaxed(header_->claimed, position_ + records);
        __atomic_thread_fence(__ATOMIC_RELEASE);  // pairs with the acquire fence in daypack_read_record
    }
    void publish() noexcept {
        store_release(header_->published, position_);  // pairs with the acquire in daypack_read_record
    }

    // Writes a record for each `delta`, or the one of an `advance`.
    void write_events(std::span<const Event> events, const BookUpdate& update, SlotChange change) noexcept;
    // Writes the record that tells readers to read the slot again.
    void write_snapshot(const BookUpdate& update, SlotChange change) noexcept;
    // Writes change.records() records: TOP with the best bid and offer of the slot, then STATE.
    void write_changes(const BookUpdate& update, const daypack_slot& slot, SlotChange change) noexcept;
    // Writes the STATE record of these two words of the slot. They are no SlotChange so that none has to lie in memory.
    void write_state(const BookUpdate& update, std::uint64_t status, std::uint64_t exponents) noexcept;
    // Writes the record of a `trade` event and of the `trade_orders` that followed it.
    void write_trade(const Event& trade, const Event& orders, const BookUpdate& update, SlotChange change) noexcept;

    // Returns how many records figures take, and writes them: MARK_PRICE and, where a rate was told, FUNDING;
    // OPEN_INTEREST; TICKER. `status` is that of the slot.
    [[nodiscard]] static std::size_t records_of(const Figures& figures) noexcept;
    void write_figures(const Figures& figures, const BookUpdate& update, std::uint64_t status) noexcept;
    // Writes the record of a `liquidation` event.
    void write_liquidation(const Event& event, const BookUpdate& update, std::uint64_t status) noexcept;

    // Writes a text over as many records as it takes (kTextRecord), all visible at once. In a segment that is no
    // book's alone. A text that does not fit half of the ring is left out: false.
    [[nodiscard]] bool write_text(std::string_view text) noexcept;
    // Writes a record of kind kMarkRecord; words beyond kMarkWords are left out.
    void write_mark(std::span<const std::uint64_t> words) noexcept;

  private:
    // The words that differ from kind to kind; the rest follows from the update.
    struct Fields {
        std::uint64_t head = 0;
        std::uint64_t first_id = 0, last_id = 0;
        std::int64_t price = 0, quantity = 0;
        std::int64_t price2 = 0, quantity2 = 0;
        std::uint64_t id_a = 0, id_b = 0;
    };
    void write(const Fields& fields, const BookUpdate& update, SlotChange change) noexcept;

    daypack_header* header_;
    daypack_record* ring_;
    std::uint64_t mask_;      // from a position to a place in the ring
    std::uint64_t position_;  // of the next record, counted on from one writer to the next
};

// ---- what every update runs through, inlined into its caller --------------------------------------------------------

// Every word is stored once, in the order in which they lie.
[[gnu::always_inline]] inline void RingWriter::write(const Fields& fields, const BookUpdate& update,
                                                     SlotChange change) noexcept {
    auto& to = ring_[position_++ & mask_];
    store_relaxed(to.head, fields.head);
    store_relaxed(to.first_id, fields.first_id);
    store_relaxed(to.last_id, fields.last_id);
    store_relaxed(to.price, fields.price);
    store_relaxed(to.quantity, fields.quantity);
    store_relaxed(to.price2, fields.price2);
    store_relaxed(to.quantity2, fields.quantity2);
    store_relaxed(to.venue_match_us, update.match.us);
    store_relaxed(to.venue_send_us, update.send.us);
    store_relaxed(to.kernel_receive_ns, update.kernel_receive.ns);
    store_relaxed(to.receive_ns, update.receive.ns);
    store_relaxed(to.publish_ns, update.publish.ns);
    store_relaxed(to.id_a, fields.id_a);
    store_relaxed(to.id_b, fields.id_b);
    store_relaxed(to.status, change.status);
    store_relaxed(to.exponents, change.exponents);
}

[[gnu::always_inline]] inline void RingWriter::write_events(std::span<const Event> events, const BookUpdate& update,
                                                            SlotChange change) noexcept {
    const std::int64_t tick = update.instrument->tick.mantissa;
    const std::int64_t step = update.instrument->step.mantissa;
    for (const Event& event : events) {
        const auto kind = event.kind == EventKind::advance ? DAYPACK_KIND_ADVANCE : DAYPACK_KIND_DELTA;
        write({.head = record_head(kind, update.symbol, event),
               .first_id = event.first_id,
               .last_id = event.last_id,
               .price = event.price.ticks * tick,
               .quantity = event.quantity.steps * step},
              update, change);
    }
}

}  // namespace daypack::core
