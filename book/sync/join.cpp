// SPDX-License-Identifier: MIT
// Rule 1 of Sync: how a join begins, which updates are buffered for it, how a snapshot is judged by the updates that
// the lines sent, and how it becomes the book.
#include <algorithm>
#include <array>
#include <utility>

#include "book/sync/sync.h"

namespace daypack::core {
namespace {

// How many of the buffered levels that a snapshot must contain are compared with it.
constexpr std::size_t kCompared = 64;

bool is_of_same_level(const Event& a, const Event& b) noexcept {
    return a.side == b.side && a.price == b.price;
}

}  // namespace

// Appends an update to pending_. Returns false when the pool has no room; everything that was buffered is gone then.
bool Sync::push_pending(std::span<const Event> update, MonoTime now) noexcept {
    const Event& first = update.front();
    if (!pending_.empty() && first.first_id > newest_id_ + 1) pending_.clear();  // there is a second hole
    numbering_.remember(first, key_);
    newest_id_ = first.last_id;
    for (std::size_t i = 0; i < update.size(); ++i) {
        if (pending_.push(update[i])) continue;
        counters_.buffer_dropped += pending_.size() + update.size() - i;
        const Sequence dropped_to = newest_id_;
        if (phase_ == Phase::following) rejoin(Reason::overflow, now);
        newest_id_ = dropped_to;
        pending_.clear();  // a snapshot in flight may still be later than all of it
        reason_ = Reason::overflow;
        return false;
    }
    return true;
}

// Buffers an update that follows on the chain's tip, or begins a chain, while joining.
Sync::Outcome Sync::buffer_for_join(std::span<const Event> update, MonoTime now) noexcept {
    lost_after_tip_ = rest_went_back_ = false;
    if (!push_pending(update, now)) return Outcome::waiting;
    numbering_.on_chain_advanced(now);
    if (held_id_ == 0 || newest_id_ < held_id_) return Outcome::waiting;
    return join(fit_of(held_id_, now), now) ? Outcome::joined : Outcome::waiting;
}

// Drops the buffered updates because another chain begins.
void Sync::drop_pending() noexcept {
    pending_.clear();
    held_id_ = 0;
    tip_not_buffered_ = false;
}

// A line has sent an update that was applied before its connection came up, so the chain goes on from there. The
// update is buffered so that a snapshot of its id is compared with its levels: the id alone may be of another
// numbering.
void Sync::resume_chain_with(std::span<const Event> update, MonoTime now) noexcept {
    drop_pending();
    (void)push_pending(update, now);
}

// Begins a join with the updates that are buffered so far.
void Sync::enter_joining(Reason reason) noexcept {
    if (phase_ == Phase::following) note_shown_levels();
    thin_sides_ = 0;
    phase_ = Phase::joining;
    reason_ = reason;
    early_.clear();
    in_flight_ = false;
    held_id_ = 0;
    has_hole_ = false;
    lost_after_tip_ = tip_not_buffered_ = false;
    lost_reason_ = Reason::none;
    lines_behind_since_ = {};
    rest_.clear();
    silent_ = only_line_confirms_ = rest_went_back_ = false;
}

// Rejoins a book that is wrong or gone while its numbering goes on: the chain's tip is the book's last id.
void Sync::rejoin(Reason reason, MonoTime now) noexcept {
    const bool followed = phase_ == Phase::following;
    if (had_book_ && followed) ++counters_.resyncs;
    enter_joining(reason);
    pending_.clear();
    if (followed) newest_id_ = last_id_;
    pace_.on_break(reason, now);
}

// Rejoins and gives up the chain as well. The caller decides which line begins the next one.
void Sync::break_chain(Reason reason, MonoTime now) noexcept {
    if (reason == Reason::restart) {
        ++counters_.restarts;
        numbering_in_doubt_ = true;
        id_before_loss_ = furthest_shown_id_ = 0;
    }
    rejoin(reason, now);
    newest_id_ = 0;
}

bool Sync::on_snapshot(std::uint32_t request, const Snapshot& snapshot, MonoTime now) noexcept {
    if (phase_ != Phase::joining || request != request_ || !in_flight_) return false;
    in_flight_ = false;
    const Fit fit = fit_of(snapshot.last_id, now);
    // REST may be a stale replica or the numbering may have restarted; no line tells which.
    if (newest_id_ == 0 && snapshot.last_id < std::max(id_before_loss_, furthest_shown_id_) && quiet(now))
        rest_went_back_ = true;
    if (fit == Fit::none) return reject_snapshot(now);
    if (is_thin(snapshot)) {
        ++counters_.refetches;
        pace_.on_rejected(now);
        return false;
    }
    book_.seed(snapshot);
    held_id_ = snapshot.last_id;
    held_time_ = snapshot.timestamp;
    held_since_ = now;
    return fit != Fit::hold && join(fit, now);
}

// True when the snapshot leaves less than a tenth of a side's levels, or none. A second snapshot in a row with the same
// thin sides is believed.
bool Sync::is_thin(const Snapshot& snapshot) noexcept {
    const std::size_t bids = snapshot.bids.size() * 10, asks = snapshot.asks.size() * 10;
    const auto thin = static_cast<std::uint8_t>((bids < shown_levels_[0] ? 1 : 0) | (asks < shown_levels_[1] ? 2 : 0));
    return std::exchange(thin_sides_, thin) != thin && thin != 0;
}

// Decides what a snapshot of that id is good for, by the updates that the lines have sent.
Sync::Fit Sync::fit_of(Sequence id, MonoTime now) const noexcept {
    if ((lines_since_request_ & numbering_.up()) == 0) return Fit::none;  // each line came up after the request
    if (newest_id_ == 0 && may_be_outdated(id)) return Fit::none;
    if (newest_id_ == 0) return quiet(now) ? Fit::stands_alone : Fit::hold;
    if ((lines_since_request_ & numbering_.trusted()) == 0) return Fit::none;
    const Sequence oldest = pending_.empty() ? newest_id_ : pending_.front().first_id - 1;
    if (id < oldest) return Fit::none;  // REST trails the socket by a few updates
    const Sequence newest = numbering_.newest_trusted();
    if (newest > newest_id_ && id < newest) return Fit::none;  // sent before the line was trusted, and not buffered
    if (id > newest_id_) return quiet(now) ? Fit::stands_alone : Fit::hold;
    if (id == newest_id_ && lost_after_tip_ && !quiet(now)) return Fit::hold;
    return Fit::joins;
}

// Compares the snapshot in book_ with the levels that the last buffered updates up to its id set. Where several of them
// set one price, the last one decides.
Sync::Agreement Sync::agrees_with_pending(Sequence id) const noexcept {
    std::array<const Event*, kCompared> last{};
    std::array<bool, kCompared> undecided{};
    std::size_t count = 0;
    pending_.for_each([&](const Event& event) {
        if (event.last_id <= id && event.kind == EventKind::delta) last[count++ % kCompared] = &event;
    });
    const std::size_t compared = std::min(count, kCompared);
    // An update that leads across the id may have set its levels on either side of it.
    pending_.for_each([&](const Event& event) {
        if (event.first_id > id || event.last_id <= id || event.kind != EventKind::delta) return;
        for (std::size_t i = 0; i < compared; ++i) undecided[i] |= is_of_same_level(event, *last[i]);
    });
    bool any_decided = false;
    bool any_present = false;
    for (std::size_t i = 0; i < compared; ++i) {
        const std::size_t at = (count - 1 - i) % kCompared;
        const Event& event = *last[at];
        bool set_later = undecided[at];
        for (std::size_t later = 0; later < i && !set_later; ++later) {
            set_later = is_of_same_level(*last[(count - 1 - later) % kCompared], event);
        }
        const BookSide& half = book_.side(event.side);
        if (set_later || !half.is_known(event.price)) continue;
        if (half.at(event.price) != event.quantity) return Agreement::no;
        any_decided = true;
        any_present |= event.quantity.steps != 0;
    }
    if (!any_decided) return Agreement::nothing_to_compare;
    return any_present ? Agreement::yes : Agreement::yes_of_absence;
}

bool Sync::reject_snapshot(MonoTime now) noexcept {
    held_id_ = 0;
    ++counters_.refetches;
    if (quiet(now)) ++counters_.silences;  // the lines do not bring what REST reports
    pace_.on_rejected(now);
    return false;
}

void Sync::begin_at(Sequence id, VenueTime timestamp) noexcept {
    last_id_ = id;
    match_ = timestamp;
    send_ = {};
    receive_ = {};
    unconfirmed_ = true;
    has_hole_ = false;
}

// Makes the snapshot in book_ the book, and applies the buffered updates that follow on it.
bool Sync::join(Fit fit, MonoTime now) noexcept {
    if (fit == Fit::hold) return false;
    if (fit == Fit::none) return reject_snapshot(now);
    // A snapshot beyond the chain's tip is not compared: the updates in between may have set the same levels.
    const Agreement agreement = held_id_ <= newest_id_ ? agrees_with_pending(held_id_) : Agreement::nothing_to_compare;
    if (agreement == Agreement::no) return reject_snapshot(now);
    // After a change of lines or of the numbering the id alone is not enough: the snapshot may be an old one of the
    // numbering that ended, or of a numbering that the lines do not send yet. Nor is it enough where the levels of the
    // chain's tip are not known. Levels that both lack are enough only while no line sends another numbering.
    const bool agrees =
        agreement == Agreement::yes || (agreement == Agreement::yes_of_absence && !numbering_.any_foreign());
    const bool quiet_again = quiet(now) && pending_.empty() && !numbering_.any_foreign() && !may_be_outdated(held_id_);
    if ((numbering_in_doubt_ || tip_not_buffered_ || id_before_loss_ != 0) && !agrees && !quiet_again)
        return reject_snapshot(now);
    // The chain that a line resumed is remembered to have gone further than this snapshot, which is too old then.
    if (newest_id_ != 0 && std::max(held_id_, newest_id_) < numbering_.newest_remembered()) return reject_snapshot(now);
    begin_at(held_id_, held_time_);
    held_id_ = 0;
    replayed_ = {};
    while (!pending_.empty()) {
        const Event event = pending_.front();
        pending_.pop();
        if (event.last_id <= last_id_ && unconfirmed_) continue;
        apply(event);
        if (event.last) ++replayed_.updates;
        if (event.kind == EventKind::delta) ++replayed_.levels;
    }
    if (fit == Fit::stands_alone) {
        if (lines_stopped_before(last_id_)) ++counters_.silences;
        stand_alone();
    }
    newest_id_ = last_id_;
    if (!unconfirmed_) numbering_in_doubt_ = false;
    if (last_id_ >= id_before_loss_) id_before_loss_ = 0;
    if (id_before_loss_ != 0) silent_ = only_line_confirms_ = true;
    furthest_shown_id_ = 0;
    // Its levels agree with an update of a line, so only a line that is late can still disprove it.
    below_since_ = agrees ? now : MonoTime{};
    phase_ = Phase::following;
    had_book_ = true;
    lost_after_tip_ = rest_went_back_ = false;
    ++counters_.snapshots;
    pace_.on_joined(now);
    const bool again = reason_ == Reason::crossed;
    crossed_.on_uncrossed();
    check_crossed(now);
    if (again && crossed_.crossed()) crossed_.on_venue_crossed();
    return true;
}

// Takes a snapshot alone, although no update leads to it. If no line has sent anything, it is the book of a quiet
// market, unless the numbering is in doubt. If the lines stopped before its id, they lost updates.
void Sync::stand_alone() noexcept {
    only_line_confirms_ = numbering_.any_foreign();
    silent_ = only_line_confirms_ || lines_stopped_before(last_id_) || reason_ == Reason::silent;
    if (newest_id_ == 0) numbering_.begin_at_snapshot(lines_since_request_);
}

}  // namespace daypack::core
