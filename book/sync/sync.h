#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "book/event.h"
#include "book/order_book.h"
#include "book/snapshot.h"
#include "book/state.h"
#include "book/sync/pending.h"

namespace daypack {

// Keeps the book of one symbol in step with the venue: joins a REST snapshot with the update stream, follows the stream
// by number, and rejoins when it cannot be right. Pure: no clock and no I/O; whoever owns it feeds it and fetches the
// snapshots it wants.
//
// The rules (the venue's documentation says only that `U` is always the previous `u` + 1; the joining rule was
// confirmed against the live venue by others):
// 1. Join. Updates are kept while a snapshot with id L is fetched; those with u <= L are dropped, the first kept one
//    must have U <= L + 1, later ones are checked by rule 2. A snapshot older than the first kept update is fetched
//    again. With nothing kept the snapshot alone is the book (flag unconfirmed): markets are quiet for half a minute.
// 2. Follow. The first copy of an update, from any line, counts: it applies when U <= last + 1 <= u (quantities are
//    absolute, so a straddling one is harmless) and is a duplicate when u <= last. With U > last + 1 it waits (flag
//    behind) for another line to bring what is missing; once every line that is up has told an id past that, or
//    gap_wait is over, it is a gap: rejoin, keeping what waited.
// 3. Restart. Ids grow with the venue's time. An id that is not new with a time that is later means that the venue
//    numbers anew: forget, rejoin, and ignore what is still under way from before. An id that one connection told
//    before, with a later time, means the same even inside an update that reaches beyond what is known.
//    A snapshot must agree with that too. Lower in id and later in time than the stream: the venue numbers anew, and
//    what was kept is forgotten. Higher in id and earlier in time, or older than a restart: it is itself of an old
//    numbering. Both rest on clocks that may be wrong, so such a snapshot is fetched again, twice, and then believed.
//    Assumed: the venue needs longer to restart than REST lags (1 s) and than our lines lag.
// 4. Lines. Without a line that carries the symbol the book may be old; when one is back, rejoin. What REST tells
//    while no line is up is the book as well: POLLING.
// 5. Crossed. Best bid >= best ask after a whole update is flagged at once; when it lasts 100 ms of the venue's time,
//    or 1 s of ours, the book contradicts itself: INVALID, rejoin.
// 6. Depth. Beyond what a truncated snapshot covers nothing is shown; when too little is left inside, rejoin.
// 7. Silence. When REST tells a later id than the stream, the book is behind; after gap_wait it is STALE, and after 1 s
//    without an update that reaches it the subscription is taken for lost: rejoin, and subscribe again. The book stays
//    STALE then until a line brings an update, or REST tells the same id again: the market is quiet. When REST tells an
//    earlier id at a later time, three times in a row, the venue numbers anew: rejoin.
//
// Thread: book. Invariant: state() is live only while the book equals the venue's at last_id(), inside known_to.
class Sync {
  public:
    struct Counters {
        std::uint64_t duplicates = 0;
        std::uint64_t gaps = 0;
        std::uint64_t restarts = 0;
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
        ignored,  // a duplicate, or from before a restart
        waiting,  // kept, or of no use, until what is missing comes
    };

    // The lines that are up, a bit each.
    using LineSet = std::uint32_t;
    static constexpr std::size_t kMaxLines = 32;
    static constexpr std::int64_t kGapWait_ns = 50'000'000;

    // `depth`: levels a side that are published.
    // `first`: why it begins, as readers see it.
    Sync(std::size_t max_levels, std::size_t depth, PendingPool& pool, std::int64_t gap_wait_ns = kGapWait_ns,
         Reason first = Reason::start)
        : reason_(first),
          depth_(depth),
          pending_(pool),
          book_(max_levels, depth),
          gap_wait_ns_(gap_wait_ns),
          first_(first) {}

