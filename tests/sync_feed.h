#pragma once
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "book/sync/sync.h"
#include "tests/map_book.h"

namespace daypack::test {

using Outcome = Sync::Outcome;

inline constexpr std::int64_t kMs = 1'000'000;  // of our clock, in ns

// A symbol whose every update sets the bid at 100 to the update's own id, so that the book tells where it stands.
// Times are in ms: of the venue's clock for updates and snapshots.
struct Feed {
    PendingPool pool;
    Sync sync;
    MonoTime now{1};

    explicit Feed(std::size_t depth = 1, std::size_t pool_events = 1000, std::size_t max_levels = 8192)
        : pool(pool_events), sync(max_levels, depth, pool) {}

    Outcome aggregate(Sequence first_id, Sequence last_id, std::int64_t match_ms, LineIndex line = 0,
                      std::vector<Delta> deltas = {}) {
        deltas.push_back({Side::bid, {100}, {static_cast<std::int64_t>(last_id)}});
        std::vector<Event> events;
        for (const Delta& delta : deltas) {
            Event event;
            event.first_id = first_id;
            event.last_id = last_id;
            event.match = {match_ms * 1000};
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
    Outcome show(Sequence id, std::int64_t match_ms, LineIndex line = 0, std::vector<Delta> deltas = {}) {
        return aggregate(id, id, match_ms, line, std::move(deltas));
    }

    static Snapshot snapshot(Sequence id, std::int64_t timestamp_ms) {
        Snapshot snapshot;
        snapshot.last_id = id;
        snapshot.timestamp = {timestamp_ms * 1000};
        snapshot.bids = {{{100}, {static_cast<std::int64_t>(id)}}};
        snapshot.asks = {{{200}, {1}}};
        return snapshot;
    }
    bool answer(std::uint32_t request, const Snapshot& with) {
        return sync.on_snapshot(request, with, now, [this](const Event& event) { told.push_back(event.last_id); });
    }
    bool answer(Sequence id, std::int64_t timestamp_ms) {
        return answer(sync.take_request(), snapshot(id, timestamp_ms));
    }
    // As often as it takes, for a snapshot that is doubted at first.
    bool answer_again(Sequence id, std::int64_t timestamp_ms) {
        for (int i = 0; i < 5; ++i) {
            if (answer(id, timestamp_ms)) return true;
        }
        return false;
    }
    // With a line, and a book at that id.
    void follow(Sequence id, std::int64_t match_ms) {
        sync.on_lines(1);
        ASSERT_TRUE(answer(id, match_ms));
        ASSERT_EQ(show(id + 1, match_ms), Outcome::applied);
    }

    // Which update the book stands at, by its own content.
    [[nodiscard]] Sequence stands_at() const {
        return static_cast<Sequence>(sync.book().side(Side::bid).at({100}).steps);
    }
    [[nodiscard]] bool live_at(Sequence id) const {
        return sync.state() == State::live && sync.reason() == Reason::none && sync.last_id() == id &&
               stands_at() == id;
    }
    [[nodiscard]] bool is(State state, Reason reason) const { return sync.state() == state && sync.reason() == reason; }

    std::vector<Sequence> told;  // what on_snapshot said it applied
};

}  // namespace daypack::test
