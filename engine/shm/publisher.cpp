// SPDX-License-Identifier: MIT
#include "engine/shm/publisher.h"

#include <algorithm>
#include <iterator>

#include "engine/shm/atomic_words.h"

namespace daypack {
namespace {

#define DAYPACK_X(name, value) +1
constexpr int kReasonCount = 0 DAYPACK_REASONS(DAYPACK_X);
#undef DAYPACK_X
static_assert(kReasonCount == kReasons && kReasons == DAYPACK_REASON_COUNT);
#define DAYPACK_X(name, value) static_assert(static_cast<int>(Reason::name) == (value));
DAYPACK_REASONS(DAYPACK_X)
#undef DAYPACK_X
static_assert(static_cast<int>(State::down) == DAYPACK_STATE_DOWN &&
              static_cast<int>(State::syncing) == DAYPACK_STATE_SYNCING &&
              static_cast<int>(State::live) == DAYPACK_STATE_LIVE &&
              static_cast<int>(State::stale) == DAYPACK_STATE_STALE &&
              static_cast<int>(State::polling) == DAYPACK_STATE_POLLING &&
              static_cast<int>(State::invalid) == DAYPACK_STATE_INVALID &&
              static_cast<int>(State::halted) == DAYPACK_STATE_HALTED);
static_assert(int{kUnconfirmed} == DAYPACK_FLAG_UNCONFIRMED && int{kBehind} == DAYPACK_FLAG_BEHIND &&
              int{kCrossed} == DAYPACK_FLAG_CROSSED && int{kPartial} == DAYPACK_FLAG_PARTIAL);

// In a status word: the flags that follow from the book alone.
constexpr std::uint64_t kBookFlags = std::uint64_t{kCrossed | kPartial} << 48;

[[nodiscard]] std::uint64_t exponents_word(const Instrument& instrument) noexcept {
    return static_cast<std::uint8_t>(instrument.tick.exponent) |
           std::uint64_t{static_cast<std::uint8_t>(instrument.step.exponent)} << 8;
}

[[nodiscard]] std::int64_t mantissa(Price price, const Instrument& instrument) noexcept {
    return price.ticks * instrument.tick.mantissa;
}

[[nodiscard]] std::int64_t mantissa(Quantity quantity, const Instrument& instrument) noexcept {
    return quantity.steps * instrument.step.mantissa;
}

// daypack_record.head.
[[nodiscard]] constexpr std::uint64_t head_word(daypack_kind kind, SymbolIndex symbol) noexcept {
    return static_cast<std::uint64_t>(kind) | std::uint64_t{symbol} << 32;
}
[[nodiscard]] constexpr std::uint64_t head_word(daypack_kind kind, SymbolIndex symbol, const Event& event) noexcept {
    return head_word(kind, symbol) | static_cast<std::uint64_t>(event.side) << 8 | std::uint64_t{event.last} << 16 |
           std::uint64_t{event.line} << 24;
}

// What an update that no published level knows of writes.
void write_times(daypack_slot& slot, const BookUpdate& update) noexcept {
    store_relaxed(slot.u, update.u);
    store_relaxed(slot.publish_ns, update.publish.ns);
    store_relaxed(slot.venue_match_us, update.match.us);
    store_relaxed(slot.venue_send_us, update.send.us);
    store_relaxed(slot.receive_ns, update.receive.ns);
}

void write_ranks(daypack_level* to, const BookSide& half, std::size_t from, std::size_t end,
                 const Instrument& instrument) noexcept {
    const std::int64_t tick = instrument.tick.mantissa;  // no store below is taken for one of these
    const std::int64_t step = instrument.step.mantissa;
    const auto top = half.top();
    for (std::size_t rank = from; rank < end; ++rank) {
        const Level& level = top[top.size() - 1 - rank];
        store_relaxed(to[rank].price, level.price.ticks * tick);
        store_relaxed(to[rank].quantity, level.quantity.steps * step);
    }
}

// Down means nothing to read. The levels stay behind, unshown, for the update that may follow. True: there was a best.
bool clear_numbers(daypack_slot& slot) noexcept {
    constexpr std::uint64_t kNone = 0;
    bool best = store_changed(slot.bid_price, kNone);
    best |= store_changed(slot.bid_quantity, kNone);
    best |= store_changed(slot.ask_price, kNone);
    best |= store_changed(slot.ask_quantity, kNone);
    store_changed(slot.u, kNone);
    store_changed(slot.known_to_bid, kNone);
    store_changed(slot.known_to_ask, kNone);
    store_changed(slot.counts, kNone);
    return best;
}

}  // namespace

// What a slot says after a write, as far as the records of it need to know.
struct Publisher::Written {
    bool top_changed = false;
    bool status_changed = false;
    std::uint64_t status = 0;
    std::uint64_t exponents = 0;

