// SPDX-License-Identifier: MIT
// Rule 3 of Sync on one line, and with snapshots of another numbering: what shows that the venue has restarted its
// numbering.
#include <gtest/gtest.h>

#include "book/sync/sync.h"
#include "tests/book/sync/sync_feed.h"

namespace daypack::core {
namespace {

using test::Feed;
using test::kOldLevel;
using test::Outcome;

// ---- one line ------------------------------------------------------------------------------------------------------

TEST(SyncRestart, ALowerNumberOnOneConnectionIsARestartAtOnce) {
    Feed feed;
    feed.follow(1000);
    EXPECT_EQ(feed.deliver(5), Outcome::waiting);
    EXPECT_TRUE(feed.is(State::syncing, Reason::restart));
    EXPECT_EQ(feed.sync.counters().restarts, 1u);
    feed.deliver(6);
    ASSERT_TRUE(feed.answer(5));
    EXPECT_TRUE(feed.live_at(6));
    EXPECT_EQ(feed.deliver(7), Outcome::applied);
}

TEST(SyncRestart, TheSameNumberWithOtherLevelsIsARestart) {
    Feed feed;
    feed.follow(1000);
    EXPECT_EQ(feed.deliver(1001, 0, {{Side::ask, {190}, {1}}}), Outcome::waiting);
    EXPECT_TRUE(feed.is(State::syncing, Reason::restart));
    EXPECT_EQ(feed.sync.counters().restarts, 1u);
}

TEST(SyncRestart, AnOldCopyOnTheSameLineIsNone) {
    Feed feed;
    feed.follow(1000);
    feed.deliver(1002);
    feed.deliver(1003);
    EXPECT_EQ(feed.deliver(1002), Outcome::ignored);
    EXPECT_EQ(feed.deliver(1003), Outcome::ignored);
    EXPECT_EQ(feed.deliver(1004), Outcome::applied);
    EXPECT_TRUE(feed.live_at(1004));
}

// On one connection an update begins after the one before it; another line's copy may straddle known updates.
TEST(SyncRestart, AnUpdateThatReachesBackOnItsOwnLineIsOne) {
    Feed feed;
    feed.follow(1000);
    EXPECT_EQ(feed.aggregate(991, 1015), Outcome::waiting);
    EXPECT_TRUE(feed.is(State::syncing, Reason::restart));
    ASSERT_TRUE(feed.answer(1015));
    EXPECT_TRUE(feed.live_at(1015));
}

TEST(SyncRestart, ANumberingThatGoesOnHigherIsAGap) {
    Feed feed;
    feed.follow(1000);
    EXPECT_EQ(feed.deliver(5000), Outcome::waiting);
    EXPECT_TRUE(feed.is(State::syncing, Reason::gap));
    ASSERT_TRUE(feed.answer(5000));
    EXPECT_TRUE(feed.live_at(5000));
}

TEST(SyncRestart, WhileJoiningItDropsTheBufferedUpdates) {
    Feed feed;
    feed.lines(1);
    feed.deliver(1000, 0, kOldLevel);
    feed.deliver(5);
    EXPECT_TRUE(feed.is(State::syncing, Reason::restart));
    ASSERT_TRUE(feed.answer(5));
    EXPECT_TRUE(feed.live_at(5));
    EXPECT_EQ(feed.sync.book().side(Side::ask).at({150}).steps, 0);
}

TEST(SyncRestart, OneAfterTheOtherIsFollowedToo) {
    Feed feed;
    feed.follow(1000);
    feed.deliver(500);
    feed.deliver(20);
    ASSERT_TRUE(feed.answer(20));
    EXPECT_TRUE(feed.live_at(20));
    EXPECT_EQ(feed.sync.counters().restarts, 2u);
}

TEST(SyncRestart, IsSeenOnTheConnectionThatSentTheOldNumberingWhateverASnapshotSays) {
    Feed feed;
    feed.follow(1000);
    feed.sync.on_lost(0, Reason::bad_frame, feed.now);
    EXPECT_FALSE(feed.answer(1010));
    EXPECT_EQ(feed.deliver(5), Outcome::waiting);
    EXPECT_TRUE(feed.is(State::syncing, Reason::restart));
}

// ---- snapshots of another numbering --------------------------------------------------------------------------------

TEST(SyncRestart, AnEarlierSnapshotAfterAllLinesWentIsNoBookUntilALineAgrees) {
    Feed feed;
    feed.follow(1000);
    feed.lines(0);
    feed.lines(1);
    EXPECT_FALSE(feed.answer(5)) << "a stale replica says the same again and again";
    EXPECT_EQ(feed.deliver(6), Outcome::waiting);
    ASSERT_TRUE(feed.answer(6));
    EXPECT_TRUE(feed.is(State::stale, Reason::silent)) << "the book stood at 1001, and the line may only be late";
    EXPECT_EQ(feed.deliver(7), Outcome::applied);
    feed.now = feed.now + Sync::kBelow_ns;
    EXPECT_EQ(feed.deliver(8), Outcome::applied);
    EXPECT_TRUE(feed.live_at(8));
}

TEST(SyncRestart, UpdatesBufferedBeforeItAreNotAppliedToASnapshotFromAfterIt) {
    Feed feed;
    feed.lines(1);
    for (Sequence id = 990; id <= 1000; ++id) feed.deliver(id, 0, kOldLevel);
    EXPECT_FALSE(feed.answer(995)) << "the venue went back to 985 and has come to 995 since";
    EXPECT_EQ(feed.sync.state(), State::syncing);
    feed.deliver(996);
    ASSERT_TRUE(feed.answer(996));
    EXPECT_TRUE(feed.live_at(996));
    EXPECT_EQ(feed.sync.book().side(Side::ask).at({150}).steps, 0);
}

TEST(SyncRestart, ASnapshotFromBeforeItIsNotJoinedAfterIt) {
    Feed feed;
    feed.follow(1000);
    feed.deliver(990, 0, {{Side::ask, {190}, {1}}});
    EXPECT_FALSE(feed.answer(1001)) << "REST still tells the old book";
    EXPECT_TRUE(feed.is(State::syncing, Reason::restart));
    for (Sequence id = 991; id < 1100 && !feed.wants(); ++id) {
        feed.wait_ms(10);
        ASSERT_NE(feed.deliver(id), Outcome::joined);
    }
    ASSERT_TRUE(feed.wants());
    const Sequence id = feed.sync.last_id_from(0);
    Snapshot snapshot = feed.snapshot(id);
    snapshot.asks = {{{190}, {1}}, {{200}, {1}}};
    ASSERT_TRUE(feed.answer(snapshot));
    EXPECT_TRUE(feed.live_at(id));
}

TEST(SyncRestart, AnOldReplicasSnapshotAfterItIsNotLiveThoughTheLinesAreQuiet) {
    Feed feed;
    feed.follow(1000);
    feed.deliver(5);
    EXPECT_FALSE(feed.answer(1500));
    feed.wait_ms(1000);
    EXPECT_NE(feed.sync.state(), State::live);
    for (Sequence id = 6; id < 30; ++id) {
        feed.wait_ms(50);
        feed.deliver(id);
        if (feed.wants()) feed.answer(id);
        EXPECT_TRUE(feed.sync.state() != State::live || feed.live_at(id));
    }
    EXPECT_TRUE(feed.live_at(29));
}

}  // namespace
}  // namespace daypack::core
