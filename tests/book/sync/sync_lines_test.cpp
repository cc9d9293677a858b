// SPDX-License-Identifier: MIT
// Redundant lines: the first copy of an update is applied, and missing updates are waited for.
#include <gtest/gtest.h>

#include "tests/book/sync/sync_feed.h"

namespace daypack::core {
namespace {

using test::Feed;
using test::Outcome;
using test::TwoLines;

TEST(SyncLines, WhatOneLineMissesAnotherBrings) {
    TwoLines feed;
    EXPECT_EQ(feed.deliver(1003, 0), Outcome::waiting);
    EXPECT_TRUE(feed.live_at(1001));
    EXPECT_EQ(feed.sync.flags(), kBehind);
    EXPECT_EQ(feed.deliver(1002, 1), Outcome::applied);
    EXPECT_TRUE(feed.live_at(1003));
    EXPECT_EQ(feed.sync.flags(), 0);
    EXPECT_EQ(feed.deliver(1003, 1), Outcome::ignored);
    EXPECT_EQ(feed.sync.counters().gaps, 0u);
    EXPECT_EQ(feed.sync.counters().waits, 1u);
}

TEST(SyncLines, HeldUpdatesAreAppliedInOrder) {
    TwoLines feed;
    for (Sequence id = 1003; id <= 1100; ++id) EXPECT_EQ(feed.deliver(id, 0), Outcome::waiting);
    std::vector<Sequence> applied;
    Event event;
    event.first_id = event.last_id = 1002;
    event.price = {100};
    event.quantity = {1002};
    event.line = 1;
    event.last = true;
    (void)feed.sync.on_update({&event, 1}, feed.now,
                              [&](std::span<const Event> update) { applied.push_back(update.front().last_id); });
    ASSERT_EQ(applied.size(), 99u);
    for (Sequence id = 1002; id <= 1100; ++id) EXPECT_EQ(applied[id - 1002], id);
    EXPECT_TRUE(feed.live_at(1100));
}

TEST(SyncLines, AnUpdateCutDifferentlyFillsTheHole) {
    TwoLines feed;
    EXPECT_EQ(feed.deliver(1004, 0), Outcome::waiting);
    EXPECT_EQ(feed.aggregate(1002, 1003, 1), Outcome::applied);
    EXPECT_TRUE(feed.live_at(1004));
}

TEST(SyncLines, AnUpdateThatReachesBeyondWhatWaitsMakesItADuplicate) {
    TwoLines feed;
    EXPECT_EQ(feed.deliver(1003, 0), Outcome::waiting);
    EXPECT_EQ(feed.aggregate(1002, 1005, 1), Outcome::applied);
    EXPECT_TRUE(feed.live_at(1005));
    EXPECT_EQ(feed.deliver(1006, 0), Outcome::applied);
}

// Line 1 was connected later, and lags less, so its first update is ahead of line 0. Nothing is lost.
TEST(SyncLines, WhileJoiningALineThatIsAheadOfTheOtherIsNoGap) {
    Feed feed;
    feed.lines(0b11);
    EXPECT_EQ(feed.deliver(1010, 0), Outcome::waiting);
    for (Sequence id = 1012; id <= 1015; ++id) feed.deliver(id, 1);
    feed.deliver(1011, 0);
    feed.deliver(1012, 0);
    EXPECT_EQ(feed.deliver(1016, 1), Outcome::waiting);
    EXPECT_EQ(feed.sync.counters().gaps, 0u);
    ASSERT_TRUE(feed.answer(1016));
    EXPECT_TRUE(feed.live_at(1016));
    for (Sequence id = 1013; id <= 1017; ++id) feed.deliver(id, 0);
    EXPECT_TRUE(feed.live_at(1017));
    EXPECT_EQ(feed.sync.counters().gaps + feed.sync.counters().resyncs, 0u);
}

TEST(SyncLines, OnceEveryLineHasPassedItIsAGap) {
    TwoLines feed;
    feed.deliver(1003, 0);
    EXPECT_TRUE(feed.live_at(1001));
    feed.deliver(1003, 1);
    EXPECT_TRUE(feed.is(State::syncing, Reason::gap));
    EXPECT_EQ(feed.sync.counters().gaps, 1u);
    ASSERT_TRUE(feed.answer(1002));  // and what waited is not lost
    EXPECT_TRUE(feed.live_at(1003));
}

TEST(SyncLines, AQuietLineIsWaitedForOnlySoLong) {
    TwoLines feed;
    feed.deliver(1003, 0);
    feed.wait_ms(49);
    EXPECT_TRUE(feed.live_at(1001));
    feed.wait_ms(1);
    EXPECT_TRUE(feed.is(State::syncing, Reason::gap));
}

TEST(SyncLines, AHoleBehindAHoleDoesNotProlongTheWait) {
    TwoLines feed;
    feed.deliver(1003, 0);
    feed.wait_ms(30);
    feed.deliver(1010, 0);
    feed.wait_ms(20);
    EXPECT_TRUE(feed.is(State::syncing, Reason::gap));
}

TEST(SyncLines, TheDeathOfTheLineThatWasWaitedForMakesItAGap) {
    TwoLines feed;
    feed.deliver(1003, 0);
    feed.lines(0b01);
    EXPECT_TRUE(feed.is(State::syncing, Reason::gap));
}

TEST(SyncLines, ALineThatIsNotTrustedIsNotWaitedFor) {
    TwoLines feed;
    feed.reconnect(1);
    feed.deliver(1003, 0);
    EXPECT_TRUE(feed.is(State::syncing, Reason::gap));
}

TEST(SyncLines, AloneALineHasAGapAtOnce) {
    Feed feed;
    feed.follow(1000);
    feed.deliver(1003);
    EXPECT_TRUE(feed.is(State::syncing, Reason::gap));
    EXPECT_EQ(feed.sync.counters().waits, 1u);
}

TEST(SyncLines, DeathAndReturnOfOneLineIsNoEvent) {
    TwoLines feed;
    feed.lines(0b01);
    EXPECT_EQ(feed.deliver(1002, 0), Outcome::applied);
    feed.lines(0b11);
    EXPECT_EQ(feed.deliver(1003, 0), Outcome::applied);
    EXPECT_EQ(feed.deliver(1002, 1), Outcome::ignored);
    EXPECT_EQ(feed.deliver(1003, 1), Outcome::ignored);
    EXPECT_EQ(feed.deliver(1004, 1), Outcome::applied);
    EXPECT_TRUE(feed.live_at(1004));
    EXPECT_EQ(feed.sync.counters().resyncs, 0u);
}

TEST(SyncLines, TheLastIdOfALineIsThatOfItsConnection) {
    TwoLines feed;
    feed.deliver(1002, 0);
    EXPECT_EQ(feed.sync.last_id_from(0), 1002u);
    EXPECT_EQ(feed.sync.last_id_from(1), 1001u);
    feed.reconnect(0);
    EXPECT_EQ(feed.sync.last_id_from(0), 0u);
    EXPECT_EQ(feed.sync.last_id_from(Sync::kMaxLines), 0u);
}

TEST(SyncLines, ASnapshotThatTheStreamDoesNotReachIsFetchedAgainAndIsNoGap) {
    Feed feed;
    feed.lines(0b1);
    ASSERT_TRUE(feed.answer(1000));
    EXPECT_EQ(feed.sync.flags(), kUnconfirmed);
    EXPECT_EQ(feed.deliver(1005), Outcome::waiting);
    EXPECT_TRUE(feed.is(State::syncing, Reason::start));
    EXPECT_EQ(feed.sync.counters().gaps, 0u);
    EXPECT_EQ(feed.sync.counters().refetches, 1u);
    ASSERT_TRUE(feed.answer(1004));
    EXPECT_TRUE(feed.live_at(1005));
}

TEST(SyncLines, MoreThanThePoolHoldsIsNotWaitedFor) {
    Feed feed(1, 63);
    feed.follow(1000);
    feed.lines(0b11);
    feed.deliver(1001, 1);
    for (Sequence id = 1003; id < 1003 + 64; ++id) feed.deliver(id, 0);
    EXPECT_TRUE(feed.is(State::syncing, Reason::overflow));
    ASSERT_TRUE(feed.answer(1066));
    EXPECT_TRUE(feed.live_at(1066));
}

TEST(SyncLines, AFrameThatCouldNotBeReadIsBroughtByAnotherLine) {
    TwoLines feed;
    feed.sync.on_lost(0, Reason::bad_frame, feed.now);
    EXPECT_TRUE(feed.live_at(1001));
    EXPECT_EQ(feed.sync.flags(), kBehind);
    feed.deliver(1002, 1);
    EXPECT_TRUE(feed.live_at(1002));
    EXPECT_EQ(feed.sync.flags(), 0);
    feed.sync.on_lost(0, Reason::bad_frame, feed.now);
    feed.wait_ms(50);
    EXPECT_TRUE(feed.is(State::syncing, Reason::bad_frame));
}

TEST(SyncLines, WhatALineLosesThatIsNotTrustedIsNoLoss) {
    TwoLines feed;
    feed.reconnect(1);
    feed.sync.on_lost(1, Reason::bad_frame, feed.now);
    feed.wait_ms(1000);
    EXPECT_TRUE(feed.live_at(1001));
    EXPECT_EQ(feed.sync.flags(), 0);
}

}  // namespace
}  // namespace daypack::core
