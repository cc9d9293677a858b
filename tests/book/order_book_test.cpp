// SPDX-License-Identifier: MIT
#include "book/order_book.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "tests/book/map_book.h"

namespace daypack::core {
namespace {

using test::best_first;
using test::known;
using test::MapBook;

constexpr Side kSides[] = {Side::bid, Side::ask};

// A snapshot with bids at 100000, 99999, … and asks at 100001, 100002, …, all of quantity 7.
Snapshot ladder(std::size_t bids, std::size_t asks) {
    MapBook book;
    for (std::size_t i = 0; i < bids; ++i) book.apply({Side::bid, {100'000 - static_cast<std::int64_t>(i)}, {7}});
    for (std::size_t i = 0; i < asks; ++i) book.apply({Side::ask, {100'001 + static_cast<std::int64_t>(i)}, {7}});
    return book.snapshot(1, {1}, 10'000);
}

OrderBook seeded(std::size_t bids, std::size_t asks, std::size_t max_levels = 8192) {
    OrderBook book(max_levels, 64);
    book.seed(ladder(bids, asks));
    return book;
}

TEST(OrderBook, IsEmptyAtFirstAndKnowsAllOfNothing) {
    const OrderBook book(16, 4);
    for (const Side side : kSides) {
        EXPECT_TRUE(best_first(book.side(side)).empty());
        EXPECT_TRUE(known(book.side(side)).empty());
        EXPECT_FALSE(book.side(side).known_to());
    }
    EXPECT_FALSE(book.crossed());
}

TEST(OrderBook, GivesBothSidesBestFirst) {
    const OrderBook book = seeded(3, 2);
    EXPECT_EQ(best_first(book.side(Side::bid)),
              (std::vector<Level>{{{100'000}, {7}}, {{99'999}, {7}}, {{99'998}, {7}}}));
    EXPECT_EQ(best_first(book.side(Side::ask)), (std::vector<Level>{{{100'001}, {7}}, {{100'002}, {7}}}));
}

TEST(OrderBook, ASeedReplacesWhatWasThere) {
    OrderBook book = seeded(1000, 5);
    book.apply(Side::bid, {200'000}, {1});
    book.seed(ladder(2, 0));
    EXPECT_EQ(book.side(Side::bid).size(), 2u);
    EXPECT_TRUE(best_first(book.side(Side::ask)).empty());
    EXPECT_FALSE(book.side(Side::bid).known_to()) << "the cut of the former snapshot is no cut of this one";
}

TEST(OrderBook, QuantitiesReplaceAndZeroDeletes) {
    OrderBook book = seeded(2, 2);
    book.apply(Side::bid, {100'000}, {9});
    EXPECT_EQ(best_first(book.side(Side::bid)).front(), (Level{{100'000}, {9}}));
    book.apply(Side::bid, {100'000}, {0});
    EXPECT_EQ(best_first(book.side(Side::bid)).front(), (Level{{99'999}, {7}}));
}

TEST(OrderBook, DeletingWhatIsNotThereDoesNothing) {
    OrderBook book = seeded(2, 2);
    book.clear_dirty();
    for (const std::int64_t price : {1, 99'997, 100'005, 200'000}) {
        for (const Side side : kSides) book.apply(side, {price}, {0});
    }
    for (const Side side : kSides) {
        EXPECT_EQ(book.side(side).size(), 2u);
        EXPECT_FALSE(book.side(side).dirty().any());
    }
}

TEST(OrderBook, ALevelDeletedAndSetAgainInOneUpdateIsThere) {
    OrderBook book = seeded(2, 2);
    book.apply(Side::ask, {100'001}, {0});
    book.apply(Side::ask, {100'001}, {3});
    EXPECT_EQ(best_first(book.side(Side::ask)).front(), (Level{{100'001}, {3}}));
    EXPECT_EQ(book.side(Side::ask).size(), 2u);
}

// As in the shadow of an audit, of which nothing is published: far more levels go from the best on than were put in
// order.
TEST(OrderBook, OneOfWhichNoDepthIsWantedIsRightToItsLastLevel) {
    for (const std::int64_t step : {1, 700}) {  // within the window of ticks near the best, and far beyond it
        OrderBook book(8192, 0);
        MapBook truth;
        for (std::int64_t i = 0; i < 300; ++i) {
            truth.apply({Side::bid, {1'000'000 - i * step}, {7}});
            truth.apply({Side::ask, {1'000'001 + i * step}, {7}});
        }
        book.seed(truth.snapshot(1, {1}, 10'000));
        for (std::int64_t i = 0; i < 300; ++i) {
            for (const auto& [side, price] :
                 {std::pair{Side::bid, 1'000'000 - i * step}, {Side::ask, 1'000'001 + i * step}}) {
                (void)book.apply(side, {price}, {0});
                truth.apply({side, {price}, {0}});
                ASSERT_EQ(best_first(book.side(side)), truth.best_first(side)) << i << " levels gone, step " << step;
                ASSERT_EQ(book.side(side).top().empty(), i == 299);
            }
        }
    }
}

TEST(OrderBook, IsCrossedFromEqualPricesOn) {
    OrderBook book = seeded(2, 2);
    EXPECT_FALSE(book.crossed());
    book.apply(Side::bid, {100'001}, {1});
    EXPECT_TRUE(book.crossed());
    book.apply(Side::ask, {100'001}, {0});
    EXPECT_FALSE(book.crossed());
    book.apply(Side::bid, {100'500}, {1});
    EXPECT_TRUE(book.crossed());
}

TEST(OrderBook, WithoutAnOtherSideIsNotCrossed) {
    EXPECT_FALSE(seeded(3, 0).crossed());
    EXPECT_FALSE(seeded(0, 3).crossed());
}

// The venue truncates a snapshot at 1000 or 5000 levels a side, so a side of that length may have more.
TEST(OrderBook, ASideAsLongAsACutIsKnownToItsLastPriceOnly) {
    for (const std::size_t size : {0u, 1u, 999u, 1000u, 1001u, 4999u, 5000u, 5001u}) {
        const OrderBook book = seeded(size, size);
        const bool cut = size == 1000 || size == 5000;
        const auto last = static_cast<std::int64_t>(size);
        EXPECT_EQ(book.side(Side::bid).known_to(), cut ? std::optional(Price{100'001 - last}) : std::nullopt) << size;
        EXPECT_EQ(book.side(Side::ask).known_to(), cut ? std::optional(Price{100'000 + last}) : std::nullopt) << size;
        for (const Side side : kSides) {
            EXPECT_EQ(known(book.side(side)).size(), size);
            EXPECT_EQ(book.side(side).seeded(), size);
        }
    }
}

TEST(OrderBook, OneSideCutLeavesTheOtherWhole) {
    const OrderBook book = seeded(1000, 999);
    EXPECT_TRUE(book.side(Side::bid).known_to());
    EXPECT_FALSE(book.side(Side::ask).known_to());
}

TEST(OrderBook, LevelsBeyondWhatIsKnownAreFollowedButNotShown) {
    OrderBook book = seeded(1000, 1000);
    book.apply(Side::bid, {50'000}, {4});
    book.apply(Side::ask, {150'000}, {4});
    for (const Side side : kSides) {
        EXPECT_EQ(book.side(side).size(), 1001u);
        EXPECT_EQ(known(book.side(side)).size(), 1000u);
    }
    book.apply(Side::bid, {100'500}, {4});
    EXPECT_EQ(known(book.side(Side::bid)).size(), 1001u);
}

TEST(OrderBook, KeepsItsEdgeWhenTheLevelAtTheEdgeGoes) {
    OrderBook book = seeded(1000, 1000);
    const Price edge = *book.side(Side::bid).known_to();
    book.apply(Side::bid, {edge.ticks - 1}, {1});
    book.apply(Side::bid, edge, {0});
    EXPECT_EQ(book.side(Side::bid).known_to(), edge);
    EXPECT_EQ(known(book.side(Side::bid)).size(), 999u);
}

TEST(OrderBook, ASideWhoseKnownLevelsAreAllGoneShowsNone) {
    OrderBook book = seeded(1000, 1000);
    book.apply(Side::ask, {150'000}, {4});
    for (std::int64_t price = 100'001; price <= 101'000; ++price) book.apply(Side::ask, {price}, {0});
    EXPECT_TRUE(known(book.side(Side::ask)).empty());
    EXPECT_EQ(book.side(Side::ask).size(), 1u);
}

TEST(OrderBook, AFullSideDropsItsWorstLevelAndIsCutThere) {
    OrderBook book = seeded(4, 4, 4);
    EXPECT_FALSE(book.side(Side::bid).known_to()) << "full is not yet cut";
    book.apply(Side::bid, {100'500}, {1});
    EXPECT_EQ(best_first(book.side(Side::bid)).front(), (Level{{100'500}, {1}}));
    EXPECT_EQ(book.side(Side::bid).size(), 4u);
    EXPECT_EQ(book.side(Side::bid).known_to(), Price{99'998});
    EXPECT_EQ(book.dropped(), 1u);
    EXPECT_FALSE(book.side(Side::ask).known_to());
}

TEST(OrderBook, AFullSideRefusesALevelWorseThanAll) {
    OrderBook book = seeded(4, 4, 4);
    book.apply(Side::ask, {200'000}, {1});
    EXPECT_EQ(book.side(Side::ask).known_to(), Price{100'004});
    EXPECT_EQ(known(book.side(Side::ask)).size(), 4u);
    EXPECT_EQ(book.dropped(), 1u);
    book.apply(Side::ask, {100'001}, {0});
    book.apply(Side::ask, {100'010}, {1});
    EXPECT_EQ(book.side(Side::ask).size(), 4u);
    EXPECT_EQ(known(book.side(Side::ask)).size(), 3u) << "a level beyond the edge may have unseen neighbours";
}

TEST(OrderBook, DropsFromBeyondTheEdgeBeforeItDropsWhatIsKnown) {
    OrderBook book = seeded(4, 4, 4);
    book.apply(Side::bid, {100'500}, {1});  // edge at 99'998
    book.apply(Side::bid, {99'998}, {0});
    book.apply(Side::bid, {90'000}, {1});   // updated beyond the edge
    book.apply(Side::bid, {100'501}, {1});  // full again: 90'000 goes
    EXPECT_EQ(known(book.side(Side::bid)).size(), 4u);
    EXPECT_EQ(book.side(Side::bid).known_to(), Price{99'998 + 1}) << "the worst level left is the new edge";
}

TEST(OrderBook, ASnapshotLongerThanTheBookGivesItsBestLevels) {
    const OrderBook book = seeded(100, 100, 10);
    EXPECT_EQ(book.side(Side::bid).size(), 10u);
    EXPECT_EQ(best_first(book.side(Side::bid)).front().price, Price{100'000});
    EXPECT_EQ(book.side(Side::bid).known_to(), Price{99'991});
    EXPECT_EQ(book.side(Side::ask).known_to(), Price{100'010});
    EXPECT_EQ(book.dropped(), 180u);
}

TEST(OrderBook, AChangedQuantityIsDirtyAtItsRankAlone) {
    OrderBook book = seeded(10, 10);
    book.clear_dirty();
    book.apply(Side::bid, {99'997}, {1});
    EXPECT_EQ(book.side(Side::bid).dirty().from, 3u);
    EXPECT_EQ(book.side(Side::bid).dirty().to, 4u);
    EXPECT_FALSE(book.side(Side::ask).dirty().any());
}

TEST(OrderBook, ANewOrDeletedLevelIsDirtyFromItsRankOn) {
    OrderBook book = seeded(10, 10);
    book.clear_dirty();
    book.apply(Side::ask, {100'005}, {0});
    EXPECT_EQ(book.side(Side::ask).dirty().from, 4u);
    EXPECT_EQ(book.side(Side::ask).dirty().to, DirtyRanks::kAll);
    book.clear_dirty();
    EXPECT_FALSE(book.side(Side::ask).dirty().any());
    book.apply(Side::ask, {100'000}, {1});
    EXPECT_EQ(book.side(Side::ask).dirty().from, 0u);
    EXPECT_EQ(book.side(Side::ask).dirty().to, DirtyRanks::kAll);
}

TEST(OrderBook, ASeedIsDirtyThroughout) {
    OrderBook book = seeded(10, 0);
    for (const Side side : kSides) {
        EXPECT_EQ(book.side(side).dirty().from, 0u);
        EXPECT_EQ(book.side(side).dirty().to, DirtyRanks::kAll);
    }
}

}  // namespace
}  // namespace daypack::core
