// SPDX-License-Identifier: MIT
#include "book/sync/sync.h"

#include <algorithm>

namespace daypack {
namespace {

// An earlier id that REST tells so often in a row, where there is no line, is the book.
constexpr std::uint32_t kBelieved = 3;
// ... once it has told so for so long: a stale replica may answer some polls in a row.
constexpr std::int64_t kBelievedFor_ns = 5'000'000'000;
// Polls that stay away for so long, and for three times what lay between the last two, leave a book that may be old.
constexpr std::int64_t kPollsAway_ns = 10'000'000'000;

}  // namespace

Sync::Outcome Sync::accept(std::span<const Event> update, MonoTime now) noexcept {
    if (phase_ == Phase::idle || phase_ == Phase::polling) return Outcome::ignored;
    const Event& first = update.front();
    const bool follows = phase_ == Phase::following;
    last_update_at_ = now;
    if (!follows && numbering_.last_id_of(first.line % kMaxLines) == 0) pace_.on_first_word(now);
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
                if (follows) return hold_ahead(update, now);  // it waited once, and was dropped
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
            // A hole among what is kept: only what is behind it can be of use. Where a line that counts may yet bring
            // what is missing, nothing is lost: the other is merely ahead.
            if (!pending_.empty() && numbering_.all_passed(newest_id_)) ++counters_.gaps;
            drop_pending();
            numbering_.begin_with(first.line);
            return buffer_for_join(update, now);
        case Numbering::Relation::foreign: ++counters_.foreign; return Outcome::ignored;
        case Numbering::Relation::restart:
            break_chain(Reason::restart, now);
            numbering_.restart_by(first.line);
            return buffer_for_join(update, now);
        case Numbering::Relation::contradiction: return declare_contradiction(now);
    }
    return Outcome::ignored;
}

// Two tell other things under one id: lines that count, or one of them and the snapshot that is the book.
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

// An update was applied: what was waited for may be there.
void Sync::on_applied(MonoTime now) noexcept {
    if (phase_ != Phase::following) return;
    if (pending_.empty()) has_hole_ = false;
    lost_reason_ = Reason::none;
    numbering_in_doubt_ = false;
    confirm_by_line(now);
}

// A line that counts tells what the book stands at.
void Sync::confirm_by_line(MonoTime now) noexcept {
    if (!silent_ && !only_line_confirms_ && id_before_loss_ == 0) [[likely]]
        return;
    if (id_before_loss_ != 0 && !has_caught_up(now)) return;
    if (rest_.knows_later() || numbering_.newest_trusted() > newest_id_) return;
    silent_ = false;
    only_line_confirms_ = false;
}

// The book once stood further, over lines that are gone. These get there soon, or tell another numbering.
bool Sync::has_caught_up(MonoTime now) noexcept {
    if (below_since_.ns == 0) below_since_ = now;
    if (last_id_ < id_before_loss_ && now - below_since_ < kBelow_ns) return false;
    id_before_loss_ = 0;
    return true;
}

// While following: keeps an update that is ahead of the book.
Sync::Outcome Sync::hold_ahead(std::span<const Event> update, MonoTime now) noexcept {
    if (!has_hole_) {
        has_hole_ = true;
        hole_since_ = now;
        ++counters_.waits;
    }
    if (push_pending(update, now) && passed_by_every_line()) declare_gap(now);
    return Outcome::waiting;
}

// The snapshot that stands alone is too old. No update has followed it: it was never joined to the stream.
void Sync::reject_unconfirmed_book(MonoTime now) noexcept {
    enter_joining(reason_);
    (void)reject_snapshot(now);
}

