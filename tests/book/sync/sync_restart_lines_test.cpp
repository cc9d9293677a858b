// SPDX-License-Identifier: MIT
// Rule 3 of Sync on several lines: which lines send the book's numbering, and what a restart looks like on each.
#include <gtest/gtest.h>

#include "book/sync/sync.h"
#include "tests/book/sync/sync_feed.h"

namespace daypack::core {
namespace {

using test::Feed;
using test::kMs;
using test::kNewLevel;
using test::kOldLevel;
using test::Outcome;
using test::TwoLines;

TEST(SyncRestart, TheFirstFrameOfANewConnectionProvesNothing) {
    Feed feed;
    feed.follow(1000);
    feed.lines(0b11);
    EXPECT_EQ(feed.deliver(5, 1), Outcome::ignored);
    EXPECT_TRUE(feed.live_at(1001));
    EXPECT_EQ(feed.sync.counters().foreign, 1u);
    EXPECT_EQ(feed.sync.counters().restarts, 0u);
}

TEST(SyncRestart, ANewConnectionsNextUpdateIsNotAppliedBeforeACopyWasSeen) {
    Feed feed;
    feed.follow(1000);
    feed.lines(0b11);
    EXPECT_EQ(feed.deliver(1002, 1, kOldLevel), Outcome::ignored);
    EXPECT_TRUE(feed.live_at(1001));
    EXPECT_EQ(feed.deliver(1002, 0), Outcome::applied);
    EXPECT_EQ(feed.deliver(1003, 1), Outcome::ignored) << "1002 was another one";
    EXPECT_TRUE(feed.live_at(1002));
}

TEST(SyncRestart, AConnectionThatWasAheadIsTrustedOnceTheBookGetsThere) {
    Feed feed;
    feed.follow(1000);
    feed.lines(0b11);
    EXPECT_EQ(feed.deliver(1003, 1), Outcome::ignored);
    EXPECT_EQ(feed.deliver(1002, 0), Outcome::applied);
    EXPECT_EQ(feed.deliver(1003, 0), Outcome::applied);
    EXPECT_EQ(feed.deliver(1004, 1), Outcome::applied);
    EXPECT_TRUE(feed.live_at(1004));
}

TEST(SyncRestart, ALineIsTrustedAtOnceBehindASnapshotRequestedAfterItCameUp) {
    Feed feed;
    feed.lines(0b11);
    ASSERT_TRUE(feed.answer(1000));
    EXPECT_EQ(feed.deliver(1001, 1), Outcome::applied);
    EXPECT_TRUE(feed.live_at(1001));
}

TEST(SyncRestart, ALineThatCameUpAfterTheRequestIsNot) {
    Feed feed;
    feed.lines(0b01);
    ASSERT_TRUE(feed.answer(1000));
    feed.lines(0b11);
    EXPECT_EQ(feed.deliver(1001, 1), Outcome::ignored);
    EXPECT_EQ(feed.deliver(1001, 0), Outcome::applied);
    EXPECT_TRUE(feed.live_at(1001));
}

TEST(SyncRestart, OtherLevelsUnderTheSameIdsOnTwoLinesAreAContradiction) {
    TwoLines feed;
    feed.deliver(1002, 0);
    EXPECT_EQ(feed.deliver(1002, 1, {{Side::ask, {190}, {1}}}), Outcome::ignored);
    EXPECT_TRUE(feed.is(State::syncing, Reason::restart));
    EXPECT_EQ(feed.sync.counters().contradictions, 1u);
    EXPECT_TRUE(feed.wants());
}

TEST(SyncRestart, ACopyAtASnapshotsIdThatTheSnapshotDoesNotHoldEndsItsBook) {
    TwoLines feed;
    feed.deliver(1002, 0);
    feed.sync.on_mismatch(feed.now);
    Snapshot other = feed.snapshot(1002);
    other.bids = {{{100}, {7}}};
    ASSERT_TRUE(feed.answer(other));
    EXPECT_EQ(feed.deliver(1002, 1), Outcome::ignored);
    EXPECT_TRUE(feed.is(State::syncing, Reason::restart));
    EXPECT_EQ(feed.sync.counters().contradictions, 1u);
}

TEST(SyncRestart, WhatOtherLinesStillSendFromBeforeIsIgnored) {
    TwoLines feed;
    feed.deliver(5, 0);
    EXPECT_TRUE(feed.is(State::syncing, Reason::restart));
    EXPECT_EQ(feed.deliver(1002, 1), Outcome::ignored);
    ASSERT_TRUE(feed.answer(5));
    EXPECT_EQ(feed.deliver(1003, 1), Outcome::ignored);
    EXPECT_EQ(feed.deliver(6, 1), Outcome::ignored) << "it went back, but nothing tells yet that it is the same book";
    EXPECT_EQ(feed.deliver(6, 0), Outcome::applied);
    EXPECT_EQ(feed.deliver(7, 1), Outcome::applied);
    EXPECT_TRUE(feed.live_at(7));
    EXPECT_EQ(feed.sync.counters().restarts, 1u);
}

TEST(SyncRestart, OtherLinesThatShowTheNewNumberingLaterAreNoSecondOne) {
    TwoLines feed;
    feed.both(1002);
    feed.deliver(5, 0);
    ASSERT_TRUE(feed.answer(5));
    feed.deliver(6, 0);
    EXPECT_EQ(feed.deliver(5, 1), Outcome::ignored);
    EXPECT_EQ(feed.deliver(6, 1), Outcome::ignored);
    EXPECT_EQ(feed.deliver(7, 1), Outcome::applied);
    EXPECT_TRUE(feed.live_at(7));
    EXPECT_EQ(feed.sync.counters().restarts, 1u);
}

TEST(SyncRestart, BothLinesReconnectOneAfterTheOtherAndTheNewNumberingBeginsFourIdsBelow) {
    TwoLines feed;
    feed.both(1002, 1010);
    feed.deliver(1011, 0, kOldLevel);
    feed.deliver(1011, 1, kOldLevel);
    feed.reconnect(1);
    for (Sequence id = 1008; id <= 1013; ++id) {
        feed.wait_ms(1);
        feed.deliver(id, 1, kNewLevel);
        ASSERT_TRUE(feed.live_at(1011)) << "the old numbering goes on, on line 0";
    }
    feed.reconnect(0);
    EXPECT_NE(feed.sync.state(), State::live);
    feed.deliver(1014, 1, kNewLevel);
    feed.deliver(1014, 0, kNewLevel);
    Snapshot snapshot = feed.snapshot(1014);
    snapshot.asks = {{{160}, {3}}, {{200}, {1}}};
    ASSERT_TRUE(feed.answer(snapshot));
    feed.deliver(1015, 0);
    feed.deliver(1015, 1);
    EXPECT_TRUE(feed.live_at(1015));
    EXPECT_EQ(feed.sync.book().side(Side::ask).at({150}).steps, 0);
}

TEST(SyncRestart, UpdatesBufferedBehindAGapAreDroppedOnceBothLinesWereReplaced) {
    TwoLines feed;
    feed.deliver(1003, 0, kOldLevel);
    feed.deliver(1003, 1, kOldLevel);
    ASSERT_TRUE(feed.is(State::syncing, Reason::gap));
    feed.reconnect(0);
    feed.reconnect(1);
    feed.deliver(1004, 0);  // of the new numbering, which begins below
    feed.deliver(1004, 1);
    EXPECT_FALSE(feed.answer(1002));
    feed.wait_ms(100);
    EXPECT_FALSE(feed.answer(1003)) << "its id alone fits both numberings";
    feed.wait_ms(200);
    ASSERT_TRUE(feed.answer(1004));
    EXPECT_TRUE(feed.live_at(1004));
    EXPECT_EQ(feed.sync.book().side(Side::ask).at({150}).steps, 0);
}

// Rolling failover: each line comes back from a stand-by machine with a new numbering.
TEST(SyncRestart, OneLineAfterTheOtherMovesToTheNewNumberingAndTheBookIsRightWithinASecond) {
    TwoLines feed;
    Sequence old_id = 1001;
    Sequence new_id = 500;
    feed.reconnect(1);
    for (int i = 0; i < 20; ++i) {
        feed.wait_ms(20);
        feed.deliver(++old_id, 0, kOldLevel);
        feed.deliver(++new_id, 1);
        ASSERT_TRUE(feed.live_at(old_id));
    }
    feed.reconnect(0);
    const MonoTime moved = feed.now;
    while (feed.sync.state() != State::live && feed.now - moved < 1000 * kMs) {
        feed.wait_ms(20);
        ++new_id;
        feed.deliver(new_id, 0);
        feed.deliver(new_id, 1);
        if (feed.wants()) feed.answer(new_id);
    }
    EXPECT_TRUE(feed.live_at(new_id));
    EXPECT_EQ(feed.sync.book().side(Side::ask).at({150}).steps, 0);
}

TEST(SyncRestart, ALineWithAnotherNumberingIsNamedAfterASecondAndTheBookStaysLive) {
    TwoLines feed;
    feed.reconnect(1);
    Sync::LineSet named = 0;
    for (int i = 0; i < 100; ++i) {
        feed.wait_ms(10);
        feed.deliver(1002 + static_cast<Sequence>(i), 0);
        feed.deliver(501 + static_cast<Sequence>(i), 1);
        ASSERT_TRUE(feed.live_at(1002 + static_cast<Sequence>(i)));
        named |= feed.sync.take_foreign_lines(feed.now);
        ASSERT_TRUE(i >= 90 || named == 0) << i;
    }
    feed.wait_ms(10);
    EXPECT_EQ(named | feed.sync.take_foreign_lines(feed.now), 0b10u);
    EXPECT_EQ(feed.sync.take_foreign_lines(feed.now), 0u) << "once in a while";
    EXPECT_EQ(feed.sync.counters().restarts, 0u);
    EXPECT_EQ(feed.sync.counters().resyncs, 0u);
}

// Two numberings are alive at once: which is the venue's cannot be decided, but each live book is of one of them.
TEST(SyncRestart, OneLineSends1001AndTheOther501ForEverAndThatIsOneRestart) {
    TwoLines feed;
    std::uint64_t asked = 0;
    for (Sequence i = 1; i <= 200; ++i) {
        feed.wait_ms(10);
        feed.deliver(1001 + i, 0, kOldLevel);
        feed.deliver(500 + i, 1);
        if (feed.wants()) {
            ++asked;
            feed.answer(500 + i);
        }
        ASSERT_TRUE(feed.sync.state() != State::live || feed.live_at(500 + i) || feed.live_at(1001 + i)) << i;
        ASSERT_EQ(feed.sync.book().side(Side::ask).at({150}).steps == 0, feed.sync.counters().restarts > 0);
    }
    EXPECT_EQ(feed.sync.counters().restarts, 1u);
    EXPECT_LE(asked, 3u);
}

TEST(SyncRestart, ABacklogThatComes3To6SecondsLateIsCopies) {
    for (const Sequence late : {300u, 600u, 1'500u}) {  // updates: of 3, 6 and 15 s
        SCOPED_TRACE(late);
        TwoLines feed;
        Sequence id = 1001;
        for (Sequence i = 0; i < late; ++i) {
            feed.wait_ms(10);
            feed.deliver(++id, 0);
        }
        Sequence behind = 1001;
        while (behind + 1 < id) {
            for (int i = 0; i < 50 && behind < id; ++i) EXPECT_EQ(feed.deliver(++behind, 1), Outcome::ignored);
            feed.wait_ms(10);
            feed.deliver(++id, 0);
            ASSERT_TRUE(feed.live_at(id));
        }
        EXPECT_EQ(feed.deliver(++id, 1), Outcome::applied);
        EXPECT_TRUE(feed.live_at(id));
        EXPECT_EQ(feed.sync.counters().resyncs, 0u);
        EXPECT_EQ(feed.sync.counters().restarts, 0u);
        EXPECT_EQ(feed.sync.counters().gaps, 0u);
    }
}

// Every line sends updates that nothing explains, and the book does not advance: it is another numbering.
TEST(SyncRestart, ForeignOnAllLinesThatAreTrustedNoMoreIsRightWithinASecond) {
    TwoLines feed;
    feed.both(1002, 1010);
    feed.reconnect(1);
    const MonoTime first = feed.now;
    Sequence id = 700;
    while (feed.now - first < 1000 * kMs) {
        feed.wait_ms(20);
        feed.deliver(++id, 1);  // line 0 is silent: it lost its subscription
        if (feed.wants()) feed.answer(id);
    }
    EXPECT_TRUE(feed.live_at(id));
    EXPECT_EQ(feed.sync.counters().restarts, 1u);
}

TEST(SyncRestart, UnexplainedUpdatesOfTrustedLinesEndABookThatDoesNotAdvance) {
    TwoLines feed;
    feed.lines(0b01);
    feed.both(1002, 1003);
    // An aggregated stream whose edges are within what is applied proves nothing while the book goes on.
    feed.lines(0b11);
    feed.deliver(1003, 1);
    feed.deliver(1010, 0);
    ASSERT_EQ(feed.sync.state(), State::live);
    feed.wait_ms(50);
    EXPECT_TRUE(feed.is(State::syncing, Reason::gap));
}

TEST(SyncRestart, AReconnectedLineMayBeginWithinWhatItSentBefore) {
    TwoLines feed;
    feed.both(1002, 1003);
    feed.reconnect(0);
    EXPECT_EQ(feed.deliver(1003, 0), Outcome::ignored);
    EXPECT_EQ(feed.deliver(1004, 0), Outcome::applied);
    EXPECT_TRUE(feed.live_at(1004));
}

}  // namespace
}  // namespace daypack::core
