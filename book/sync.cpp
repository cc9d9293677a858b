#include "book/sync.h"

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

}  // namespace

State Sync::state() const noexcept {
    if (phase_ == Phase::following) return State::live;
    if (reason_ == Reason::line_dead) return State::stale;
    if (reason_ == Reason::crossed) return State::invalid;
    return State::syncing;
}

std::uint16_t Sync::flags() const noexcept {
    std::uint16_t flags = 0;
    if (unconfirmed_) flags |= kUnconfirmed;
    if (crossed_) flags |= kCrossed;
    for (const Side side : {Side::bid, Side::ask}) {
        if (book_.known_to(side) && book_.known(side).size() < depth_) flags |= kPartial;
    }
    return flags;
}

bool Sync::restarted(const Event& update) const noexcept {
    if (update.line < lines_.size()) {
        const Told& told = lines_[update.line];
        if (update.first_id <= told.last_id && update.match > told.match) return true;
    }
    return newest_id_ != 0 && update.last_id <= newest_id_ && update.match > newest_match_;
}

void Sync::hear(const Event& update) noexcept {
    heard_match_ = std::max(heard_match_, update.match);
    if (update.line >= lines_.size()) return;
    Told& told = lines_[update.line];
    told.last_id = std::max(told.last_id, update.last_id);
    told.match = std::max(told.match, update.match);
}

Sync::Outcome Sync::on_update(std::span<const Event> update, MonoTime now) noexcept {
    const Event& first = update.front();
    if (phase_ == Phase::idle) return Outcome::ignored;
    if (first.match < ignore_before_) {
        ++counters_.duplicates;
        return Outcome::ignored;
    }
    const bool anew = restarted(first);
    if (anew) restart(first);
    hear(first);
    if (anew) return keep(update);
    if (first.last_id <= newest_id_) {
        ++counters_.duplicates;
        return Outcome::ignored;
    }
    if (phase_ == Phase::joining) return keep(update);
    if (first.first_id > last_id_ + 1) {
        ++counters_.gaps;
        rejoin(Reason::gap);
        return keep(update);
    }
    for (const Event& event : update) apply(event);
    newest_id_ = first.last_id;
    newest_match_ = first.match;
    look_at_touch(now);
    look_at_depth();
    return Outcome::applied;
}

void Sync::apply(const Event& event) noexcept {
    if (event.kind == EventKind::delta) book_.apply(event.side, event.price, event.quantity);
    last_id_ = event.last_id;
    match_ = event.match;
    send_ = event.send();
    receive_ = event.receive;
    unconfirmed_ = false;
}

// While joining: keeps an update that is new, unbroken by number, until the snapshot comes.
Sync::Outcome Sync::keep(std::span<const Event> update) noexcept {
    const Event& first = update.front();
    if (!pending_.empty() && first.first_id > newest_id_ + 1) {  // a hole: only what is behind it can be of use
        ++counters_.gaps;
        pending_.clear();
    }
    newest_id_ = first.last_id;
    newest_match_ = first.match;
    for (std::size_t i = 0; i < update.size(); ++i) {
        if (pending_.push(update[i])) continue;
        counters_.buffer_dropped += pending_.size() + update.size() - i;
        pending_.clear();
        reason_ = Reason::overflow;
        break;
    }
    return Outcome::waiting;
}

void Sync::rejoin(Reason reason) noexcept {
    if (had_book_) ++counters_.resyncs;
    phase_ = Phase::joining;
    reason_ = reason;
    in_flight_ = false;
    doubts_ = 0;
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
    if (last_id_ > newest_id_) {
        newest_id_ = last_id_;
        newest_match_ = {snapshot.timestamp.us + kSnapshotClock_us};
    }
}

void Sync::end_join(MonoTime now) noexcept {
    phase_ = Phase::following;
    had_book_ = true;
    crossed_ = false;
    ++counters_.snapshots;
    look_at_touch(now);
}

void Sync::on_lines(std::size_t live) noexcept {
    if (live > live_lines_) lines_.fill({});  // one of them is new, and may begin within what it told before
    live_lines_ = live;
    if (live == 0 && phase_ != Phase::idle) {
        phase_ = Phase::idle;
        pending_.clear();
        reason_ = had_book_ ? Reason::line_dead : Reason::start;
    } else if (live > 0 && phase_ == Phase::idle) {
        rejoin(had_book_ ? Reason::gap : Reason::start);
    }
}

void Sync::on_lost(Reason reason) noexcept {
    if (phase_ != Phase::idle) rejoin(reason);
}

void Sync::on_time(MonoTime now) noexcept {
    if (phase_ == Phase::following && crossed_ && now - crossed_since_ >= kCrossed_ns) rejoin(Reason::crossed);
}

void Sync::look_at_touch(MonoTime now) noexcept {
    if (!book_.crossed()) {
        crossed_ = false;
        return;
    }
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
        if (!book_.known_to(side)) continue;
        const std::size_t enough = std::min(depth_, book_.seeded(side) * 3 / 4);
        if (book_.known(side).size() < enough && phase_ == Phase::following) rejoin(Reason::depth);
    }
}

}  // namespace daypack
