#include "book/sync/sync.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/sync_feed.h"

namespace daypack {
namespace {

using test::Delta;
using test::Feed;
using test::kMs;
using test::Outcome;

// ---- 1. join -------------------------------------------------------------------------------------------------------

TEST(Sync, WithoutALineWantsNothingAndShowsNothing) {
    Feed feed;
    EXPECT_TRUE(feed.is(State::syncing, Reason::start));
    EXPECT_FALSE(feed.sync.wants_snapshot());
    EXPECT_EQ(feed.show(1, 1), Outcome::ignored);
}

TEST(Sync, WantsOneSnapshotAtATime) {
    Feed feed;
    feed.sync.on_lines(1);
    EXPECT_TRUE(feed.sync.wants_snapshot());
    const auto request = feed.sync.take_request();
    EXPECT_FALSE(feed.sync.wants_snapshot());
    EXPECT_TRUE(feed.answer(request, Feed::snapshot(5, 1)));
    EXPECT_FALSE(feed.sync.wants_snapshot());
}

TEST(Sync, ASnapshotAloneIsALiveBookThatNoUpdateHasConfirmed) {
    Feed feed;
    feed.sync.on_lines(1);
    ASSERT_TRUE(feed.answer(5, 1));
    EXPECT_TRUE(feed.live_at(5));
    EXPECT_EQ(feed.sync.flags(), kUnconfirmed);
    EXPECT_EQ(feed.sync.match(), VenueTime{1000});
    EXPECT_EQ(feed.sync.send(), VenueTime{});
    EXPECT_EQ(feed.sync.receive(), MonoTime{});
    feed.show(6, 2);
    EXPECT_TRUE(feed.live_at(6));
    EXPECT_EQ(feed.sync.flags(), 0);
    EXPECT_EQ(feed.sync.match(), VenueTime{2000});
    EXPECT_EQ(feed.sync.send(), VenueTime{2010});
    EXPECT_EQ(feed.sync.receive(), feed.now);
}

TEST(Sync, KeptUpdatesBehindTheSnapshotAreAppliedInOrder) {
    Feed feed;
    feed.sync.on_lines(1);
    for (Sequence id = 10; id <= 20; ++id) EXPECT_EQ(feed.show(id, 1), Outcome::waiting);
    EXPECT_TRUE(feed.is(State::syncing, Reason::start));
    ASSERT_TRUE(feed.answer(15, 1));
    EXPECT_TRUE(feed.live_at(20));
    EXPECT_EQ(feed.told, (std::vector<Sequence>{16, 17, 18, 19, 20}));
    EXPECT_EQ(feed.sync.flags(), 0);
}

TEST(Sync, ASnapshotRightBeforeTheFirstKeptUpdateFits) {
    Feed feed;
    feed.sync.on_lines(1);
    feed.show(10, 1);
    ASSERT_TRUE(feed.answer(9, 1));
    EXPECT_TRUE(feed.live_at(10));
}

TEST(Sync, ASnapshotOlderThanTheFirstKeptUpdateIsAskedForAgain) {
    Feed feed;
    feed.sync.on_lines(1);
    feed.show(10, 1);
    feed.show(11, 1);
    EXPECT_FALSE(feed.answer(8, 1));
    EXPECT_TRUE(feed.is(State::syncing, Reason::start));
    EXPECT_TRUE(feed.sync.wants_snapshot());
    EXPECT_EQ(feed.sync.counters().refetches, 1u);
    ASSERT_TRUE(feed.answer(10, 1));
    EXPECT_TRUE(feed.live_at(11));
}

TEST(Sync, AStraddlingFirstUpdateIsApplied) {
    Feed feed;
    feed.sync.on_lines(1);
    feed.aggregate(10, 20, 1);
    ASSERT_TRUE(feed.answer(15, 1));
    EXPECT_TRUE(feed.live_at(20));
}

TEST(Sync, ASnapshotAheadOfTheStreamIsTheBookAndWhatFollowsLateIsDropped) {
    Feed feed;
    feed.sync.on_lines(1);
    feed.show(10, 1);
    ASSERT_TRUE(feed.answer(12, 2));
    EXPECT_TRUE(feed.live_at(12));
    EXPECT_EQ(feed.sync.flags(), kUnconfirmed);
    EXPECT_EQ(feed.show(11, 1), Outcome::ignored);
    EXPECT_EQ(feed.show(12, 2), Outcome::ignored);
    EXPECT_TRUE(feed.live_at(12));
    EXPECT_EQ(feed.show(13, 2), Outcome::applied);
    EXPECT_TRUE(feed.live_at(13));
}

TEST(Sync, AHoleAmongKeptUpdatesIsNotJoinedAcross) {
    Feed feed;
    feed.sync.on_lines(1);
    const auto request = feed.sync.take_request();
    feed.show(10, 1);
    feed.show(12, 1);  // 11 was lost
    EXPECT_FALSE(feed.answer(request, Feed::snapshot(10, 1)));
    ASSERT_TRUE(feed.answer(11, 1));
    EXPECT_TRUE(feed.live_at(12));
}

TEST(Sync, ASnapshotBehindWhatWasHeardButNotKeptIsAskedForAgain) {
    Feed feed(1, 63);
    feed.sync.on_lines(1);
    for (Sequence id = 1; id <= 64; ++id) feed.show(id, 1);  // the 64th finds the pool full
    EXPECT_TRUE(feed.is(State::syncing, Reason::overflow));
    EXPECT_EQ(feed.sync.counters().buffer_dropped, 64u);
    EXPECT_FALSE(feed.answer(63, 1));
    ASSERT_TRUE(feed.answer(64, 1));
    EXPECT_TRUE(feed.live_at(64));
}

TEST(Sync, AnUpdateTooLargeForThePoolIsNotAppliedInPart) {
    Feed feed(1, 63);
    feed.sync.on_lines(1);
    feed.show(1, 1, 0, std::vector<Delta>(70, Delta{Side::bid, {90}, {4}}));
    EXPECT_FALSE(feed.answer(0, 1));
    ASSERT_TRUE(feed.answer(1, 1));
    EXPECT_TRUE(feed.live_at(1));
    EXPECT_EQ(feed.sync.book().side(Side::bid).size(), 1u);
}

TEST(Sync, AfterAnOverflowTheQueueIsUsableAgain) {
    Feed feed(1, 63);
    feed.sync.on_lines(1);
    for (Sequence id = 1; id <= 70; ++id) feed.show(id, 1);
    ASSERT_TRUE(feed.answer(66, 1));
    EXPECT_TRUE(feed.live_at(70));
}

// ---- 2. follow -----------------------------------------------------------------------------------------------------

TEST(Sync, FollowsUpdateByUpdate) {
    Feed feed;
    feed.follow(10, 1);
    for (Sequence id = 12; id <= 500; ++id) {
        ASSERT_EQ(feed.show(id, 1), Outcome::applied);
        ASSERT_TRUE(feed.live_at(id));
    }
}

TEST(Sync, AnUpdateOfNoLevelsMovesTheBookOn) {
    Feed feed;
    feed.follow(10, 1);
    Event advance;
    advance.kind = EventKind::advance;
    advance.first_id = advance.last_id = 12;
    advance.match = {1000};
    advance.last = true;
    EXPECT_EQ(feed.sync.on_update({&advance, 1}, feed.now), Outcome::applied);
    EXPECT_EQ(feed.sync.last_id(), 12u);
    EXPECT_EQ(feed.stands_at(), 11u);
}

TEST(Sync, AGapEndsLiveAtOnceAndTheUpdateBehindItIsKept) {
    Feed feed;
    feed.follow(10, 1);
    EXPECT_EQ(feed.show(13, 1), Outcome::waiting);
    EXPECT_TRUE(feed.is(State::syncing, Reason::gap));
    EXPECT_EQ(feed.stands_at(), 11u);
    EXPECT_EQ(feed.sync.counters().gaps, 1u);
    EXPECT_EQ(feed.sync.counters().resyncs, 1u);
    ASSERT_TRUE(feed.answer(12, 1));
    EXPECT_TRUE(feed.live_at(13));
}

TEST(Sync, ASnapshotOlderThanAGapDoesNotHealIt) {
    Feed feed;
    feed.follow(10, 1);
    feed.show(13, 1);
    EXPECT_FALSE(feed.answer(11, 1));
    EXPECT_TRUE(feed.is(State::syncing, Reason::gap));
}

TEST(Sync, TheMissingUpdateComingLateChangesNothing) {
    Feed feed;
    feed.follow(10, 1);
    feed.show(13, 1);
    EXPECT_EQ(feed.show(12, 1, 1), Outcome::ignored);
    EXPECT_TRUE(feed.is(State::syncing, Reason::gap));
    ASSERT_TRUE(feed.answer(12, 1));
    EXPECT_TRUE(feed.live_at(13));
}

TEST(Sync, CopiesFromOtherLinesAreDropped) {
    Feed feed;
    feed.follow(10, 1);
    EXPECT_EQ(feed.show(12, 2, 0), Outcome::applied);
    EXPECT_EQ(feed.show(12, 2, 1), Outcome::ignored);
    EXPECT_EQ(feed.show(13, 3, 1), Outcome::applied);
    EXPECT_EQ(feed.show(13, 3, 0), Outcome::ignored);
    EXPECT_EQ(feed.sync.counters().duplicates, 2u);
    EXPECT_TRUE(feed.live_at(13));
}

TEST(Sync, LinesThatAggregateDifferentlyAgree) {
    Feed feed;
    feed.follow(10, 1);
    EXPECT_EQ(feed.show(12, 1, 0), Outcome::applied);
    EXPECT_EQ(feed.aggregate(12, 15, 4, 1), Outcome::applied)
        << "straddles: it has 13 to 15, which line 0 has not shown";
    EXPECT_EQ(feed.show(13, 2, 0), Outcome::ignored);
    EXPECT_EQ(feed.aggregate(14, 16, 5, 0), Outcome::applied);
    EXPECT_EQ(feed.show(16, 5, 1), Outcome::ignored);
    EXPECT_TRUE(feed.live_at(16));
}

TEST(Sync, UpdatesOfTheSameInstantAreNoRestart) {
    Feed feed;
    feed.follow(10, 1);
    for (Sequence id = 12; id < 20; ++id) feed.show(id, 5, 0);
    for (Sequence id = 12; id < 20; ++id) EXPECT_EQ(feed.show(id, 5, 1), Outcome::ignored);
    EXPECT_TRUE(feed.live_at(19));
}

TEST(Sync, AQuietMarketStaysLive) {
    Feed feed;
    feed.follow(10, 1);
    feed.now.ns += 3'600'000 * kMs;
    feed.sync.on_time(feed.now);
    EXPECT_TRUE(feed.live_at(11));
    EXPECT_EQ(feed.show(12, 3'600'000), Outcome::applied);
}

TEST(Sync, AnUpdateThatCouldNotBeReadEndsLiveAtOnce) {
    Feed feed;
    feed.follow(10, 1);
    feed.sync.on_lost(Reason::bad_frame, feed.now);
    EXPECT_TRUE(feed.is(State::syncing, Reason::bad_frame));
    feed.show(13, 1);
    ASSERT_TRUE(feed.answer(12, 1));
    EXPECT_TRUE(feed.live_at(13));
}

TEST(Sync, AnUpdateLostInAFullQueueEndsLiveAtOnce) {
    Feed feed;
    feed.follow(10, 1);
    feed.sync.on_lost(Reason::queue, feed.now);
    EXPECT_TRUE(feed.is(State::syncing, Reason::queue));
}

TEST(Sync, ALossWithoutALineIsNoReasonToJoin) {
    Feed feed;
    feed.sync.on_lost(Reason::bad_frame, feed.now);
    EXPECT_TRUE(feed.is(State::syncing, Reason::start));
    EXPECT_FALSE(feed.sync.wants_snapshot());
}

// ---- requests under way --------------------------------------------------------------------------------------------

TEST(Sync, AnAnswerNobodyAskedForIsNotJoined) {
    Feed feed;
    EXPECT_FALSE(feed.answer(std::uint32_t{0}, Feed::snapshot(5, 1)));
    feed.sync.on_lines(1);
    EXPECT_FALSE(feed.answer(std::uint32_t{0}, Feed::snapshot(5, 1)));
    feed.follow(10, 1);
    EXPECT_FALSE(feed.answer(std::uint32_t{1}, Feed::snapshot(20, 1)));
    EXPECT_TRUE(feed.live_at(11));
}

TEST(Sync, AnAnswerThatComesTwiceIsJoinedOnce) {
    Feed feed;
    feed.sync.on_lines(1);
    const auto request = feed.sync.take_request();
    ASSERT_TRUE(feed.answer(request, Feed::snapshot(5, 1)));
    feed.show(6, 1);
    EXPECT_FALSE(feed.answer(request, Feed::snapshot(5, 1)));
    EXPECT_TRUE(feed.live_at(6));
    feed.show(9, 1);  // a gap, so that it joins again
    EXPECT_FALSE(feed.answer(request, Feed::snapshot(9, 1)));
}

TEST(Sync, ASnapshotAskedForBeforeTheLineBrokeIsNotJoined) {
    Feed feed;
    feed.sync.on_lines(1);
    const auto request = feed.sync.take_request();
    feed.sync.on_lines(0);
    EXPECT_FALSE(feed.answer(request, Feed::snapshot(5, 1))) << "without a line nothing would follow it";
    feed.sync.on_lines(1);
    EXPECT_TRUE(feed.sync.wants_snapshot());
    EXPECT_FALSE(feed.answer(request, Feed::snapshot(5, 1))) << "updates between it and the new line may be missing";
    const auto next = feed.sync.take_request();
    EXPECT_FALSE(feed.answer(request, Feed::snapshot(5, 1)));
    EXPECT_TRUE(feed.answer(next, Feed::snapshot(7, 1)));
    EXPECT_TRUE(feed.live_at(7));
}

TEST(Sync, ASnapshotAskedForBeforeALossIsNotJoined) {
    Feed feed;
    feed.sync.on_lines(1);
    const auto request = feed.sync.take_request();
    feed.sync.on_lost(Reason::bad_frame, feed.now);
    EXPECT_TRUE(feed.sync.wants_snapshot());
    EXPECT_FALSE(feed.answer(request, Feed::snapshot(5, 1)));
    EXPECT_TRUE(feed.answer(6, 1));
}

TEST(Sync, ASnapshotAskedForBeforeARestartIsNotJoined) {
    Feed feed;
    feed.sync.on_lines(1);
    feed.show(100, 1);
    const auto request = feed.sync.take_request();
    feed.show(5, 5000);
    EXPECT_FALSE(feed.answer(request, Feed::snapshot(100, 1)));
    EXPECT_TRUE(feed.is(State::syncing, Reason::restart));
}

}  // namespace
}  // namespace daypack
