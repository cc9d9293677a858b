// Rules 4 to 6 of Sync: what a book is worth without a line, crossed, or cut.
#include <gtest/gtest.h>

#include <vector>

#include "book/sync/sync.h"
#include "tests/sync_feed.h"

namespace daypack {
namespace {

using test::Delta;
using test::Feed;
using test::kMs;
using test::Outcome;

// ---- 4. lines ------------------------------------------------------------------------------------------------------

TEST(Sync, WithoutALineABookThatWasLiveIsStale) {
    Feed feed;
    feed.follow(10, 1);
    feed.sync.on_lines(0);
    EXPECT_TRUE(feed.is(State::stale, Reason::line_dead));
    EXPECT_EQ(feed.show(12, 1), Outcome::ignored);
    EXPECT_FALSE(feed.sync.wants_snapshot());
}

TEST(Sync, WithoutALineABookThatNeverWasIsStillSyncing) {
    Feed feed;
    feed.sync.on_lines(1);
    feed.show(10, 1);
    feed.sync.on_lines(0);
    EXPECT_TRUE(feed.is(State::syncing, Reason::start));
}

TEST(Sync, ABookRejoinsWhenALineIsBack) {
    Feed feed;
    feed.follow(10, 1);
    feed.sync.on_lines(0);
    feed.sync.on_lines(1);
    EXPECT_TRUE(feed.is(State::syncing, Reason::gap));
    EXPECT_FALSE(feed.answer(10, 1)) << "11 was known before";
    ASSERT_TRUE(feed.answer(15, 2));
    EXPECT_TRUE(feed.live_at(15));
}

TEST(Sync, WhatWasKeptBeforeTheLineBrokeIsForgotten) {
    Feed feed;
    feed.sync.on_lines(1);
    feed.show(10, 1);
    feed.sync.on_lines(0);
    feed.sync.on_lines(1);
    feed.show(12, 1);  // 11 passed while there was no line
    EXPECT_FALSE(feed.answer(10, 1));
    ASSERT_TRUE(feed.answer(11, 1));
    EXPECT_TRUE(feed.live_at(12));
}

TEST(Sync, WithoutALineItKeepsNothingOfThePool) {
    Feed feed(1, 63);
    feed.sync.on_lines(1);
    for (Sequence id = 1; id <= 63; ++id) feed.show(id, 1);
    feed.sync.on_lines(0);
    Pending other(feed.pool);
    EXPECT_TRUE(other.push(Event{}));
}

TEST(Sync, OneOfTwoLinesGoingChangesNothing) {
    Feed feed;
    feed.follow(10, 1);
    feed.sync.on_lines(0b11);
    feed.sync.on_lines(1);
    EXPECT_TRUE(feed.live_at(11));
    EXPECT_EQ(feed.show(12, 1, 1), Outcome::applied);
}

// ---- 5. crossed ----------------------------------------------------------------------------------------------------

constexpr Delta kCrossing{Side::bid, {200}, {1}};
constexpr Delta kUncrossing{Side::bid, {200}, {0}};

TEST(Sync, ACrossedBookIsFlaggedAtOnceAndClearedWithTheNextUpdate) {
    Feed feed;
    feed.follow(10, 1);
    feed.show(12, 1, 0, {kCrossing});
    EXPECT_TRUE(feed.live_at(12));
    EXPECT_EQ(feed.sync.flags(), kCrossed);
    feed.show(13, 2, 0, {kUncrossing});
    EXPECT_EQ(feed.sync.flags(), 0);
    EXPECT_EQ(feed.sync.counters().crossed, 1u);
}

TEST(Sync, ABookCrossedWithinOneUpdateIsNotCrossed) {
    Feed feed;
    feed.follow(10, 1);
    feed.show(12, 1, 0, {kCrossing, kUncrossing});
    EXPECT_EQ(feed.sync.counters().crossed, 0u);
}

TEST(Sync, ABookCrossedFor100MsOfTheVenueIsInvalid) {
    Feed feed;
    feed.follow(10, 1);
    feed.show(12, 10, 0, {kCrossing});
    feed.show(13, 109);
    EXPECT_TRUE(feed.live_at(13));
    feed.show(14, 110);
    EXPECT_TRUE(feed.is(State::invalid, Reason::crossed));
    EXPECT_TRUE(feed.sync.wants_snapshot());
    ASSERT_TRUE(feed.answer(14, 110));
    EXPECT_TRUE(feed.live_at(14));
    EXPECT_EQ(feed.sync.flags(), kUnconfirmed);
}

TEST(Sync, ABookCrossedForASecondWithoutAnUpdateIsInvalid) {
    Feed feed;
    feed.follow(10, 1);
    feed.show(12, 10, 0, {kCrossing});
    feed.now.ns += 999 * kMs;
    feed.sync.on_time(feed.now);
    EXPECT_TRUE(feed.live_at(12));
    feed.now.ns += 1 * kMs;
    feed.sync.on_time(feed.now);
    EXPECT_TRUE(feed.is(State::invalid, Reason::crossed));
}

TEST(Sync, EachCrossingHasItsOwnTime) {
    Feed feed;
    feed.follow(10, 1);
    feed.show(12, 10, 0, {kCrossing});
    feed.show(13, 60, 0, {kUncrossing});
    feed.show(14, 100, 0, {kCrossing});
    feed.show(15, 150);
    EXPECT_TRUE(feed.live_at(15));
}

TEST(Sync, AnInvalidBookWithoutALineIsStale) {
    Feed feed;
    feed.follow(10, 1);
    feed.show(12, 10, 0, {kCrossing});
    feed.show(13, 500);
    ASSERT_TRUE(feed.is(State::invalid, Reason::crossed));
    feed.sync.on_lines(0);
    EXPECT_TRUE(feed.is(State::stale, Reason::line_dead));
}

// ---- 6. depth ------------------------------------------------------------------------------------------------------

// A snapshot of so many bids from 100 down, and one ask.
Snapshot deep(Sequence id, std::size_t bids) {
    Snapshot snapshot = Feed::snapshot(id, 1);
    snapshot.bids.clear();
    for (std::size_t i = bids; i > 0; --i) snapshot.bids.push_back({{101 - static_cast<std::int64_t>(i)}, {5}});
    return snapshot;
}

TEST(Sync, ATruncatedSideWithEnoughLevelsIsNotPartial) {
    Feed feed(64);
    feed.sync.on_lines(1);
    ASSERT_TRUE(feed.answer(feed.sync.take_request(), deep(10, 1000)));
    EXPECT_EQ(feed.sync.flags(), kUnconfirmed);
}

TEST(Sync, ATruncatedSideWithTooFewLevelsIsPartial) {
    Feed feed(1001);
    feed.sync.on_lines(1);
    ASSERT_TRUE(feed.answer(feed.sync.take_request(), deep(10, 1000)));
    EXPECT_EQ(feed.sync.flags(), kUnconfirmed | kPartial);
}

TEST(Sync, AShortSideThatIsWhollyKnownIsNotPartial) {
    Feed feed(1001);
    feed.sync.on_lines(1);
    ASSERT_TRUE(feed.answer(feed.sync.take_request(), deep(10, 999)));
    EXPECT_EQ(feed.sync.flags(), kUnconfirmed);
}

TEST(Sync, ATruncatedSideThatShrinksBelowTheDepthIsFetchedAgain) {
    Feed feed(990);
    feed.sync.on_lines(1);
    ASSERT_TRUE(feed.answer(feed.sync.take_request(), deep(10, 1000)));
    Sequence id = 11;
    for (std::int64_t price = -899; price < -649; ++price, ++id) {
        ASSERT_EQ(feed.sync.state(), State::live) << "a fresh one could not have given more than the venue's cut";
        feed.show(id, 1, 0, {{Side::bid, {price}, {0}}});
    }
    ASSERT_EQ(feed.sync.state(), State::live);
    feed.show(id, 1, 0, {{Side::bid, {-649}, {0}}});
    EXPECT_TRUE(feed.is(State::syncing, Reason::depth));
    ASSERT_TRUE(feed.answer(feed.sync.take_request(), deep(id, 1000)));
    EXPECT_EQ(feed.sync.state(), State::live);
}

// A book with room for fewer levels than the venue gives: fetching again cannot make it deeper.
TEST(Sync, ABookSmallerThanTheSnapshotIsNotFetchedForEver) {
    Feed feed(100, 1000, 100);
    feed.sync.on_lines(1);
    ASSERT_TRUE(feed.answer(feed.sync.take_request(), deep(10, 2000)));
    feed.show(11, 1, 0, {{Side::bid, {50}, {0}}});
    EXPECT_EQ(feed.sync.state(), State::live);
    EXPECT_EQ(feed.sync.flags(), kPartial);
}

}  // namespace
}  // namespace daypack
