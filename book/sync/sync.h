// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "book/event.h"
#include "book/order_book.h"
#include "book/snapshot.h"
#include "book/state.h"
#include "book/sync/crossed_watch.h"
#include "book/sync/early.h"
#include "book/sync/join_pace.h"
#include "book/sync/numbering.h"
#include "book/sync/pending.h"
#include "book/sync/rest_check.h"

namespace daypack::core {

// Keeps the book of one symbol in step with the venue: joins a REST snapshot with the update stream, follows the stream
// by update id, and rejoins when the book cannot be right. Sync reads no clock and does no I/O: its owner feeds it and
// fetches the snapshots that it wants. No rule uses a timestamp of the venue; other timestamps lead to the same states
// and books.
//
// The venue documents only that `U` is always the previous `u` + 1. Others confirmed the joining rule against the live
// venue. book/README.md defines the terms, and names the evidence for each rule and what overturns it.
//
// 1. Join. Updates are buffered while a snapshot with id L is fetched. Those with u <= L are dropped, the first that
//    remains must have U <= L + 1, and rule 2 checks those after it. The snapshot must contain the levels that the last
//    of the dropped updates set; otherwise it belongs to another numbering or another market. A snapshot that is ahead
//    of the lines is held until they reach it. A snapshot that does not fit is fetched again, after ever longer pauses
//    (JoinPace). When no line has sent an update for kQuiet_ns, or for kSettle_ns since the first line came up (a busy
//    market sends one sooner), the snapshot alone is the book, with the flag `unconfirmed`: markets may be quiet for
//    half a minute.
// 2. Follow. The first copy of an update, from any trusted line, applies when U <= last + 1 <= u. Quantities are
//    absolute, so an update that straddles the last id does no harm. With U > last + 1 the update is held (flag
//    `behind`) because another line may bring what is missing. Once every trusted line has passed the missing ids, or
//    gap_wait is over, it is a gap: Sync rejoins and keeps the updates that were held.
// 3. Numbering. The class Numbering decides which lines are trusted and whether an update is a copy, a restart or a
//    contradiction. Sync rejoins at a restart, at a contradiction, when nothing explains a line's updates while the
//    book does not advance, and when the last trusted line is gone: buffered updates are only as good as the
//    connections that brought them.
// 4. Lines. Without a line that carries the symbol the book may be old, so Sync rejoins when one is back. While no line
//    is up, the book that REST reports is shown as POLLING.
// 5. Crossed. CrossedWatch says when the book contradicts itself: it becomes INVALID and rejoins. If the snapshot is
//    crossed as well, the book stays INVALID and is followed until an update uncrosses it.
// 6. Depth. Nothing is shown beyond what a truncated snapshot covers. Sync rejoins when too little is left inside.
// 7. Silence. When REST reports a later id than the stream, the book is behind. After gap_wait it is STALE; after 1 s
//    without an update the subscription counts as lost: Sync rejoins, and its owner subscribes again. When REST reports
//    an earlier id, or does not answer, the book is STALE until a line brings an update or REST reports the same id,
//    which means that the market is quiet. A book that lies before one that was shown earlier is STALE as well,
//    whatever REST reports.
//
// Thread: book. Invariant: state() is live only while the book equals the venue's at last_id(), inside known_to.
class Sync {
  public:
    struct Counters {
        std::uint64_t duplicates = 0;
        std::uint64_t gaps = 0;
        std::uint64_t restarts = 0;
        std::uint64_t contradictions = 0;  // restarts shown by different levels under the same ids
        std::uint64_t foreign = 0;         // updates of lines that were not trusted
        std::uint64_t resyncs = 0;         // rejoins for any reason but the first start
        std::uint64_t snapshots = 0;       // snapshots that became the book
        std::uint64_t refetches = 0;       // snapshots that did not fit
        std::uint64_t crossed = 0;         // times a whole update left the book crossed
        std::uint64_t buffer_dropped = 0;  // events dropped because the pool was full
        std::uint64_t waits = 0;           // times an update was held for another line to bring what was missing
        std::uint64_t silences = 0;        // times REST reported an update that no line brought

