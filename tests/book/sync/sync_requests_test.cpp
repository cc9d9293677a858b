// SPDX-License-Identifier: MIT
// Rule 1 of Sync: which answer belongs to which request, and when a snapshot with thin sides is believed.
#include <gtest/gtest.h>

#include "book/sync/sync.h"
#include "tests/book/sync/sync_feed.h"

namespace daypack::core {
namespace {

using test::Feed;

TEST(Sync, AnAnswerWithoutARequestIsNotJoined) {
    Feed feed;
    EXPECT_FALSE(feed.answer(std::uint32_t{0}, feed.snapshot(5)));
    feed.lines(1);
    EXPECT_FALSE(feed.answer(std::uint32_t{0}, feed.snapshot(5)));
    feed.follow(10);
    EXPECT_FALSE(feed.answer(std::uint32_t{1}, feed.snapshot(20)));
    EXPECT_TRUE(feed.live_at(11));
}

TEST(Sync, AnAnswerThatComesTwiceIsJoinedOnce) {
    Feed feed;
    feed.lines(1);
    const auto request = feed.sync.take_request(feed.now);
    ASSERT_TRUE(feed.answer(request, feed.snapshot(5)));
    feed.deliver(6);
    EXPECT_FALSE(feed.answer(request, feed.snapshot(5)));
    EXPECT_TRUE(feed.live_at(6));
    feed.deliver(9);  // a gap, so that it joins again
    EXPECT_FALSE(feed.answer(request, feed.snapshot(9)));
}

TEST(Sync, ASnapshotAskedForBeforeTheLineBrokeIsNotJoined) {
    Feed feed;
    feed.lines(1);
    const auto request = feed.sync.take_request(feed.now);
    feed.lines(0);
    EXPECT_FALSE(feed.answer(request, feed.snapshot(5))) << "without a line nothing would follow it";
    feed.wait_ms(100);
    feed.lines(1);
    EXPECT_TRUE(feed.wants());
    EXPECT_FALSE(feed.answer(request, feed.snapshot(5))) << "updates between it and the new line may be missing";
    const auto next = feed.sync.take_request(feed.now);
    EXPECT_FALSE(feed.answer(request, feed.snapshot(5)));
    EXPECT_TRUE(feed.answer(next, feed.snapshot(7)));
    EXPECT_TRUE(feed.live_at(7));
}

TEST(Sync, ASnapshotAskedForBeforeAnyLineOfNowCameUpIsNotJoined) {
    Feed feed;
    feed.lines(0b01);
    const auto request = feed.sync.take_request(feed.now);
    feed.lines(0b11);
    feed.lines(0b10);
    EXPECT_FALSE(feed.answer(request, feed.snapshot(5)));
    feed.wait_ms(100);
    EXPECT_TRUE(feed.answer(Sequence{6}));
    EXPECT_TRUE(feed.live_at(6));
}

TEST(Sync, ASnapshotAskedForBeforeALossIsNotJoined) {
    Feed feed;
    feed.follow(10);
    feed.deliver(13);  // a gap
    const auto request = feed.sync.take_request(feed.now);
    feed.deliver(15);  // and another
    EXPECT_FALSE(feed.answer(request, feed.snapshot(13)));
    EXPECT_TRUE(feed.answer(14));
    EXPECT_TRUE(feed.live_at(15));
}

TEST(Sync, ASnapshotAskedForBeforeARestartIsNotJoined) {
    Feed feed;
    feed.lines(1);
    feed.deliver(100);
    const auto request = feed.sync.take_request(feed.now);
    feed.deliver(5);
    EXPECT_FALSE(feed.answer(request, feed.snapshot(100)));
    EXPECT_TRUE(feed.is(State::syncing, Reason::restart));
}

TEST(Sync, ASideThatIsEmptyWhereABookStoodIsAskedForOnceMore) {
    Feed feed;
    feed.follow(1000);
    feed.deliver(1003);
    ASSERT_TRUE(feed.is(State::syncing, Reason::gap));
    Snapshot empty = feed.snapshot(1003);
    empty.asks.clear();
    EXPECT_FALSE(feed.answer(empty));
    EXPECT_EQ(feed.sync.state(), State::syncing);
    feed.wait_ms(100);
    ASSERT_TRUE(feed.answer(1003));
    EXPECT_TRUE(feed.live_at(1003));
    EXPECT_EQ(feed.sync.book().side(Side::ask).at({200}).steps, 1);
}

TEST(Sync, ASideThatTwoAnswersLeaveEmptyIsEmpty) {
    Feed feed;
    feed.follow(1000);
    feed.deliver(1003);
    Snapshot empty = feed.snapshot(1003);
    empty.asks.clear();
    EXPECT_FALSE(feed.answer(empty));
    feed.wait_ms(100);
    ASSERT_TRUE(feed.answer(empty));
    EXPECT_TRUE(feed.live_at(1003));
}

}  // namespace
}  // namespace daypack::core
