// Rule 3 of Sync: the venue numbers anew.
#include <gtest/gtest.h>

#include <vector>

#include "book/sync/sync.h"
#include "tests/sync_feed.h"

namespace daypack {
namespace {

using test::Feed;
using test::Outcome;

TEST(Sync, ALowerNumberWithALaterTimeIsARestart) {
    Feed feed;
    feed.follow(1000, 1);
    EXPECT_EQ(feed.show(5, 5000), Outcome::waiting);
    EXPECT_TRUE(feed.is(State::syncing, Reason::restart));
    EXPECT_EQ(feed.sync.counters().restarts, 1u);
    feed.show(6, 5001);
    ASSERT_TRUE(feed.answer(5, 5000));
    EXPECT_TRUE(feed.live_at(6));
    EXPECT_EQ(feed.show(7, 5002), Outcome::applied);
}

TEST(Sync, TheSameNumberWithALaterTimeIsARestart) {
    Feed feed;
    feed.follow(1000, 1);
    EXPECT_EQ(feed.show(1001, 5000), Outcome::waiting);
    EXPECT_TRUE(feed.is(State::syncing, Reason::restart));
}

TEST(Sync, ALineThatHasToldNothingYetCanShowARestart) {
    Feed feed;
    feed.follow(1000, 1);
    EXPECT_EQ(feed.show(5, 5000, 1), Outcome::waiting);
    EXPECT_TRUE(feed.is(State::syncing, Reason::restart));
}

TEST(Sync, ARestartAtAHigherNumberIsAGap) {
    Feed feed;
    feed.follow(1000, 1);
    EXPECT_EQ(feed.show(5000, 5000), Outcome::waiting);
    EXPECT_TRUE(feed.is(State::syncing, Reason::gap));
    EXPECT_EQ(feed.show(1002, 1, 1), Outcome::ignored) << "another line is still telling the old numbering";
    ASSERT_TRUE(feed.answer(5000, 5000));
    EXPECT_TRUE(feed.live_at(5000));
}

TEST(Sync, WhatOtherLinesStillTellFromBeforeARestartIsIgnored) {
    Feed feed;
    feed.follow(1000, 1);
    feed.show(5, 5000, 0);
    EXPECT_EQ(feed.show(1002, 2, 1), Outcome::ignored);
    ASSERT_TRUE(feed.answer(5, 5000));
    EXPECT_EQ(feed.show(1003, 3, 1), Outcome::ignored);
    EXPECT_EQ(feed.show(6, 5000, 1), Outcome::applied);
    EXPECT_TRUE(feed.live_at(6));
}

TEST(Sync, OtherLinesThatShowTheNewNumberingLaterAreNoSecondRestart) {
    Feed feed;
    feed.follow(1000, 1);
    feed.show(1002, 2, 0);
    feed.show(1002, 2, 1);
    feed.show(5, 5000, 0);
    ASSERT_TRUE(feed.answer(5, 5000));
    feed.show(6, 5001, 0);
    EXPECT_EQ(feed.show(5, 5000, 1), Outcome::ignored);
    EXPECT_EQ(feed.show(6, 5001, 1), Outcome::ignored);
    EXPECT_EQ(feed.show(7, 5002, 1), Outcome::applied);
    EXPECT_TRUE(feed.live_at(7));
    EXPECT_EQ(feed.sync.counters().restarts, 1u);
}

TEST(Sync, ARestartWhileJoiningForgetsWhatWasKept) {
    Feed feed;
    feed.sync.on_lines(1);
    feed.show(1000, 1);
    feed.show(5, 5000);
    EXPECT_TRUE(feed.is(State::syncing, Reason::restart));
    ASSERT_TRUE(feed.answer(5, 5000));
    EXPECT_TRUE(feed.live_at(5));
}

TEST(Sync, ARestartOfARestartIsFollowedToo) {
    Feed feed;
    feed.follow(1000, 1);
    feed.show(500, 5000);
    feed.show(20, 9000);
    ASSERT_TRUE(feed.answer(20, 9000));
    EXPECT_TRUE(feed.live_at(20));
    EXPECT_EQ(feed.sync.counters().restarts, 2u);
}

TEST(Sync, ASnapshotOfTheNewNumberingShowsARestartThatNoUpdateHasShown) {
    Feed feed;
    feed.follow(1000, 1);
    feed.sync.on_lines(0);
    feed.sync.on_lines(1);
    ASSERT_TRUE(feed.answer_again(5, 5000));
    EXPECT_TRUE(feed.live_at(5));
    EXPECT_EQ(feed.show(6, 5001), Outcome::applied);
    EXPECT_EQ(feed.sync.counters().restarts, 1u);
}

TEST(Sync, ASnapshotThatTrailsInAQuietMarketIsNoRestart) {
    Feed feed;
    feed.follow(1000, 1);
    feed.sync.on_lost(Reason::bad_frame, feed.now);
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(feed.answer(1000, 900)) << "within what the two clocks may differ";
    EXPECT_EQ(feed.sync.counters().restarts, 0u);
    ASSERT_TRUE(feed.answer(1001, 900));
}

TEST(Sync, UpdatesKeptFromBeforeARestartAreNotAppliedToASnapshotFromAfterIt) {
    Feed feed;
    feed.sync.on_lines(1);
    for (Sequence id = 990; id <= 1000; ++id) feed.show(id, 1);
    ASSERT_TRUE(feed.answer_again(995, 5000));  // the venue went back to 985 and has come to 995 since
    EXPECT_TRUE(feed.live_at(995));
    EXPECT_TRUE(feed.told.empty());
}

TEST(Sync, CopiesFromBeforeARestartThatASnapshotShowedAreIgnored) {
    Feed feed;
    feed.follow(999, 1);
    feed.show(1005, 2);  // a gap
    ASSERT_TRUE(feed.answer_again(995, 5000));
    ASSERT_TRUE(feed.live_at(995));
    EXPECT_EQ(feed.aggregate(996, 1005, 2, 1), Outcome::ignored);
    EXPECT_TRUE(feed.live_at(995));
}

// REST's clock may be far from the stream's. A book that ignored updates by it would stand still and look right.
TEST(Sync, AWrongClockOfSnapshotsDoesNotMakeUpdatesIgnored) {
    struct Case {
        std::int64_t timestamp_ms;
        int ahead;  // of the newest update, by id
    };
    for (const Case& with : {Case{1'000, 0}, {1'000, 1}, {4'000'000'000, -5}, {4'000'000'000, 0}, {4'000'000'000, 1}}) {
        SCOPED_TRACE(with.timestamp_ms);
        Feed feed;
        std::int64_t match_ms = 2'000'000'000;
        feed.follow(1000, match_ms);
        for (int id = 1010; id < 1100; id += 10) {
            feed.show(static_cast<Sequence>(id), ++match_ms);  // a gap
            ASSERT_TRUE(feed.answer_again(static_cast<Sequence>(id + with.ahead), with.timestamp_ms));
            for (int i = 0; i < 3; ++i) {
                const Sequence next = feed.sync.last_id() + 1;
                ASSERT_EQ(feed.show(next, ++match_ms), Outcome::applied);
                ASSERT_TRUE(feed.live_at(next));
            }
        }
    }
}

TEST(Sync, ASnapshotFromBeforeARestartIsNotJoinedAfterIt) {
    Feed feed;
    feed.follow(1000, 1);
    feed.show(990, 5000);
    EXPECT_FALSE(feed.answer(1001, 4000)) << "REST still tells the old book";
    EXPECT_TRUE(feed.is(State::syncing, Reason::restart));
    ASSERT_TRUE(feed.answer(990, 5000));
    EXPECT_TRUE(feed.live_at(990));
}

// The request was under way when the venue restarted, and no update had shown the old numbering yet.
TEST(Sync, ASnapshotAheadByNumberButBehindByTimeIsDoubted) {
    Feed feed;
    feed.sync.on_lines(1);
    const auto request = feed.sync.take_request();
    for (Sequence id = 105; id <= 112; ++id) feed.show(id, 5000);
    EXPECT_FALSE(feed.answer(request, Feed::snapshot(108, 1)));
    ASSERT_TRUE(feed.answer(110, 5001));
    EXPECT_TRUE(feed.live_at(112));
}

// Who sets a clock wrong by seconds must not keep a book from being joined for ever.
TEST(Sync, ASnapshotThatContradictsTheStreamIsBelievedTheThirdTime) {
    Feed feed;
    feed.follow(1000, 50'000);
    feed.sync.on_lost(Reason::bad_frame, feed.now);
    EXPECT_FALSE(feed.answer(1005, 40'000));
    EXPECT_FALSE(feed.answer(1006, 40'100));
    EXPECT_TRUE(feed.answer(1007, 40'200));
    EXPECT_TRUE(feed.live_at(1007));
}

TEST(Sync, DoubtsAreCountedInARow) {
    Feed feed;
    feed.follow(1000, 50'000);
    feed.sync.on_lost(Reason::bad_frame, feed.now);
    EXPECT_FALSE(feed.answer(1005, 40'000));
    EXPECT_FALSE(feed.answer(1006, 40'100));
    EXPECT_FALSE(feed.answer(1000, 50'000)) << "1001 was told; but it does not disagree";
    EXPECT_FALSE(feed.answer(1007, 40'200));
}

// On one connection an update begins behind the one before it; another line's copy may straddle what is known.
TEST(Sync, AnUpdateThatReachesBackOnItsOwnLineIsARestart) {
    Feed feed;
    feed.follow(1000, 1);
    EXPECT_EQ(feed.aggregate(991, 1015, 5000), Outcome::waiting);
    EXPECT_TRUE(feed.is(State::syncing, Reason::restart));
    ASSERT_TRUE(feed.answer(1015, 5000));
    EXPECT_TRUE(feed.live_at(1015));
}

TEST(Sync, ALineThatConnectedAnewMayBeginWithinWhatItToldBefore) {
    Feed feed;
    feed.follow(1000, 1);
    feed.sync.on_lines(0b11);
    feed.show(1002, 2, 0);
    feed.sync.on_lines(0b10);
    feed.sync.on_lines(0b11);
    EXPECT_EQ(feed.aggregate(1001, 1004, 5, 0), Outcome::applied);
    EXPECT_TRUE(feed.live_at(1004));
}

// After a snapshot alone the time of its last update is known only roughly; what the line itself told is exact.
TEST(Sync, ARestartSoonAfterASnapshotIsSeenByTheLineThatToldTheOldNumbering) {
    Feed feed;
    feed.follow(1000, 1);
    feed.sync.on_lost(Reason::bad_frame, feed.now);
    ASSERT_TRUE(feed.answer(1010, 2));
    EXPECT_EQ(feed.show(5, 500), Outcome::waiting);
    EXPECT_TRUE(feed.is(State::syncing, Reason::restart));
}

TEST(Sync, AnOldCopyOnTheSameLineIsNoRestart) {
    Feed feed;
    feed.follow(1000, 1);
    feed.show(1002, 2);
    feed.show(1003, 3);
    EXPECT_EQ(feed.show(1002, 2), Outcome::ignored);
    EXPECT_EQ(feed.show(1003, 3), Outcome::ignored);
    EXPECT_EQ(feed.show(1004, 3), Outcome::applied);
    EXPECT_TRUE(feed.live_at(1004));
}

}  // namespace
}  // namespace daypack
