// SPDX-License-Identifier: MIT
#include "engine/shm/book_carrier.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "engine/shm/atomic_words.h"
#include "engine/shm/packed_words.h"
#include "engine/shm/seqlock.h"

namespace daypack::core {
namespace {

// Of two engines that read the same streams, neither is later than the other by more than this.
constexpr std::int64_t kLag_ns = 500'000'000;

[[nodiscard]] std::int64_t wall_ns() noexcept {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

void copy_words(void* to, const void* from, std::size_t bytes) noexcept {
    auto* const words = static_cast<std::uint64_t*>(to);
    const auto* const source = static_cast<const std::uint64_t*>(from);
    for (std::size_t i = 0; i < bytes / 8; ++i) store_relaxed(words[i], load_relaxed(source[i]));
}

// The same for both engines of what both received: a trade, a liquidation, the last change of an update.
[[nodiscard]] std::uint64_t content_of(const daypack_record& record) noexcept {
    std::uint64_t content = record.head & ~(std::uint64_t{0xff} << 24);  // whichever line brought it
    for (const std::uint64_t word :
         {record.first_id, static_cast<std::uint64_t>(record.price), static_cast<std::uint64_t>(record.quantity),
          static_cast<std::uint64_t>(record.venue_match_us)}) {
        content = (content ^ word) * 0x9e3779b97f4a7c15;
        content ^= content >> 29;
    }
    return content;
}

[[nodiscard]] bool is_told_once(unsigned kind) noexcept {
    return kind == DAYPACK_KIND_TRADE || kind == DAYPACK_KIND_LIQUIDATION;
}

[[nodiscard]] bool is_update(unsigned kind) noexcept {
    return kind == DAYPACK_KIND_DELTA || kind == DAYPACK_KIND_ADVANCE;
}

[[nodiscard]] bool is_of_book(unsigned kind) noexcept {
    return is_update(kind) || kind == DAYPACK_KIND_TOP || kind == DAYPACK_KIND_SNAPSHOT;
}

}  // namespace

// ---- before: the control thread -------------------------------------------------------------------------------------

void BookCarrier::prepare(const Target& target, const daypack_reader* old) {
    target_ = target;
    behind_.clear();
    behind_.reserve(segment_.layout().max_symbols);
    shown_.assign(segment_.layout().max_symbols, {});
    told_.clear();
    picks_.clear();
    picks_.reserve(segment_.layout().ring_events);
    told_since_ns_ = told_until_ns_ = wall_ns();
    if (old == nullptr) return;
    const std::size_t symbols = std::min<std::size_t>(daypack_symbols(old), shown_.size());
    for (std::size_t i = 0; i < symbols; ++i) {
        const daypack_slot& slot = *daypack_slot_of(old, static_cast<std::uint32_t>(i));
        const daypack_status status = daypack_unpack_status(load_relaxed(slot.status));
        const bool stopped = load_relaxed(daypack_head(old)->phase) == DAYPACK_PHASE_STOPPED;
        if (stopped || status.state != DAYPACK_STATE_LIVE || (load_relaxed(slot.sequence) & 1) != 0) continue;
        shown_[i].u = load_relaxed(slot.u);
        shown_[i].exponents = load_relaxed(slot.exponents);
        shown_[i].publish_ns = load_relaxed(slot.publish_ns);
    }
    note_told(*old);
}

// Backwards through the ring, as far as two engines may be apart.
void BookCarrier::note_told(const daypack_reader& old) {
    const std::uint64_t end = load_relaxed(daypack_head(&old)->published);
    const std::int64_t since_ns = wall_ns() - 2 * kLag_ns;
    for (std::uint64_t back = 1; back <= std::min<std::uint64_t>(end, old.ring_events); ++back) {
        daypack_record record;
        daypack_load_words(&record,
                           old.base + old.ring_offset + ((end - back) & (old.ring_events - 1)) * old.record_bytes,
                           sizeof record);
        if (record.publish_ns != 0) told_since_ns_ = std::min(told_since_ns_, record.publish_ns);
        if (back == 1 && record.publish_ns != 0) told_until_ns_ = std::min(told_until_ns_, record.publish_ns);
        if (record.publish_ns != 0 && record.publish_ns < since_ns) break;
        if (is_told_once(daypack_record_kind(&record))) told_.push_back(content_of(record));
        note_end(record);
    }
    std::sort(told_.begin(), told_.end());
    for (Shown& shown : shown_) {  // where nothing was told of a book that was written lately, its writer died before
        if (!shown.is_told && shown.publish_ns <= told_since_ns_) shown.told = shown.u;
    }
}

// A slot is written before its records are, so the ring may lead to less than the book that is shown: a writer that
// died in between leaves it so, perhaps with a part of an update. The newest record of a symbol comes first here.
void BookCarrier::note_end(const daypack_record& record) noexcept {
    const unsigned kind = daypack_record_kind(&record);
    const std::uint32_t symbol = daypack_record_symbol(&record);
    if ((!is_of_book(kind) && kind != DAYPACK_KIND_STATE) || symbol >= shown_.size()) return;
    Shown& shown = shown_[symbol];
    const bool is_whole = kind != DAYPACK_KIND_DELTA || daypack_record_last(&record) != 0;
    if (!std::exchange(shown.is_told, true)) {
        shown.told = is_whole ? record.last_id : 0;
        shown.told_epoch = static_cast<std::uint32_t>(record.status);
    }
    if (is_whole && is_update(kind) && record.last_id == shown.told && shown.told_content == 0) {
        shown.told_content = content_of(record);
    }
}

// ---- at the switch: the book thread ---------------------------------------------------------------------------------

daypack_slot& BookCarrier::slot_of(std::size_t symbol) const noexcept {
    return segment_.slot(static_cast<SymbolIndex>(symbol));
}

bool BookCarrier::is_behind(std::size_t symbol) const noexcept {
    const daypack_slot& slot = slot_of(symbol);
    return daypack_unpack_status(load_relaxed(slot.status)).state == DAYPACK_STATE_LIVE &&
           load_relaxed(slot.u) < shown_[symbol].u;
}

bool BookCarrier::has_caught_up() const noexcept {
    for (std::size_t i = 0; i < segment_.symbols(); ++i) {
        if (is_behind(i)) return false;
    }
    return true;
}

std::uint64_t BookCarrier::status_of(std::size_t symbol, std::uint64_t epoch) const noexcept {
    const daypack_status own = daypack_unpack_status(load_relaxed(slot_of(symbol).status));
    if (is_behind(symbol)) return status_word(epoch, DAYPACK_STATE_SYNCING, DAYPACK_REASON_audit, own.flags);
    return status_word(epoch, own.state, own.reason, own.flags);
}

void BookCarrier::carry() noexcept {
    const std::size_t symbols = segment_.symbols();
    auto& head = at<daypack_header>(0);
    carry_header();
    pick_records();
    for (std::size_t i = 0; i < symbols; ++i) {
        if (is_behind(i)) behind_.push_back(static_cast<SymbolIndex>(i));
        shown_[i].is_same = shown_[i].is_same || shows_the_same(i);
        carry_slot(i);
        choose_joins(i);
        carry_records(i);
    }
    store_release(head.symbols, symbols);  // pairs with the acquire in daypack_symbols
    const std::uint64_t epoch = target_.epoch + 1;
    for (std::size_t i = 0; i < symbols; ++i) {
        auto& slot = at<daypack_slot>(segment_.layout().slots + i * segment_.layout().slot_bytes);
        const SeqlockWrite write(slot);
        store_relaxed(slot.status, status_of(i, epoch));
    }
    store_relaxed(head.phase, load_relaxed(segment_.header().phase));
    store_release(head.epoch, epoch);
    target_.epoch = epoch;
    for (std::size_t i = 0; i < symbols; ++i) put_of_slot(DAYPACK_KIND_STATE, i);
    carry_tables();
    store_release(head.magic, DAYPACK_MAGIC);
}

// What is said of the writer and its clock. Layout, beat, epoch and phase of a segment that is in use stay.
void BookCarrier::carry_header() noexcept {
    auto& to = at<daypack_header>(0);
    const daypack_header& from = segment_.header();
    if (target_.is_new) {
        segment_.layout().describe(to);
        store_relaxed(to.claimed, target_.position);
        store_relaxed(to.published, target_.position);
        store_relaxed(to.slept_ns, load_relaxed(from.slept_ns));
        store_relaxed(to.beat_ns, static_cast<std::uint64_t>(daypack_monotonic_ns()));
    }
    target_.position = load_relaxed(to.claimed);
    Segment::name_writer_of(to);
    store_relaxed(to.writer_start_ns, load_relaxed(from.writer_start_ns));
    store_relaxed(to.beat_stale_ns, load_relaxed(from.beat_stale_ns));
    store_relaxed(to.threads, load_relaxed(from.threads));
    store_relaxed(to.clock_state, load_relaxed(from.clock_state));
    store_relaxed(to.clock_offset_ns, load_relaxed(from.clock_offset_ns));
    store_relaxed(to.clock_error_ns, load_relaxed(from.clock_error_ns));
    store_relaxed(to.clock_checked_ns, load_relaxed(from.clock_checked_ns));
    copy_words(&at<daypack_entry>(segment_.layout().directory),
               reinterpret_cast<const std::byte*>(&from) + segment_.layout().directory,
               segment_.symbols() * sizeof(daypack_entry));
}

// All words but the sequence: also levels that are not shown, on which the slot's writer relies. The status stands
// among them, so it is stored once, with the epoch that readers take for theirs until all slots are written.
void BookCarrier::carry_slot(std::size_t symbol) noexcept {
    const daypack_slot& from = slot_of(symbol);
    auto& to = at<daypack_slot>(segment_.layout().slots + symbol * segment_.layout().slot_bytes);
    const SeqlockWrite write(to);
    copy_words(&to.u, &from.u, offsetof(daypack_slot, status) - offsetof(daypack_slot, u));
    store_relaxed(to.status, status_of(symbol, target_.epoch));
    copy_words(&to.venue_match_us, &from.venue_match_us,
               segment_.layout().slot_bytes - offsetof(daypack_slot, venue_match_us));
}

// Counters begin anew with each engine, and so do histograms; both stand behind the lines.
void BookCarrier::carry_tables() noexcept {
    const SegmentLayout& layout = segment_.layout();
    const auto* const base = reinterpret_cast<const std::byte*>(&segment_.header());
    copy_words(target_.base + layout.lines, base + layout.lines, layout.ring - layout.lines);
    store_release(at<daypack_header>(0).lines, load_relaxed(segment_.header().lines));
}

// Whether the slot of the other engine has this one's book: the same levels at the same `u`, to which the ring leads.
bool BookCarrier::shows_the_same(std::size_t symbol) const noexcept {
    const SegmentLayout& layout = segment_.layout();
    const Shown& shown = shown_[symbol];
    const daypack_slot& from = slot_of(symbol);
    if (target_.is_new || shown.told == 0 || shown.told != load_relaxed(from.u)) return false;
    const auto& to = at<daypack_slot>(layout.slots + symbol * layout.slot_bytes);
    const std::uint64_t counts = load_relaxed(from.counts);
    if (load_relaxed(to.u) != shown.told || load_relaxed(to.counts) != counts) return false;
    const auto equal = [&](std::size_t first, std::size_t count) {
        const auto levels = [&](const daypack_slot& slot) {
            return reinterpret_cast<const daypack_level*>(&slot + 1) + first;
        };
        return std::equal(levels(from), levels(from) + count, levels(to), [](const auto& one, const auto& other) {
            return load_relaxed(one.price) == load_relaxed(other.price) &&
                   load_relaxed(one.quantity) == load_relaxed(other.quantity);
        });
    };
    return equal(0, daypack_bid_levels(counts)) && equal(layout.depth, daypack_ask_levels(counts));
}

// That ids go on from `told` proves nothing: the venue may count anew, from below, and the other engine may not have
// heard of it, as on lines that are still open or already dead. Only the very update, received behind what this engine
// has joined by, shows that both have the same book there; or that this engine told it itself, before it gave the
// segment away in vain, and has not joined anew.
void BookCarrier::compare(const daypack_record& record, Shown& shown) const noexcept {
    const unsigned kind = daypack_record_kind(&record);
    shown.is_replaced = shown.is_replaced || kind == DAYPACK_KIND_SNAPSHOT;
    if (shown.is_replaced || !is_update(kind) || record.last_id != shown.told) return;
    shown.is_same = shown.is_same || content_of(record) == shown.told_content;
}

void BookCarrier::know_own() noexcept {
    for (Shown& shown : shown_) {
        const bool is_own = shown.told != 0 && shown.told_epoch == static_cast<std::uint32_t>(left_epoch_);
        shown.is_same = shown.is_same || (is_own && !shown.is_replaced);
    }
}

// The records of each symbol in their order, from the end of the ring backwards.
void BookCarrier::pick_records() noexcept {
    const SegmentLayout& layout = segment_.layout();
    const daypack_record* const ring = segment_.ring();
    const std::uint64_t end = load_relaxed(segment_.header().published);
    const std::int64_t lately_ns = wall_ns() - kLag_ns;  // what is older, note_told may not have looked at
    const std::int64_t since_ns = std::min(told_until_ns_ - kLag_ns, lately_ns);
    for (Shown& shown : shown_) shown.first = kNone;
    const std::uint64_t reach = std::min<std::uint64_t>(end, layout.ring_events);
    for (std::uint64_t back = 1; back <= reach && picks_.size() < picks_.capacity(); ++back) {
        const daypack_record& record = ring[(end - back) & (layout.ring_events - 1)];
        if (record.publish_ns < since_ns) {
            // 0: what was there before this engine, or before it left
            if (record.publish_ns == 0 && left_epoch_ != 0) know_own();
            break;
        }
        const unsigned kind = daypack_record_kind(&record);
        const std::uint32_t symbol = daypack_record_symbol(&record);
        if (symbol >= shown_.size()) continue;
        Shown& shown = shown_[symbol];
        compare(record, shown);
        // The oldest record that is left may be of an update whose first ones are gone.
        if (back == layout.ring_events && end > back && kind == DAYPACK_KIND_DELTA) shown.told = 0;
        const bool of_book = is_of_book(kind) && shown.u != 0 && shown.told != 0 && record.last_id > shown.told;
        const bool untold = is_told_once(kind) && record.publish_ns > std::max(told_since_ns_, lately_ns) &&
                            !std::binary_search(told_.begin(), told_.end(), content_of(record));
        if (!of_book && !untold) continue;
        picks_.push_back({end - back, shown.first});
        shown.first = static_cast<std::uint32_t>(picks_.size() - 1);
    }
}

// Whether the picked updates lead from what the other engine showed to this engine's book, by the venue's own rule.
void BookCarrier::choose_joins(std::size_t symbol) noexcept {
    Shown& shown = shown_[symbol];
    const daypack_slot& slot = slot_of(symbol);
    const bool live = daypack_unpack_status(load_relaxed(slot.status)).state == DAYPACK_STATE_LIVE;
    shown.joins = shown.u != 0 && shown.told != 0 && shown.is_same && live && !target_.is_new &&
                  load_relaxed(slot.exponents) == shown.exponents;
    std::uint64_t have = shown.told;
    for (std::uint32_t i = shown.first; i != kNone && shown.joins; i = picks_[i].next) {
        const daypack_record& record = segment_.ring()[picks_[i].position & (segment_.layout().ring_events - 1)];
        const unsigned kind = daypack_record_kind(&record);
        if (!is_of_book(kind) || kind == DAYPACK_KIND_TOP) continue;
        shown.joins = kind != DAYPACK_KIND_SNAPSHOT && record.first_id <= have + 1;
        have = record.last_id;
    }
    shown.joins = shown.joins && have == load_relaxed(slot.u);
}

void BookCarrier::carry_records(std::size_t symbol) noexcept {
    const Shown& shown = shown_[symbol];
    const std::uint64_t status = status_of(symbol, target_.epoch + 1);
    if (shown.joins) put_succession(symbol, status);
    for (std::uint32_t i = shown.first; i != kNone; i = picks_[i].next) {
        const daypack_record& record = segment_.ring()[picks_[i].position & (segment_.layout().ring_events - 1)];
        if (shown.joins || !is_of_book(daypack_record_kind(&record))) put(record, status);
    }
    if (shown.joins || load_relaxed(slot_of(symbol).u) == 0) return;
    put_of_slot(DAYPACK_KIND_SNAPSHOT, symbol);
    put_of_slot(DAYPACK_KIND_TOP, symbol);
}

// As RingWriter does.
void BookCarrier::put(const daypack_record& record, std::uint64_t status) noexcept {
    auto& head = at<daypack_header>(0);
    const SegmentLayout& layout = segment_.layout();
    auto& to = at<daypack_record>(layout.ring + (target_.position & (layout.ring_events - 1)) * sizeof(daypack_record));
    store_relaxed(head.claimed, ++target_.position);
    __atomic_thread_fence(__ATOMIC_RELEASE);  // pairs with the acquire fence in daypack_read_record
    copy_words(&to, &record, sizeof record);
    store_relaxed(to.status, status);
    store_release(head.published, target_.position);  // pairs with the acquire in daypack_read_record
}

// Readers that follow the book record by record go on with the one that they have: what it has more than `told`
// follows.
void BookCarrier::put_succession(std::size_t symbol, std::uint64_t status) noexcept {
    daypack_record record{};
    record.head = record_head(DAYPACK_KIND_STATE, static_cast<SymbolIndex>(symbol));
    record.first_id = record.last_id = shown_[symbol].told;
    record.publish_ns = wall_ns();
    record.exponents = shown_[symbol].exponents;
    put(record, status);
}

void BookCarrier::put_of_slot(daypack_kind kind, std::size_t symbol) noexcept {
    const daypack_slot& slot = slot_of(symbol);
    daypack_record record{};
    record.head = record_head(kind, static_cast<SymbolIndex>(symbol));
    record.last_id = load_relaxed(slot.u);
    if (kind == DAYPACK_KIND_TOP) {
        record.price = load_relaxed(slot.bid_price);
        record.quantity = load_relaxed(slot.bid_quantity);
        record.price2 = load_relaxed(slot.ask_price);
        record.quantity2 = load_relaxed(slot.ask_quantity);
    }
    record.venue_match_us = load_relaxed(slot.venue_match_us);
    record.venue_send_us = load_relaxed(slot.venue_send_us);
    record.receive_ns = load_relaxed(slot.receive_ns);
    record.publish_ns = wall_ns();
    record.exponents = load_relaxed(slot.exponents);
    put(record, status_of(symbol, target_.epoch + (kind == DAYPACK_KIND_STATE ? 0 : 1)));
}

}  // namespace daypack::core
