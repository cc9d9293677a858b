#include "book/sync.h"

#include <algorithm>

namespace daypack {
namespace {

constexpr std::int64_t kCrossedVenue_us = 100'000;
constexpr std::int64_t kCrossed_ns = 1'000'000'000;
// A snapshot's `timestamp` is not the `T` of its last update: by how much they may differ is not documented.
constexpr std::int64_t kSnapshotClock_us = 1'000'000;

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
    return newest_id_ != 0 && update.last_id <= newest_id_ && update.match > newest_match_;
}

Sync::Outcome Sync::on_update(std::span<const Event> update, MonoTime now) noexcept {
    const Event& first = update.front();
    if (phase_ == Phase::idle) return Outcome::ignored;
    if (first.match < ignore_before_) {
        ++counters_.duplicates;
        return Outcome::ignored;
    }
    if (restarted(first)) {
        restart(first);
        return keep(update);
    }
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
    pending_.clear();
}

void Sync::restart(const Event& first) noexcept {
    ++counters_.restarts;
    rejoin(Reason::restart);
    newest_id_ = 0;
    ignore_before_ = first.match;
}

bool Sync::fits(std::uint32_t request, const Snapshot& snapshot) noexcept {
    if (phase_ != Phase::joining || request != request_ || !in_flight_) return false;
    in_flight_ = false;
    const bool kept = !pending_.empty();
    if (kept ? pending_.front().first_id <= snapshot.last_id + 1 : newest_id_ <= snapshot.last_id) return true;
    // Older than what we know: REST trails the socket by a few updates, so ask again, unless its clock says that the
    // venue numbers anew.
    if (snapshot.last_id < newest_id_ && snapshot.timestamp.us > newest_match_.us + kSnapshotClock_us) {
        ++counters_.restarts;
        pending_.clear();
        ignore_before_ = {newest_match_.us + 1};
        newest_id_ = 0;
        return true;
    }
    ++counters_.refetches;
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

// Refetching cannot give more than the venue's cut, so a book is left alone until a quarter of what it began with is gone.
void Sync::look_at_depth() noexcept {
    for (const Side side : {Side::bid, Side::ask}) {
        if (!book_.known_to(side)) continue;
        const std::size_t enough = std::min(depth_, book_.seeded(side) * 3 / 4);
        if (book_.known(side).size() < enough && phase_ == Phase::following) rejoin(Reason::depth);
    }
}

}  // namespace daypack
