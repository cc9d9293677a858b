// SPDX-License-Identifier: MIT
// Single ways through small worlds that an exhaustive search found, each of which once left a wrong book LIVE.
#include <gtest/gtest.h>

#include "tests/book/sync/named_world.h"
#include "tests/book/sync/sync_feed.h"

namespace daypack {
namespace {

using test::Feed;
using test::NamedWorld;
using test::Outcome;
using test::TwoLines;

// Each line that is up told the new numbering's 13 again: what is in that update must stand in a snapshot of its id.
TEST(SyncWorlds, AnOldSnapshotAtTheIdThatALineTellsAgainIsRefused) {
    NamedWorld world({.new_first = 11});
    world.go("d0 d0 d0 d0 d0 d0 lose0 ret(0,5) d1 d1 d1 d1 d1 d1 w1100 ans(1,1) lose1 d0 ret(1,5) d1 w1100");
    world.go("ans(0,2)");
    EXPECT_TRUE(world.shows_no_old_book());
    world.go("w600 ans(1,2)");
    EXPECT_TRUE(world.live_and_right(13));
}

// Line 1 told 5 and 6 of the new numbering; then an old snapshot of 12 stood, for the lines were quiet, and line 0 went
// on from there. What the given up chain held makes no copies once line 0 tells it.
TEST(SyncWorlds, ALineThatGoesBackToWhatAGivenUpChainHeldShowsARestart) {
    NamedWorld world({.new_first = 5, .fresh = true});
    world.go("lose0 ret(0,0) lose1 ret(1,3) d1 ans(0,0) d1 w1100 w60 ans(0,1) d0 d0 d0 d1 d0 d0");
    EXPECT_TRUE(world.shows_no_old_book());
    EXPECT_EQ(world.sync().reason(), Reason::restart);
    world.go("d0 ans(1,2)");
    EXPECT_TRUE(world.live_and_right(7));
}

// All lines went after 10 of the new numbering; line 1 came back with 11 of the old one, as if that went on there.
TEST(SyncWorlds, ALineThatGoesBackBehindItsFirstWordShowsARestartThoughThatIsRemembered) {
    NamedWorld world({.new_first = 9, .joined = {1, 18}});
    world.go("w600 d0 d1 d0 d0 d0 lose0 w600 ans(1,-1) lose1 ret(1,0) d1 d1 d1 ret(0,6) ans(0,0) w1100");
    EXPECT_TRUE(world.shows_no_old_book());
}

// Line 1 told 13 of the old numbering and went; line 0, which counts, tells no more than 7.
TEST(SyncWorlds, ABookThatNoLineOfNowGotToIsNotLiveOnceTheseAreQuiet) {
    NamedWorld world({.new_first = 5, .fresh = true});
    world.go("lose0 ret(0,3) d0 ans(0,0) w60 w1100 ans(0,0) d0 d1 d0 d1 d1 lose1 ret(1,6)");
    EXPECT_EQ(world.sync().last_id(), 13u);
    world.go("w1100");
    EXPECT_EQ(world.sync().state(), State::stale);
    EXPECT_EQ(world.sync().reason(), Reason::silent);
}

// The book stood at 12 before all lines went: what a line tells again of 11 does not make an old snapshot of 11 right.
TEST(SyncWorlds, ASnapshotThatACopyLeadsToIsTooOldWhereTheChainGotFurther) {
    NamedWorld world({.old_updates = 2, .new_updates = 0});
    world.go("d0 d0 lose0 ret(0,1) d1 lose1 ret(1,0) ans(0,1) d1 ans(0,0) w600 w1100");
    EXPECT_NE(world.sync().state(), State::live);
}

TEST(SyncWorlds, ACopyThatTheBookContradictsAtItsOwnIdIsNone) {
    NamedWorld world({.old_updates = 2, .new_updates = 2, .new_first = 11, .joined = {3, 3}});
    world.go("d0 d0 d0 ans(1,0) lose0 ret(0,3) d1 d1 lose1 ret(1,2) d0 w1100 ans(0,1) d1 d1 w1100");
    EXPECT_TRUE(world.shows_no_old_book());
}

// All lines went after 12. An old snapshot of it stood once they were back and quiet; line 1's first word lies beyond.
TEST(SyncWorlds, AFirstWordBeyondASnapshotIsNotOfItsNumberingForThat) {
    NamedWorld world({.new_first = 12});
    world.go("lose0 ret(0,0) d1 d1 lose1 w1100 ret(1,5) ans(0,0) w1100 w600 ans(0,1) d0 d0");
    EXPECT_EQ(world.sync().last_id(), 12u);
    world.go("d1 d0");
    EXPECT_EQ(world.sync().last_id(), 13u) << "line 1's 14 is not what follows it";
}

TEST(SyncWorlds, ASnapshotAloneIsGivenUpAtTheFirstWordBeyondIt) {
    Feed feed;
    feed.lines(0b11);
    ASSERT_TRUE(feed.answer(1000));
    EXPECT_EQ(feed.deliver(1003, 1), Outcome::waiting);
    EXPECT_TRUE(feed.is(State::syncing, Reason::start));
    feed.wait_ms(100);
    ASSERT_TRUE(feed.answer(1003));
    EXPECT_TRUE(feed.live_at(1003));
    EXPECT_EQ(feed.deliver(1004, 1), Outcome::applied);
    EXPECT_EQ(feed.sync.counters().resyncs + feed.sync.counters().restarts, 0u);
}

// Line 1 told 13 of the new numbering before it counted, so that its digest alone is known; then an update was missing.
TEST(SyncWorlds, ASnapshotAtATipOfWhichOnlyADigestIsKnownTakesAKeptUpdateThatStandsInIt) {
    NamedWorld world({.new_first = 11});
    world.go("lose1 ret(1,4) d0 d0 d0 d0 w1100 ans(1,0) d1 d1 d0 w60 w600 ans(0,2)");
    EXPECT_EQ(world.sync().reason(), Reason::gap);
    EXPECT_TRUE(world.shows_no_old_book());
    world.go("d0 w600 ans(1,2)");
    EXPECT_TRUE(world.live_and_right(13)) << "line 0 told it again, with its levels";
}

// Line 1 told 20 and 21 before it counted; that it does shows 21 to be missing behind the 20 that was kept.
TEST(SyncWorlds, WhatWasKeptDoesNotLeadAcrossWhatALineToldBeforeItCounted) {
    NamedWorld world({.new_first = 20});
    world.go("d1 d1 w600 d0 d1 d0 w1100 lose1 ret(1,3) d0 d1 d1 w600 d0 lose0 d1 ret(0,5) ans(1,0)");
    EXPECT_EQ(world.sync().reason(), Reason::gap);
    EXPECT_NE(world.sync().last_id(), 22u);
}

// 1002 and 1004 are missing on both lines, and the update between them is no bridge.
TEST(SyncWorlds, WhatWaitedBeforeASecondHoleIsNotKeptAcrossIt) {
    TwoLines feed;
    EXPECT_EQ(feed.deliver(1003, 0), Outcome::waiting);
    EXPECT_EQ(feed.deliver(1005, 1), Outcome::waiting);
    EXPECT_TRUE(feed.is(State::syncing, Reason::gap));
    EXPECT_FALSE(feed.answer(1003)) << "1004 is not known";
    EXPECT_TRUE(feed.answer(1004));
    EXPECT_TRUE(feed.live_at(1005));
}

}  // namespace
}  // namespace daypack
