// SPDX-License-Identifier: MIT
// A whole book by image and ring, against a slow model: every book that ever was, kept by its id.
#include <random>

#include "engine/control_thread/book_images.h"
#include "tests/engine/follower_fixture.h"
#include "tests/engine/follower_world.h"

namespace daypack::core {
namespace {

using test::delta;
using test::Follower;
using test::Instance;
using test::kRoom;
using test::Market;
using test::Truth;
using test::Writer;

TEST(FullBook, EqualsWhatWasPublishedThroughAllThatHappens) {
    test::FollowerWorld world(7);
    const int steps = test::kSanitized ? 10'000 : 60'000;
    for (int i = 0; i < steps; ++i) ASSERT_EQ(world.step(), "") << "step " << i;
    const auto counts = world.counts();
    EXPECT_GT(counts.live, counts.without / 2);
    EXPECT_GT(counts.lost, 1'000u) << "some are lapped";
    EXPECT_GT(counts.cut, 1'000u) << "some have less room than the book has levels";
    EXPECT_GT(world.engine_counts().images_of_the_past, 100u);
    EXPECT_GT(world.engine_counts().takeovers, 1u);
    EXPECT_GT(world.engine_counts().carried, 3u);
    EXPECT_GT(world.engine_counts().unheard, 0u);
}

TEST(FullBook, ThereIsNoneUntilAnAuditHasPassed) {
    const Instance instance;
    Market market(instance);
    market.seed();
    std::mt19937 random(1);
    Follower follower(instance);
    EXPECT_EQ(follower.poll(), DAYPACK_EMPTY);
    EXPECT_EQ(follower.book().top.state, DAYPACK_STATE_SYNCING);
    EXPECT_NE(follower.book().waits_since_ns, 0);
    market.update(random);
    market.snapshot_comes();
    market.update(random);
    EXPECT_EQ(follower.poll(), DAYPACK_EMPTY) << "it may yet fail";
    market.audit_passes();
    EXPECT_EQ(follower.poll(), DAYPACK_OK);
    EXPECT_EQ(follower.book().u, market.u());
    EXPECT_EQ(follower.book().top.state, DAYPACK_STATE_LIVE);
    EXPECT_EQ(follower.book().waits_since_ns, 0);
}

TEST(FullBook, AnImageThatTheRingDoesNotReachIsNotJoined) {
    const Instance instance;
    Market market(instance, 16);
    market.seed();
    std::mt19937 random(2);
    market.snapshot_comes();
    market.audit_passes();
    for (int i = 0; i < 40; ++i) market.update(random);
    Follower late(instance);
    EXPECT_EQ(late.poll(), DAYPACK_EMPTY);
    market.snapshot_comes();
    market.audit_passes();
    EXPECT_EQ(late.poll(), DAYPACK_OK) << "the next one";
}

TEST(FullBook, ASideThatOutgrowsItsMemoryLosesItsWorstAndSaysSo) {
    const Instance instance;
    Market market(instance);
    market.seed();
    std::mt19937 random(3);
    Follower small(instance, 8);
    std::uint64_t compared = 0;
    for (int i = 0; i < 5'000; ++i) {
        market.update(random);
        if (i % 300 == 0) market.snapshot_comes(), market.audit_passes();
        if (small.poll() != DAYPACK_OK) continue;
        Truth truth = *market.at(small.book().u);
        const Truth read = small.levels();
        for (const unsigned side : {DAYPACK_SIDE_BID, DAYPACK_SIDE_ASK}) {
            const std::int64_t known_to = small.book().known_to[side];
            if (known_to == 0) continue;
            auto& levels = side == DAYPACK_SIDE_BID ? truth.bids : truth.asks;
            std::erase_if(levels, [&](const auto& level) {
                return side == DAYPACK_SIDE_BID ? level.first < known_to : level.first > known_to;
            });
        }
        ASSERT_EQ(read, truth) << i;
        ++compared;
    }
    EXPECT_GT(compared, 4'000u);
    EXPECT_NE(small.book().known_to[0], 0);
}

// An update of three records of which the ring has the last ones: its ids go on with the image's.
TEST(FullBook, AnUpdateOfWhichTheRingHasOnlyTheEndIsNotTaken) {
    const Instance instance;
    Market market(instance, 16);
    market.seed();
    market.snapshot_comes();
    market.set_bids({990, 991, 992}, 5);
    market.answer_is_late();
    market.audit_passes();
    std::size_t joined = 0;
    for (int i = 0; i < 16; ++i, market.advance()) {
        Follower late(instance);
        if (late.poll() != DAYPACK_OK) continue;
        ++joined;
        ASSERT_EQ(late.levels(), *market.at(market.u())) << i;
    }
    EXPECT_GT(joined, 10u);
    EXPECT_LT(joined, 16u);
}

TEST(FullBook, IsKeptWhileTheSlotHasAnUpdateThatTheRingHasNot) {
    const Instance instance;
    Market market(instance);
    market.seed();
    market.snapshot_comes();
    market.audit_passes();
    Follower follower(instance);
    ASSERT_EQ(follower.poll(), DAYPACK_OK);
    auto& published = market.writer().segment.header().published;
    const std::uint64_t before = load_relaxed(published);
    market.set_bids({990}, 5);
    const std::uint64_t after = load_relaxed(published);
    store_relaxed(published, before);
    EXPECT_EQ(follower.poll(), DAYPACK_BUSY);
    EXPECT_NE(follower.book().top.state, DAYPACK_STATE_LIVE);
    store_relaxed(published, after);
    EXPECT_EQ(follower.poll(), DAYPACK_OK);
    EXPECT_EQ(follower.book().joins, 1u);
    EXPECT_EQ(follower.levels(), *market.at(market.u()));
}

TEST(FullBook, DoesNotGoOnFromOneWriterToTheNext) {
    const Instance instance;
    Market market(instance);
    market.seed();
    market.snapshot_comes();
    market.audit_passes();
    Follower follower(instance);
    ASSERT_EQ(follower.poll(), DAYPACK_OK);
    market.take_over();
    EXPECT_EQ(follower.poll(), DAYPACK_EMPTY) << "the other one may follow another numbering";
    market.snapshot_comes();
    market.audit_passes();
    EXPECT_EQ(follower.poll(), DAYPACK_OK);
}

TEST(FullBook, GoesOnWithAnEngineThatTakesOverAndSaysThatItGoesOn) {
    const Instance instance;
    Market market(instance);
    market.seed();
    market.snapshot_comes();
    market.audit_passes();
    Follower follower(instance);
    ASSERT_EQ(follower.poll(), DAYPACK_OK);
    std::mt19937 random(4);
    const auto some_updates = [&] {
        for (int i = 0; i < 5; ++i) market.update(random);
    };
    for (const int times : {1, 1, 2}) {
        some_updates();
        for (int i = 0; i < times; ++i) market.hand_over(some_updates);
        ASSERT_EQ(follower.poll(), DAYPACK_OK) << follower.words();
        EXPECT_EQ(follower.book().top.state, DAYPACK_STATE_LIVE);
        EXPECT_EQ(follower.book().u, market.u());
        EXPECT_EQ(follower.levels(), *market.at(market.u()));
    }
    EXPECT_EQ(follower.book().joins, 1u);
    Follower late(instance);
    EXPECT_EQ(late.poll(), DAYPACK_OK) << "from the image of the first engine";
    EXPECT_EQ(late.levels(), *market.at(market.u()));
    market.take_over();
    EXPECT_EQ(follower.poll(), DAYPACK_EMPTY) << "and not with one that does not say so";
    Follower later(instance);
    EXPECT_EQ(later.poll(), DAYPACK_EMPTY);
    EXPECT_EQ(later.book().waits_for, DAYPACK_FOLLOW_WAITS_AUDIT);
}

// Its records are in the ring before it has the segment.
TEST(FullBook, WaitsWhereTheNextEngineHasNotTakenOverYet) {
    const Instance instance;
    Market market(instance);
    market.seed();
    market.snapshot_comes();
    market.audit_passes();
    Follower follower(instance);
    ASSERT_EQ(follower.poll(), DAYPACK_OK);
    const Sequence before = market.u();
    market.hand_over([&] { market.advance(); });
    auto& epoch = market.writer().segment.header().epoch;
    store_relaxed(epoch, load_relaxed(epoch) - 1);
    (void)follower.poll();
    EXPECT_NE(follower.book().top.state, DAYPACK_STATE_LIVE);
    EXPECT_EQ(follower.book().joined, 1);
    EXPECT_EQ(follower.book().u, before + 1) << "what both have received";
    store_relaxed(epoch, load_relaxed(epoch) + 1);
    EXPECT_EQ(follower.poll(), DAYPACK_OK);
    EXPECT_EQ(follower.book().u, market.u());
    EXPECT_EQ(follower.book().joins, 1u);
}

TEST(FullBook, WhatTheEngineBeforeHadWrongEndsWithTheFirstImageOfTheNext) {
    const Instance instance;
    Market market(instance);
    market.seed();
    market.snapshot_comes();
    market.audit_passes();
    Follower follower(instance);
    ASSERT_EQ(follower.poll(), DAYPACK_OK);
    market.set_wrong_bid(900);
    market.hand_over([&] { market.advance(); });
    EXPECT_EQ(follower.poll(), DAYPACK_OK);
    EXPECT_NE(follower.levels(), *market.at(market.u()));
    market.snapshot_comes();
    market.audit_passes();
    EXPECT_EQ(follower.poll(), DAYPACK_OK);
    EXPECT_EQ(follower.book().top.state, DAYPACK_STATE_LIVE);
    EXPECT_EQ(follower.levels(), *market.at(market.u()));
}

// Of an update of three records the ring of the next engine has the last two when it takes over.
TEST(FullBook, DoesNotGoOnWithAnUpdateOfWhichTheNextEngineHasOnlyTheEnd) {
    const Instance instance;
    Market market(instance, 16);
    market.seed();
    market.snapshot_comes();
    market.audit_passes();
    Follower follower(instance);
    ASSERT_EQ(follower.poll(), DAYPACK_OK);
    market.hand_over([&] {
        market.set_bids({990, 991, 992}, 5);
        for (int i = 0; i < 7; ++i) market.change_state(State::stale), market.change_state(State::live);
    });
    EXPECT_EQ(follower.poll(), DAYPACK_EMPTY);
}

TEST(FullBook, TheBestIsNoneWhereAllThatWasKnownIsGone) {
    const Instance instance;
    Market market(instance);
    market.set_bids({990, 991, 992, 993}, 5);  // and 999
    market.seed();
    market.snapshot_comes();
    market.audit_passes();
    Follower small(instance, 2);
    ASSERT_EQ(small.poll(), DAYPACK_OK);
    ASSERT_EQ(small.book().known_to[DAYPACK_SIDE_BID], 993);
    for (const std::int64_t price : {999, 993}) market.set_bids({price}, 0);
    market.set_bids({900}, 5);  // beyond what it knows: 992 is between
    ASSERT_EQ(small.poll(), DAYPACK_OK);
    EXPECT_EQ(small.book().top.bid_quantity, 0);
}

TEST(FullBook, WhatIsWaitedForIsToldInWords) {
    const Instance instance;
    Market market(instance, 16);
    market.seed();
    Follower unlisted(instance, kRoom, "ETH_USDC");
    (void)unlisted.poll();
    EXPECT_NE(unlisted.words().find("does not list it"), std::string::npos) << unlisted.words();
    Follower follower(instance);
    (void)follower.poll();
    EXPECT_NE(follower.words().find("snapshot_interval"), std::string::npos) << follower.words();
    market.snapshot_comes();
    market.audit_passes();
    for (int i = 0; i < 20; ++i) market.advance();
    (void)follower.poll();
    EXPECT_NE(follower.words().find("raise engine.ring_events"), std::string::npos) << follower.words();
    market.snapshot_comes();
    market.audit_passes();
    (void)follower.poll();
    EXPECT_NE(follower.words().find("there is a book"), std::string::npos) << follower.words();
}

// The last image is of the book before, and the ring reaches back to it: a larger ring would not help.
TEST(FullBook, AfterAnotherTickTheNextAuditIsWaitedForAndTheRingIsNotBlamed) {
    const Instance instance;
    Market market(instance);
    market.seed();
    market.snapshot_comes();
    market.audit_passes();
    Follower follower(instance);
    ASSERT_EQ(follower.poll(), DAYPACK_OK);
    market.snapshot_comes();
    market.audit_passes();  // an image that the follower has not needed
    market.writer().market.tick = {1, -2};
    market.seed();
    Follower late(instance);
    for (Follower* const each : {&follower, &late}) {
        EXPECT_EQ(each->poll(), DAYPACK_EMPTY);
        EXPECT_EQ(each->book().waits_for, DAYPACK_FOLLOW_WAITS_AUDIT);
        EXPECT_EQ(each->words().find("ring_events"), std::string::npos) << each->words();
        EXPECT_NE(each->words().find("snapshot_interval"), std::string::npos) << each->words();
    }
}

TEST(FullBook, ASymbolThatIsNotListedYetIsWaitedFor) {
    const Instance instance;
    Market market(instance);
    Follower follower(instance, kRoom, "ETH_USDC");
    EXPECT_EQ(follower.poll(), DAYPACK_NO_SYMBOL);
    ASSERT_TRUE(market.writer().segment.add_symbol("ETH-USDC", "ETH_USDC"));
    EXPECT_EQ(follower.poll(), DAYPACK_EMPTY);
}

TEST(FullBook, ASegmentWithoutImagesHasNone) {
    const Instance instance;
    Writer writer(instance.options());
    writer.snapshot(1);
    Follower follower(instance);
    EXPECT_EQ(follower.poll(), DAYPACK_EMPTY);
    EXPECT_NE(follower.words().find("set engine.image_levels"), std::string::npos) << follower.words();
}

// The images of a market whose audits are asked for, and have passed.
struct Audited {
    Audited() {
        market.seed();
        EXPECT_TRUE(instruments.append(test::instrument()));
    }
    void answer(Sequence u, bool audit) {
        BookCommand command = CheckSnapshot{0, std::make_unique<Snapshot>(Snapshot{u, {}, {}, {}}), audit};
        images.on_send(command);
        RetiredBlocks retired;
        retired.snapshot = std::move(std::get<CheckSnapshot>(command).snapshot);
        if (audit) retired.checked = SymbolIndex{0};
        images.on_retired(retired);
    }
    void pass() {
        segment.symbol_counters(0).add(DAYPACK_SYMBOL_audits);
        for (int i = 0; i < 2; ++i) images.do_work();
    }

    const Instance instance;
    Market market{instance};
    InstrumentTable instruments{1};
    Segment& segment = market.writer().segment;
    BookImages images{segment, instruments, [](const std::string& line) { ADD_FAILURE() << line; }};
};

// The answer to a silence comes while an audit compares: what passes is the audit's own.
TEST(FullBook, OnlyTheSnapshotOfAnAuditBecomesAnImage) {
    Audited audited;
    audited.answer(50, true);
    audited.answer(60, false);
    audited.pass();
    EXPECT_EQ(audited.segment.image(0, 0, 0)->u, 50u);
}

// The positions of a ring in private memory are not those of the ring that readers see.
TEST(FullBook, AnAuditThatATakeOverCutsInTwoLeavesNoImage) {
    Audited audited;
    audited.answer(50, true);
    audited.segment.set_epoch(audited.segment.epoch() + 1);
    audited.pass();
    EXPECT_EQ(audited.segment.image(0, 0, 0)->u, 0u);
}

}  // namespace
}  // namespace daypack::core