    // One whole update, all its events. `applied(update)` is called for it, and for each that waited for it, in order,
    // with the book standing at its `u`. REQUIRES: not empty; U <= u.
    template <class Applied>
    Outcome on_update(std::span<const Event> update, MonoTime now, Applied&& applied) noexcept {
        const Outcome outcome = accept(update, now);
        if (outcome != Outcome::applied) return outcome;
        apply_whole(update, now);
        applied(update);
        while (phase_ == Phase::following && !pending_.empty() && pending_.front().first_id <= last_id_ + 1) {
            const std::span<const Event> next = pending_.pop_update();
            if (next.front().last_id <= last_id_) continue;
            apply_whole(next, now);
            applied(next);
        }
        caught_up();
        return outcome;
    }
    Outcome on_update(std::span<const Event> update, MonoTime now) noexcept {
        return on_update(update, now, [](std::span<const Event>) {});
    }

    // The answer to a request. True: the book is joined; `applied(event)` was called for each kept event behind the
    // snapshot, in order. False: it was of no use (wants_snapshot() says whether another is wanted).
    template <class Applied>
    bool on_snapshot(std::uint32_t request, const Snapshot& snapshot, MonoTime now, Applied&& applied) noexcept {
        if (!fits(request, snapshot)) return false;
        begin_at(snapshot);
        while (!pending_.empty()) {
            const Event event = pending_.front();
            pending_.pop();
            if (event.last_id <= snapshot.last_id) continue;
            apply(event);
            applied(event);
        }
        end_join(now);
        return true;
    }

    // Which lines carry the symbol now.
    void on_lines(LineSet up) noexcept;
    // While no line is up, or none is wanted: REST's book is the book. False: it is older than what is shown, or a line
    // is up.
    bool on_polled(const Snapshot& snapshot, Reason reason, MonoTime now) noexcept;
    // What REST told while lines are up, asked for without a need of the join: rule 7.
    void on_told(Sequence id, VenueTime timestamp, MonoTime now) noexcept;
    // An update was lost where its number is not known: bad_frame or queue. With more than one line another brings it
    // in gap_wait; else rejoin.
    void on_lost(Reason reason, MonoTime now) noexcept;
    // What is shown contradicts what the venue says elsewhere: rejoin.
    void on_contradiction() noexcept { rejoin_if_joined(Reason::audit); }
    // Looks at what only time can tell (rules 2, 5 and 7). REQUIRES: `now` does not go back.
    void on_time(MonoTime now) noexcept;

    // A snapshot is wanted, and none that could still be of use is under way. The owner then takes a request, fetches,
    // and hands both to on_snapshot(). What was asked for before a break is of no use after it: it may be older.
    [[nodiscard]] bool wants_snapshot() const noexcept { return phase_ == Phase::joining && !in_flight_; }
    [[nodiscard]] std::uint32_t take_request() noexcept {
        in_flight_ = true;
        return ++request_;
    }

