#include "engine/publisher.h"

#include <algorithm>
#include <iterator>

#include "engine/words.h"

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

[[nodiscard]] std::uint64_t status_of_update(const BookUpdate& update, std::uint64_t epoch) noexcept {
    return status_word(epoch, static_cast<unsigned>(update.state), static_cast<unsigned>(update.reason), update.flags);
}

// The flags that follow from the book alone.
[[nodiscard]] std::uint16_t flags_of(const OrderBook& book, std::size_t depth) noexcept {
    std::uint16_t flags = book.crossed() ? kCrossed : 0;
    for (const Side side : {Side::bid, Side::ask}) {
        if (book.side(side).known_to() && book.side(side).known_top().size() < depth) flags |= kPartial;
    }
    return flags;
}

// Down means nothing to read. The levels stay behind, unshown, for the update that may follow.
void clear_numbers(daypack_slot& slot) noexcept {
    constexpr std::uint64_t kNone = 0;
    store_relaxed(slot.u, kNone);
    store_relaxed(slot.bid_price, kNone);
    store_relaxed(slot.bid_quantity, kNone);
    store_relaxed(slot.ask_price, kNone);
    store_relaxed(slot.ask_quantity, kNone);
    store_relaxed(slot.known_to_bid, kNone);
    store_relaxed(slot.known_to_ask, kNone);
    store_relaxed(slot.counts, kNone);
}

}  // namespace

Publisher::Publisher(const Segment& segment) noexcept
    : segment_(&segment),
      position_(load_relaxed(segment.header().claimed)),
      beat_{static_cast<std::int64_t>(load_relaxed(segment.header().beat_ns))} {}

void Publisher::publish_book(const BookUpdate& update, std::span<const Event> events) noexcept {
    const Top top_before = top_of(update.symbol);
    const std::uint64_t status_before = status_of(update.symbol);
    BookUpdate shown = update;
    shown.flags |= flags_of(*update.book, segment_->layout().depth);
    write_slot(shown);
    for (const Event& event : events) record_delta(event, shown);
    record_changes(shown, top_before, status_before);
    commit();
}

void Publisher::publish_snapshot(const BookUpdate& update) noexcept {
    const Top top_before = top_of(update.symbol);
    const std::uint64_t status_before = status_of(update.symbol);
    BookUpdate shown = update;
    shown.flags |= flags_of(*update.book, segment_->layout().depth);
    write_slot(shown);
    auto& snapshot = record(DAYPACK_KIND_SNAPSHOT, shown, nullptr);
    store_relaxed(snapshot.last_id, update.u);
    record_changes(shown, top_before, status_before);
    commit();
}

void Publisher::publish_status(const BookUpdate& update) noexcept {
    const Top top_before = top_of(update.symbol);
    const std::uint64_t status_before = status_of(update.symbol);
    BookUpdate shown = update;
    auto& slot = segment_->slot(update.symbol);
    if (update.state != State::down) shown.flags |= (status_before >> 48) & (kCrossed | kPartial);
    {
        const SlotWrite write(slot);
        store_relaxed(slot.publish_ns, shown.publish.ns);
        store_relaxed(slot.status, status_of_update(shown, segment_->epoch()));
        if (update.state == State::down) clear_numbers(slot);
    }
    record_changes(shown, top_before, status_before);
    commit();
}

void Publisher::publish_trade(const Event& trade, const Event& orders, const BookUpdate& update) noexcept {
    auto& to = record(DAYPACK_KIND_TRADE, update, &trade);
    store_relaxed(to.price, mantissa(trade.price, *update.instrument));
    store_relaxed(to.quantity, mantissa(trade.quantity, *update.instrument));
    store_relaxed(to.id_a, orders.first_id);
    store_relaxed(to.id_b, orders.last_id);
    commit();
}

bool Publisher::beat(MonoTime now) noexcept {
    auto& head = segment_->header();
    const bool paused = now - beat_ > kPause_ns && load_relaxed(head.phase) == DAYPACK_PHASE_RUNNING;
    // before the beat: a reader that takes the beat for fresh sees the phase
    if (paused) store_relaxed(head.phase, std::uint64_t{DAYPACK_PHASE_CATCHING_UP});
    beat_ = now;
    store_release(head.beat_ns, static_cast<std::uint64_t>(now.ns));
    return paused;
}

void Publisher::caught_up() noexcept {
    auto& head = segment_->header();
    if (load_relaxed(head.phase) == DAYPACK_PHASE_CATCHING_UP) store_release(head.phase, DAYPACK_PHASE_RUNNING);
}

void Publisher::set_running() noexcept {
    store_release(segment_->header().phase, DAYPACK_PHASE_RUNNING);
}