    [[nodiscard]] std::size_t changes() const noexcept {
        return std::size_t{top_changed} + std::size_t{status_changed};
    }
};

// The words of a record that differ from kind to kind; the rest follows from the update.
struct Publisher::Fields {
    std::uint64_t head = 0;
    std::uint64_t first_id = 0, last_id = 0;
    std::int64_t price = 0, quantity = 0;
    std::int64_t price2 = 0, quantity2 = 0;
    std::uint64_t id_a = 0, id_b = 0;
};

Publisher::Publisher(const Segment& segment) noexcept
    : header_(&segment.header()),
      slots_(reinterpret_cast<std::byte*>(&segment.slot(0))),
      slot_bytes_(segment.layout().slot_bytes),
      depth_(segment.layout().depth),
      ring_(segment.ring()),
      ring_mask_(segment.layout().ring_events - 1),
      epoch_(segment.epoch()),
      position_(load_relaxed(header_->claimed)),
      beat_{static_cast<std::int64_t>(load_relaxed(header_->beat_ns))} {}

void Publisher::claim(std::size_t records) noexcept {
    store_relaxed(header_->claimed, position_ + records);
    __atomic_thread_fence(__ATOMIC_RELEASE);  // pairs with the acquire fence in daypack_read_record
}

// Every word once, in their order.
[[gnu::always_inline]] inline void Publisher::record(const Fields& fields, const BookUpdate& update,
                                                     const Written& written) noexcept {
    auto& to = ring_[position_++ & ring_mask_];
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
    store_relaxed(to.status, written.status);
    store_relaxed(to.exponents, written.exponents);
}

[[gnu::always_inline]] inline void Publisher::record_events(std::span<const Event> events, const BookUpdate& update,
                                                            const Written& written) noexcept {
    const std::int64_t tick = update.instrument->tick.mantissa;
    const std::int64_t step = update.instrument->step.mantissa;
    for (const Event& event : events) {
        const auto kind = event.kind == EventKind::advance ? DAYPACK_KIND_ADVANCE : DAYPACK_KIND_DELTA;
        record({.head = head_word(kind, update.symbol, event),
                .first_id = event.first_id,
                .last_id = event.last_id,
                .price = event.price.ticks * tick,
                .quantity = event.quantity.steps * step},
               update, written);
    }
}

// Most updates reach no published level, or change one quantity: for them this is all.
void Publisher::publish_book(const BookUpdate& update, std::span<const Event> events) noexcept {
    auto& slot = this->slot(update.symbol);
    const BookSide& bids = update.book->side(Side::bid);
    const BookSide& asks = update.book->side(Side::ask);
    const std::uint64_t counts = load_relaxed(slot.counts);
    if (load_relaxed(slot.u) == 0 || !keeps_count_and_best(bids.dirty(), counts & 0xffffffff) ||
        !keeps_count_and_best(asks.dirty(), counts >> 32)) {
        return publish_levels(update, events);
    }
    const std::uint64_t before = load_relaxed(slot.status);
    Written written;
    written.exponents = load_relaxed(slot.exponents);
    written.status = status_word_of(update) | (before & kBookFlags);
    written.status_changed = written.status != before;
    {
        const SlotWrite write(slot);
        write_times(slot, update);
        auto* const levels = reinterpret_cast<daypack_level*>(&slot + 1);
        const Instrument& instrument = *update.instrument;
        if (const std::size_t rank = bids.dirty().from; rank < depth_)
            write_ranks(levels, bids, rank, rank + 1, instrument);
        if (const std::size_t rank = asks.dirty().from; rank < depth_)
            write_ranks(levels + depth_, asks, rank, rank + 1, instrument);
        if (written.status_changed) [[unlikely]]
            store_relaxed(slot.status, written.status);
    }
    claim(events.size() + std::size_t{written.status_changed});
    record_events(events, update, written);
    if (written.status_changed) [[unlikely]]
        record_state(update, written);
    commit();
}

void Publisher::publish_snapshot(const BookUpdate& update) noexcept {
    const Written written = write_book(update);
    claim(1 + written.changes());
    record({.head = head_word(DAYPACK_KIND_SNAPSHOT, update.symbol), .last_id = update.u}, update, written);
    record_changes(update, written);
    commit();
}

void Publisher::publish_status(const BookUpdate& update) noexcept {
    auto& slot = this->slot(update.symbol);
    const bool down = update.state == State::down;
    const std::uint64_t before = load_relaxed(slot.status);
    Written written;
    written.status = status_word_of(update) | (down ? 0 : before & kBookFlags);
    written.status_changed = written.status != before;
    written.exponents = exponents_word(*update.instrument);
    {
        const SlotWrite write(slot);
        store_relaxed(slot.publish_ns, update.publish.ns);
        if (written.status_changed) store_relaxed(slot.status, written.status);
        if (down) written.top_changed = clear_numbers(slot);
    }
    if (written.changes() == 0) return;
    claim(written.changes());
    record_changes(update, written);
    commit();
}

void Publisher::publish_trade(const Event& trade, const Event& orders, const BookUpdate& update) noexcept {
    Written written;
    written.status = status_word_of(update);
    written.exponents = exponents_word(*update.instrument);
    claim(1);
    record({.head = head_word(DAYPACK_KIND_TRADE, update.symbol, trade),
            .first_id = trade.first_id,
            .last_id = trade.last_id,
            .price = mantissa(trade.price, *update.instrument),
            .quantity = mantissa(trade.quantity, *update.instrument),
            .id_a = orders.first_id,
            .id_b = orders.last_id},
           update, written);
    commit();
}

bool Publisher::beat(MonoTime now) noexcept {
    const std::uint64_t phase = load_relaxed(header_->phase);
    const bool paused =
        now - beat_ > kPause_ns && (phase == DAYPACK_PHASE_RUNNING || phase == DAYPACK_PHASE_CATCHING_UP);
    // before the beat: a reader that takes the beat for fresh sees the phase
    if (paused) store_relaxed(header_->phase, std::uint64_t{DAYPACK_PHASE_CATCHING_UP});
    beat_ = now;
    store_release(header_->beat_ns, static_cast<std::uint64_t>(now.ns));
    return paused;
}

void Publisher::caught_up() noexcept {
    if (load_relaxed(header_->phase) == DAYPACK_PHASE_CATCHING_UP) store_release(header_->phase, DAYPACK_PHASE_RUNNING);
}

void Publisher::set_running() noexcept {
    store_release(header_->phase, DAYPACK_PHASE_RUNNING);
}

std::uint64_t Publisher::status_word_of(const BookUpdate& update) const noexcept {
    return status_word(epoch_, static_cast<unsigned>(update.state), static_cast<unsigned>(update.reason), update.flags);
}

// Of a side of which `count` levels are shown.
bool Publisher::keeps_count_and_best(const DirtyRanks& dirty, std::uint64_t count) const noexcept {
    return dirty.from >= depth_ || (dirty.from != 0 && dirty.to == dirty.from + 1 && dirty.to < count);
}

// The ranks that changed; the others stand in the slot as they were written before, shown or not. `count`: how many are
// shown so far. Returns how many are now.
[[gnu::always_inline]] inline std::uint64_t Publisher::write_levels(daypack_level* to, const BookUpdate& update,
                                                                    Side side, std::uint64_t count) const noexcept {
    const BookSide& half = update.book->side(side);
    const DirtyRanks dirty = half.dirty();
    if (dirty.from >= depth_) return count;
    count = count_of(half);
    const std::size_t end = std::min<std::size_t>(dirty.to, count);
    write_ranks(to, half, dirty.from, end, *update.instrument);
    return count;
}

std::uint64_t Publisher::count_of(const BookSide& half) const noexcept {
    return half.has_known(depth_) ? depth_ : half.known_top().size();
}

// An update that reaches a published level, or the first one that is published.
void Publisher::publish_levels(const BookUpdate& update, std::span<const Event> events) noexcept {
    const Written written = write_book(update);
    claim(events.size() + written.changes());
    record_events(events, update, written);
    if (written.changes() != 0) record_changes(update, written);
    commit();
}

// The slot, with all that may follow from a level that is published.
[[gnu::always_inline]] inline Publisher::Written Publisher::write_book(const BookUpdate& update) noexcept {
    auto& slot = this->slot(update.symbol);
    auto* const levels = reinterpret_cast<daypack_level*>(&slot + 1);
    const BookSide& bids = update.book->side(Side::bid);
    const BookSide& asks = update.book->side(Side::ask);
    const std::uint64_t before = load_relaxed(slot.status);
    const std::uint64_t counts_before = load_relaxed(slot.counts);
    const bool anew = load_relaxed(slot.u) == 0;

    const SlotWrite write(slot);
    write_times(slot, update);
    std::uint64_t bid_count = write_levels(levels, update, Side::bid, counts_before & 0xffffffff);
    std::uint64_t ask_count = write_levels(levels + depth_, update, Side::ask, counts_before >> 32);
    std::uint64_t book_flags = before & kBookFlags;
    Written written;
    if (anew || bids.dirty().from == 0 || asks.dirty().from == 0) {
        if (anew) bid_count = count_of(bids), ask_count = count_of(asks);
        written.top_changed = write_best(slot, update);
        book_flags = update.book->crossed() ? std::uint64_t{kCrossed} << 48 : 0;
    }
    written.exponents = load_relaxed(slot.exponents);
    store_changed(slot.counts, bid_count | ask_count << 32);
    const bool partial = (bids.known_to() && bid_count < depth_) || (asks.known_to() && ask_count < depth_);
    book_flags = (book_flags & std::uint64_t{kCrossed} << 48) | (partial ? std::uint64_t{kPartial} << 48 : 0);
    written.status = status_word_of(update) | book_flags;
    written.status_changed = written.status != before;
    if (written.status_changed) store_relaxed(slot.status, written.status);
    return written;
}

// What goes with a change of a side's best. True: it is another bid or offer than before.
bool Publisher::write_best(daypack_slot& slot, const BookUpdate& update) const noexcept {
    const Instrument& instrument = *update.instrument;
    const BookSide& bids = update.book->side(Side::bid);
    const BookSide& asks = update.book->side(Side::ask);
    const Level bid = bids.best().value_or(Level{});
    const Level ask = asks.best().value_or(Level{});
    bool changed = store_changed(slot.bid_price, mantissa(bid.price, instrument));
    changed |= store_changed(slot.bid_quantity, mantissa(bid.quantity, instrument));
    changed |= store_changed(slot.ask_price, mantissa(ask.price, instrument));
    changed |= store_changed(slot.ask_quantity, mantissa(ask.quantity, instrument));
    store_changed(slot.known_to_bid, bids.known_to() ? mantissa(*bids.known_to(), instrument) : 0);
    store_changed(slot.known_to_ask, asks.known_to() ? mantissa(*asks.known_to(), instrument) : 0);
    store_changed(slot.exponents, exponents_word(instrument));
    return changed;
}

void Publisher::record_changes(const BookUpdate& update, Written written) noexcept {
    if (written.top_changed) {
        const auto& slot = this->slot(update.symbol);
        record({.head = head_word(DAYPACK_KIND_TOP, update.symbol),
                .last_id = update.u,
                .price = load_relaxed(slot.bid_price),
                .quantity = load_relaxed(slot.bid_quantity),
                .price2 = load_relaxed(slot.ask_price),
                .quantity2 = load_relaxed(slot.ask_quantity)},
               update, written);
    }
    if (written.status_changed) record_state(update, written);
}

void Publisher::record_state(const BookUpdate& update, Written written) noexcept {
    record({.head = head_word(DAYPACK_KIND_STATE, update.symbol), .last_id = update.u}, update, written);
}

void Publisher::commit() noexcept {
    store_release(header_->published, position_);  // pairs with the acquire in daypack_read_record
}

}  // namespace daypack
