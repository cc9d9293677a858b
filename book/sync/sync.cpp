#include "book/sync/sync.h"

#include <algorithm>

namespace daypack {
namespace {

constexpr std::int64_t kCrossedVenue_us = 100'000;
constexpr std::int64_t kCrossed_ns = 1'000'000'000;
// A snapshot's `timestamp` is not the `T` of its last update: by how much they may differ is not documented.
constexpr std::int64_t kSnapshotClock_us = 1'000'000;
// A snapshot that disagrees with the stream about the numbering is fetched again, and believed this time in a row: REST
// lags no longer, and a wrong clock must not keep a book from being joined.
constexpr std::uint32_t kBelieved = 3;
// An update that REST knows and no line brings for so long was lost with its subscription.
constexpr std::int64_t kSilence_ns = 1'000'000'000;
// Polls that stay away for so long, and for three times what lay between the last two, leave a book that may be old.
constexpr std::int64_t kPollsAway_ns = 10'000'000'000;

}  // namespace

bool Sync::restarted(const Event& update) const noexcept {
    const Told& told = lines_[update.line % kMaxLines];
    if (update.first_id <= told.last_id && update.match > told.match) return true;
    return newest_id_ != 0 && update.last_id <= newest_id_ && update.match > newest_match_;
}

void Sync::hear(const Event& update) noexcept {
    heard_match_ = std::max(heard_match_, update.match);
    Told& told = lines_[update.line % kMaxLines];
    told.last_id = std::max(told.last_id, update.last_id);
    told.match = std::max(told.match, update.match);
}

// What becomes of an update; `applied`: it is to be applied now.
Sync::Outcome Sync::accept(std::span<const Event> update, MonoTime now) noexcept {
    const Event& first = update.front();
    if (phase_ == Phase::idle || phase_ == Phase::polling) return Outcome::ignored;
    if (first.match < ignore_before_) {
        ++counters_.duplicates;
        return Outcome::ignored;
    }
    const bool anew = restarted(first);
    if (anew) restart(first);
    hear(first);
    if (anew) return keep(update);
    if (phase_ == Phase::following) {
        if (first.last_id > last_id_ && first.first_id <= last_id_ + 1) return Outcome::applied;
        if (first.last_id > newest_id_) return wait(update, now);
    } else if (first.last_id > newest_id_) {
        return keep(update);
    }
    ++counters_.duplicates;
    if (waiting_ && passed_by_every_line()) take_for_gap();  // this line does not have it either
    return Outcome::ignored;
}

void Sync::apply_whole(std::span<const Event> update, MonoTime now) noexcept {
    for (const Event& event : update) apply(event);
    if (last_id_ > newest_id_) {
        newest_id_ = last_id_;
        newest_match_ = match_;
    }
    look_at_touch(now);
    look_at_depth();
}

// An update was applied: what was waited for may be there.
void Sync::caught_up() noexcept {
    if (phase_ != Phase::following) return;
    if (pending_.empty()) waiting_ = false;
    lost_ = Reason::none;
    if (rest_id_ <= last_id_) {
        rest_id_ = 0;
        silent_ = false;
    }
    rest_doubts_ = 0;
}

bool Sync::passed_by_every_line() const noexcept {
    for (std::size_t line = 0; line < kMaxLines; ++line) {
        if ((up_ >> line & 1) != 0 && lines_[line].last_id <= last_id_) return false;
    }
    return true;
}

// While following: keeps an update that is ahead of the book.
Sync::Outcome Sync::wait(std::span<const Event> update, MonoTime now) noexcept {
    if (!waiting_) {
        waiting_ = true;
        waiting_since_ = now;
        ++counters_.waits;
    }
    if (!passed_by_every_line()) return keep(update);
    take_for_gap();
    return keep(update);
}

// What is missing will not come. A snapshot that no update has followed was never joined to the stream: it was merely
// too old.
void Sync::take_for_gap() noexcept {
    if (unconfirmed_) {
        ++counters_.refetches;
        start_joining(reason_);
        return;
    }
    ++counters_.gaps;
    if (had_book_) ++counters_.resyncs;
    start_joining(Reason::gap);
}

void Sync::apply(const Event& event) noexcept {
    if (event.kind == EventKind::delta) book_.apply(event.side, event.price, event.quantity);
    last_id_ = event.last_id;
    match_ = event.match;
    send_ = event.send();
    receive_ = event.receive;
    unconfirmed_ = false;
}

// Keeps an update that is new, unbroken by number, until what is missing before it comes.
Sync::Outcome Sync::keep(std::span<const Event> update) noexcept {
    const Event& first = update.front();
    if (!pending_.empty() && first.first_id > newest_id_ + 1) {  // a hole: only what is behind it can be of use
        if (phase_ == Phase::joining) ++counters_.gaps;
        pending_.clear();
    }
    newest_id_ = first.last_id;
    newest_match_ = first.match;
    for (std::size_t i = 0; i < update.size(); ++i) {
        if (pending_.push(update[i])) continue;
        counters_.buffer_dropped += pending_.size() + update.size() - i;
        if (phase_ == Phase::following) rejoin(Reason::overflow);
        pending_.clear();  // a snapshot under way may still reach beyond it all
        reason_ = Reason::overflow;
        break;
    }
    return Outcome::waiting;
}

// With what was kept so far.
void Sync::start_joining(Reason reason) noexcept {
    phase_ = Phase::joining;
    reason_ = reason;
    in_flight_ = false;
    doubts_ = 0;
    waiting_ = false;
    lost_ = Reason::none;
    rest_id_ = 0;
    silent_ = reason == Reason::silent;
    rest_doubts_ = 0;
}

void Sync::rejoin(Reason reason) noexcept {
    if (had_book_ && phase_ == Phase::following) ++counters_.resyncs;
    start_joining(reason);
    pending_.clear();
}

void Sync::restart(const Event& first) noexcept {
    rejoin(Reason::restart);
    forget(first.match);
}

// What was told so far is of an old numbering; so is all that is older than this.
void Sync::forget(VenueTime before) noexcept {
    ++counters_.restarts;
    pending_.clear();
    newest_id_ = 0;
    ignore_before_ = before;
    lines_.fill({});
}

// Ids and times grow together in one numbering, so where a snapshot and the stream disagree about which of them is the
// older, they are of two numberings. Which is the newer one, the time tells.
Sync::Age Sync::age_of(const Snapshot& snapshot) const noexcept {
    const std::int64_t late_us = snapshot.timestamp.us + kSnapshotClock_us;
    const std::int64_t early_us = snapshot.timestamp.us - kSnapshotClock_us;
    if (snapshot.timestamp < ignore_before_) return Age::older;
    if (snapshot.last_id < newest_id_ && early_us > newest_match_.us) return Age::newer;
    if (newest_id_ <= snapshot.last_id && late_us < newest_match_.us) return Age::older;
    if (pending_.empty()) return Age::same;
    const Event& first = pending_.front();
    return first.last_id <= snapshot.last_id && late_us < first.match.us ? Age::older : Age::same;
}

bool Sync::fits(std::uint32_t request, const Snapshot& snapshot) noexcept {
    if (phase_ != Phase::joining || request != request_ || !in_flight_) return false;
    in_flight_ = false;
    const Age age = age_of(snapshot);
    doubts_ = age == Age::same ? 0 : doubts_ + 1;
    const bool believed = doubts_ == 0 || doubts_ >= kBelieved;
    if (believed && age == Age::newer) {
        // What is ignored is told by the stream's own clock: by another's, a book might ignore all and look right.
        forget({heard_match_.us + 1});
        return true;
    }
    const bool joins =
        pending_.empty() ? newest_id_ <= snapshot.last_id : pending_.front().first_id <= snapshot.last_id + 1;
    if (believed && joins) return true;
    ++counters_.refetches;  // REST trails the socket by a few updates
    return false;
}

void Sync::begin_at(const Snapshot& snapshot) noexcept {
    book_.seed(snapshot);
    last_id_ = snapshot.last_id;
    match_ = snapshot.timestamp;
    send_ = {};
    receive_ = {};
    unconfirmed_ = true;
    waiting_ = false;
    if (last_id_ > newest_id_) {
        newest_id_ = last_id_;
        newest_match_ = {snapshot.timestamp.us + kSnapshotClock_us};
    }
}

void Sync::end_join(MonoTime now) noexcept {
    phase_ = Phase::following;
    had_book_ = true;
    crossed_ = false;
    if (!unconfirmed_) silent_ = false;
    ++counters_.snapshots;
    look_at_touch(now);
}

void Sync::on_lines(LineSet up) noexcept {
    for (std::size_t line = 0; line < kMaxLines; ++line) {
        if (((up ^ up_) >> line & 1) != 0) lines_[line] = {};  // it may begin within what it told before
    }
    const bool idle = phase_ == Phase::idle || phase_ == Phase::polling;
    up_ = up;
    if (up == 0 && !idle) {
        phase_ = Phase::idle;
        pending_.clear();
        waiting_ = false;
        reason_ = had_book_ ? Reason::line_dead : first_;
    } else if (up != 0 && idle) {
        if (had_book_) ++counters_.resyncs;
        start_joining(had_book_ ? Reason::gap : first_);
    } else if (waiting_ && passed_by_every_line()) {
        take_for_gap();
    }
}

bool Sync::on_polled(const Snapshot& snapshot, Reason reason, MonoTime now) noexcept {
    if (up_ != 0) return false;
    const bool older = snapshot.last_id < last_id_ && snapshot.timestamp <= match_;
    poll_gap_ns_ = phase_ == Phase::polling ? now - polled_ : 0;
    polled_ = now;
    if (older || (phase_ == Phase::polling && snapshot.last_id == last_id_)) return false;
    newest_id_ = 0;  // no line has told anything since; the venue may number anew
    begin_at(snapshot);
    phase_ = Phase::polling;
    reason_ = reason;
    unconfirmed_ = false;
    had_book_ = true;
    crossed_ = false;
    ++counters_.snapshots;
    look_at_touch(now);
    return true;
}

void Sync::on_told(Sequence id, VenueTime timestamp, MonoTime now) noexcept {
    if (phase_ != Phase::following) return;
    if (timestamp < ignore_before_) return;
    const bool earlier = id < newest_id_ && timestamp.us - kSnapshotClock_us > newest_match_.us;
    const bool old_numbering = newest_id_ <= id && timestamp.us + kSnapshotClock_us < newest_match_.us;
    rest_doubts_ = earlier ? rest_doubts_ + 1 : 0;
    if (rest_doubts_ >= kBelieved) {
        rejoin(Reason::restart);
        forget({heard_match_.us + 1});
    } else if (id > last_id_ && !old_numbering && rest_id_ == 0) {
        rest_id_ = id;
        rest_since_ = now;
    } else if (id == last_id_ && rest_id_ == 0) {
        silent_ = false;  // a quiet market
    }
}

// In one numbering what was lost is the next id of the book, or an older one: so whatever applies next ends the doubt.
void Sync::on_lost(Reason reason, MonoTime now) noexcept {
    const bool alone = (up_ & (up_ - 1)) == 0;
    if (phase_ != Phase::following || alone) return rejoin_if_joined(reason);
    if (lost_ != Reason::none) return;
    lost_ = reason;
    lost_since_ = now;
}

void Sync::rejoin_if_joined(Reason reason) noexcept {
    if (phase_ == Phase::joining || phase_ == Phase::following) rejoin(reason);
}

void Sync::on_time(MonoTime now) noexcept {
    if (phase_ == Phase::polling && now - polled_ >= kPollsAway_ns + 3 * poll_gap_ns_) {
        phase_ = Phase::idle;
        reason_ = reason_ == Reason::rest_only ? Reason::silent : Reason::line_dead;
    }
    if (phase_ != Phase::following) return;
    if (waiting_ && now - waiting_since_ >= gap_wait_ns_) return take_for_gap();
    if (lost_ != Reason::none && now - lost_since_ >= gap_wait_ns_) return rejoin(lost_);
    if (crossed_ && now - crossed_since_ >= kCrossed_ns) return rejoin(Reason::crossed);
    if (rest_id_ == 0) return;
    if (now - rest_since_ >= gap_wait_ns_) silent_ = true;
    if (now - rest_since_ < kSilence_ns) return;
    ++counters_.silences;
    rejoin(Reason::silent);
}

void Sync::on_crossed(MonoTime now) noexcept {
    if (!crossed_) {
        crossed_ = true;
        crossed_match_ = match_;
        crossed_since_ = now;
        ++counters_.crossed;
    } else if (match_.us - crossed_match_.us >= kCrossedVenue_us) {
        rejoin(Reason::crossed);
    }
}

// Refetching cannot give more than the venue's cut, so a book is left alone until a quarter of what it began with is
// gone.
void Sync::look_at_depth() noexcept {
    for (const Side side : {Side::bid, Side::ask}) {
        const HalfBook& half = book_.side(side);
        if (!half.known_to() || half.knows(depth_)) continue;
        const std::size_t enough = std::min(depth_, half.seeded() * 3 / 4);
        if (!half.knows(enough) && phase_ == Phase::following) rejoin(Reason::depth);
    }
}

}  // namespace daypack
