// SPDX-License-Identifier: MIT
// Rules 4 to 6 of Sync: the state of a book without a line, crossed, or truncated.
#include <gtest/gtest.h>

#include <vector>

#include "book/sync/sync.h"
#include "tests/book/sync/sync_feed.h"

namespace daypack::core {
namespace {

using test::Delta;
using test::Feed;
using test::Outcome;
using test::TwoLines;

// ---- 4. lines ------------------------------------------------------------------------------------------------------

TEST(Sync, WithoutALineABookThatWasLiveIsStale) {
    Feed feed;
    feed.follow(10);
    feed.lines(0);
    EXPECT_TRUE(feed.is(State::stale, Reason::line_dead));
    EXPECT_EQ(feed.deliver(12), Outcome::ignored);
    EXPECT_FALSE(feed.wants());
}

TEST(Sync, WithoutALineABookThatNeverWasIsStillSyncing) {
    Feed feed;
    feed.lines(1);
    feed.deliver(10);
    feed.lines(0);
    EXPECT_TRUE(feed.is(State::syncing, Reason::start));
}

TEST(Sync, ABookRejoinsWhenALineIsBack) {
    Feed feed;
    feed.follow(10);
    feed.lines(0);
    feed.lines(1);
    EXPECT_TRUE(feed.is(State::syncing, Reason::gap));
    EXPECT_TRUE(feed.wants());
    ASSERT_TRUE(feed.answer(15));
    EXPECT_TRUE(feed.live_at(15));
}

TEST(Sync, UpdatesBufferedBeforeTheLineBrokeAreDropped) {
    Feed feed;
    feed.lines(1);
    feed.deliver(10);
    feed.lines(0);
    feed.lines(1);
    feed.deliver(12);  // 11 passed while there was no line
    EXPECT_FALSE(feed.answer(10));
    EXPECT_FALSE(feed.answer(11)) << "after other lines its id alone proves nothing";
    ASSERT_TRUE(feed.answer(12));
    EXPECT_TRUE(feed.live_at(12));
}

TEST(Sync, WithoutALineItKeepsNothingOfThePool) {
    Feed feed(1, 63);
    feed.lines(1);
    for (Sequence id = 1; id <= 63; ++id) feed.deliver(id);
    feed.lines(0);
    Pending other(feed.pool);
    EXPECT_TRUE(other.push(Event{}));
}

TEST(Sync, OneOfTwoLinesGoingChangesNothing) {
    TwoLines feed;
    feed.lines(0b10);
    EXPECT_TRUE(feed.live_at(1001));
    EXPECT_EQ(feed.deliver(1002, 1), Outcome::applied);
}

TEST(Sync, TheLastTrustedLineTakesTheBookWithItThoughAnotherIsUp) {
    TwoLines feed;
    feed.reconnect(1);
    feed.lines(0b10);
    EXPECT_TRUE(feed.is(State::syncing, Reason::gap));
    EXPECT_TRUE(feed.wants());
    EXPECT_EQ(feed.deliver(1002, 1), Outcome::waiting);
    EXPECT_FALSE(feed.answer(1001)) << "the line may tell another numbering";
    ASSERT_TRUE(feed.answer(1002));
    EXPECT_TRUE(feed.live_at(1002));
}

// ---- 5. crossed ----------------------------------------------------------------------------------------------------

constexpr Delta kCrossing{Side::bid, {200}, {1}};
constexpr Delta kUncrossing{Side::bid, {200}, {0}};

TEST(Sync, ACrossedBookIsFlaggedAtOnceAndClearedWithTheNextUpdate) {
    Feed feed;
    feed.follow(10);
    feed.deliver(12, 0, {kCrossing});
    EXPECT_TRUE(feed.live_at(12));
    EXPECT_EQ(feed.sync.flags(), kCrossed);
    feed.deliver(13, 0, {kUncrossing});
    EXPECT_EQ(feed.sync.flags(), 0);
    EXPECT_EQ(feed.sync.counters().crossed, 1u);
}

TEST(Sync, ABookCrossedWithinOneUpdateIsNotCrossed) {
    Feed feed;
    feed.follow(10);
    feed.deliver(12, 0, {kCrossing, kUncrossing});
    EXPECT_EQ(feed.sync.counters().crossed, 0u);
}

TEST(Sync, ABookCrossedFor100MsOfUpdatesIsInvalid) {
    Feed feed;
    feed.follow(10);
    feed.deliver(12, 0, {kCrossing});
    feed.wait_ms(99);
    feed.deliver(13);
    EXPECT_TRUE(feed.live_at(13));
    feed.wait_ms(1);
    feed.deliver(14);
    EXPECT_TRUE(feed.is(State::invalid, Reason::crossed));
    EXPECT_TRUE(feed.wants());
    ASSERT_TRUE(feed.answer(14));
    EXPECT_TRUE(feed.live_at(14));
    EXPECT_EQ(feed.sync.flags(), kUnconfirmed);
}

TEST(Sync, ABookCrossedForASecondWithoutAnUpdateIsInvalid) {
    Feed feed;
    feed.follow(10);
    feed.deliver(12, 0, {kCrossing});
    feed.wait_ms(999);
    EXPECT_TRUE(feed.live_at(12));
    feed.wait_ms(1);
    EXPECT_TRUE(feed.is(State::invalid, Reason::crossed));
}

TEST(Sync, EachCrossingHasItsOwnTime) {
    Feed feed;
    feed.follow(10);
    feed.deliver(12, 0, {kCrossing});
    feed.wait_ms(50);
    feed.deliver(13, 0, {kUncrossing});
    feed.deliver(14, 0, {kCrossing});
    feed.wait_ms(60);
    feed.deliver(15);
    EXPECT_TRUE(feed.live_at(15));
}

TEST(Sync, AnInvalidBookWithoutALineIsStale) {
    Feed feed;
    feed.follow(10);
    feed.deliver(12, 0, {kCrossing});
    feed.wait_ms(500);
    feed.deliver(13);
    ASSERT_TRUE(feed.is(State::invalid, Reason::crossed));
    feed.lines(0);
    EXPECT_TRUE(feed.is(State::stale, Reason::line_dead));
}

// Orders rest crossed at the venue while its market trades on. Returns how often REST was asked.
std::uint64_t asked_while_crossed(Feed& feed, bool comes_and_goes, std::int64_t ms) {
    std::uint64_t asked = 0;
    bool crossed = true;
    for (std::int64_t at = 0; at < ms; at += 10) {
        feed.wait_ms(10);
        const bool cross = !comes_and_goes || at % 3000 < 2000;
        Sequence id = feed.sync.last_id_from(0) + 1;
        feed.deliver(id, 0, cross == crossed ? test::Deltas{} : test::Deltas{cross ? kCrossing : kUncrossing});
        crossed = cross;
        if (!feed.wants()) continue;
        ++asked;
        Snapshot snapshot = feed.snapshot(id);
        if (crossed) snapshot.bids.push_back({{200}, {1}});
        feed.answer(snapshot);
    }
    return asked;
}

TEST(Sync, ABookCrossedAtTheVenueForGoodIsInvalidAndFollowedAndAskedForOnce) {
    Feed feed;
    feed.follow(10);
    feed.deliver(12, 0, {kCrossing});
    EXPECT_EQ(asked_while_crossed(feed, false, 600'000), 1u);
    EXPECT_TRUE(feed.is(State::invalid, Reason::crossed));
    EXPECT_EQ(feed.sync.last_id(), feed.sync.last_id_from(0));
    EXPECT_EQ(feed.stands_at(), feed.sync.last_id());
    EXPECT_EQ(feed.sync.flags(), kCrossed);
    feed.deliver(feed.sync.last_id() + 1, 0, {kUncrossing});
    EXPECT_TRUE(feed.live_at(feed.sync.last_id()));
}

TEST(Sync, ABookThatCrossesAgainAndAgainIsAskedForOnceIn10SInTheLongRun) {
    Feed feed;
    feed.follow(10);
    feed.deliver(12, 0, {kCrossing});
    (void)asked_while_crossed(feed, true, 60'000);
    EXPECT_LE(asked_while_crossed(feed, true, 600'000), 60u);
}

// ---- 6. depth ------------------------------------------------------------------------------------------------------

// A snapshot with that many bids from 100 down, and one ask.
Snapshot deep(Sequence id, std::size_t bids) {
    Snapshot snapshot;
    snapshot.last_id = id;
    snapshot.asks = {{{200}, {1}}};
    snapshot.bids.clear();
    for (std::size_t i = bids; i > 0; --i) snapshot.bids.push_back({{101 - static_cast<std::int64_t>(i)}, {5}});
    return snapshot;
}

TEST(Sync, ATruncatedSideWithEnoughLevelsIsNotPartial) {
    Feed feed(64);
    feed.lines(1);
    ASSERT_TRUE(feed.answer(deep(10, 1000)));
    EXPECT_EQ(feed.sync.flags(), kUnconfirmed);
}

TEST(Sync, ATruncatedSideWithTooFewLevelsIsPartial) {
    Feed feed(1001);
    feed.lines(1);
    ASSERT_TRUE(feed.answer(deep(10, 1000)));
    EXPECT_EQ(feed.sync.flags(), kUnconfirmed | kPartial);
}

TEST(Sync, AShortSideThatIsWhollyKnownIsNotPartial) {
    Feed feed(1001);
    feed.lines(1);
    ASSERT_TRUE(feed.answer(deep(10, 999)));
    EXPECT_EQ(feed.sync.flags(), kUnconfirmed);
}

TEST(Sync, ATruncatedSideThatShrinksBelowTheDepthIsFetchedAgain) {
    Feed feed(990);
    feed.lines(1);
    ASSERT_TRUE(feed.answer(deep(10, 1000)));
    Sequence id = 11;
    for (std::int64_t price = -899; price < -649; ++price, ++id) {
        ASSERT_EQ(feed.sync.state(), State::live) << "a fresh one could not have given more than the venue's cut";
        feed.deliver(id, 0, {{Side::bid, {price}, {0}}});
    }
    ASSERT_EQ(feed.sync.state(), State::live);
    feed.deliver(id, 0, {{Side::bid, {-649}, {0}}});
    EXPECT_TRUE(feed.is(State::syncing, Reason::depth));
    ASSERT_TRUE(feed.answer(deep(id, 1000)));
    EXPECT_EQ(feed.sync.state(), State::live);
}

// A book with room for fewer levels than the venue sends: fetching again cannot make it deeper.
TEST(Sync, ABookSmallerThanTheSnapshotIsNotFetchedForEver) {
    Feed feed(100, 1000, 100);
    feed.lines(1);
    ASSERT_TRUE(feed.answer(deep(10, 2000)));
    feed.deliver(11, 0, {{Side::bid, {50}, {0}}});
    EXPECT_EQ(feed.sync.state(), State::live);
    EXPECT_EQ(feed.sync.flags(), kPartial);
}

}  // namespace
}  // namespace daypack::core