// What is missing will not come.
void Sync::declare_gap(MonoTime now) noexcept {
    if (unconfirmed_) return reject_unconfirmed_book(now);
    ++counters_.gaps;
    if (had_book_) ++counters_.resyncs;
    enter_joining(Reason::gap);
    if (numbering_.newest_trusted() > newest_id_) {  // told before the line counted
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

// One of several may have gone, and with the last that counted all that was told.
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
    // A replica may trail; the venue may number anew. Which of them it is shows when REST says it again and again.
    if (reject_earlier_poll(snapshot.last_id, now)) return false;
    if (phase_ == Phase::polling && snapshot.last_id == last_id_) return false;
    if (is_thin(snapshot)) return false;
    earlier_polls_ = 0;
    newest_id_ = 0;
    // Nothing but REST tells it: once a line is up, less than was ever shown takes a line's word.
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

// True: REST goes back behind the book, and is not believed yet. A book that it contradicts is not shown as its word.
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

// While polling: the book may be old.
void Sync::mark_polls_stale() noexcept {
    phase_ = Phase::idle;
    reason_ = reason_ == Reason::rest_only ? Reason::silent : Reason::line_dead;
}

void Sync::on_rest_id(Sequence id, MonoTime asked, MonoTime now) noexcept {
    if (phase_ != Phase::following) return;
    if (rest_.on_answer(id, last_id_, asked, now) && !only_line_confirms_) silent_ = false;  // a quiet market
}

// In one numbering what was lost is the next id of the book, or an older one: so whatever applies next ends the doubt.
void Sync::on_lost(LineIndex line, Reason reason, MonoTime now) noexcept {
    const LineSet carrying = numbering_.may_bring_next();
    const LineSet others = carrying & ~(LineSet{1} << line % kMaxLines);
    if (carrying == others && others != 0) return;  // of a line that does not count
    if (phase_ == Phase::joining) {
        lost_after_tip_ = true;  // what comes next on this line shows the hole, if anything comes
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
        if (now - held_since_ >= kHold_ns && last_update_at_ > held_since_) (void)reject_snapshot(now);
        return false;
    }
    if (phase_ != Phase::following) return false;
    // The lines that are left are late, and get there; or they tell another numbering.
    if (lines_behind_since_.ns != 0 && !all_lines_behind()) lines_behind_since_ = {};
    if (lines_behind_since_.ns != 0 &&
        now - std::max(lines_behind_since_, last_update_at_) >= Numbering::kUnexplained_ns) {
        lines_behind_since_ = {};
        silent_ = true;
    }
    if (!has_hole_ && numbering_.newest_trusted() > newest_id_) {  // told before the line counted, and not kept
        has_hole_ = true;
        hole_since_ = now;
    }
    if (id_before_loss_ != 0 && below_since_.ns != 0) confirm_by_line(now);
    if (has_hole_ && now - hole_since_ >= hole_wait_ns()) {
        declare_gap(now);
    } else if (lost_reason_ != Reason::none && now - lost_since_ >= gap_wait_ns_) {
        rejoin(lost_reason_, now);
        lost_after_tip_ = true;
    } else if (crossed_.on_time(now)) {
        rejoin(Reason::crossed, now);
    } else if (rest_.knows_later_for(RestCheck::kSilence_ns, now)) {
        ++counters_.silences;
        rejoin(Reason::silent, now);
    } else if (rest_.knows_later_for(gap_wait_ns_, now) || rest_.contradicts(now)) {
        silent_ = true;
    }
    return false;
}

void Sync::on_crossed(MonoTime now) noexcept {
    if (!crossed_.crossed()) ++counters_.crossed;
    if (crossed_.on_update(now) && phase_ == Phase::following) rejoin(Reason::crossed, now);
}

// Refetching cannot give more than the venue's cut, so a book is left alone until a quarter of what it began with is
// gone.
void Sync::check_depth(MonoTime now) noexcept {
    for (const Side side : {Side::bid, Side::ask}) {
        const BookSide& half = book_.side(side);
        if (!half.known_to() || half.has_known(depth_)) continue;
        const std::size_t enough = std::min(depth_, half.seeded() * 3 / 4);
        if (!half.has_known(enough) && phase_ == Phase::following) rejoin(Reason::depth, now);
    }
}

}  // namespace daypack