        bool operator==(const Counters&) const = default;
    };

    enum class Outcome : std::uint8_t {
        applied,  // the book is at the update's `u`, or beyond it
        ignored,  // the update is a copy, or of no use
        waiting,  // the update is buffered until a snapshot or a missing update comes; or it was dropped
        joined,   // the update completed a join: the whole book was replaced
    };

    using LineSet = Numbering::LineSet;
    static constexpr std::size_t kMaxLines = Numbering::kMaxLines;
    static constexpr std::int64_t kGapWait_ns = 50'000'000;
    // The market is quiet when no line has sent an update for this long.
    static constexpr std::int64_t kQuiet_ns = 1'000'000'000;
    // The same, where no line has sent any update since the first came up: a busy market sends one sooner.
    static constexpr std::int64_t kSettle_ns = 300'000'000;
    // A snapshot that is ahead of the lines is held for this long while they send updates, then fetched again.
    static constexpr std::int64_t kHold_ns = 500'000'000;
    // A book that stays this long before an id that it once had is taken for one of another numbering.
    static constexpr std::int64_t kBelow_ns = 500'000'000;

    // `depth`: how many levels a side are published.
    // `first`: the reason that readers see until the first join.
    // `window_ns`: the venue sends what happened in so long as one update; 0: each as it happens. Whatever waits for
    // the lines waits longer by that.
    Sync(std::size_t max_levels, std::size_t depth, PendingPool& pool, std::int64_t gap_wait_ns = kGapWait_ns,
         Reason first = Reason::start, std::int64_t window_ns = 0)
        : reason_(first),
          depth_(depth),
          pending_(pool),
          early_(pool),
          book_(max_levels, depth),
          numbering_(window_ns),
          gap_wait_ns_(gap_wait_ns + window_ns),
          window_ns_(window_ns),
          first_reason_(first) {}

    // Takes all events of one update. `applied(update)` is called for it and for each held update that follows on it,
    // in order, while the book is at that update's `u`; but not when the update completes a join. REQUIRES: `update` is
    // not empty; U <= u.
    template <class Applied>
    Outcome on_update(std::span<const Event> update, MonoTime now, Applied&& applied) noexcept {
        const Outcome outcome = accept(update, now);
        if (outcome != Outcome::applied) return outcome;
        apply_update(update, now);
        applied(update);
        if (!early_.empty()) [[unlikely]]
            follow_early(now);
        while (phase_ == Phase::following && !pending_.empty() && pending_.front().first_id <= last_id_ + 1) {
            const std::span<const Event> next = pending_.pop_update();
            if (next.front().last_id <= last_id_) continue;
            apply_update(next, now);
            applied(next);
        }
        on_applied(now);
        return outcome;
    }
    Outcome on_update(std::span<const Event> update, MonoTime now) noexcept {
        return on_update(update, now, [](std::span<const Event>) {});
    }

    // Takes the answer to a request. Returns true when the book is joined; otherwise wants_snapshot() says whether
    // another one is to be fetched.
    bool on_snapshot(std::uint32_t request, const Snapshot& snapshot, MonoTime now) noexcept;

    // Takes the set of lines that carry the symbol now. REQUIRES: it is called for each connection that begins or ends.
    void on_lines(LineSet up, MonoTime now) noexcept;
    // Makes a polled snapshot the book while no line is up. Returns false when it is older than the book that is shown,
    // or when a line is up.
    bool on_polled(const Snapshot& snapshot, Reason reason, MonoTime now) noexcept;
    // Takes the last id that REST reported for a check that was sent at `asked` while lines were up (rule 7).
    void on_rest_id(Sequence id, MonoTime asked, MonoTime now) noexcept;
    // REST answers no check of a book that has been quiet for long, so nothing confirms the book.
    void on_rest_unanswered() noexcept {
        if (phase_ == Phase::following) silent_ = true;
    }
    // An update of unknown id was lost on a line (`reason`: bad_frame or queue). Another trusted line may bring it
    // within gap_wait; without one, Sync rejoins.
    void on_lost(LineIndex line, Reason reason, MonoTime now) noexcept;
    // An audit or the bookTicker disagrees with the book, so Sync rejoins.
    void on_mismatch(MonoTime now) noexcept {
        if (phase_ == Phase::following) rejoin(Reason::audit, now);
    }
    // Applies the rules that depend on elapsed time. Returns true when a held snapshot became the book. REQUIRES: `now`
    // never decreases.
    bool on_time(MonoTime now) noexcept;

