// SPDX-License-Identifier: MIT
// Mark price, funding, open interest, the figures of a day and liquidations, from a simulated exchange over TLS to a
// reader of shared memory and to the callbacks.
#include <gtest/gtest.h>

#include <mutex>
#include <set>
#include <tuple>

#include "tests/system/live_engine.h"

namespace daypack::core {
namespace {

// What the tests of an engine are run in.
INSTANTIATE_TEST_SUITE_P(Modes, InBothModes, testing::Values(ThreadModel::pipeline, ThreadModel::fused), mode_name);

sim::SimOptions perpetuals() {
    sim::SimOptions options;
    options.tls = true;
    options.symbols = {"SOL_USDC", "SOL_USDC_PERP"};
    options.rate = 300;
    return options;
}

TEST_P(InBothModes, WhatTheVenueTellsBesideABookReachesReadersAndCallbacksOnce) {
    sim::Exchange exchange(perpetuals());
    std::mutex mutex;
    std::multiset<std::int64_t> marks;                                                 // venue times
    std::multiset<std::tuple<std::int64_t, std::int64_t, std::int64_t>> liquidations;  // time, price, quantity
    Callbacks callbacks;
    callbacks.on_figures = [&](const FiguresView& view) {
        const std::scoped_lock lock(mutex);
        if (view.figures.group == FigureGroup::mark) marks.insert(view.figures.match.us);
    };
    callbacks.on_liquidation = [&](const Liquidation& one) {
        const std::scoped_lock lock(mutex);
        liquidations.emplace(one.match.us, one.price.mantissa, one.quantity.mantissa);
    };
    LiveEngine live(
        exchange, {"SOL_USDC", "SOL_USDC_PERP"}, 64,
        [](Config& config) {
            config.exchange.lines = 2;
            config.exchange.channels = {FeedChannel::l2_book, FeedChannel::ticker,       FeedChannel::funding,
                                        FeedChannel::index,   FeedChannel::liquidations, FeedChannel::open_interest};
        },
        callbacks);
    const auto perp_of = [&](const char* symbol) {
        daypack_perp perp{};
        const int index = daypack_find(&live.reader(), symbol);
        if (index < 0 || daypack_read_perp(&live.reader(), index, &perp) != DAYPACK_OK) perp.known = 0;
        return perp;
    };
    constexpr unsigned kAll = DAYPACK_PERP_MARK | DAYPACK_PERP_INDEX | DAYPACK_PERP_FUNDING |
                              DAYPACK_PERP_OPEN_INTEREST | DAYPACK_PERP_LAST | DAYPACK_PERP_VOLUME |
                              DAYPACK_PERP_QUOTE_VOLUME;
    ASSERT_TRUE(wait_until([&] { return perp_of("SOL_USDC_PERP").known == kAll; })) << live.log();
    ASSERT_TRUE(wait_until([&] { return perp_of("SOL_USDC").known != 0; })) << live.log();
    const daypack_perp perp = perp_of("SOL_USDC_PERP");
    EXPECT_EQ(perp.funding_rate, 125);
    EXPECT_EQ(perp.funding_exponent, -7);
    EXPECT_EQ(perp.open_interest, 127'385'214);
    EXPECT_EQ(perp.open_interest_exponent, -5);
    EXPECT_GT(perp.mark_price, 0);
    EXPECT_EQ(perp.next_funding_us % 3'600'000'000, 0);
    EXPECT_GT(perp.next_funding_us, perp.mark_venue_us);
    EXPECT_GT(perp.mark_receive_ns / 1000, perp.mark_venue_us - 1'000'000) << "within a second, whatever is first";
    EXPECT_EQ(perp_of("SOL_USDC").known & (DAYPACK_PERP_MARK | DAYPACK_PERP_OPEN_INTEREST), 0u) << "a spot market";
    ASSERT_TRUE(wait_until([&] {
        const std::scoped_lock lock(mutex);
        return marks.size() >= 3 && liquidations.size() >= 3;
    })) << live.log();
    live.end();
    for (const auto& time : marks) EXPECT_EQ(marks.count(time), 1u) << "two lines bring one";
    for (const auto& one : liquidations) EXPECT_EQ(liquidations.count(one), 1u) << "two lines bring one";
}

TEST_P(InBothModes, ABookIsAsLiveWithoutFiguresAsWithThem) {
    sim::Exchange exchange(perpetuals());
    LiveEngine live(exchange, {"SOL_USDC_PERP"}, 64);
    ASSERT_TRUE(wait_until([&] { return live.live("SOL_USDC_PERP"); })) << live.log();
    daypack_perp perp{};
    ASSERT_EQ(daypack_read_perp(&live.reader(), daypack_find(&live.reader(), "SOL_USDC_PERP"), &perp), DAYPACK_OK);
    EXPECT_EQ(perp.known, 0u) << "nobody asked for them";
    EXPECT_EQ(daypack_line_counter(&live.reader(), 0, DAYPACK_LINE_figures), 0u);
}

}  // namespace
}  // namespace daypack::core
