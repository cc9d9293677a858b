// SPDX-License-Identifier: MIT
#pragma once
#include <stdexcept>
#include <utility>
#include <vector>

#include "book/sync/sync.h"
#include "tests/book/map_book.h"

namespace daypack::core::test {

using Outcome = Sync::Outcome;
using Deltas = std::vector<Delta>;

inline constexpr std::int64_t kMs = 1'000'000;  // of our clock, in ns

// Feeds a Sync with updates that set the bid at 100 to their own id, so that the book shows its last update. The
// venue's clock stands still unless a test moves it; no rule depends on it.
struct Feed {
    PendingPool pool;
    Sync sync;
    Sync::LineSet were_up = 0;
    MonoTime now{1};
    VenueTime venue{1000};

    explicit Feed(std::size_t depth = 1, std::size_t pool_events = 1000, std::size_t max_levels = 8192,
                  std::int64_t window_ms = 0)
        : pool(pool_events), sync(max_levels, depth, pool, Sync::kGapWait_ns, Reason::start, window_ms * kMs) {}

    Outcome aggregate(Sequence first_id, Sequence last_id, LineIndex line = 0, Deltas deltas = {}) {
        deltas.push_back({Side::bid, {100}, {static_cast<std::int64_t>(last_id)}});
        return send(first_id, last_id, line, deltas);
    }
    // An update of these levels alone.
    Outcome send(Sequence first_id, Sequence last_id, LineIndex line, const Deltas& deltas) {
        std::vector<Event> events;
        for (const Delta& delta : deltas) {
            Event event;
            event.first_id = first_id;
            event.last_id = last_id;
            event.match = venue;
            event.receive = now;
            event.send_after_match_us = 10;
            event.price = delta.price;
            event.quantity = delta.quantity;
            event.side = delta.side;
            event.line = line;
            events.push_back(event);
        }
        events.back().last = true;
        return sync.on_update(events, now);
    }
    Outcome deliver(Sequence id, LineIndex line = 0, Deltas deltas = {}) {
        return aggregate(id, id, line, std::move(deltas));
    }
    // Sets the lines that are up. When none was up before, it waits until they count as quiet.
    void lines(Sync::LineSet up) {
        sync.on_lines(up, now);
        if (up != 0 && std::exchange(were_up, up) == 0) now = now + Sync::kSettle_ns;
        were_up = up;
    }
    void wait_ms(std::int64_t ms) {
        now = now + ms * kMs;
        sync.on_time(now);
    }

    [[nodiscard]] Snapshot snapshot(Sequence id) const {
        Snapshot snapshot;
        snapshot.last_id = id;
        snapshot.timestamp = venue;
        snapshot.bids = {{{100}, {static_cast<std::int64_t>(id)}}};
        snapshot.asks = {{{200}, {1}}};
        return snapshot;
    }
    [[nodiscard]] bool wants() const { return sync.wants_snapshot(now); }
    bool answer(std::uint32_t request, const Snapshot& with) { return sync.on_snapshot(request, with, now); }
    bool answer(const Snapshot& with) { return answer(sync.take_request(now), with); }
    bool answer(Sequence id) { return answer(snapshot(id)); }
    // Brings up line 0, joins a snapshot of that id, and follows one update.
    void follow(Sequence id) {
        lines(1);
        if (!answer(id) || deliver(id + 1) != Outcome::applied)
            throw std::logic_error("a fresh book does not follow its line");
    }

    // The last update of the book, by its own levels.
    [[nodiscard]] Sequence stands_at() const {
        return static_cast<Sequence>(sync.book().side(Side::bid).at({100}).steps);
    }
    [[nodiscard]] bool live_at(Sequence id) const {
        return sync.state() == State::live && sync.reason() == Reason::none && sync.last_id() == id &&
               stands_at() == id;
    }
    [[nodiscard]] bool is(State state, Reason reason) const { return sync.state() == state && sync.reason() == reason; }
};

// A level of each book of the old numbering, and one of each of the new: a mixed book has both.
inline const Deltas kOldLevel{{Side::ask, {150}, {7}}};
inline const Deltas kNewLevel{{Side::ask, {160}, {3}}};

// Two trusted lines, with a book at 1001.
struct TwoLines : Feed {
    TwoLines() {
        follow(1000);
        lines(0b11);
        deliver(1001, 1);
    }
    // Both lines deliver the update, line 0 first.
    void both(Sequence id) {
        deliver(id, 0);
        deliver(id, 1);
    }
    void both(Sequence from, Sequence to) {
        for (Sequence id = from; id <= to; ++id) both(id);
    }
    // The line's connection ends, and a new one begins.
    void reconnect(LineIndex line) {
        lines(0b11 & ~(Sync::LineSet{1} << line));
        lines(0b11);
    }
    // Line 0 changes to a new numbering, which is joined at its update `to`.
    void turn_line_0(Sequence from, Sequence to) {
        for (Sequence id = from; id <= to; ++id) deliver(id, 0, kNewLevel);
        wait_ms(20);
        Snapshot joined = snapshot(to);
        joined.asks = {{{160}, {3}}, {{200}, {1}}};
        if (!answer(joined)) throw std::logic_error("the new numbering is not joined");
    }
};

// Line 0 has changed to a numbering that continues four ids lower, with its book at 1010; line 1 has sent 1005 of the
// old numbering, and continues it.
struct OneLineTurned : TwoLines {
    OneLineTurned() {
        both(1002, 1005);
        turn_line_0(1002, 1010);
    }
};

}  // namespace daypack::core::test
