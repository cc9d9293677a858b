// SPDX-License-Identifier: MIT
#include "book/sync/sync.h"

#include <algorithm>

namespace daypack::core {
namespace {

// Without a line, a snapshot with an earlier id becomes the book after this many polls in a row that report one.
constexpr std::uint32_t kBelieved = 3;
// These polls must also span this long, because a stale replica may answer some polls in a row.
constexpr std::int64_t kBelievedFor_ns = 5'000'000'000;
// A polled book may be old when no poll was answered for this long and three times the pause between the last two.
constexpr std::int64_t kPollsAway_ns = 10'000'000'000;

}  // namespace

Sync::Outcome Sync::accept(std::span<const Event> update, MonoTime now) noexcept {
    if (phase_ == Phase::idle || phase_ == Phase::polling) return Outcome::ignored;
    const Event& first = update.front();
    const bool follows = phase_ == Phase::following;
    last_update_at_ = now;
    if (!follows && numbering_.last_id_of(first.line % kMaxLines) == 0) pace_.on_first_update(now);
    const auto [relation, key] =
        numbering_.classify(update, follows ? last_id_ : newest_id_, follows ? &book_ : nullptr, now);
    key_ = key;
    switch (relation) {
        case Numbering::Relation::next:
            if (!follows) return buffer_for_join(update, now);
            numbering_.remember(first, key);
            return Outcome::applied;
        case Numbering::Relation::copy:
            if (follows && first.last_id == last_id_) {
                if (unconfirmed_ && !agrees(update, book_)) [[unlikely]]
                    return declare_contradiction(now);
                confirm_by_line(now);
            } else if (first.last_id > newest_id_) {
                if (follows) return hold_ahead(update, now);  // it was held before, and dropped
                resume_chain_with(update, now);
            }
            [[fallthrough]];
        case Numbering::Relation::old:
            ++counters_.duplicates;
            if (!follows) {
                if (tip_not_buffered_ && first.last_id == newest_id_) resume_chain_with(update, now);
            } else if (has_hole_ && passed_by_every_line()) {
                declare_gap(now);  // this line does not have it either
            }
            return Outcome::ignored;
        case Numbering::Relation::ahead:
        case Numbering::Relation::beyond:
            if (follows && relation == Numbering::Relation::ahead) return hold_ahead(update, now);
            if (follows) reject_unconfirmed_book(now);
            // Ids are missing among the buffered updates, so only the updates after them can be used. It is no gap
            // while a trusted line may still bring them: the line of this update is merely ahead.
            if (!pending_.empty() && numbering_.all_passed(newest_id_)) ++counters_.gaps;
            drop_pending();
            numbering_.begin_with(first.line);
            return buffer_for_join(update, now);
        case Numbering::Relation::foreign:
            ++counters_.foreign;
            if (follows) early_.keep(update, newest_id_);
            return Outcome::ignored;
        case Numbering::Relation::restart:
            break_chain(Reason::restart, now);
            numbering_.restart_by(first.line);
            return buffer_for_join(update, now);
        case Numbering::Relation::contradiction: return declare_contradiction(now);
    }
    return Outcome::ignored;
}

// Two sources report different levels under one id: two trusted lines, or one of them and the snapshot in the book.
Sync::Outcome Sync::declare_contradiction(MonoTime now) noexcept {
    ++counters_.contradictions;
    break_chain(Reason::restart, now);
    numbering_.reset();
    return Outcome::ignored;
}

void Sync::apply_update(std::span<const Event> update, MonoTime now) noexcept {
    for (const Event& event : update) apply(event);
    newest_id_ = std::max(newest_id_, last_id_);
    numbering_.on_chain_advanced(now);
    rest_.on_applied(last_id_, now);
    check_crossed(now);
    check_depth(now);
}

// An applied update settles what was in doubt: a hole may be filled, and a lost update was one of those applied.
void Sync::on_applied(MonoTime now) noexcept {
    if (phase_ != Phase::following) return;
    if (has_hole_ && pending_.empty()) [[unlikely]] {
        has_hole_ = false;
        if (last_id_ < numbering_.newest_trusted()) begin_hole(now);
    }
    lost_reason_ = Reason::none;
    numbering_in_doubt_ = false;
    confirm_by_line(now);
}

// A trusted line has sent the update that the book is at, which ends the state STALE unless REST knows a later one.
void Sync::confirm_by_line(MonoTime now) noexcept {
    if (!silent_ && !only_line_confirms_ && id_before_loss_ == 0) [[likely]]
        return;
    if (id_before_loss_ != 0 && !has_caught_up(now)) return;
    if (rest_.knows_later() || numbering_.newest_trusted() > newest_id_) return;
    silent_ = false;
    only_line_confirms_ = false;
}

// True when the book has reached id_before_loss_ again, or has had kBelow_ns to do so: then the numbering restarted.
bool Sync::has_caught_up(MonoTime now) noexcept {
    if (below_since_.ns == 0) below_since_ = now;
    if (last_id_ < id_before_loss_ && now - below_since_ < kBelow_ns + window_ns_) return false;
    id_before_loss_ = 0;
    return true;
}

// The book has gone on while updates of a line that was not trusted are kept. If it is trusted now, they are of the
// book's numbering: those beyond the book are held with what else is.
void Sync::follow_early(MonoTime now) noexcept {
    if (phase_ != Phase::following) return early_.clear();
    const LineIndex line = early_.line();
    if ((numbering_.trusted() >> line % kMaxLines & 1) == 0) return;
    // Where the line has sent something else since, another update has shown that it is to be trusted.
    const bool sent_last = numbering_.last_id_of(line) == early_.newest();
    while (sent_last && !early_.empty()) {
        const std::span<const Event> update = early_.pop_update();
        if (update.front().last_id <= newest_id_) continue;
        key_ = key_of(update);
        if (!push_pending(update, now)) return;
    }
    early_.clear();
    if (!has_hole_ && !pending_.empty() && pending_.front().first_id > last_id_ + 1) begin_hole(now);
}

void Sync::begin_hole(MonoTime now) noexcept {
    has_hole_ = true;
    hole_since_ = now;
}

// Holds an update that is ahead of the book while following.
Sync::Outcome Sync::hold_ahead(std::span<const Event> update, MonoTime now) noexcept {
    if (!has_hole_) {
        begin_hole(now);
        ++counters_.waits;
    }
    if (push_pending(update, now) && passed_by_every_line()) declare_gap(now);
    return Outcome::waiting;
}

// The snapshot that was taken alone is too old: the first update after it does not follow on it.
void Sync::reject_unconfirmed_book(MonoTime now) noexcept {
    enter_joining(reason_);
    (void)reject_snapshot(now);
}

// Gives up waiting for the missing ids, and rejoins with the updates that were held.
void Sync::declare_gap(MonoTime now) noexcept {
    if (unconfirmed_) return reject_unconfirmed_book(now);
    ++counters_.gaps;
    if (had_book_) ++counters_.resyncs;
    enter_joining(Reason::gap);
    if (numbering_.newest_trusted() > newest_id_) {  // sent before the line was trusted
        newest_id_ = numbering_.newest_trusted();
        tip_not_buffered_ = true;
        pending_.clear();
    }
    pace_.on_break(Reason::gap, now);
}

void Sync::apply(const Event& event) noexcept {
    if (event.kind == EventKind::delta) book_.apply(event.side, event.price, event.quantity);
    last_id_ = event.last_id;
    match_ = event.match;
    send_ = event.send();
    receive_ = event.receive;
    unconfirmed_ = false;
}

void Sync::on_lines(LineSet up, MonoTime now) noexcept {
    const bool idle = phase_ == Phase::idle || phase_ == Phase::polling;
    numbering_.on_lines(up);
    lines_since_request_ &= up;
    if (!early_.empty() && (up >> early_.line() % kMaxLines & 1) == 0) early_.clear();
    if (up == 0) {
        if (idle) return;
        id_before_loss_ = std::max(id_before_loss_, newest_id_);
        enter_joining(had_book_ ? Reason::line_dead : first_reason_);
        phase_ = Phase::idle;
        pending_.clear();
        numbering_.distrust_all();
        newest_id_ = 0;
        last_update_at_ = {};
    } else if (idle) {
        if (had_book_) ++counters_.resyncs;
        newest_id_ = 0;
        earlier_polls_ = 0;
        up_since_ = now;
        enter_joining(had_book_ ? Reason::gap : first_reason_);
        pace_.on_break(reason_, now);
    } else {
        check_remaining_lines(now);
    }
}

// Called when lines changed while one is up. Without a trusted line nothing that was sent can be used any more.
void Sync::check_remaining_lines(MonoTime now) noexcept {
    const bool has_chain = phase_ == Phase::following || newest_id_ != 0;
    if (has_chain && numbering_.may_bring_next() == 0) {
        id_before_loss_ = std::max(id_before_loss_, newest_id_);
        break_chain(phase_ == Phase::following ? Reason::gap : reason_, now);
        numbering_.distrust_all();
        return;
    }
    if (has_hole_ && passed_by_every_line()) declare_gap(now);
    if (all_lines_behind() && lines_behind_since_.ns == 0) lines_behind_since_ = now;
}

bool Sync::on_polled(const Snapshot& snapshot, Reason reason, MonoTime now) noexcept {
    if (numbering_.up() != 0) return false;
    poll_gap_ns_ = phase_ == Phase::polling ? now - polled_ : 0;
    polled_ = now;
    // An earlier id means a stale replica or a restarted numbering; repeated answers tell which.
    if (reject_earlier_poll(snapshot.last_id, now)) return false;
    if (phase_ == Phase::polling && snapshot.last_id == last_id_) return false;
    if (is_thin(snapshot)) return false;
    earlier_polls_ = 0;
    newest_id_ = 0;
    // REST alone reported this id: once a line is up, a book before it needs a line to confirm it.
    furthest_shown_id_ = std::max({furthest_shown_id_, id_before_loss_, last_id_, snapshot.last_id});
    id_before_loss_ = 0;
    book_.seed(snapshot);
    note_shown_levels();
    begin_at(snapshot.last_id, snapshot.timestamp);
    phase_ = Phase::polling;
    reason_ = reason;
    unconfirmed_ = false;
    had_book_ = true;
    crossed_.on_uncrossed();
    ++counters_.snapshots;
    check_crossed(now);
    return true;
}

// True when the poll reports an earlier id than the book's and is not believed yet. From the third such poll on the
// book is no longer shown as POLLING, because REST contradicts it.
bool Sync::reject_earlier_poll(Sequence id, MonoTime now) noexcept {
    const bool goes_on = earlier_polls_ != 0 && id >= earlier_id_;
    if (!goes_on) earlier_polls_ = 0;
    if (!had_book_ || id >= last_id_) {
        earlier_polls_ = 0;
        return false;
    }
    if (!goes_on) earlier_since_ = now;
    earlier_id_ = id;
    ++earlier_polls_;
    if (earlier_polls_ < kBelieved) return true;
    if (now - earlier_since_ >= kBelievedFor_ns) return false;
    if (phase_ == Phase::polling) mark_polls_stale();
    return true;
}

// The polled book may be old.
void Sync::mark_polls_stale() noexcept {
    phase_ = Phase::idle;
    reason_ = reason_ == Reason::rest_only ? Reason::silent : Reason::line_dead;
}

void Sync::on_rest_id(Sequence id, MonoTime asked, MonoTime now) noexcept {
    if (phase_ != Phase::following) return;
    if (rest_.on_answer(id, last_id_, asked, now) && !only_line_confirms_) silent_ = false;  // the market is quiet
}

// Within one numbering the lost update has the book's next id or an older one, so the next applied update ends the
// doubt.
void Sync::on_lost(LineIndex line, Reason reason, MonoTime now) noexcept {
    const LineSet carrying = numbering_.may_bring_next();
    const LineSet others = carrying & ~(LineSet{1} << line % kMaxLines);
    if (carrying == others && others != 0) return;  // the line is not trusted
    if (phase_ == Phase::joining) {
        lost_after_tip_ = true;  // the line's next update, if one comes, shows the hole
        if (reason_ != Reason::restart) reason_ = reason;
    } else if (phase_ == Phase::following && others == 0) {
        rejoin(reason, now);
        lost_after_tip_ = true;
    } else if (phase_ == Phase::following && lost_reason_ == Reason::none) {
        lost_reason_ = reason;
        lost_since_ = now;
    }
}

bool Sync::on_time(MonoTime now) noexcept {
    if (phase_ == Phase::polling && now - polled_ >= kPollsAway_ns + 3 * poll_gap_ns_) {
        mark_polls_stale();
    }
    const bool has_chain = phase_ == Phase::following || (phase_ == Phase::joining && newest_id_ != 0);
    if (numbering_.restart_proven() || (has_chain && numbering_.unexplained(now))) {
        break_chain(Reason::restart, now);
        newest_id_ = numbering_.follow_unexplained();
        return false;
    }
    if (phase_ == Phase::joining && held_id_ != 0) {
        if (quiet(now)) return join(fit_of(held_id_, now), now);
        if (now - held_since_ >= kHold_ns + window_ns_ && last_update_at_ > held_since_) (void)reject_snapshot(now);
        return false;
    }
    if (phase_ != Phase::following) return false;
    // The remaining lines are late and will reach the book, or they send another numbering.
    if (lines_behind_since_.ns != 0 && !all_lines_behind()) lines_behind_since_ = {};
    if (lines_behind_since_.ns != 0 &&
        now - std::max(lines_behind_since_, last_update_at_) >= Numbering::kUnexplained_ns + window_ns_) {
        lines_behind_since_ = {};
        silent_ = true;
    }
    // Updates that a line sent before it was trusted were not kept.
    if (!has_hole_ && numbering_.newest_trusted() > newest_id_) begin_hole(now);
    if (id_before_loss_ != 0 && below_since_.ns != 0) confirm_by_line(now);
    if (has_hole_ && now - hole_since_ >= gap_wait_ns_) {
        declare_gap(now);
    } else if (lost_reason_ != Reason::none && now - lost_since_ >= gap_wait_ns_) {
        rejoin(lost_reason_, now);
        lost_after_tip_ = true;
    } else if (crossed_.on_time(now)) {
        rejoin(Reason::crossed, now);
    } else if (rest_.knows_later_for(RestCheck::kSilence_ns + window_ns_, now)) {
        ++counters_.silences;
        rejoin(Reason::silent, now);
    } else if (rest_.knows_later_for(gap_wait_ns_, now) || rest_.contradicts(now, window_ns_)) {
        silent_ = true;
    }
    return false;
}

void Sync::on_crossed(MonoTime now) noexcept {
    if (!crossed_.crossed()) ++counters_.crossed;
    if (crossed_.on_update(now) && phase_ == Phase::following) rejoin(Reason::crossed, now);
}

// A new snapshot cannot hold more levels than the venue sends, so the book is kept until a quarter of the levels that
// it began with is gone.
void Sync::check_depth(MonoTime now) noexcept {
    for (const Side side : {Side::bid, Side::ask}) {
        const BookSide& half = book_.side(side);
        if (!half.known_to() || half.has_known(depth_)) continue;
        const std::size_t enough = std::min(depth_, half.seeded() * 3 / 4);
        if (!half.has_known(enough) && phase_ == Phase::following) rejoin(Reason::depth, now);
    }
}

}  // namespace daypack::core
