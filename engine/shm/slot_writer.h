// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/shm/atomic_words.h"
#include "engine/shm/book_update.h"
#include "engine/shm/packed_words.h"
#include "engine/shm/segment.h"
#include "engine/shm/seqlock.h"

namespace daypack::core {

// Writes the slots of the segment, one a symbol, each under its own seqlock (seqlock.h).
//
// Thread: the book thread. Ownership: the slots belong to the Segment, which must outlive this object; no other object
// writes them meanwhile. Nothing here allocates, locks or fails, and nothing waits for a reader.
// Invariants:
// 1. Each call is one write under the seqlock: readers see all of it or nothing.
// 2. A word that holds the right value already is not stored again, because a store takes its cache line away from the
//    readers. So an update that reaches no published level stores `u` and the times alone.
// 3. A slot whose `u` is 0 shows no book, yet or any more. Its levels may be those of a book that went down, so the
//    next update that is published sets every other word of the slot, whatever the book calls dirty.
class SlotWriter {
  public:
    explicit SlotWriter(const Segment& segment) noexcept;

    // Writes a book to which an update was applied, where both sides keep their number of published levels and their
    // best level, and at most one published quantity a side changed. Most updates are so. Else writes nothing and
    // returns none: write_book() is needed then. REQUIRES: as write_book.
    [[nodiscard]] std::optional<SlotChange> write_quantities(const BookUpdate& update) noexcept;
    // Writes a book to which any update was applied, or that was replaced.
    // REQUIRES: book->dirty() covers all that changed since the book was last written, and all of a side where its
    // known_to() or the instrument changed; the caller then clears it.
    [[nodiscard]] SlotChange write_book(const BookUpdate& update) noexcept;
    // Writes state, reason and flags. `u` and the levels stay as they are, save that State::down has none.
    [[nodiscard]] SlotChange write_status(const BookUpdate& update) noexcept;
    // Writes nothing, and returns the words of a record that goes without a write of the slot.
    [[nodiscard]] SlotChange unchanged(const BookUpdate& update) const noexcept;

    [[nodiscard]] daypack_slot& slot(SymbolIndex symbol) const noexcept {
        return *reinterpret_cast<daypack_slot*>(slots_ + symbol * slot_bytes_);
    }

  private:
    // The number of published levels of a side, and where they lie in the slot, best first.
    [[nodiscard]] std::uint64_t level_count(const BookSide& side) const noexcept;
    [[nodiscard]] daypack_level* bid_levels(daypack_slot& slot) const noexcept {
        return reinterpret_cast<daypack_level*>(&slot + 1);
    }
    [[nodiscard]] daypack_level* ask_levels(daypack_slot& slot) const noexcept { return bid_levels(slot) + depth_; }

    // Makes a status word with the flags of `update` alone, without those that follow from the book.
    [[nodiscard]] std::uint64_t status_of(const BookUpdate& update) const noexcept;
    // True where a side of `count` published levels keeps this number and its best level, and at most one quantity of
    // it changed.
    [[nodiscard]] bool keeps_count_and_best(const DirtyRanks& dirty, std::uint64_t count) const noexcept;
    // Stores the dirty ranks of a side of which `count` levels were published, and returns how many are now.
    [[nodiscard]] std::uint64_t store_levels(daypack_level* to, const BookUpdate& update, Side side,
                                             std::uint64_t count) const noexcept;
    // Stores what follows from the best level of a side; returns true where the best bid or offer is another now.
    [[nodiscard]] static bool store_best(daypack_slot& slot, const BookUpdate& update) noexcept;
    // Clears the numbers of a slot; returns true where there was a best bid or offer. The levels stay behind, unshown.
    [[nodiscard]] static bool clear_numbers(daypack_slot& slot) noexcept;
    static void store_times(daypack_slot& slot, const BookUpdate& update) noexcept;
    // Stores the levels of ranks [from, end) of a side.
    static void store_ranks(daypack_level* to, const BookSide& side, std::size_t from, std::size_t end,
                            const Instrument& instrument) noexcept;

    static constexpr unsigned kFlagsOfBook = kCrossed | kPartial;  // they follow from the book alone