    // True when a snapshot is to be fetched and no useful request is in flight. The owner then takes a request number,
    // fetches, and passes both to on_snapshot(). A request made before a break is void after it: its answer may be
    // older than the break.
    [[nodiscard]] bool wants_snapshot(MonoTime now) const noexcept {
        return phase_ == Phase::joining && !in_flight_ && held_id_ == 0 && pace_.may_ask(now);
    }
    [[nodiscard]] std::uint32_t take_request(MonoTime now) noexcept {
        in_flight_ = true;
        lines_since_request_ = numbering_.up();
        pace_.on_asked(now);
        return ++request_;
    }
    // True when the lines have just come up and none has sent an update: the venue may not have processed their
    // subscriptions yet, and a snapshot fetched now may be older than their first update.
    [[nodiscard]] bool awaits_first_update(MonoTime now) const noexcept {
        return last_update_at_.ns == 0 && !quiet(now);
    }
    // True when so many snapshots did not fit that other markets are fetched first.
    [[nodiscard]] bool asks_in_vain() const noexcept { return pace_.in_vain(); }

    [[nodiscard]] State state() const noexcept {
        if (phase_ == Phase::following) {
            return silent_ ? State::stale : (crossed_.at_venue() ? State::invalid : State::live);
        }
        if (phase_ == Phase::polling) return State::polling;
        if (reason_ == Reason::line_dead || reason_ == Reason::silent || rest_went_back_) return State::stale;
        if (reason_ == Reason::crossed) return State::invalid;
        return State::syncing;
    }
    [[nodiscard]] Reason reason() const noexcept {
        if (phase_ != Phase::following) return rest_went_back_ ? Reason::silent : reason_;
        return silent_ ? Reason::silent : (crossed_.at_venue() ? Reason::crossed : Reason::none);
    }
    [[nodiscard]] std::uint16_t flags() const noexcept {
        std::uint16_t flags = 0;
        if (has_hole_ || rest_.knows_later() || lost_reason_ != Reason::none) flags |= kBehind;
        if (unconfirmed_) flags |= kUnconfirmed;
        if (crossed_.crossed()) flags |= kCrossed;
        for (const Side side : {Side::bid, Side::ask}) {
            if (book_.side(side).known_to() && !book_.side(side).has_known(depth_)) flags |= kPartial;
        }
        return flags;
    }
    [[nodiscard]] bool following() const noexcept { return phase_ == Phase::following; }
    // Takes over the time from the Sync that this one replaces, so that a busy market is not taken for a quiet one.
    void set_last_update_at(MonoTime at) noexcept { last_update_at_ = at; }
    // When a line last sent an update; 0: none since a line came up.
    [[nodiscard]] MonoTime last_update_at() const noexcept { return last_update_at_; }
    // A snapshot is wanted, in flight, or held.
    [[nodiscard]] bool joining() const noexcept { return phase_ == Phase::joining; }
    [[nodiscard]] Sequence last_id() const noexcept { return last_id_; }
    // The last id that this line sent over its connection; 0: none.
    [[nodiscard]] Sequence last_id_from(LineIndex line) const noexcept {
        return line < kMaxLines ? numbering_.last_id_of(line) : 0;
    }
    // Lines that send another numbering than the book's; replacing their connections may help. Each is named once per
    // Numbering::kForeign_ns.
    [[nodiscard]] LineSet take_foreign_lines(MonoTime now) noexcept {
        const bool goes_on = phase_ == Phase::following || phase_ == Phase::joining;
        return goes_on ? numbering_.take_foreign(now) : 0;
    }
    [[nodiscard]] VenueTime match() const noexcept { return match_; }  // `T` of the last update, or the snapshot's time
    [[nodiscard]] VenueTime send() const noexcept { return send_; }  // `E` of the last update; 0 after a snapshot alone
    [[nodiscard]] MonoTime receive() const noexcept { return receive_; }
    // What was buffered and then applied at the last join.
    struct Replayed {
        std::uint64_t updates = 0, levels = 0;
    };
    [[nodiscard]] const Replayed& replayed_at_join() const noexcept { return replayed_; }
    [[nodiscard]] const OrderBook& book() const noexcept { return book_; }
    void clear_dirty() noexcept { book_.clear_dirty(); }
    // Loads the memory that applying this event will touch.
    void prefetch(const Event& event) const noexcept { book_.side(event.side).prefetch(event.price); }
    [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

  private:
    friend struct StateHash;  // tests/book/sync/small_worlds.h

    enum class Phase : std::uint8_t { idle, polling, joining, following };  // idle, polling: no line
    // What a snapshot is good for.
    enum class Fit : std::uint8_t {
        none,          // nothing: another one is to be fetched
        hold,          // it is held until the lines reach it
        joins,         // it is the book, together with the buffered updates
        stands_alone,  // it is the book by itself, because the lines are quiet
    };

    [[nodiscard]] Outcome accept(std::span<const Event> update, MonoTime now) noexcept;
    Outcome declare_contradiction(MonoTime now) noexcept;
    void apply_update(std::span<const Event> update, MonoTime now) noexcept;
    void on_applied(MonoTime now) noexcept;
    void confirm_by_line(MonoTime now) noexcept;
    [[nodiscard]] bool has_caught_up(MonoTime now) noexcept;
    [[nodiscard]] bool passed_by_every_line() const noexcept { return numbering_.all_passed(last_id_); }
    // True when every trusted line is behind the book: the line that brought its last update is gone.
    [[nodiscard]] bool all_lines_behind() const noexcept {
        return phase_ == Phase::following && !unconfirmed_ && numbering_.newest_trusted() < last_id_;
    }
    void follow_early(MonoTime now) noexcept;
    void begin_hole(MonoTime now) noexcept;
    [[nodiscard]] Outcome hold_ahead(std::span<const Event> update, MonoTime now) noexcept;
    void reject_unconfirmed_book(MonoTime now) noexcept;
    void declare_gap(MonoTime now) noexcept;
    void resume_chain_with(std::span<const Event> update, MonoTime now) noexcept;
    void enter_joining(Reason reason) noexcept;
    void break_chain(Reason reason, MonoTime now) noexcept;
    void rejoin(Reason reason, MonoTime now) noexcept;
    Outcome buffer_for_join(std::span<const Event> update, MonoTime now) noexcept;
    [[nodiscard]] bool push_pending(std::span<const Event> update, MonoTime now) noexcept;
    void drop_pending() noexcept;
    void check_remaining_lines(MonoTime now) noexcept;
    [[nodiscard]] bool reject_earlier_poll(Sequence id, MonoTime now) noexcept;
    void mark_polls_stale() noexcept;

    [[nodiscard]] bool quiet(MonoTime now) const noexcept {
        return last_update_at_.ns == 0 ? now - up_since_ >= kSettle_ns + window_ns_
                                       : now - last_update_at_ >= kQuiet_ns + window_ns_;
    }
    // True when a snapshot of that id may be an old one: the numbering restarted, or the book was once further on.
    [[nodiscard]] bool may_be_outdated(Sequence id) const noexcept {
        return numbering_in_doubt_ || id < std::max(id_before_loss_, furthest_shown_id_);
    }
    // True when the lines sent updates but went quiet before they reached that id.
    [[nodiscard]] bool lines_stopped_before(Sequence id) const noexcept { return newest_id_ != 0 && newest_id_ < id; }
    [[nodiscard]] Fit fit_of(Sequence id, MonoTime now) const noexcept;
    enum class Agreement : std::uint8_t {
        no,
        yes,
        yes_of_absence,  // none but levels that both lack, as the books of two numberings often do
        nothing_to_compare,
    };
    [[nodiscard]] Agreement agrees_with_pending(Sequence id) const noexcept;
    [[nodiscard]] bool reject_snapshot(MonoTime now) noexcept;
    [[nodiscard]] bool is_thin(const Snapshot& snapshot) noexcept;
    void note_shown_levels() noexcept { shown_levels_ = {book_.side(Side::bid).size(), book_.side(Side::ask).size()}; }
    void begin_at(Sequence id, VenueTime timestamp) noexcept;
    [[nodiscard]] bool join(Fit fit, MonoTime now) noexcept;
    void stand_alone() noexcept;
    void apply(const Event& event) noexcept;
    void check_crossed(MonoTime now) noexcept {
        if (book_.crossed()) [[unlikely]]
            return on_crossed(now);
        crossed_.on_uncrossed();
    }
    void on_crossed(MonoTime now) noexcept;
    void check_depth(MonoTime now) noexcept;

    // The members that every update reads come first, so that they share few cache lines.
    Phase phase_ = Phase::idle;
    Reason reason_;
    Reason lost_reason_ = Reason::none;  // why an update of unknown id is missing, which another line may bring
    bool unconfirmed_ = false;
    bool has_hole_ = false;            // following, and ids are missing before the updates in pending_
    bool silent_ = false;              // following, but neither a line nor REST confirms the book (rule 7)
    bool only_line_confirms_ = false;  // and REST cannot end that, because the numbering is in doubt
    bool numbering_in_doubt_ = false;  // the numbering restarted, and no update has been applied since
    bool in_flight_ = false;
    bool had_book_ = false;
    bool rest_went_back_ = false;      // joining while quiet, and REST reports an id before the one shown (rule 7)
    std::uint8_t thin_sides_ = 0;      // a bit for each side of which the last snapshot left almost nothing
    bool lost_after_tip_ = false;      // joining, and an update after the chain's tip was lost
    bool tip_not_buffered_ = false;    // joining, and only the digest of the chain's tip is known, not its levels
    LineSet lines_since_request_ = 0;  // lines that have been up since the last request was taken
    Sequence last_id_ = 0;             // of the book
    Sequence newest_id_ = 0;  // following: of the book or of pending_; joining: the chain's tip, 0 without a chain
    UpdateKey key_ = 0;       // of the update that is being handled
    VenueTime match_;
    VenueTime send_;
    MonoTime receive_;
    MonoTime last_update_at_;  // when a line last sent an update; 0: none since a line came up
    MonoTime up_since_;        // when the first line came up
    CrossedWatch crossed_;
    RestCheck rest_;
    std::size_t depth_;
    Pending pending_;
    Early early_;  // empty unless following
    OrderBook book_;
    Numbering numbering_;

    std::int64_t gap_wait_ns_;  // with the window
    std::int64_t window_ns_;
    Reason first_reason_;
    Counters counters_;
    Replayed replayed_;
    JoinPace pace_;
    std::uint32_t request_ = 0;
    std::array<std::size_t, 2> shown_levels_{};  // levels a side of the book that was shown last
    Sequence held_id_ = 0;                       // of the snapshot that is held, in book_; 0: none
    VenueTime held_time_;
    MonoTime held_since_;
    Sequence id_before_loss_ = 0;     // the book's last id when its trusted lines were lost; 0: it was reached again
    Sequence furthest_shown_id_ = 0;  // the furthest id that was shown while polling, or before; 0: joined since
    MonoTime below_since_;            // when an update was first applied before id_before_loss_; 0: not yet
    MonoTime hole_since_, lost_since_;
    MonoTime lines_behind_since_;  // when all trusted lines were first behind the book; 0: one is not
    MonoTime polled_;              // when REST last answered a poll
    std::int64_t poll_gap_ns_ = 0;
    // Consecutive polls whose id was earlier than the book's and never decreased.
    std::uint32_t earlier_polls_ = 0;
    Sequence earlier_id_ = 0;  // of the last of them
    MonoTime earlier_since_;   // of the first of them
};

}  // namespace daypack::core
