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
#include "book/sync/join_pace.h"
#include "book/sync/numbering.h"
#include "book/sync/pending.h"
#include "book/sync/rest_check.h"

namespace daypack {

// Keeps the book of one symbol in step with the venue: joins a REST snapshot with the update stream, follows the stream
// by number, and rejoins when it cannot be right. Pure: no clock and no I/O; whoever owns it feeds it and fetches the
// snapshots it wants. No rule rests on a time of the venue: with other times it does the same, the times aside.
//
// The rules (the venue's documentation says only that `U` is always the previous `u` + 1; the joining rule was
// confirmed against the live venue by others; book/README.md has the evidence for each, and what overturns it):
// 1. Join. Updates are kept while a snapshot with id L is fetched; those with u <= L are dropped, the first kept one
//    must have U <= L + 1, later ones are checked by rule 2. What the last of the dropped ones say must stand in the
//    snapshot, which else is of another numbering, or another market. A snapshot beyond what the lines told waits until
//    they get there. One that is no use is asked for again, ever later (JoinPace). Where no line has told anything for
//    a second (or 0.3 s since the first came up, kSettle_ns: a busy market speaks before) the snapshot alone is the
//    book (flag unconfirmed): markets are quiet for half a minute.
// 2. Follow. The first copy of an update, from any line that counts, applies when U <= last + 1 <= u (quantities are
//    absolute, so a straddling one is harmless). With U > last + 1 it waits (flag behind) for another line to bring
//    what is missing; once every line that counts has told an id past that, or gap_wait is over, it is a gap: rejoin,
//    keeping what waited.
// 3. Numbering. Which lines count, and what is a copy, a restart or a contradiction, Numbering says. Rejoin at a
//    restart, at a contradiction, when nothing explains what a line tells while the book stands still, and when the
//    last line that counts is gone: what was kept dies with the connections that told it.
// 4. Lines. Without a line that carries the symbol the book may be old; when one is back, rejoin. What REST tells
//    while no line is up is the book as well: POLLING.
// 5. Crossed. CrossedWatch says when the book contradicts itself: INVALID, rejoin. Where the snapshot is crossed as
//    well it is INVALID for as long, and followed.
// 6. Depth. Beyond what a truncated snapshot covers nothing is shown; when too little is left inside, rejoin.
// 7. Silence. When REST tells a later id than the stream, the book is behind; after gap_wait it is STALE, and after 1 s
//    without an update the subscription is taken for lost: rejoin, and subscribe again. When REST tells an earlier id,
//    or nothing at all, the book is STALE. It stays STALE until a line brings an update, or REST tells the same id: the
//    market is quiet. Less than what was shown before the lines went is likewise no book, whatever REST tells.
//
// Thread: book. Invariant: state() is live only while the book equals the venue's at last_id(), inside known_to.
class Sync {
  public:
    struct Counters {
        std::uint64_t duplicates = 0;
        std::uint64_t gaps = 0;
        std::uint64_t restarts = 0;
        std::uint64_t contradictions = 0;  // restarts that two lines showed by what they told under the same ids
        std::uint64_t foreign = 0;         // updates of lines that did not count
        std::uint64_t resyncs = 0;         // rejoins for any reason but the first start
        std::uint64_t snapshots = 0;       // joined
        std::uint64_t refetches = 0;       // snapshots that did not fit
        std::uint64_t crossed = 0;         // times a whole update left the book crossed
        std::uint64_t buffer_dropped = 0;  // events dropped because the pool was full
        std::uint64_t waits = 0;           // times an update waited for another line to bring what was missing
        std::uint64_t silences = 0;        // times REST knew an update that no line brought

        bool operator==(const Counters&) const = default;
    };

    enum class Outcome : std::uint8_t {
        applied,  // the book stands at the update's `u`, or beyond
        ignored,  // a copy, or of no use
        waiting,  // kept, or of no use, until what is missing comes
        joined,   // kept, and a snapshot that waited for it was joined: the whole book is another one
    };

    using LineSet = Numbering::LineSet;
    static constexpr std::size_t kMaxLines = Numbering::kMaxLines;
    static constexpr std::int64_t kGapWait_ns = 50'000'000;
    // A stream that told nothing for so long is quiet.
    static constexpr std::int64_t kQuiet_ns = 1'000'000'000;
    // Lines that have just come up and told nothing are taken for quiet after so long: a busy market speaks before.
    static constexpr std::int64_t kSettle_ns = 300'000'000;
    // A snapshot beyond what the lines told waits for them for so long, while they tell anything. So does a book for
    // what a line told before it was trusted, and another, which is late, still has to bring.
    static constexpr std::int64_t kHold_ns = 500'000'000;
    // A book that stands before where it once was is taken for one of another numbering after so long.
    static constexpr std::int64_t kBelow_ns = 500'000'000;

    // `depth`: levels a side that are published.
    // `first`: why it begins, as readers see it.
    Sync(std::size_t max_levels, std::size_t depth, PendingPool& pool, std::int64_t gap_wait_ns = kGapWait_ns,
         Reason first = Reason::start)
        : reason_(first),
          depth_(depth),
          pending_(pool),
          book_(max_levels, depth),
          gap_wait_ns_(gap_wait_ns),
          first_reason_(first) {}

