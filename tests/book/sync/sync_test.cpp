// SPDX-License-Identifier: MIT
#include "book/sync/sync.h"

#include <gtest/gtest.h>

#include "tests/book/sync/sync_feed.h"

namespace daypack::core {
namespace {

using test::Deltas;
using test::Feed;
using test::kMs;
using test::kOldLevel;
using test::Outcome;
using test::TwoLines;

// ---- 1. join -------------------------------------------------------------------------------------------------------

TEST(Sync, WithoutALineWantsNothingAndShowsNothing) {
    Feed feed;
    EXPECT_TRUE(feed.is(State::syncing, Reason::start));
    EXPECT_FALSE(feed.wants());
    EXPECT_EQ(feed.deliver(1), Outcome::ignored);
}

TEST(Sync, WantsOneSnapshotAtATime) {
    Feed feed;
    feed.lines(1);
    EXPECT_TRUE(feed.wants());
    const auto request = feed.sync.take_request(feed.now);
    EXPECT_FALSE(feed.wants());
    EXPECT_TRUE(feed.answer(request, feed.snapshot(5)));
    EXPECT_FALSE(feed.wants());
}

TEST(Sync, ASnapshotAloneIsALiveBookThatNoUpdateHasConfirmed) {
    Feed feed;
    feed.lines(1);
    ASSERT_TRUE(feed.answer(5));
    EXPECT_TRUE(feed.live_at(5));
    EXPECT_EQ(feed.sync.flags(), kUnconfirmed);
    EXPECT_EQ(feed.sync.match(), VenueTime{1000});
    EXPECT_EQ(feed.sync.send(), VenueTime{});
    EXPECT_EQ(feed.sync.receive(), MonoTime{});
    feed.venue = {2000};
    feed.deliver(6);
    EXPECT_TRUE(feed.live_at(6));
    EXPECT_EQ(feed.sync.flags(), 0);
    EXPECT_EQ(feed.sync.match(), VenueTime{2000});
    EXPECT_EQ(feed.sync.send(), VenueTime{2010});
    EXPECT_EQ(feed.sync.receive(), feed.now);
}

TEST(Sync, BufferedUpdatesBehindTheSnapshotAreApplied) {
    Feed feed;
    feed.lines(1);
    for (Sequence id = 10; id <= 20; ++id) EXPECT_EQ(feed.deliver(id), Outcome::waiting);
    EXPECT_TRUE(feed.is(State::syncing, Reason::start));
    ASSERT_TRUE(feed.answer(15));
    EXPECT_TRUE(feed.live_at(20));
    EXPECT_EQ(feed.sync.replayed_at_join().updates, 5u);
    EXPECT_EQ(feed.sync.replayed_at_join().levels, 5u);
    EXPECT_EQ(feed.sync.flags(), 0);
}

TEST(Sync, ASnapshotRightBeforeTheFirstBufferedUpdateFits) {
    Feed feed;
    feed.lines(1);
    feed.deliver(10);
    ASSERT_TRUE(feed.answer(9));
    EXPECT_TRUE(feed.live_at(10));
}

TEST(Sync, ASnapshotOlderThanTheFirstBufferedUpdateIsAskedForAgainAMomentLater) {
    Feed feed;
    feed.lines(1);
    feed.deliver(10);
    feed.deliver(11);
    EXPECT_FALSE(feed.answer(8));
    EXPECT_TRUE(feed.is(State::syncing, Reason::start));
    EXPECT_EQ(feed.sync.counters().refetches, 1u);
    EXPECT_FALSE(feed.wants());
    feed.wait_ms(100);
    EXPECT_TRUE(feed.wants());
    ASSERT_TRUE(feed.answer(10));
    EXPECT_TRUE(feed.live_at(11));
}

TEST(Sync, AStraddlingFirstUpdateIsApplied) {
    Feed feed;
    feed.lines(1);
    feed.aggregate(10, 20);
    ASSERT_TRUE(feed.answer(15));
    EXPECT_TRUE(feed.live_at(20));
}

TEST(Sync, ASnapshotAheadOfTheStreamWaitsUntilTheStreamIsThere) {
    Feed feed;
    feed.lines(1);
    feed.deliver(10);
    EXPECT_FALSE(feed.answer(12));
    EXPECT_TRUE(feed.is(State::syncing, Reason::start));
    EXPECT_FALSE(feed.wants());
    EXPECT_EQ(feed.deliver(11), Outcome::waiting);
    EXPECT_EQ(feed.deliver(12), Outcome::joined);
    EXPECT_TRUE(feed.live_at(12));
    EXPECT_EQ(feed.deliver(13), Outcome::applied);
    EXPECT_TRUE(feed.live_at(13));
}

// The snapshot is of another market, or of an older numbering.
TEST(Sync, ASnapshotFarAheadOfARunningStreamNeverBecomesTheBook) {
    Feed feed;
    feed.lines(1);
    Sequence id = 10;
    int asked = 0;
    for (int ms = 0; ms < 5000; ms += 10, feed.wait_ms(10)) {
        feed.deliver(id++);
        ASSERT_TRUE(feed.is(State::syncing, Reason::start)) << ms;
        if (!feed.wants()) continue;
        ++asked;
        ASSERT_FALSE(feed.answer(5'000'000));
    }
    EXPECT_GE(asked, 5);
    EXPECT_LE(asked, 9);
    while (!feed.wants()) feed.wait_ms(10);
    ASSERT_TRUE(feed.answer(id - 1));
    EXPECT_TRUE(feed.live_at(id - 1));
}

TEST(Sync, ASnapshotThatContradictsWhatTheLinesSentIsNotJoined) {
    Feed feed;
    feed.lines(1);
    for (Sequence id = 10; id <= 20; ++id) feed.deliver(id);
    Snapshot other = feed.snapshot(15);
    other.bids = {{{100}, {4}}};
    EXPECT_FALSE(feed.answer(other));
    EXPECT_TRUE(feed.is(State::syncing, Reason::start));
    EXPECT_EQ(feed.sync.counters().refetches, 1u);
    ASSERT_TRUE(feed.answer(15));
    EXPECT_TRUE(feed.live_at(20));
}

TEST(Sync, ALevelThatWasSetAndRemovedIsComparedWithTheSnapshotByItsLastUpdate) {
    Feed feed;
    feed.lines(1);
    feed.deliver(10, 0, test::kOldLevel);
    feed.deliver(11, 0, {{Side::ask, {150}, {0}}});
    ASSERT_TRUE(feed.answer(11));
    EXPECT_TRUE(feed.live_at(11));
}

// REST reports an update that the lines, quiet for a second, never sent: they lost it.
TEST(Sync, ASnapshotThatQuietLinesNeverReachIsStale) {
    Feed feed;
    feed.lines(1);
    feed.deliver(10);
    EXPECT_FALSE(feed.answer(12));
    feed.now = feed.now + 999 * kMs;
    EXPECT_FALSE(feed.sync.on_time(feed.now));
    feed.now = feed.now + kMs;
    EXPECT_TRUE(feed.sync.on_time(feed.now));
    EXPECT_TRUE(feed.is(State::stale, Reason::silent));
    EXPECT_EQ(feed.stands_at(), 12u);
    feed.deliver(13);
    EXPECT_TRUE(feed.live_at(13));
}

TEST(Sync, AHoleAmongBufferedUpdatesIsNotJoinedAcross) {
    Feed feed;
    feed.lines(1);
    const auto request = feed.sync.take_request(feed.now);
    feed.deliver(10);
    feed.deliver(12);  // 11 was lost
    EXPECT_FALSE(feed.answer(request, feed.snapshot(10)));
    ASSERT_TRUE(feed.answer(11));
    EXPECT_TRUE(feed.live_at(12));
}

TEST(Sync, RestThatTrailsByTwentyIdsIsJoinedWithinASecond) {
    Feed feed;
    feed.follow(1000);
    Sequence id = 1003;  // 1002 was lost
    feed.deliver(id);
    const MonoTime broke = feed.now;
    while (!feed.sync.following() && feed.now - broke < 1000 * kMs) {
        feed.wait_ms(10);
        feed.deliver(++id);
        if (feed.wants()) feed.answer(id - 20);
    }
    EXPECT_TRUE(feed.live_at(id));
    EXPECT_EQ(feed.sync.counters().gaps, 1u);
}

TEST(Sync, ASnapshotBehindWhatWasSeenButNotBufferedIsAskedForAgain) {
    Feed feed(1, 63);
    feed.lines(1);
    for (Sequence id = 1; id <= 64; ++id) feed.deliver(id);  // the 64th finds the pool full
    EXPECT_TRUE(feed.is(State::syncing, Reason::overflow));
    EXPECT_EQ(feed.sync.counters().buffer_dropped, 64u);
    EXPECT_FALSE(feed.answer(63));
    ASSERT_TRUE(feed.answer(64));
    EXPECT_TRUE(feed.live_at(64));
}

TEST(Sync, AnUpdateTooLargeForThePoolIsNotAppliedInPart) {
    Feed feed(1, 63);
    feed.lines(1);
    feed.deliver(1, 0, Deltas(70, {Side::bid, {90}, {4}}));
    EXPECT_FALSE(feed.answer(Sequence{0}));
    ASSERT_TRUE(feed.answer(Sequence{1}));
    EXPECT_TRUE(feed.live_at(1));
    EXPECT_EQ(feed.sync.book().side(Side::bid).size(), 1u);
}

TEST(Sync, AfterAnOverflowTheQueueIsUsableAgain) {
    Feed feed(1, 63);
    feed.lines(1);
    for (Sequence id = 1; id <= 70; ++id) feed.deliver(id);
    ASSERT_TRUE(feed.answer(66));
    EXPECT_TRUE(feed.live_at(70));
}

// ---- 2. follow -----------------------------------------------------------------------------------------------------

TEST(Sync, FollowsUpdateByUpdate) {
    Feed feed;
    feed.follow(10);
    for (Sequence id = 12; id <= 500; ++id) {
        ASSERT_EQ(feed.deliver(id), Outcome::applied);
        ASSERT_TRUE(feed.live_at(id));
    }
}

TEST(Sync, AnUpdateOfNoLevelsMovesTheBookOn) {
    Feed feed;
    feed.follow(10);
    Event advance;
    advance.kind = EventKind::advance;
    advance.first_id = advance.last_id = 12;
    advance.last = true;
    EXPECT_EQ(feed.sync.on_update({&advance, 1}, feed.now), Outcome::applied);
    EXPECT_EQ(feed.sync.last_id(), 12u);
    EXPECT_EQ(feed.stands_at(), 11u);
}

TEST(Sync, AGapEndsLiveAtOnceAndTheUpdateBehindItIsBuffered) {
    Feed feed;
    feed.follow(10);
    EXPECT_EQ(feed.deliver(13), Outcome::waiting);
    EXPECT_TRUE(feed.is(State::syncing, Reason::gap));
    EXPECT_EQ(feed.stands_at(), 11u);
    EXPECT_EQ(feed.sync.counters().gaps, 1u);
    EXPECT_EQ(feed.sync.counters().resyncs, 1u);
    EXPECT_TRUE(feed.wants());
    ASSERT_TRUE(feed.answer(12));
    EXPECT_TRUE(feed.live_at(13));
}

TEST(Sync, ASnapshotOlderThanAGapDoesNotHealIt) {
    Feed feed;
    feed.follow(10);
    feed.deliver(13);
    EXPECT_FALSE(feed.answer(11));
    EXPECT_TRUE(feed.is(State::syncing, Reason::gap));
}

TEST(Sync, TheMissingUpdateComingLateChangesNothing) {
    TwoLines feed;
    feed.deliver(1003);
    feed.wait_ms(50);
    EXPECT_TRUE(feed.is(State::syncing, Reason::gap));
    EXPECT_EQ(feed.deliver(1002, 1), Outcome::ignored);
    EXPECT_TRUE(feed.is(State::syncing, Reason::gap));
    ASSERT_TRUE(feed.answer(1002));
    EXPECT_TRUE(feed.live_at(1003));
}

TEST(Sync, CopiesFromOtherLinesAreDropped) {
    TwoLines feed;
    const std::uint64_t before = feed.sync.counters().duplicates;
    EXPECT_EQ(feed.deliver(1002, 0), Outcome::applied);
    EXPECT_EQ(feed.deliver(1002, 1), Outcome::ignored);
    EXPECT_EQ(feed.deliver(1003, 1), Outcome::applied);
    EXPECT_EQ(feed.deliver(1003, 0), Outcome::ignored);
    EXPECT_EQ(feed.sync.counters().duplicates - before, 2u);
    EXPECT_TRUE(feed.live_at(1003));
}

TEST(Sync, LinesThatAggregateDifferentlyAgree) {
    TwoLines feed;
    EXPECT_EQ(feed.deliver(1002, 0), Outcome::applied);
    EXPECT_EQ(feed.aggregate(1002, 1005, 1), Outcome::applied)
        << "straddles: it has 1003 to 1005, which line 0 has not shown";
    EXPECT_EQ(feed.deliver(1003, 0), Outcome::ignored);
    EXPECT_EQ(feed.aggregate(1004, 1006, 0), Outcome::applied);
    EXPECT_EQ(feed.deliver(1006, 1), Outcome::ignored);
    EXPECT_TRUE(feed.live_at(1006));
    EXPECT_EQ(feed.sync.counters().resyncs, 0u);
}

TEST(Sync, AQuietMarketStaysLive) {
    Feed feed;
    feed.follow(10);
    feed.wait_ms(3'600'000);
    EXPECT_TRUE(feed.live_at(11));
    EXPECT_EQ(feed.deliver(12), Outcome::applied);
}

TEST(Sync, AnUpdateThatCouldNotBeReadEndsLiveAtOnce) {
    Feed feed;
    feed.follow(10);
    feed.sync.on_lost(0, Reason::bad_frame, feed.now);
    EXPECT_TRUE(feed.is(State::syncing, Reason::bad_frame));
    feed.deliver(13);
    ASSERT_TRUE(feed.answer(12));
    EXPECT_TRUE(feed.live_at(13));
}

// REST trails, so its book may be from before the loss.
TEST(Sync, ABookAsItWasBeforeALossWaitsForWhatComesNext) {
    Feed feed;
    feed.follow(10);
    feed.sync.on_lost(0, Reason::bad_frame, feed.now);  // of 12
    EXPECT_FALSE(feed.answer(11));
    EXPECT_TRUE(feed.is(State::syncing, Reason::bad_frame));
    feed.deliver(13);
    EXPECT_TRUE(feed.is(State::syncing, Reason::bad_frame));
    EXPECT_TRUE(feed.wants());
    ASSERT_TRUE(feed.answer(12));
    EXPECT_TRUE(feed.live_at(13));
}

TEST(Sync, ALossThatWasNoneIsOverOnceTheNextUpdateComes) {
    Feed feed;
    feed.follow(10);
    feed.sync.on_lost(0, Reason::bad_frame, feed.now);
    EXPECT_FALSE(feed.answer(11));
    EXPECT_EQ(feed.deliver(12), Outcome::joined);
    EXPECT_TRUE(feed.live_at(12));
}

TEST(Sync, AnUpdateLostInAFullQueueEndsLiveAtOnce) {
    Feed feed;
    feed.follow(10);
    feed.sync.on_lost(0, Reason::queue, feed.now);
    EXPECT_TRUE(feed.is(State::syncing, Reason::queue));
}

TEST(Sync, ALossWithoutALineIsNoReasonToJoin) {
    Feed feed;
    feed.sync.on_lost(0, Reason::bad_frame, feed.now);
    EXPECT_TRUE(feed.is(State::syncing, Reason::start));
    EXPECT_FALSE(feed.wants());
}

TEST(Sync, TwentyBadFramesWithin40MsAreOverASecondAfterTheLast) {
    Feed feed;
    feed.follow(1000);
    Sequence id = 1001;
    std::uint64_t asked = 0;
    const auto rest = [&] {
        if (!feed.wants()) return;
        ++asked;
        feed.answer(id);
    };
    for (int i = 0; i < 20; ++i) {
        ++id;
        feed.sync.on_lost(0, Reason::bad_frame, feed.now);
        feed.wait_ms(1);
        feed.deliver(++id);
        rest();
        feed.wait_ms(1);
    }
    const MonoTime last = feed.now;
    while (!feed.sync.following() && feed.now - last < 1000 * kMs) {
        feed.wait_ms(2);
        feed.deliver(++id);
        rest();
    }
    EXPECT_TRUE(feed.live_at(id));
    EXPECT_LE(asked, 4u);
}

}  // namespace
}  // namespace daypack::core
