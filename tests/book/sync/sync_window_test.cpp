// SPDX-License-Identifier: MIT
// Streams that send what happened in a window of time as one update (`depth_stream: 1000ms`). The windows of two lines
// need not begin at the same moment, so that neither line's updates are copies of the other's.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "tests/book/sync/sync_feed.h"
#include "tests/support/random.h"

namespace daypack::core {
namespace {

using test::Deltas;
using test::Feed;
using test::kMs;
using test::Random;

// A market with an update each 20 ms, of one of 40 bids, two lines, and REST that answers after 20 ms.
class WindowWorld {
  public:
    struct Options {
        std::int64_t window_ms;
        std::int64_t apart_ms;  // how much later line 1's windows begin
        bool loses;             // each line loses one update, once
    };
    WindowWorld(const Options& options, std::uint64_t seed)
        : options_(options),
          random_(seed),
          sync_(8'192, 1, pool_, Sync::kGapWait_ns, Reason::start, options.window_ms * kMs),
          first_window_ms_(random_.below(options.window_ms)) {}

    void run_ms(std::int64_t ms) {
        for (const std::int64_t end_ms = now_ms_ + ms; now_ms_ < end_ms; ++now_ms_) step();
    }
    [[nodiscard]] const Sync& sync() const { return sync_; }
    [[nodiscard]] bool is_live() const { return sync_.state() == State::live; }
    [[nodiscard]] std::int64_t away_ms() const { return away_ms_; }  // since the book was first LIVE
    [[nodiscard]] bool was_wrong() const { return wrong_; }

  private:
    using Bids = std::map<std::int64_t, std::int64_t>;  // ticks to steps
    struct Line {
        std::int64_t up_at_ms;
        Sequence sent = 0;
        std::set<std::int64_t> changed;
        bool has_lost = false;
    };

    [[nodiscard]] MonoTime now() const { return {1 + now_ms_ * kMs}; }
    void step() {
        for (std::size_t i = 0; i < lines_.size(); ++i) {
            if (now_ms_ != lines_[i].up_at_ms) continue;
            lines_[i].sent = id_;
            sync_.on_lines(i == 0 ? 0b01 : 0b11, now());
        }
        if (now_ms_ % 20 == 0) trade();
        for (std::size_t i = 0; i < lines_.size(); ++i) send(static_cast<LineIndex>(i));
        sync_.on_time(now());
        answer();
        if (is_live()) was_live_ = true;
        if (was_live_ && !is_live()) ++away_ms_;
        if (is_live() && books_.contains(sync_.last_id())) compare(books_[sync_.last_id()]);
    }
    void trade() {
        const std::int64_t ticks = 50 + random_.below(40);
        bids_[ticks] = static_cast<std::int64_t>(++id_);
        for (Line& line : lines_) line.changed.insert(ticks);
        books_[id_] = bids_;
    }
    void send(LineIndex index) {
        Line& line = lines_[index];
        const std::int64_t begins_ms = first_window_ms_ + (index == 0 ? 0 : options_.apart_ms);
        if (now_ms_ <= line.up_at_ms || (now_ms_ + begins_ms) % options_.window_ms != 0) return;
        const bool is_lost = options_.loses && now_ms_ > 10'000 && !std::exchange(line.has_lost, now_ms_ > 10'000);
        std::vector<Event> update;
        for (const std::int64_t ticks : line.changed) {
            Event event;
            event.first_id = line.sent + 1;
            event.last_id = id_;
            event.side = Side::bid;
            event.price = {ticks};
            event.quantity = {bids_[ticks]};
            event.line = index;
            update.push_back(event);
        }
        if (!update.empty() && line.sent < id_ && !is_lost) {
            update.back().last = true;
            (void)sync_.on_update(update, now());
        }
        line.changed.clear();
        line.sent = id_;
    }
    void answer() {
        if (asked_at_ms_ < 0 && sync_.wants_snapshot(now()) && !sync_.awaits_first_update(now())) {
            request_ = sync_.take_request(now());
            asked_at_ms_ = now_ms_;
            snapshot_ = {};
            snapshot_.last_id = id_;
            for (const auto& [ticks, steps] : bids_) snapshot_.bids.push_back({{ticks}, {steps}});
            snapshot_.asks = {{{200}, {1}}};
        } else if (asked_at_ms_ >= 0 && now_ms_ >= asked_at_ms_ + 20) {
            asked_at_ms_ = -1;
            (void)sync_.on_snapshot(request_, snapshot_, now());
        }
    }
    void compare(const Bids& truth) {
        for (const auto& [ticks, steps] : truth) {
            wrong_ |= sync_.book().side(Side::bid).at({ticks}).steps != steps;
        }
    }