    [[nodiscard]] State state() const noexcept {
        if (phase_ == Phase::following) return silent_ ? State::stale : State::live;
        if (phase_ == Phase::polling) return State::polling;
        if (reason_ == Reason::line_dead || reason_ == Reason::silent) return State::stale;
        if (reason_ == Reason::crossed) return State::invalid;
        return State::syncing;
    }
    [[nodiscard]] Reason reason() const noexcept {
        if (phase_ != Phase::following) return reason_;
        return silent_ ? Reason::silent : Reason::none;
    }
    [[nodiscard]] std::uint16_t flags() const noexcept {
        std::uint16_t flags = 0;
        if (waiting_ || rest_id_ != 0 || lost_ != Reason::none) flags |= kBehind;
        if (unconfirmed_) flags |= kUnconfirmed;
        if (crossed_) flags |= kCrossed;
        for (const Side side : {Side::bid, Side::ask}) {
            if (book_.side(side).known_to() && !book_.side(side).knows(depth_)) flags |= kPartial;
        }
        return flags;
    }
    [[nodiscard]] bool following() const noexcept { return phase_ == Phase::following; }
    [[nodiscard]] Sequence last_id() const noexcept { return last_id_; }
    // The last id that this line told; 0: none over this connection, in this numbering.
    [[nodiscard]] Sequence told(LineIndex line) const noexcept { return line < kMaxLines ? lines_[line].last_id : 0; }
    [[nodiscard]] VenueTime match() const noexcept { return match_; }  // `T` of the last update, or the snapshot's time
    [[nodiscard]] VenueTime send() const noexcept { return send_; }  // `E` of the last update; 0 after a snapshot alone
    [[nodiscard]] MonoTime receive() const noexcept { return receive_; }
    [[nodiscard]] const OrderBook& book() const noexcept { return book_; }
    void clear_dirty() noexcept { book_.clear_dirty(); }
    // This event will be applied in a moment.
    void prefetch(const Event& event) const noexcept { book_.side(event.side).prefetch(event.price); }
    [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

  private:
    enum class Phase : std::uint8_t { idle, polling, joining, following };  // idle, polling: no line

    // Of a snapshot's numbering, seen from the stream's.
    enum class Age : std::uint8_t { same, newer, older };
    // What one connection has told in this numbering.
    struct Told {
        Sequence last_id = 0;
        VenueTime match;
    };

    [[nodiscard]] Outcome accept(std::span<const Event> update, MonoTime now) noexcept;
    void apply_whole(std::span<const Event> update, MonoTime now) noexcept;
    void caught_up() noexcept;
    [[nodiscard]] bool restarted(const Event& update) const noexcept;
    void hear(const Event& update) noexcept;
    [[nodiscard]] bool passed_by_every_line() const noexcept;
    [[nodiscard]] Outcome wait(std::span<const Event> update, MonoTime now) noexcept;
    void take_for_gap() noexcept;
    void start_joining(Reason reason) noexcept;
    void rejoin_if_joined(Reason reason) noexcept;
    void rejoin(Reason reason) noexcept;
    void restart(const Event& first) noexcept;
    void forget(VenueTime before) noexcept;
    Outcome keep(std::span<const Event> update) noexcept;
    [[nodiscard]] Age age_of(const Snapshot& snapshot) const noexcept;
    [[nodiscard]] bool fits(std::uint32_t request, const Snapshot& snapshot) noexcept;
    void begin_at(const Snapshot& snapshot) noexcept;
    void end_join(MonoTime now) noexcept;
    void apply(const Event& event) noexcept;
    void look_at_touch(MonoTime now) noexcept {
        if (book_.crossed()) [[unlikely]]
            return on_crossed(now);
        crossed_ = false;
    }
    void on_crossed(MonoTime now) noexcept;
    void look_at_depth() noexcept;

    // In the first cache lines what every update looks at.
    Phase phase_ = Phase::idle;
    Reason reason_;
    Reason lost_ = Reason::none;  // an update whose number is not known, and that another line may bring
    bool unconfirmed_ = false;
    bool waiting_ = false;  // following, with a hole before what is in pending_
    bool silent_ = false;   // rest_id_ stands for longer than gap_wait, or the book was rejoined for it and nothing
                            // confirms it
    bool crossed_ = false;
    bool in_flight_ = false;
    bool had_book_ = false;
    std::uint32_t rest_doubts_ = 0;  // answers in a row that told an earlier id at a later time
    LineSet up_ = 0;
    Sequence last_id_ = 0;    // of the book
    Sequence newest_id_ = 0;  // of what was ever heard of in this numbering, applied or not
    Sequence rest_id_ = 0;    // that REST told and no line has reached; 0: none
    VenueTime match_;
    VenueTime send_;
    MonoTime receive_;
    VenueTime newest_match_;   // rule 3: an id that is not new, later than this, is a restart
    VenueTime heard_match_;    // the latest `T` of any update
    VenueTime ignore_before_;  // rule 3: older than this is from before the restart
    std::size_t depth_;
    Pending pending_;
    OrderBook book_;
    std::array<Told, kMaxLines> lines_{};  // by line, of this connection and numbering

    std::int64_t gap_wait_ns_;
    Reason first_;
    Counters counters_;
    std::uint32_t doubts_ = 0;  // snapshots in a row that disagreed with the stream about the numbering
    std::uint32_t request_ = 0;
    MonoTime waiting_since_, lost_since_, rest_since_;
    MonoTime polled_;  // when REST last answered a poll
    std::int64_t poll_gap_ns_ = 0;
    VenueTime crossed_match_;  // since when, by the venue's clock
    MonoTime crossed_since_;   // ... and by ours
};

}  // namespace daypack
