// SPDX-License-Identifier: MIT
#include "engine/shm/slot_writer.h"

namespace daypack::core {
namespace {

// The closed lists of states, reasons and flags stand in the C header and in book/: they must agree.
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

[[nodiscard]] std::int64_t mantissa(Price price, const Instrument& instrument) noexcept {
    return price.ticks * instrument.tick.mantissa;
}

[[nodiscard]] std::int64_t mantissa(Quantity quantity, const Instrument& instrument) noexcept {
    return quantity.steps * instrument.step.mantissa;
}

}  // namespace

SlotWriter::SlotWriter(const Segment& segment) noexcept
    : slots_(reinterpret_cast<std::byte*>(&segment.slot(0))),
      slot_bytes_(segment.layout().slot_bytes),
      depth_(segment.layout().depth),
      epoch_(segment.epoch()) {}

SlotChange SlotWriter::write_status(const BookUpdate& update) noexcept {
    auto& slot = this->slot(update.symbol);
    const bool down = update.state == State::down;
    const std::uint64_t before = load_relaxed(slot.status);
    SlotChange change;
    change.status = status_of(update) | (down ? 0 : before & flags_in_status(kFlagsOfBook));
    change.status_changed = change.status != before;
    change.exponents = exponents_word(*update.instrument);
    const SeqlockWrite write(slot);
    store_relaxed(slot.publish_ns, update.publish.ns);
    if (change.status_changed) store_relaxed(slot.status, change.status);
    if (down) change.top_changed = clear_numbers(slot);
    return change;
}

SlotChange SlotWriter::unchanged(const BookUpdate& update) const noexcept {
    SlotChange change;
    change.status = status_of(update);
    change.exponents = exponents_word(*update.instrument);
    return change;
}

bool SlotWriter::store_best(daypack_slot& slot, const BookUpdate& update) noexcept {
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

bool SlotWriter::clear_numbers(daypack_slot& slot) noexcept {
    constexpr std::uint64_t kNone = 0;
    bool had_best = store_changed(slot.bid_price, kNone);
    had_best |= store_changed(slot.bid_quantity, kNone);
    had_best |= store_changed(slot.ask_price, kNone);
    had_best |= store_changed(slot.ask_quantity, kNone);
    store_changed(slot.u, kNone);
    store_changed(slot.known_to_bid, kNone);
    store_changed(slot.known_to_ask, kNone);
    store_changed(slot.counts, kNone);
    return had_best;
}

}  // namespace daypack::core
