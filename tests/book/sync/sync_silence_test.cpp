// SPDX-License-Identifier: MIT
// A book while REST is asked about it: checks of a quiet market, polls without a line, and lines that bring nothing.
#include <gtest/gtest.h>

#include "book/silence.h"
#include "tests/book/sync/sync_feed.h"

namespace daypack::core {
namespace {

using test::Feed;
using test::kMs;
using test::Outcome;
using test::TwoLines;

// ---- silence -------------------------------------------------------------------------------------------------------

struct Checked : TwoLines {
    // REST reports this id for a request of a moment ago.
    void rest(Sequence id) {
        const MonoTime asked = now;
        wait_ms(1);
        sync.on_rest_id(id, asked, now);
    }
    Checked() { wait_ms(10); }
};

TEST(SyncSilence, ALaterIdAtRestMakesTheBookStaleAndThenRejoins) {
    Checked feed;
    feed.rest(1001);
    EXPECT_EQ(feed.sync.flags(), 0);
    feed.rest(1004);
    EXPECT_TRUE(feed.live_at(1001));
    EXPECT_EQ(feed.sync.flags(), kBehind);
    feed.wait_ms(50);
    EXPECT_TRUE(feed.is(State::stale, Reason::silent));
    feed.wait_ms(949);
    EXPECT_FALSE(feed.wants());
    feed.wait_ms(1);
    EXPECT_TRUE(feed.is(State::stale, Reason::silent));
    EXPECT_TRUE(feed.wants());
    EXPECT_EQ(feed.sync.counters().silences, 1u);
    ASSERT_TRUE(feed.answer(1004));
    EXPECT_TRUE(
        feed.is(State::stale, Reason::silent));  // it equals what REST reports, but nothing shows that lines carry it
    EXPECT_EQ(feed.stands_at(), 1004u);
    feed.deliver(1005, 0);
    EXPECT_TRUE(feed.live_at(1005));
}

TEST(SyncSilence, ABookRejoinedBySilenceIsLiveWhenRestReportsTheSameAgain) {
    Checked feed;
    feed.rest(1004);
    feed.wait_ms(1000);
    ASSERT_TRUE(feed.answer(1004));
    feed.wait_ms(1000);
    feed.rest(1003);  // REST trails, and proves nothing
    EXPECT_TRUE(feed.is(State::stale, Reason::silent));
    feed.rest(1004);
    EXPECT_TRUE(feed.live_at(1004));
    EXPECT_EQ(feed.sync.flags(), kUnconfirmed);
}

TEST(SyncSilence, ABookThatLinesNeverBringStaysStaleAndIsKeptFresh) {
    Checked feed;
    feed.rest(1004);
    feed.wait_ms(1000);
    for (Sequence id = 1004; id < 1010; ++id) {
        for (int i = 0; i < 1'000 && !feed.wants(); ++i) feed.wait_ms(10);
        ASSERT_TRUE(feed.answer(id));
        EXPECT_EQ(feed.stands_at(), id);
        feed.rest(id + 1);
        for (int i = 0; i < 100; ++i) {
            EXPECT_TRUE(feed.is(State::stale, Reason::silent));
            feed.wait_ms(10);
        }
    }
}

TEST(SyncSilence, AnUpdateThatReachesItEndsTheDoubt) {
    Checked feed;
    feed.rest(1003);
    feed.wait_ms(60);
    EXPECT_TRUE(feed.is(State::stale, Reason::silent));
    feed.deliver(1002, 0);
    EXPECT_TRUE(feed.is(State::stale, Reason::silent));
    feed.deliver(1003, 1);
    EXPECT_TRUE(feed.live_at(1003));
    feed.wait_ms(5000);
    EXPECT_TRUE(feed.live_at(1003));
    EXPECT_EQ(feed.sync.counters().silences, 0u);
}

// REST reports an id of another market or of a later numbering, far ahead of lines that are alive.
TEST(SyncSilence, ALaterIdThatLivingLinesDoNotReachIsForgotten) {
    Checked feed;
    feed.rest(5'000'000);
    for (Sequence id = 1002; id < 1302; ++id) {
        feed.wait_ms(10);
        feed.both(id);
    }
    EXPECT_TRUE(feed.live_at(1301));
    EXPECT_EQ(feed.sync.flags(), 0);
    EXPECT_EQ(feed.sync.counters().resyncs, 0u);
}

TEST(SyncSilence, AnAnswerOfRestIsNoEvidenceWhenTheBookMovedSinceTheRequest) {
    Checked feed;
    for (const Sequence reported : {Sequence{900}, Sequence{1010}}) {
        const MonoTime asked = feed.now;
        feed.wait_ms(1);
        feed.both(feed.sync.last_id() + 1);
        feed.sync.on_rest_id(reported, asked, feed.now);
        feed.wait_ms(5000);
        EXPECT_TRUE(feed.live_at(feed.sync.last_id()));
        EXPECT_EQ(feed.sync.flags(), 0);
    }
}

TEST(SyncSilence, AnEarlierIdAtRestMakesItStaleAfterASecondAndIsNoRestart) {
    Checked feed;
    feed.rest(7);
    feed.wait_ms(999);
    EXPECT_TRUE(feed.live_at(1001));
    feed.wait_ms(1);
    EXPECT_TRUE(feed.is(State::stale, Reason::silent));
    for (int i = 0; i < 100; ++i) {
        feed.rest(7);
        feed.wait_ms(1000);
    }
    EXPECT_TRUE(feed.is(State::stale, Reason::silent));
    EXPECT_EQ(feed.sync.counters().restarts, 0u);
    EXPECT_FALSE(feed.wants());
    feed.rest(1001);
    EXPECT_TRUE(feed.live_at(1001)) << "the replica came back";
}

TEST(SyncSilence, AnEarlierIdThatALineContradictsIsIgnored) {
    Checked feed;
    feed.rest(7);
    feed.wait_ms(500);
    feed.both(1002);
    feed.wait_ms(5000);
    EXPECT_TRUE(feed.live_at(1002));
    feed.rest(7);
    feed.wait_ms(1000);
    ASSERT_TRUE(feed.is(State::stale, Reason::silent));
    feed.both(1003);
    EXPECT_TRUE(feed.live_at(1003));
}

TEST(SyncSilence, ABookThatNothingConfirmsIsStaleUntilSomethingDoes) {
    Checked feed;
    feed.sync.on_rest_unanswered();
    EXPECT_TRUE(feed.is(State::stale, Reason::silent));
    feed.rest(1001);
    EXPECT_TRUE(feed.live_at(1001));
    feed.sync.on_rest_unanswered();
    feed.both(1002);
    EXPECT_TRUE(feed.live_at(1002));
}

TEST(SyncSilence, AQuietBookWhoseLinesWentAndCameWaitsForRestToGetThere) {
    Checked feed;
    feed.lines(0);
    feed.lines(0b11);
    feed.wait_ms(100);
    EXPECT_FALSE(feed.answer(1000));
    EXPECT_TRUE(feed.is(State::stale, Reason::silent));
    ASSERT_TRUE(feed.answer(1001));
    EXPECT_TRUE(feed.live_at(1001));
    feed.both(1002);
    EXPECT_TRUE(feed.live_at(1002));
}

// ---- polling -------------------------------------------------------------------------------------------------------

TEST(SyncPolling, WithoutALineRestIsTheBook) {
    TwoLines feed;
    EXPECT_FALSE(feed.sync.on_polled(feed.snapshot(1005), Reason::ws_down, feed.now));
    feed.lines(0);
    EXPECT_TRUE(feed.is(State::stale, Reason::line_dead));
    EXPECT_TRUE(feed.sync.on_polled(feed.snapshot(1005), Reason::ws_down, feed.now));
    EXPECT_TRUE(feed.is(State::polling, Reason::ws_down));
    EXPECT_EQ(feed.sync.last_id(), 1005u);
    EXPECT_EQ(feed.stands_at(), 1005u);
    EXPECT_FALSE(feed.sync.on_polled(feed.snapshot(1005), Reason::ws_down, feed.now));
    EXPECT_FALSE(feed.sync.on_polled(feed.snapshot(1004), Reason::ws_down, feed.now));
    EXPECT_TRUE(feed.sync.on_polled(feed.snapshot(1009), Reason::ws_down, feed.now));
    feed.lines(0b10);
    EXPECT_EQ(feed.sync.state(), State::syncing);
    EXPECT_EQ(feed.deliver(1010, 1), Outcome::waiting);
    ASSERT_TRUE(feed.answer(1009));
    EXPECT_TRUE(feed.live_at(1010));
}

TEST(SyncPolling, AnEarlierIdIsTheBookOnceRestReportsItThreeTimesInARowOverFiveSeconds) {
    TwoLines feed;
    feed.lines(0);
    const auto poll = [&](Sequence id) {
        feed.wait_ms(2000);
        return feed.sync.on_polled(feed.snapshot(id), Reason::ws_down, feed.now);
    };
    EXPECT_FALSE(poll(7));
    EXPECT_FALSE(poll(7));
    EXPECT_TRUE(poll(1002)) << "a replica trailed";
    EXPECT_FALSE(poll(8));
    EXPECT_FALSE(poll(8));
    EXPECT_TRUE(feed.is(State::polling, Reason::ws_down));
    EXPECT_FALSE(poll(9)) << "three in 4 s: a replica may trail for so long";
    EXPECT_TRUE(feed.is(State::stale, Reason::line_dead));
    EXPECT_FALSE(poll(8)) << "it falls: not one book";
    EXPECT_FALSE(poll(9));
    EXPECT_FALSE(poll(9));
    EXPECT_TRUE(poll(9));
    EXPECT_TRUE(feed.is(State::polling, Reason::ws_down));
    EXPECT_EQ(feed.sync.last_id(), 9u);
    feed.lines(0b01);
    EXPECT_EQ(feed.deliver(10), Outcome::waiting);
    feed.wait_ms(100);
    ASSERT_TRUE(feed.answer(9));
    EXPECT_TRUE(feed.live_at(10));
    EXPECT_EQ(feed.sync.counters().restarts, 0u);
}

TEST(SyncPolling, AnEarlierIdThanWasShownIsNeverLiveWithoutALine) {
    TwoLines feed;
    feed.both(1002, 1050);
    feed.lines(0);
    feed.lines(0b11);  // all lines reconnect; the market is quiet, and REST is a stale replica
    for (int times = 0; times < 20; ++times) {
        feed.wait_ms(1000);
        if (feed.wants()) (void)feed.answer(1000);
        ASSERT_TRUE(feed.is(State::stale, Reason::silent)) << times;
    }
    feed.lines(0);
    for (int times = 0; times < 10; ++times) {  // polls alone: it is followed in the end
        feed.wait_ms(1000);
        (void)feed.sync.on_polled(feed.snapshot(1000), Reason::ws_down, feed.now);
        ASSERT_EQ(feed.sync.state() == State::polling, times >= 5) << times;
    }
    feed.lines(0b11);
    for (int times = 0; times < 20; ++times) {
        feed.wait_ms(1000);
        if (feed.wants()) (void)feed.answer(1000);
        ASSERT_TRUE(feed.is(State::stale, Reason::silent)) << times;
    }
    feed.wait_ms(10'000);
    ASSERT_TRUE(feed.answer(1050));
    EXPECT_TRUE(feed.live_at(1050)) << "REST agrees";
}

TEST(SyncPolling, ANewNumberingBeginsAtTheFirstUpdateOfALine) {
    TwoLines feed;
    feed.both(1002, 1050);
    feed.lines(0);
    feed.lines(0b11);
    feed.wait_ms(1000);
    EXPECT_FALSE(feed.answer(500));
    feed.deliver(501);
    EXPECT_EQ(feed.sync.state(), State::syncing);
    feed.wait_ms(130);
    ASSERT_TRUE(feed.wants());
    ASSERT_TRUE(feed.answer(501));
    EXPECT_TRUE(feed.is(State::stale, Reason::silent));
    feed.wait_ms(Sync::kBelow_ns / kMs);
    EXPECT_TRUE(feed.live_at(501)) << "and takes no second one";
}

TEST(SyncPolling, ASnapshotAloneIsNotBeforeWhatPollsShowed) {
    TwoLines feed;
    feed.lines(0);
    ASSERT_TRUE(feed.sync.on_polled(feed.snapshot(1050), Reason::ws_down, feed.now));
    feed.lines(0b11);
    feed.wait_ms(1000);
    EXPECT_FALSE(feed.answer(1000));
    EXPECT_TRUE(feed.is(State::stale, Reason::silent));
}

TEST(SyncPolling, WhenPollsStayAwayTheBookIsStale) {
    Feed feed;
    EXPECT_TRUE(feed.sync.on_polled(feed.snapshot(7), Reason::rest_only, feed.now));
    feed.now = feed.now + 10'000 * kMs;
    (void)feed.sync.on_polled(feed.snapshot(7), Reason::rest_only, feed.now);
    feed.wait_ms(39'999);  // 10 s and three times what lay between the last two
    EXPECT_TRUE(feed.is(State::polling, Reason::rest_only));
    feed.wait_ms(1);
    EXPECT_TRUE(feed.is(State::stale, Reason::silent));
    EXPECT_TRUE(feed.sync.on_polled(feed.snapshot(8), Reason::rest_only, feed.now));
    EXPECT_TRUE(feed.is(State::polling, Reason::rest_only));
}

// ---- what speaks against a line ------------------------------------------------------------------------------------

TEST(SyncLagging, ABookThatOnlyRestAdvancesIsNoEvidenceAgainstItsLines) {
    TwoLines feed;
    Silence silence(60'000 * kMs);
    const auto look = [&] {
        feed.wait_ms(3000);
        return silence.lagging(feed.sync, 0b11, feed.now);
    };
    EXPECT_EQ(look(), 0u);
    EXPECT_EQ(look(), 0u);
    feed.sync.on_mismatch(feed.now);
    feed.wait_ms(3000);
    ASSERT_TRUE(feed.answer(1005));
    EXPECT_EQ(look(), 0u);
    EXPECT_EQ(look(), 0u) << "both lines at once";
}

}  // namespace
}  // namespace daypack::core
