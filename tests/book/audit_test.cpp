// SPDX-License-Identifier: MIT
#include "book/audit.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/book/map_book.h"
#include "tests/support/random.h"

namespace daypack::core {
namespace {

using test::Delta;
using test::MapBook;
using test::Random;

// A book, an audit of it, and the venue's true book.
struct Audited {
    PendingPool pool{100'000};
    OrderBook book{8192, 8};
    Audit audit{8192, pool};
    MapBook venue;
    Sequence id = 1000;

    [[nodiscard]] Snapshot snapshot() const {
        Snapshot snapshot;
        snapshot.last_id = id;
        snapshot.timestamp = {1};
        snapshot.bids = venue.best_first(Side::bid);
        std::reverse(snapshot.bids.begin(), snapshot.bids.end());
        snapshot.asks = venue.best_first(Side::ask);
        return snapshot;
    }
    void fill(int levels) {
        for (int i = 0; i < levels; ++i) {
            venue.apply({Side::bid, {10'000 - i}, {5 + i}});
            venue.apply({Side::ask, {10'001 + i}, {5 + i}});
        }
        book.seed(snapshot());
    }
    // Applies one update to the venue's book and ours, and passes it to the audit.
    void update(std::vector<Delta> deltas, Sequence ids = 1) {
        std::vector<Event> events;
        for (const Delta& delta : deltas) {
            venue.apply(delta);
            book.apply(delta.side, delta.price, delta.quantity);
            Event event;
            event.first_id = id + 1;
            event.last_id = id + ids;
            event.side = delta.side;
            event.price = delta.price;
            event.quantity = delta.quantity;
            events.push_back(event);
        }
        events.back().last = true;
        id += ids;
        if (audit.phase() != Audit::Phase::idle) audit.on_update(events);
    }
    std::optional<Audit::Result> finish() {
        for (int slice = 0; slice < 1000; ++slice) {
            if (const auto result = audit.compare(book, id)) return result;
        }
        return std::nullopt;
    }
};

TEST(Audit, ARightBookIsRight) {
    Audited all;
    all.fill(700);
    all.audit.begin(0, all.id);
    ASSERT_TRUE(all.audit.on_snapshot(all.snapshot()));
    const auto result = all.finish();
    ASSERT_TRUE(result);
    EXPECT_EQ(result->levels, 1400u);
    EXPECT_EQ(result->mismatches(), 0u);
    EXPECT_EQ(all.audit.phase(), Audit::Phase::idle);
}

TEST(Audit, EachKindOfMismatchIsCounted) {
    Audited all;
    all.fill(700);
    all.book.apply(Side::bid, {10'000}, {77});  // wrong
    all.book.apply(Side::bid, {9'500}, {});     // missing
    all.book.apply(Side::ask, {10'500}, {});    // missing
    all.book.apply(Side::ask, {20'000}, {1});   // ghosts
    all.book.apply(Side::ask, {20'001}, {1});
    all.book.apply(Side::bid, {1}, {1});
    all.audit.begin(0, all.id);
    ASSERT_TRUE(all.audit.on_snapshot(all.snapshot()));
    const auto result = all.finish();
    ASSERT_TRUE(result);
    EXPECT_EQ(result->wrong, 1u);
    EXPECT_EQ(result->missing, 2u);
    EXPECT_EQ(result->ghosts, 3u);
    EXPECT_EQ(result->levels, 1403u);
}

TEST(Audit, WhatATruncatedSnapshotDoesNotCoverIsNotCompared) {
    Audited all;
    all.fill(1000);
    all.audit.begin(0, all.id);
    ASSERT_TRUE(all.audit.on_snapshot(all.snapshot()));  // 1,000 levels: cut by the venue
    all.book.apply(Side::bid, {1}, {1});                 // beyond both
    const auto result = all.finish();
    ASSERT_TRUE(result);
    EXPECT_EQ(result->mismatches(), 0u);
}

TEST(Audit, UpdatesBeforeAndBehindTheSnapshotAreFollowed) {
    Audited all;
    all.fill(300);
    all.audit.begin(0, all.id);
    all.update({{Side::bid, {9'990}, {1}}});
    all.update({{Side::bid, {9'991}, {}}, {Side::ask, {10'005}, {9}}}, 5);
    const Snapshot answer = all.snapshot();
    all.update({{Side::ask, {10'001}, {}}});
    ASSERT_TRUE(all.audit.on_snapshot(answer));
    all.update({{Side::ask, {10'400}, {3}}});
    const auto result = all.finish();
    ASSERT_TRUE(result);
    EXPECT_EQ(result->mismatches(), 0u);
    EXPECT_GT(result->levels, 590u);
}

TEST(Audit, ASnapshotAheadIsWaitedFor) {
    Audited all;
    all.fill(300);
    Audited ahead;
    ahead.fill(300);
    const std::vector<std::vector<Delta>> deltas{{{Side::bid, {9'990}, {1}}}, {{Side::ask, {10'100}, {}}}};
    for (const auto& update : deltas) ahead.update(update);
    all.audit.begin(0, all.id);
    ASSERT_TRUE(all.audit.on_snapshot(ahead.snapshot()));
    EXPECT_FALSE(all.finish()) << "the book is not there yet";
    for (const auto& update : deltas) all.update(update);
    const auto result = all.finish();
    ASSERT_TRUE(result);
    EXPECT_EQ(result->mismatches(), 0u);
}

TEST(Audit, ASnapshotOlderThanTheBufferedUpdatesIsOfNoUse) {
    Audited all;
    all.fill(30);
    const Snapshot old = all.snapshot();
    all.update({{Side::bid, {9'990}, {1}}});
    all.audit.begin(0, all.id);
    EXPECT_FALSE(all.audit.on_snapshot(old));
    EXPECT_EQ(all.audit.phase(), Audit::Phase::idle);
    all.audit.begin(0, all.id);
    all.update({{Side::bid, {9'991}, {1}}});
    EXPECT_FALSE(all.audit.on_snapshot(old));
}

// Updates during the comparison change nothing: a right book has no mismatch, and a level that was made wrong is found.
TEST(Audit, UpdatesWhileItComparesChangeNothing) {
    Random random(7);
    for (int world = 0; world < 200; ++world) {
        Audited all;
        all.fill(900);
        const bool broken = world % 2 == 1;
        const Price price{10'000 - random.below(800)};
        if (broken) all.book.apply(Side::bid, price, {1'000'000});
        all.audit.begin(0, all.id);
        const auto any_update = [&] {
            std::vector<Delta> deltas;
            for (std::int64_t i = random.below(4); i >= 0; --i) {
                const bool bid = random.once_in(2);
                Price at{bid ? 10'000 - random.below(1500) : 10'001 + random.below(1500)};
                if (at == price) at = {9'000};
                deltas.push_back({bid ? Side::bid : Side::ask, at, {random.below(3)}});
            }
            all.update(deltas, 1 + static_cast<Sequence>(random.below(3)));
        };
        for (std::int64_t i = random.below(5); i > 0; --i) any_update();
        const Snapshot answer = all.snapshot();
        for (std::int64_t i = random.below(5); i > 0; --i) any_update();
        ASSERT_TRUE(all.audit.on_snapshot(answer));
        std::optional<Audit::Result> result;
        for (int slice = 0; slice < 1000 && !result; ++slice) {
            if (random.once_in(2)) any_update();
            result = all.audit.compare(all.book, all.id);
        }
        ASSERT_TRUE(result);
        ASSERT_EQ(result->mismatches(), broken ? 1u : 0u) << "world " << world;
    }
}

}  // namespace
}  // namespace daypack::core
