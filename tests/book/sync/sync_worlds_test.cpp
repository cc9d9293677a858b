// SPDX-License-Identifier: MIT
// Single paths through small worlds that an exhaustive search found; each once left a wrong book LIVE.
#include <gtest/gtest.h>

#include "tests/book/sync/named_world.h"
#include "tests/book/sync/sync_feed.h"

namespace daypack::core {
namespace {

using test::Feed;
using test::kMs;
using test::kOldLevel;
using test::NamedWorld;
using test::Outcome;
using test::TwoLines;

// Each line that is up sent the new numbering's 13 again, so a snapshot of that id must have its levels.
TEST(SyncWorlds, AnOldSnapshotAtTheIdThatALineSendsAgainIsRejected) {
    NamedWorld world({.new_first = 11});
    world.go("d0 d0 d0 d0 d0 d0 lose0 ret(0,5) d1 d1 d1 d1 d1 d1 w1100 ans(1,1) lose1 d0 ret(1,5) d1 w1100");
    world.go("ans(0,2)");
    EXPECT_TRUE(world.shows_no_old_book());
    world.go("w600 ans(1,2)");
    EXPECT_TRUE(world.live_and_right(13));
}

// Line 1 sent 5 and 6 of the new numbering; then an old snapshot of 12 became the book because the lines were quiet,
// and line 0 continued from there. Updates of the chain that was given up are no copies when line 0 sends them.
TEST(SyncWorlds, ALineThatGoesBackToWhatAGivenUpChainHeldShowsARestart) {
    NamedWorld world({.new_first = 5, .fresh = true});
    world.go("lose0 ret(0,0) lose1 ret(1,3) d1 ans(0,0) d1 w1100 w60 ans(0,1) d0 d0 d0 d1 d0 d0");
    EXPECT_TRUE(world.shows_no_old_book());
    EXPECT_EQ(world.sync().reason(), Reason::restart);
    world.go("d0 ans(1,2)");
    EXPECT_TRUE(world.live_and_right(7));
}

// All lines went after 10 of the new numbering; line 1 came back with 11 of the old one, which seems to follow.
TEST(SyncWorlds, ALineThatGoesBackBehindItsFirstUpdateShowsARestartThoughThatIsRemembered) {
    NamedWorld world({.new_first = 9, .joined = {1, 18}});
    world.go("w600 d0 d1 d0 d0 d0 lose0 w600 ans(1,-1) lose1 ret(1,0) d1 d1 d1 ret(0,6) ans(0,0) w1100");
    EXPECT_TRUE(world.shows_no_old_book());
}

// Line 1 sent 13 of the old numbering and went; line 0, which is trusted, has sent no more than 7.
TEST(SyncWorlds, ABookThatNoLineOfNowGotToIsNotLiveOnceTheseAreQuiet) {
    NamedWorld world({.new_first = 5, .fresh = true});
    world.go("lose0 ret(0,3) d0 ans(0,0) w60 w1100 ans(0,0) d0 d1 d0 d1 d1 lose1 ret(1,6)");
    EXPECT_EQ(world.sync().last_id(), 13u);
    world.go("w1100");
    EXPECT_EQ(world.sync().state(), State::stale);
    EXPECT_EQ(world.sync().reason(), Reason::silent);
}

// The book was at 12 before all lines went, so a line that sends 11 again does not make an old snapshot of 11 right.
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

// All lines went after 12. Once they were back and quiet an old snapshot of 12 became the book; line 1's first update
// lies beyond it.
TEST(SyncWorlds, AFirstUpdateBeyondASnapshotIsNotProvedToBeOfItsNumbering) {
    NamedWorld world({.new_first = 12});
    world.go("lose0 ret(0,0) d1 d1 lose1 w1100 ret(1,5) ans(0,0) w1100 w600 ans(0,1) d0 d0");
    EXPECT_EQ(world.sync().last_id(), 12u);
    world.go("d1 d0");
    EXPECT_EQ(world.sync().last_id(), 13u) << "line 1's 14 is not what follows it";
}

TEST(SyncWorlds, ASnapshotAloneIsGivenUpAtTheFirstUpdateBeyondIt) {
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

// Line 1 sent 1003 before it was trusted, while the updates of another line were kept: only the digest is known.
TEST(SyncWorlds, ASnapshotAtATipOfWhichOnlyADigestIsKnownNeedsABufferedUpdateThatItHas) {
    Feed feed;
    feed.follow(1000);
    feed.lines(0b111);
    feed.deliver(1005, 2, kOldLevel);
    feed.deliver(1002, 1);
    feed.deliver(1003, 1);
    ASSERT_EQ(feed.deliver(1002, 0), Outcome::applied);
    feed.wait_ms(0);
    feed.wait_ms(Sync::kGapWait_ns / kMs);
    ASSERT_TRUE(feed.is(State::syncing, Reason::gap));
    EXPECT_FALSE(feed.answer(1003));
    EXPECT_TRUE(feed.is(State::syncing, Reason::gap));
    feed.deliver(1003, 0);
    feed.wait_ms(150);
    ASSERT_TRUE(feed.answer(1003)) << "line 0 sent it again, with its levels";
    EXPECT_TRUE(feed.live_at(1003));
}

// Line 1 sent 20 and 21 before it was trusted; once it is, 21 is known to be missing after the 20 that was buffered.
TEST(SyncWorlds, BufferedUpdatesDoNotLeadAcrossWhatALineSentBeforeItWasTrusted) {
    NamedWorld world({.new_first = 20});
    world.go("d1 d1 w600 d0 d1 d0 w1100 lose1 ret(1,3) d0 d1 d1 w600 d0 lose0 d1 ret(0,5) ans(1,0)");
    EXPECT_EQ(world.sync().reason(), Reason::gap);
    EXPECT_NE(world.sync().last_id(), 22u);
}

// 1002 and 1004 are missing on both lines, and the update between them does not connect the two.
TEST(SyncWorlds, HeldUpdatesBeforeASecondHoleAreDropped) {
    TwoLines feed;
    EXPECT_EQ(feed.deliver(1003, 0), Outcome::waiting);
    EXPECT_EQ(feed.deliver(1005, 1), Outcome::waiting);
    EXPECT_TRUE(feed.is(State::syncing, Reason::gap));
    EXPECT_FALSE(feed.answer(1003)) << "1004 is not known";
    EXPECT_TRUE(feed.answer(1004));
    EXPECT_TRUE(feed.live_at(1005));
}

}  // namespace
}  // namespace daypack::core