    // One whole update, all its events. `applied(update)` is called for it, and for each that waited for it, in order,
    // with the book standing at its `u`; not where it ends a join. REQUIRES: not empty; U <= u.
    template <class Applied>
    Outcome on_update(std::span<const Event> update, MonoTime now, Applied&& applied) noexcept {
        const Outcome outcome = accept(update, now);
        if (outcome != Outcome::applied) return outcome;
        apply_update(update, now);
        applied(update);
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

    // The answer to a request. True: the book is joined. False: it was of no use yet (wants_snapshot() says whether
    // another is wanted).
    bool on_snapshot(std::uint32_t request, const Snapshot& snapshot, MonoTime now) noexcept;

    // Which lines carry the symbol now. Each connection is seen to end, and to begin.
    void on_lines(LineSet up, MonoTime now) noexcept;
    // While no line is up, or none is wanted: REST's book is the book. False: it is older than what is shown, or a line
    // is up.
    bool on_polled(const Snapshot& snapshot, Reason reason, MonoTime now) noexcept;
    // The last id that REST told while lines are up, asked for at `asked` without a need of the join: rule 7.
    void on_rest_id(Sequence id, MonoTime asked, MonoTime now) noexcept;
    // REST answers no check of a book that has been quiet for long: nobody vouches for it.
    void on_rest_unanswered() noexcept {
        if (phase_ == Phase::following) silent_ = true;
    }
    // An update was lost on a line where its number is not known: bad_frame or queue. With more than one line another
    // brings it in gap_wait; else rejoin.
    void on_lost(LineIndex line, Reason reason, MonoTime now) noexcept;
    // What is shown contradicts what the venue says elsewhere: rejoin.
    void on_mismatch(MonoTime now) noexcept {
        if (phase_ == Phase::following) rejoin(Reason::audit, now);
    }
    // Looks at what only time can tell. True: the book is joined with a snapshot that waited. REQUIRES: `now` does not
    // go back.
    bool on_time(MonoTime now) noexcept;

    // A snapshot is wanted, and none that could still be of use is under way. The owner then takes a request, fetches,
    // and hands both to on_snapshot(). What was asked for before a break is of no use after it: it may be older.
    [[nodiscard]] bool wants_snapshot(MonoTime now) const noexcept {
        return phase_ == Phase::joining && !in_flight_ && held_id_ == 0 && pace_.may_ask(now);
    }
    [[nodiscard]] std::uint32_t take_request(MonoTime now) noexcept {
        in_flight_ = true;
        lines_since_request_ = numbering_.up();
        pace_.on_asked(now);
        return ++request_;
    }
    // The lines have just come up and none has told anything yet: the venue may not have heard their subscriptions, and
    // a snapshot of now may then be older than what they begin with.
    [[nodiscard]] bool awaits_first_update(MonoTime now) const noexcept {
        return last_update_at_.ns == 0 && !quiet(now);
    }
    // So many were of no use that other markets go first.
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
    // When the lines last told an update to a Sync before this one, so that it begins in no quiet market.
    void set_last_update_at(MonoTime at) noexcept { last_update_at_ = at; }
    // When a line last told an update; 0: none since a line is up.
    [[nodiscard]] MonoTime last_update_at() const noexcept { return last_update_at_; }
    // A snapshot is wanted, or under way, or waits.
    [[nodiscard]] bool joining() const noexcept { return phase_ == Phase::joining; }
    [[nodiscard]] Sequence last_id() const noexcept { return last_id_; }
    // The last id that this line told over its connection; 0: none.
    [[nodiscard]] Sequence last_id_from(LineIndex line) const noexcept {
        return line < kMaxLines ? numbering_.last_id_of(line) : 0;
    }
    // Lines that tell another numbering than the book's, while it goes on: replacing their connections may help. Each
    // is named once in a while.
    [[nodiscard]] LineSet take_foreign_lines(MonoTime now) noexcept {
        const bool goes_on = phase_ == Phase::following || phase_ == Phase::joining;
        return goes_on ? numbering_.take_foreign(now) : 0;
    }
    [[nodiscard]] VenueTime match() const noexcept { return match_; }  // `T` of the last update, or the snapshot's time
    [[nodiscard]] VenueTime send() const noexcept { return send_; }  // `E` of the last update; 0 after a snapshot alone
    [[nodiscard]] MonoTime receive() const noexcept { return receive_; }
    // What was kept and applied at the last join.
    struct Replayed {
        std::uint64_t updates = 0, levels = 0;
    };
    [[nodiscard]] const Replayed& replayed_at_join() const noexcept { return replayed_; }
    [[nodiscard]] const OrderBook& book() const noexcept { return book_; }
    void clear_dirty() noexcept { book_.clear_dirty(); }
    // This event will be applied in a moment.
    void prefetch(const Event& event) const noexcept { book_.side(event.side).prefetch(event.price); }
    [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

  private:
    friend struct StateHash;  // tests/book/sync/small_worlds.h

    enum class Phase : std::uint8_t { idle, polling, joining, following };  // idle, polling: no line
    enum class Fit : std::uint8_t {
        none,          // ask again
        hold,          // it waits for the stream
        joins,         // with what was kept
        stands_alone,  // for itself: the lines have been quiet
    };

    [[nodiscard]] Outcome accept(std::span<const Event> update, MonoTime now) noexcept;
    Outcome declare_contradiction(MonoTime now) noexcept;
    void apply_update(std::span<const Event> update, MonoTime now) noexcept;
    void on_applied(MonoTime now) noexcept;
    void confirm_by_line(MonoTime now) noexcept;
    [[nodiscard]] bool has_caught_up(MonoTime now) noexcept;
    [[nodiscard]] bool passed_by_every_line() const noexcept { return numbering_.all_passed(last_id_); }
    // No line that is up got to where the book stands, though a line did.
    [[nodiscard]] bool all_lines_behind() const noexcept {
        return phase_ == Phase::following && !unconfirmed_ && numbering_.newest_trusted() < last_id_;
    }
    // How long a hole may last. What a line told before it was trusted was dropped, not lost: the late line that showed
    // it to be of this numbering brings it.
    [[nodiscard]] std::int64_t hole_wait_ns() const noexcept {
        return last_id_ < numbering_.newest_dropped() ? std::max(gap_wait_ns_, kHold_ns) : gap_wait_ns_;
    }
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
        return last_update_at_.ns == 0 ? now - up_since_ >= kSettle_ns : now - last_update_at_ >= kQuiet_ns;
    }
    // Whether a snapshot of that id may be an old one: the venue numbered anew, or the book once stood further.
    [[nodiscard]] bool may_be_outdated(Sequence id) const noexcept {
        return numbering_in_doubt_ || id < std::max(id_before_loss_, furthest_shown_id_);
    }
    // The lines told something, and went quiet before they got there.
    [[nodiscard]] bool lines_stopped_before(Sequence id) const noexcept { return newest_id_ != 0 && newest_id_ < id; }
    [[nodiscard]] Fit fit_of(Sequence id, MonoTime now) const noexcept;
    enum class Agreement : std::uint8_t { no, yes, nothing_to_compare };
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

    // In the first cache lines what every update looks at.
    Phase phase_ = Phase::idle;
    Reason reason_;
    Reason lost_reason_ = Reason::none;  // an update whose number is not known, and that another line may bring
    bool unconfirmed_ = false;
    bool has_hole_ = false;            // following, with a hole before what is in pending_
    bool silent_ = false;              // following, and nothing vouches for the book: rule 7
    bool only_line_confirms_ = false;  // ... nor can REST: the numbering is in doubt
    bool numbering_in_doubt_ = false;  // the venue numbered anew, and no update has been applied since
    bool in_flight_ = false;
    bool had_book_ = false;
    bool rest_went_back_ = false;      // joining, quiet, and REST tells less than was shown: rule 7
    std::uint8_t thin_sides_ = 0;      // sides that the last answer left almost nothing of, a bit each
    bool lost_after_tip_ = false;      // joining, and an update behind the chain's tip was lost
    bool tip_not_buffered_ = false;    // joining, and of the chain's tip nothing but a digest is known
    LineSet lines_since_request_ = 0;  // lines that are up since the last request was taken
    Sequence last_id_ = 0;             // of the book
    Sequence newest_id_ = 0;  // of what was kept, or waits; joining: the chain's tip, 0 where there is no chain
    UpdateKey key_ = 0;       // of the update that is being taken
    VenueTime match_;
    VenueTime send_;
    MonoTime receive_;
    MonoTime last_update_at_;  // when a line last told an update; 0: none since a line is up
    MonoTime up_since_;        // when the first line came up
    CrossedWatch crossed_;
    RestCheck rest_;
    std::size_t depth_;
    Pending pending_;
    OrderBook book_;
    Numbering numbering_;

    std::int64_t gap_wait_ns_;
    Reason first_reason_;
    Counters counters_;
    Replayed replayed_;
    JoinPace pace_;
    std::uint32_t request_ = 0;
    std::array<std::size_t, 2> shown_levels_{};  // levels a side of the book that was shown last
    Sequence held_id_ = 0;                       // of a snapshot that is in book_ and waits for the stream; 0: none
    VenueTime held_time_;
    MonoTime held_since_;
    Sequence id_before_loss_ = 0;     // where the book stood when its lines went; 0: no matter
    Sequence furthest_shown_id_ = 0;  // the furthest that polls showed, or stood before them; 0: joined since
    MonoTime below_since_;            // when an update was first applied below that; 0: not yet
    MonoTime hole_since_, lost_since_;
    MonoTime lines_behind_since_;  // when the line went that told what the book stands at; 0: another told it, too
    MonoTime polled_;              // when REST last answered a poll
    std::int64_t poll_gap_ns_ = 0;
    // Answers in a row that told an earlier id than the book's, none of them less than the one before.
    std::uint32_t earlier_polls_ = 0;
    Sequence earlier_id_ = 0;  // of the last
    MonoTime earlier_since_;   // of the first
};

}  // namespace daypack