    std::byte* slots_;
    std::size_t slot_bytes_;
    std::size_t depth_;
    std::uint64_t epoch_;
};

// ---- what every update runs through, inlined into its caller --------------------------------------------------------

// Stores the words that every update changes.
inline void SlotWriter::store_times(daypack_slot& slot, const BookUpdate& update) noexcept {
    store_relaxed(slot.u, update.u);
    store_relaxed(slot.publish_ns, update.publish.ns);
    store_relaxed(slot.venue_match_us, update.match.us);
    store_relaxed(slot.venue_send_us, update.send.us);
    store_relaxed(slot.receive_ns, update.receive.ns);
}

inline void SlotWriter::store_ranks(daypack_level* to, const BookSide& side, std::size_t from, std::size_t end,
                                    const Instrument& instrument) noexcept {
    // Loaded once: the compiler cannot know that no store below changes them.
    const std::int64_t tick = instrument.tick.mantissa;
    const std::int64_t step = instrument.step.mantissa;
    const auto top = side.top();
    for (std::size_t rank = from; rank < end; ++rank) {
        const Level& level = top[top.size() - 1 - rank];
        store_relaxed(to[rank].price, level.price.ticks * tick);
        store_relaxed(to[rank].quantity, level.quantity.steps * step);
    }
}

inline std::uint64_t SlotWriter::status_of(const BookUpdate& update) const noexcept {
    return status_word(epoch_, static_cast<unsigned>(update.state), static_cast<unsigned>(update.reason), update.flags);
}

inline bool SlotWriter::keeps_count_and_best(const DirtyRanks& dirty, std::uint64_t count) const noexcept {
    return dirty.from >= depth_ || (dirty.from != 0 && dirty.to == dirty.from + 1 && dirty.to < count);
}

[[gnu::always_inline]] inline std::optional<SlotChange> SlotWriter::write_quantities(
    const BookUpdate& update) noexcept {
    auto& slot = this->slot(update.symbol);
    const BookSide& bids = update.book->side(Side::bid);
    const BookSide& asks = update.book->side(Side::ask);
    const std::uint64_t counts = load_relaxed(slot.counts);
    if (load_relaxed(slot.u) == 0 || !keeps_count_and_best(bids.dirty(), daypack_bid_levels(counts)) ||
        !keeps_count_and_best(asks.dirty(), daypack_ask_levels(counts))) {
        return std::nullopt;
    }
    const std::uint64_t before = load_relaxed(slot.status);
    SlotChange change;
    change.exponents = load_relaxed(slot.exponents);
    change.status = status_of(update) | (before & flags_in_status(kFlagsOfBook));
    change.status_changed = change.status != before;
    const SeqlockWrite write(slot);
    store_times(slot, update);
    const Instrument& instrument = *update.instrument;
    if (const std::size_t rank = bids.dirty().from; rank < depth_)
        store_ranks(bid_levels(slot), bids, rank, rank + 1, instrument);
    if (const std::size_t rank = asks.dirty().from; rank < depth_)
        store_ranks(ask_levels(slot), asks, rank, rank + 1, instrument);
    if (change.status_changed) [[unlikely]]
        store_relaxed(slot.status, change.status);
    return change;
}

inline std::uint64_t SlotWriter::level_count(const BookSide& side) const noexcept {
    return side.has_known(depth_) ? depth_ : side.known_top().size();
}

// The other ranks stand in the slot as they were written before, shown or not.
[[gnu::always_inline]] inline std::uint64_t SlotWriter::store_levels(daypack_level* to, const BookUpdate& update,
                                                                     Side side, std::uint64_t count) const noexcept {
    const BookSide& levels = update.book->side(side);
    const DirtyRanks dirty = levels.dirty();
    if (dirty.from >= depth_) return count;
    count = level_count(levels);
    const std::size_t end = std::min<std::size_t>(dirty.to, count);
    store_ranks(to, levels, dirty.from, end, *update.instrument);
    return count;
}

// The slot, with all that may follow from a published level that changed.
[[gnu::always_inline]] inline SlotChange SlotWriter::write_book(const BookUpdate& update) noexcept {
    auto& slot = this->slot(update.symbol);
    const BookSide& bids = update.book->side(Side::bid);
    const BookSide& asks = update.book->side(Side::ask);
    const std::uint64_t before = load_relaxed(slot.status);
    const std::uint64_t counts = load_relaxed(slot.counts);
    const bool showed_nothing = load_relaxed(slot.u) == 0;

    const SeqlockWrite write(slot);
    store_times(slot, update);
    std::uint64_t bid_count = store_levels(bid_levels(slot), update, Side::bid, daypack_bid_levels(counts));
    std::uint64_t ask_count = store_levels(ask_levels(slot), update, Side::ask, daypack_ask_levels(counts));
    bool crossed = (before & flags_in_status(kCrossed)) != 0;
    SlotChange change;
    if (showed_nothing || bids.dirty().from == 0 || asks.dirty().from == 0) {
        if (showed_nothing) bid_count = level_count(bids), ask_count = level_count(asks);
        change.top_changed = store_best(slot, update);
        crossed = update.book->crossed();
    }
    change.exponents = load_relaxed(slot.exponents);
    store_changed(slot.counts, counts_word(bid_count, ask_count));
    const bool partial = (bids.known_to() && bid_count < depth_) || (asks.known_to() && ask_count < depth_);
    const std::uint64_t book_flags =
        (crossed ? flags_in_status(kCrossed) : 0) | (partial ? flags_in_status(kPartial) : 0);
    change.status = status_of(update) | book_flags;
    change.status_changed = change.status != before;
    if (change.status_changed) store_relaxed(slot.status, change.status);
    return change;
}

}  // namespace daypack::core
