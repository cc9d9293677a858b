// Redundant lines: the first copy of an update counts, and what is missing is waited for.
#include <gtest/gtest.h>

#include "tests/sync_feed.h"

namespace daypack {
namespace {

using test::Feed;
using test::kMs;
using test::Outcome;

struct TwoLines : Feed {
    TwoLines() {
        follow(1000, 1);  // it stands at 1001, told by line 0
        sync.on_lines(0b11);
    }
    void wait_ms(std::int64_t ms) {
        now = now + ms * kMs;
        sync.on_time(now);
    }
};

TEST(SyncLines, WhatOneLineMissesAnotherBrings) {
    TwoLines feed;
    EXPECT_EQ(feed.show(1003, 3, 0), Outcome::waiting);
    EXPECT_TRUE(feed.live_at(1001));
    EXPECT_EQ(feed.sync.flags(), kBehind);
    EXPECT_EQ(feed.show(1002, 2, 1), Outcome::applied);
    EXPECT_TRUE(feed.live_at(1003));
    EXPECT_EQ(feed.sync.flags(), 0);
    EXPECT_EQ(feed.show(1003, 3, 1), Outcome::ignored);
    EXPECT_EQ(feed.sync.counters().gaps, 0u);
    EXPECT_EQ(feed.sync.counters().waits, 1u);
}

TEST(SyncLines, WhatWaitedIsToldInOrder) {
    TwoLines feed;
    for (Sequence id = 1003; id <= 1100; ++id) EXPECT_EQ(feed.show(id, 3, 0), Outcome::waiting);
    std::vector<Sequence> told;
    Event event;
    event.first_id = event.last_id = 1002;
    event.match = {2000};
    event.price = {100};
    event.quantity = {1002};
    event.line = 1;
    event.last = true;
    (void)feed.sync.on_update({&event, 1}, feed.now,
                              [&](std::span<const Event> update) { told.push_back(update.front().last_id); });
    ASSERT_EQ(told.size(), 99u);
    for (Sequence id = 1002; id <= 1100; ++id) EXPECT_EQ(told[id - 1002], id);
    EXPECT_TRUE(feed.live_at(1100));
}

TEST(SyncLines, AnUpdateCutDifferentlyFillsTheHole) {
    TwoLines feed;
    EXPECT_EQ(feed.show(1004, 4, 0), Outcome::waiting);
    EXPECT_EQ(feed.aggregate(1000, 1003, 3, 1), Outcome::applied);
    EXPECT_TRUE(feed.live_at(1004));
}

TEST(SyncLines, AnUpdateThatReachesBeyondWhatWaitsMakesItADuplicate) {
    TwoLines feed;
    EXPECT_EQ(feed.show(1003, 3, 0), Outcome::waiting);
    EXPECT_EQ(feed.aggregate(1002, 1005, 5, 1), Outcome::applied);
    EXPECT_TRUE(feed.live_at(1005));
    EXPECT_EQ(feed.show(1006, 6, 0), Outcome::applied);
}

TEST(SyncLines, OnceEveryLineHasPassedItIsAGap) {
    TwoLines feed;
    feed.show(1003, 3, 0);
    EXPECT_TRUE(feed.live_at(1001));
    feed.show(1003, 3, 1);
    EXPECT_TRUE(feed.is(State::syncing, Reason::gap));
    EXPECT_EQ(feed.sync.counters().gaps, 1u);
    ASSERT_TRUE(feed.answer(1002, 3));  // and what waited is not lost
    EXPECT_TRUE(feed.live_at(1003));
}

TEST(SyncLines, AQuietLineIsWaitedForOnlySoLong) {
    TwoLines feed;
    feed.show(1003, 3, 0);
    feed.wait_ms(49);
    EXPECT_TRUE(feed.live_at(1001));
    feed.wait_ms(1);
    EXPECT_TRUE(feed.is(State::syncing, Reason::gap));
}

TEST(SyncLines, AHoleBehindAHoleDoesNotProlongTheWait) {
    TwoLines feed;
    feed.show(1003, 3, 0);
    feed.wait_ms(30);
    feed.show(1010, 4, 0);
    feed.wait_ms(20);
    EXPECT_TRUE(feed.is(State::syncing, Reason::gap));
}

TEST(SyncLines, TheDeathOfTheLineThatWasWaitedForMakesItAGap) {
    TwoLines feed;
    feed.show(1003, 3, 0);
    feed.sync.on_lines(0b01);
    EXPECT_TRUE(feed.is(State::syncing, Reason::gap));
}

TEST(SyncLines, AloneALineHasAGapAtOnce) {
    Feed feed;
    feed.follow(1000, 1);
    feed.show(1003, 3);
    EXPECT_TRUE(feed.is(State::syncing, Reason::gap));
    EXPECT_EQ(feed.sync.counters().waits, 1u);
}

TEST(SyncLines, DeathAndReturnOfOneLineIsNoEvent) {
    TwoLines feed;
    feed.sync.on_lines(0b01);
    EXPECT_EQ(feed.show(1002, 2, 0), Outcome::applied);
    feed.sync.on_lines(0b11);
    EXPECT_EQ(feed.show(1003, 3, 0), Outcome::applied);
    EXPECT_EQ(feed.show(1002, 2, 1), Outcome::ignored);
    EXPECT_TRUE(feed.live_at(1003));
    EXPECT_EQ(feed.sync.counters().resyncs, 0u);
}

TEST(SyncLines, ASnapshotThatTheStreamDoesNotReachIsFetchedAgainAndIsNoGap) {
    Feed feed;
    feed.sync.on_lines(0b1);
    ASSERT_TRUE(feed.answer(1000, 1));
    EXPECT_EQ(feed.sync.flags(), kUnconfirmed);
    EXPECT_EQ(feed.show(1005, 2), Outcome::waiting);
    EXPECT_TRUE(feed.is(State::syncing, Reason::start));
    EXPECT_EQ(feed.sync.counters().gaps, 0u);
    EXPECT_EQ(feed.sync.counters().refetches, 1u);
    ASSERT_TRUE(feed.answer(1004, 2));
    EXPECT_TRUE(feed.live_at(1005));
}

TEST(SyncLines, MoreThanThePoolHoldsIsNotWaitedFor) {
    Feed feed(1, 63);
    feed.follow(1000, 1);
    feed.sync.on_lines(0b11);
    for (Sequence id = 1003; id < 1003 + 64; ++id) feed.show(id, 3, 0);
    EXPECT_TRUE(feed.is(State::syncing, Reason::overflow));
    ASSERT_TRUE(feed.answer(1066, 3));
    EXPECT_TRUE(feed.live_at(1066));
}

TEST(SyncLines, AFrameThatCouldNotBeReadIsBroughtByAnotherLine) {
    TwoLines feed;
    feed.sync.on_lost(Reason::bad_frame, feed.now);
    EXPECT_TRUE(feed.live_at(1001));
    EXPECT_EQ(feed.sync.flags(), kBehind);
    feed.show(1002, 2, 1);
    EXPECT_TRUE(feed.live_at(1002));
    EXPECT_EQ(feed.sync.flags(), 0);
    feed.sync.on_lost(Reason::bad_frame, feed.now);
    feed.wait_ms(50);
    EXPECT_TRUE(feed.is(State::syncing, Reason::bad_frame));
}

// ---- silence -------------------------------------------------------------------------------------------------------

TEST(SyncSilence, ALaterIdAtRestMakesTheBookStaleAndThenRejoins) {
    TwoLines feed;
    feed.sync.on_told(1001, {2000}, feed.now);
    EXPECT_EQ(feed.sync.flags(), 0);
    feed.sync.on_told(1004, {4000}, feed.now);
    EXPECT_TRUE(feed.live_at(1001));
    EXPECT_EQ(feed.sync.flags(), kBehind);
    feed.wait_ms(50);
    EXPECT_TRUE(feed.is(State::stale, Reason::silent));
    feed.wait_ms(949);
    EXPECT_FALSE(feed.sync.wants_snapshot());
    feed.wait_ms(1);
    EXPECT_TRUE(feed.is(State::stale, Reason::silent));
    EXPECT_TRUE(feed.sync.wants_snapshot());
    EXPECT_EQ(feed.sync.counters().silences, 1u);
    ASSERT_TRUE(feed.answer(1004, 4));
    EXPECT_TRUE(feed.is(State::stale, Reason::silent));  // right as REST told it, but nothing says that lines carry it
    EXPECT_EQ(feed.stands_at(), 1004u);
    feed.show(1005, 5, 0);
    EXPECT_TRUE(feed.live_at(1005));
}

TEST(SyncSilence, ABookRejoinedBySilenceIsLiveWhenRestTellsTheSameAgain) {
    TwoLines feed;
    feed.sync.on_told(1004, {4000}, feed.now);
    feed.wait_ms(1000);
    ASSERT_TRUE(feed.answer(1004, 4));
    feed.wait_ms(1000);
    feed.sync.on_told(1003, {3000}, feed.now);  // REST lags, and tells nothing
    EXPECT_TRUE(feed.is(State::stale, Reason::silent));
    feed.sync.on_told(1004, {4000}, feed.now);
    EXPECT_TRUE(feed.live_at(1004));
    EXPECT_EQ(feed.sync.flags(), kUnconfirmed);
}

TEST(SyncSilence, ABookThatLinesNeverBringStaysStaleAndIsKeptFresh) {
    TwoLines feed;
    feed.sync.on_told(1004, {4000}, feed.now);
    feed.wait_ms(1000);
    for (Sequence id = 1004; id < 1010; ++id) {
        ASSERT_TRUE(feed.answer(id, 4));
        EXPECT_EQ(feed.stands_at(), id);
        feed.sync.on_told(id + 1, {5000}, feed.now);
        for (int i = 0; i < 100; ++i) {
            EXPECT_TRUE(feed.is(State::stale, Reason::silent));
            feed.wait_ms(10);
        }
    }
}

TEST(SyncSilence, AnUpdateThatReachesItEndsTheDoubt) {
    TwoLines feed;
    feed.sync.on_told(1003, {3000}, feed.now);
    feed.wait_ms(60);
    EXPECT_TRUE(feed.is(State::stale, Reason::silent));
    feed.show(1002, 2, 0);
    EXPECT_TRUE(feed.is(State::stale, Reason::silent));
    feed.show(1003, 3, 1);
    feed.show(1003, 3, 0);
    EXPECT_TRUE(feed.live_at(1003));
    feed.wait_ms(5000);
    EXPECT_TRUE(feed.live_at(1003));
    EXPECT_EQ(feed.sync.counters().silences, 0u);
}

TEST(SyncSilence, AnEarlierIdAtALaterTimeThreeTimesInARowIsARestart) {
    TwoLines feed;
    for (int i = 0; i < 2; ++i) feed.sync.on_told(7, {9'000'000}, feed.now);
    EXPECT_TRUE(feed.live_at(1001));
    feed.sync.on_told(1001, {9'000'000}, feed.now);  // REST only lagged
    for (int i = 0; i < 2; ++i) feed.sync.on_told(7, {9'000'000}, feed.now);
    EXPECT_TRUE(feed.live_at(1001));
    feed.sync.on_told(7, {9'000'000}, feed.now);
    EXPECT_TRUE(feed.is(State::syncing, Reason::restart));
    ASSERT_TRUE(feed.answer_again(8, 9500));
    EXPECT_TRUE(feed.live_at(8));
}

// ---- polling -------------------------------------------------------------------------------------------------------

TEST(SyncPolling, WithoutALineRestIsTheBook) {
    TwoLines feed;
    EXPECT_FALSE(feed.sync.on_polled(Feed::snapshot(1005, 5), Reason::ws_down, feed.now));
    feed.sync.on_lines(0);
    EXPECT_TRUE(feed.is(State::stale, Reason::line_dead));
    EXPECT_TRUE(feed.sync.on_polled(Feed::snapshot(1005, 5), Reason::ws_down, feed.now));
    EXPECT_TRUE(feed.is(State::polling, Reason::ws_down));
    EXPECT_EQ(feed.sync.last_id(), 1005u);
    EXPECT_EQ(feed.stands_at(), 1005u);
    EXPECT_FALSE(feed.sync.on_polled(Feed::snapshot(1005, 5), Reason::ws_down, feed.now));
    EXPECT_FALSE(feed.sync.on_polled(Feed::snapshot(1004, 4), Reason::ws_down, feed.now));
    EXPECT_TRUE(feed.sync.on_polled(Feed::snapshot(1009, 9), Reason::ws_down, feed.now));
    feed.sync.on_lines(0b10);
    EXPECT_EQ(feed.sync.state(), State::syncing);
    EXPECT_EQ(feed.show(1010, 9, 1), Outcome::waiting);
    ASSERT_TRUE(feed.answer(1009, 9));
    EXPECT_TRUE(feed.live_at(1010));
}

TEST(SyncPolling, ANumberingThatBeganAnewMeanwhileIsNoObstacle) {
    TwoLines feed;
    feed.sync.on_lines(0);
    EXPECT_TRUE(feed.sync.on_polled(Feed::snapshot(7, 9000), Reason::ws_down, feed.now));
    EXPECT_EQ(feed.sync.last_id(), 7u);
    feed.sync.on_lines(0b01);
    EXPECT_EQ(feed.show(8, 9001), Outcome::waiting);
    ASSERT_TRUE(feed.answer(7, 9001));
    EXPECT_TRUE(feed.live_at(8));
    EXPECT_EQ(feed.sync.counters().restarts, 0u);
}

TEST(SyncPolling, WhenPollsStayAwayTheBookIsStale) {
    Feed feed;
    EXPECT_TRUE(feed.sync.on_polled(Feed::snapshot(7, 1), Reason::rest_only, feed.now));
    feed.now = feed.now + 10'000 * kMs;
    (void)feed.sync.on_polled(Feed::snapshot(7, 1), Reason::rest_only, feed.now);
    feed.now = feed.now + 39'999 * kMs;  // 10 s and three times what lay between the last two
    feed.sync.on_time(feed.now);
    EXPECT_TRUE(feed.is(State::polling, Reason::rest_only));
    feed.now = feed.now + kMs;
    feed.sync.on_time(feed.now);
    EXPECT_TRUE(feed.is(State::stale, Reason::silent));
    EXPECT_TRUE(feed.sync.on_polled(Feed::snapshot(8, 2), Reason::rest_only, feed.now));
    EXPECT_TRUE(feed.is(State::polling, Reason::rest_only));
}

}  // namespace
}  // namespace daypack