    Options options_;
    Random random_;
    PendingPool pool_{4'000};
    Sync sync_;
    std::int64_t first_window_ms_;
    std::int64_t now_ms_ = 0;
    std::array<Line, 2> lines_{{{100, 0, {}, false}, {160, 0, {}, false}}};
    Sequence id_ = 1'000;
    Bids bids_;
    std::map<Sequence, Bids> books_;
    std::uint32_t request_ = 0;
    std::int64_t asked_at_ms_ = -1;
    Snapshot snapshot_;
    bool was_live_ = false;
    bool wrong_ = false;
    std::int64_t away_ms_ = 0;
};

template <class Check>
void for_each_world(bool loses, Check&& check) {
    for (const std::int64_t window_ms : {200, 600, 1'000}) {
        for (const std::int64_t apart_ms : {std::int64_t{0}, window_ms / 4, window_ms / 2}) {
            for (std::uint64_t seed = 1; seed <= 6; ++seed) {
                SCOPED_TRACE("windows of " + std::to_string(window_ms) + " ms, " + std::to_string(apart_ms) +
                             " ms apart, seed " + std::to_string(seed));
                WindowWorld world({window_ms, apart_ms, loses}, seed);
                world.run_ms(20'000);
                EXPECT_FALSE(world.was_wrong());
                EXPECT_TRUE(world.is_live());
                check(world, window_ms);
            }
        }
    }
}

// The update before it is the evidence, however many levels the update across the snapshot sets.
TEST(SyncWindow, AnUpdateOfManyLevelsAcrossTheSnapshotHidesNoEvidence) {
    Feed feed;
    feed.follow(1'000);
    feed.send(5, 5, 0, {{Side::bid, {91}, {7}}});
    ASSERT_TRUE(feed.sync.reason() == Reason::restart);
    Deltas many;
    for (std::int64_t ticks = 300; ticks < 400; ++ticks) many.push_back({Side::ask, {ticks}, {1}});
    feed.send(6, 200, 0, many);
    Snapshot within;
    within.last_id = 100;
    within.bids = {{{91}, {7}}};
    within.asks = {{{300}, {1}}};
    feed.wait_ms(20);
    EXPECT_TRUE(feed.answer(within));
    EXPECT_TRUE(feed.sync.state() == State::live && feed.sync.last_id() == 200);
    Feed other;
    other.follow(1'000);
    other.send(5, 5, 0, {{Side::bid, {91}, {7}}});
    other.send(6, 200, 0, many);
    within.bids = {{{91}, {8}}};
    other.wait_ms(20);
    EXPECT_FALSE(other.answer(within)) << "it contradicts the update before it";
}

TEST(SyncWindow, WhereNothingIsLostOneSnapshotIsEnough) {
    for_each_world(false, [](const WindowWorld& world, std::int64_t) {
        EXPECT_EQ(world.away_ms(), 0);
        EXPECT_EQ(world.sync().counters().snapshots, 1u);
        EXPECT_EQ(world.sync().counters().restarts, 0u);
    });
}

TEST(SyncWindow, WhatEachLineLostCostsTwoWindowsAtMost) {
    for_each_world(true, [](const WindowWorld& world, std::int64_t window_ms) {
        EXPECT_LE(world.away_ms(), 2 * window_ms + 100);
        EXPECT_LE(world.sync().counters().snapshots, 3u);
    });
}

}  // namespace
}  // namespace daypack::core
