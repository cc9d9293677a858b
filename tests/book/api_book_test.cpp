// SPDX-License-Identifier: MIT
// The order book by itself, through its installed header, against two maps.
#include <gtest/gtest.h>

#include <cmath>
#include <daypack/book.hpp>
#include <map>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/random.h"

namespace daypack {
namespace {

static_assert(std::ranges::range<Levels> && std::forward_iterator<Levels::iterator>);

using Ladder = std::map<std::int64_t, std::int64_t>;

// Best first.
std::vector<Level> levels_of(const Ladder& levels, Side side) {
    std::vector<Level> all;
    for (const auto& [price, quantity] : levels) all.push_back({price, quantity});
    if (side == Side::bid) std::reverse(all.begin(), all.end());
    return all;
}
std::vector<Level> levels_of(const BookView& book, Side side) {
    std::vector<Level> all;
    for (const Level level : book.levels(side)) all.push_back(level);
    return all;
}

OrderBook small_book() {
    OrderBook book("0.5", "0.01");
    const DecimalLevel bids[] = {{"99.5", "1"}, {"100", "2"}, {"98", "4"}};
    const DecimalLevel asks[] = {{"101", "3"}, {"103.5", "1.5"}};
    book.replace(bids, asks);
    return book;
}

TEST(ApiBook, ReadsAsItShould) {
    const OrderBook book = small_book();
    EXPECT_EQ(*book.best_bid(), (Level{200, 200}));
    EXPECT_EQ(*book.best_ask(), (Level{202, 300}));
    EXPECT_EQ(book.price(*book.best_bid()), 100);
    EXPECT_EQ(book.quantity(*book.best_ask()), 3);
    EXPECT_EQ(book.spread(), 2);
    EXPECT_EQ(book.mid(), 100.5);
    EXPECT_DOUBLE_EQ(book.microprice(), (100 * 3.0 + 101 * 2.0) / 5);
    EXPECT_DOUBLE_EQ(book.imbalance(1), (2.0 - 3.0) / 5);
    EXPECT_DOUBLE_EQ(book.imbalance(9), (7.0 - 4.5) / 11.5);
    EXPECT_EQ(book.depth(Side::bid), 3u);
    EXPECT_EQ(book.cumulative_quantity(Side::bid, 2), 300);
    EXPECT_EQ(book.quantity_to(Side::bid, 199), 300);
    EXPECT_EQ(book.quantity_to(Side::ask, 206), 300);
    EXPECT_EQ(book.quantity_at(Side::ask, 207), 150);
    EXPECT_EQ(book.quantity_at(Side::ask, 206), 0);
    EXPECT_DOUBLE_EQ(*book.vwap(Side::ask, 450), (101 * 3 + 103.5 * 1.5) / 4.5);
    EXPECT_DOUBLE_EQ(*book.vwap(Side::bid, 250), (100 * 2 + 99.5 * 0.5) / 2.5);
    EXPECT_FALSE(book.vwap(Side::ask, 451)) << "there is not so much";
    EXPECT_FALSE(book.crossed());
    EXPECT_EQ(book.units().price_text(207), "103.5");
    EXPECT_EQ(book.units().quantity_text(150), "1.50");
    EXPECT_EQ(book.units().parse_price("103.50"), 207);
    EXPECT_FALSE(book.units().parse_price("103.4"));
    EXPECT_FALSE(book.known_to(Side::bid));
}

TEST(ApiBook, AnEmptySideHasNoNumbers) {
    OrderBook book(Units{{1, -2}, {1, -3}});
    EXPECT_FALSE(book.best_bid() || book.best_ask() || book.spread() || book.vwap(Side::bid, 1));
    EXPECT_TRUE(std::isnan(book.mid()) && std::isnan(book.microprice()) && std::isnan(book.imbalance(5)));
    EXPECT_TRUE(book.bids().empty());
    EXPECT_EQ(book.depth(Side::ask), 0u);
    book.apply(Side::bid, 100, 5);
    EXPECT_EQ(book.imbalance(5), 1);
    EXPECT_TRUE(std::isnan(book.microprice()));
    book.clear();
    EXPECT_FALSE(book.best_bid());
}

TEST(ApiBook, WhatIsNoNumberIsRefusedInWordsAndChangesNothing) {
    OrderBook book = small_book();
    const auto said = [&](std::string_view price, std::string_view quantity) -> std::string {
        try {
            const DecimalLevel level[] = {{price, quantity}};
            book.replace(level, {});
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
        return "nothing";
    };
    EXPECT_EQ(said("100.2", "1"), "price \"100.2\" is no whole number of ticks of 0.5");
    EXPECT_EQ(said("100", "1e3"), "quantity \"1e3\" is no whole number of steps of 0.01");
    EXPECT_EQ(book.depth(Side::bid), 3u);
    EXPECT_THROW(book.apply(Side::bid, "-1", "1"), std::invalid_argument);
    EXPECT_THROW(OrderBook("0", "1"), std::invalid_argument);
    EXPECT_THROW(OrderBook("x", "1"), std::invalid_argument);
    EXPECT_THROW(OrderBook(Units{{-1, 0}, {1, 0}}), std::invalid_argument);
    EXPECT_THROW(OrderBook("1", "1", 0), std::invalid_argument);
}

TEST(ApiBook, AnswersThatTheExchangeCutsAreKnownToTheirEnd) {
    OrderBook book(Units{});
    std::vector<Level> bids;
    for (std::int64_t i = 0; i < 1'000; ++i) bids.push_back({5'000 + i, 1});
    book.replace(bids, {});
    EXPECT_EQ(book.known_to(Side::bid), 5'000);
    book.apply(Side::bid, 4'000, 1);
    EXPECT_EQ(book.depth(Side::bid), 1'000u) << "nobody knows what lies between";
    EXPECT_EQ(book.quantity_at(Side::bid, 4'000), 0);
}

TEST(ApiBook, CanBeMoved) {
    OrderBook first = small_book();
    OrderBook second = std::move(first);
    EXPECT_EQ(second.best_bid()->price, 200);
    first = small_book();
    first.apply(Side::bid, "100", "0");
    second = std::move(first);
    EXPECT_EQ(second.best_bid()->price, 199);
}

TEST(ApiBook, ADoubleIsTheOneOfTheDecimal) {
    EXPECT_EQ((Units{{1, -1}, {}}.price(867'801)), 86780.1);
    EXPECT_EQ((Units{{5, -1}, {}}.price(3)), 1.5);
    EXPECT_EQ((Units{{}, {1, 4}}.quantity(3)), 30'000);
    EXPECT_EQ((Units{{1, -7}, {}}.price(123)), 0.0000123);
    EXPECT_DOUBLE_EQ((Units{{1, -25}, {}}.price(1)), 1e-25);
}

TEST(ApiBook, IsTwoMapsThroughAnyFlow) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        core::test::Random random(seed);
        OrderBook book(Units{{1, -2}, {1, -2}});
        Ladder sides[2];
        for (int step = 0; step < 4'000; ++step) {
            const Side side = random.once_in(2) ? Side::bid : Side::ask;
            Ladder& levels = sides[static_cast<std::size_t>(side)];
            // Near the touch mostly, and sometimes far from it, where levels lie otherwise.
            const std::int64_t away = random.once_in(20) ? random.below(60'000) : random.below(200);
            const std::int64_t price = side == Side::bid ? 100'000 - away : 100'001 + away;
            const std::int64_t quantity = random.once_in(3) ? 0 : 1 + random.below(1'000);
            book.apply(side, price, quantity);
            if (quantity == 0) {
                levels.erase(price);
            } else {
                levels[price] = quantity;
            }
            if (step % 50 != 0) continue;
            for (const Side which : {Side::bid, Side::ask}) {
                const auto right = levels_of(sides[static_cast<std::size_t>(which)], which);
                ASSERT_EQ(levels_of(book, which), right) << "seed " << seed << " step " << step;
                ASSERT_EQ(book.depth(which), right.size());
                std::int64_t all = 0;
                double paid = 0;
                for (const Level& level : right) {
                    all += level.quantity;
                    paid += book.price(level) * static_cast<double>(level.quantity);
                }
                ASSERT_EQ(book.cumulative_quantity(which, right.size()), all);
                if (all == 0) continue;
                ASSERT_NEAR(*book.vwap(which, all), paid / static_cast<double>(all), 1e-6);
                ASSERT_FALSE(book.vwap(which, all + 1));
            }
        }
        std::vector<Level> bids = levels_of(sides[0], Side::bid), asks = levels_of(sides[1], Side::ask);
        bids.push_back({1, 0});            // no level
        bids.push_back({bids.front()});    // twice, which is once
        std::swap(bids.front(), bids[1]);  // in any order
        book.replace(bids, asks);
        ASSERT_EQ(levels_of(book, Side::bid), levels_of(sides[0], Side::bid));
        ASSERT_EQ(levels_of(book, Side::ask), asks);
    }
}

}  // namespace
}  // namespace daypack
