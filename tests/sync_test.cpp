#include "book/sync.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/map_book.h"

namespace daypack {
namespace {

using test::best_first;
using test::Delta;
using Outcome = Sync::Outcome;

constexpr std::int64_t kMs = 1'000'000;  // of our clock, in ns

// A symbol whose every update sets the bid at 100 to the update's own id, so that the book tells where it stands.
// Times are in ms: of the venue's clock for updates and snapshots.
struct Feed {
    PendingPool pool;
    Sync sync;
    MonoTime now{1};

    explicit Feed(std::size_t depth = 1, std::size_t pool_events = 1000, std::size_t max_levels = 8192)
        : pool(pool_events), sync(max_levels, depth, pool) {}

    Outcome aggregate(Sequence first_id, Sequence last_id, std::int64_t match_ms, LineIndex line = 0,
                      std::vector<Delta> deltas = {}) {
        deltas.push_back({Side::bid, {100}, {static_cast<std::int64_t>(last_id)}});
        std::vector<Event> events;
        for (const Delta& delta : deltas) {
            Event event;
            event.first_id = first_id;
            event.last_id = last_id;
            event.match = {match_ms * 1000};
            event.receive = now;
            event.send_after_match_us = 10;
            event.price = delta.price;
            event.quantity = delta.quantity;
            event.side = delta.side;
            event.line = line;
            events.push_back(event);
        }
        events.back().last = true;
        return sync.on_update(events, now);
    }
    Outcome show(Sequence id, std::int64_t match_ms, LineIndex line = 0, std::vector<Delta> deltas = {}) {
        return aggregate(id, id, match_ms, line, std::move(deltas));
    }

    static Snapshot snapshot(Sequence id, std::int64_t timestamp_ms) {
        Snapshot snapshot;
        snapshot.last_id = id;
        snapshot.timestamp = {timestamp_ms * 1000};
        snapshot.bids = {{{100}, {static_cast<std::int64_t>(id)}}};
        snapshot.asks = {{{200}, {1}}};
        return snapshot;
    }
    bool answer(std::uint32_t request, const Snapshot& with) {
        return sync.on_snapshot(request, with, now, [this](const Event& event) { told.push_back(event.last_id); });
    }
    bool answer(Sequence id, std::int64_t timestamp_ms) {
        return answer(sync.take_request(), snapshot(id, timestamp_ms));
    }
    // With a line, and a book at that id.
    void follow(Sequence id, std::int64_t match_ms) {
        sync.on_lines(1);
        ASSERT_TRUE(answer(id, match_ms));
        ASSERT_EQ(show(id + 1, match_ms), Outcome::applied);
    }

    // Which update the book stands at, by its own content.
    [[nodiscard]] Sequence stands_at() const {
        for (const Level& level : sync.book().levels(Side::bid)) {
            if (level.price == Price{100}) return static_cast<Sequence>(level.quantity.steps);
        }
        return 0;
    }
    [[nodiscard]] bool live_at(Sequence id) const {
        return sync.state() == State::live && sync.reason() == Reason::none && sync.last_id() == id &&
               stands_at() == id;
    }
    [[nodiscard]] bool is(State state, Reason reason) const { return sync.state() == state && sync.reason() == reason; }

    std::vector<Sequence> told;  // what on_snapshot said it applied
};

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
    EXPECT_EQ(feed.sync.book().levels(Side::bid).size(), 1u);
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
    feed.sync.on_lost(Reason::bad_frame);
    EXPECT_TRUE(feed.is(State::syncing, Reason::bad_frame));
    feed.show(13, 1);
    ASSERT_TRUE(feed.answer(12, 1));
    EXPECT_TRUE(feed.live_at(13));
}

TEST(Sync, AnUpdateLostInAFullQueueEndsLiveAtOnce) {
    Feed feed;
    feed.follow(10, 1);
    feed.sync.on_lost(Reason::queue);
    EXPECT_TRUE(feed.is(State::syncing, Reason::queue));
}

TEST(Sync, ALossWithoutALineIsNoReasonToJoin) {
    Feed feed;
    feed.sync.on_lost(Reason::bad_frame);
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
    feed.sync.on_lost(Reason::bad_frame);
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

// ---- 3. restart ----------------------------------------------------------------------------------------------------

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
    int asked = 1;
    while (!feed.answer(5, 5000) && asked < 3) ++asked;
    EXPECT_TRUE(feed.live_at(5));
    EXPECT_EQ(feed.show(6, 5001), Outcome::applied);
    EXPECT_EQ(feed.sync.counters().restarts, 1u);
}

TEST(Sync, ASnapshotThatTrailsInAQuietMarketIsNoRestart) {
    Feed feed;
    feed.follow(1000, 1);
    feed.sync.on_lost(Reason::bad_frame);
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(feed.answer(1000, 900)) << "within what the two clocks may differ";
    EXPECT_EQ(feed.sync.counters().restarts, 0u);
    ASSERT_TRUE(feed.answer(1001, 900));
}

TEST(Sync, UpdatesKeptFromBeforeARestartAreNotAppliedToASnapshotFromAfterIt) {
    Feed feed;
    feed.sync.on_lines(1);
    for (Sequence id = 990; id <= 1000; ++id) feed.show(id, 1);
    int asked = 1;  // the venue went back to 985 and has come to 995 since
    while (!feed.answer(995, 5000) && asked < 3) ++asked;
    EXPECT_TRUE(feed.live_at(995));
    EXPECT_TRUE(feed.told.empty());
}

TEST(Sync, WhatALineStillTellsFromBeforeARestartThatASnapshotShowedIsIgnored) {
    Feed feed;
    feed.follow(999, 1);
    feed.sync.on_lost(Reason::bad_frame);
    int asked = 1;
    while (!feed.answer(995, 5000) && asked < 3) ++asked;
    ASSERT_TRUE(feed.live_at(995));
    EXPECT_EQ(feed.aggregate(996, 1005, 2, 1), Outcome::ignored);
    EXPECT_TRUE(feed.live_at(995));
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
TEST(Sync, ASnapshotThatContradictsTheStreamIsBelievedTheSecondTime) {
    Feed feed;
    feed.follow(1000, 50'000);
    feed.sync.on_lost(Reason::bad_frame);
    EXPECT_FALSE(feed.answer(1005, 40'000));
    EXPECT_TRUE(feed.answer(1006, 40'100));
    EXPECT_TRUE(feed.live_at(1006));
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
    feed.sync.on_lines(2);
    feed.show(1002, 2, 0);
    feed.sync.on_lines(1);
    feed.sync.on_lines(2);
    EXPECT_EQ(feed.aggregate(1001, 1004, 5, 0), Outcome::applied);
    EXPECT_TRUE(feed.live_at(1004));
}

// After a snapshot alone the time of its last update is known only roughly; what the line itself told is exact.
TEST(Sync, ARestartSoonAfterASnapshotIsSeenByTheLineThatToldTheOldNumbering) {
    Feed feed;
    feed.follow(1000, 1);
    feed.sync.on_lost(Reason::bad_frame);
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

TEST(Sync, OneOfTwoLinesGoingChangesNothing) {
    Feed feed;
    feed.follow(10, 1);
    feed.sync.on_lines(2);
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