void Publisher::write_slot(const BookUpdate& update) noexcept {
    auto& slot = segment_->slot(update.symbol);
    const auto& instrument = *update.instrument;
    const Level bid = update.book->side(Side::bid).best().value_or(Level{});
    const Level ask = update.book->side(Side::ask).best().value_or(Level{});
    const auto known_to = [&](Side side) {
        const auto price = update.book->side(side).known_to();
        return price ? mantissa(*price, instrument) : 0;
    };
    auto* levels = reinterpret_cast<daypack_level*>(&slot + 1);

    const SlotWrite write(slot);
    store_relaxed(slot.u, update.u);
    store_relaxed(slot.bid_price, mantissa(bid.price, instrument));
    store_relaxed(slot.bid_quantity, mantissa(bid.quantity, instrument));
    store_relaxed(slot.ask_price, mantissa(ask.price, instrument));
    store_relaxed(slot.ask_quantity, mantissa(ask.quantity, instrument));
    store_relaxed(slot.publish_ns, update.publish.ns);
    store_relaxed(slot.status, status_of_update(update, segment_->epoch()));
    store_relaxed(slot.venue_match_us, update.match.us);
    store_relaxed(slot.venue_send_us, update.send.us);
    store_relaxed(slot.receive_ns, update.receive.ns);
    store_relaxed(slot.known_to_bid, known_to(Side::bid));
    store_relaxed(slot.known_to_ask, known_to(Side::ask));
    store_relaxed(slot.exponents, exponents_word(instrument));
    const std::uint64_t bid_count = write_side(levels, update, Side::bid);
    const std::uint64_t ask_count = write_side(levels + segment_->layout().depth, update, Side::ask);
    store_relaxed(slot.counts, bid_count | ask_count << 32);
}

// Writes the ranks that changed. The others stand in the slot as they were written before, shown or not.
std::uint64_t Publisher::write_side(daypack_level* levels, const BookUpdate& update, Side side) noexcept {
    const auto known = update.book->side(side).known_top();
    const Dirty dirty = update.book->side(side).dirty();
    const std::size_t count = std::min(known.size(), segment_->layout().depth);
    const std::size_t to = std::min<std::size_t>(dirty.to, count);
    const std::int64_t tick = update.instrument->tick.mantissa;
    const std::int64_t step = update.instrument->step.mantissa;
    for (std::size_t rank = dirty.from; rank < to; ++rank) {
        const Level& level = known[known.size() - 1 - rank];
        store_relaxed(levels[rank].price, level.price.ticks * tick);
        store_relaxed(levels[rank].quantity, level.quantity.steps * step);
    }
    return count;
}

Publisher::Top Publisher::top_of(SymbolIndex symbol) const noexcept {
    const auto& slot = segment_->slot(symbol);
    return {load_relaxed(slot.bid_price), load_relaxed(slot.bid_quantity), load_relaxed(slot.ask_price),
            load_relaxed(slot.ask_quantity)};
}

std::uint64_t Publisher::status_of(SymbolIndex symbol) const noexcept {
    return load_relaxed(segment_->slot(symbol).status);
}

daypack_record& Publisher::record(daypack_kind kind, const BookUpdate& update, const Event* event) noexcept {
    auto& to = segment_->ring()[position_ & (segment_->layout().ring_events - 1)];
    store_relaxed(segment_->header().claimed, ++position_);
    __atomic_thread_fence(__ATOMIC_RELEASE);  // pairs with the acquire fence in daypack_read_record
    std::uint64_t head = static_cast<std::uint64_t>(kind) | std::uint64_t{update.symbol} << 32;
    if (event != nullptr) {
        head |= static_cast<std::uint64_t>(event->side) << 8 | std::uint64_t{event->last} << 16 |
                std::uint64_t{event->line} << 24;
    }
    store_relaxed(to.head, head);
    store_relaxed(to.first_id, event != nullptr ? event->first_id : 0);
    store_relaxed(to.last_id, event != nullptr ? event->last_id : 0);
    store_relaxed(to.price, std::uint64_t{0});
    store_relaxed(to.quantity, std::uint64_t{0});
    store_relaxed(to.price2, std::uint64_t{0});
    store_relaxed(to.quantity2, std::uint64_t{0});
    store_relaxed(to.venue_match_us, update.match.us);
    store_relaxed(to.venue_send_us, update.send.us);
    store_relaxed(to.kernel_receive_ns, update.kernel_receive.ns);
    store_relaxed(to.receive_ns, update.receive.ns);
    store_relaxed(to.publish_ns, update.publish.ns);
    store_relaxed(to.id_a, std::uint64_t{0});
    store_relaxed(to.id_b, std::uint64_t{0});
    store_relaxed(to.status, status_of_update(update, segment_->epoch()));
    store_relaxed(to.exponents, exponents_word(*update.instrument));
    return to;
}

void Publisher::record_delta(const Event& event, const BookUpdate& update) noexcept {
    const bool advance = event.kind == EventKind::advance;
    auto& to = record(advance ? DAYPACK_KIND_ADVANCE : DAYPACK_KIND_DELTA, update, &event);
    store_relaxed(to.price, mantissa(event.price, *update.instrument));
    store_relaxed(to.quantity, mantissa(event.quantity, *update.instrument));
}

void Publisher::record_changes(const BookUpdate& update, const Top& top_before, std::uint64_t status_before) noexcept {
    if (const Top top = top_of(update.symbol); top != top_before) {
        auto& to = record(DAYPACK_KIND_TOP, update, nullptr);
        store_relaxed(to.last_id, update.u);
        store_relaxed(to.price, top.bid_price);
        store_relaxed(to.quantity, top.bid_quantity);
        store_relaxed(to.price2, top.ask_price);
        store_relaxed(to.quantity2, top.ask_quantity);
    }
    if (status_of_update(update, segment_->epoch()) != status_before) {
        auto& to = record(DAYPACK_KIND_STATE, update, nullptr);
        store_relaxed(to.last_id, update.u);
    }
}

void Publisher::commit() noexcept {
    store_release(segment_->header().published, position_);  // pairs with the acquire in daypack_read_record
}

}  // namespace daypack
