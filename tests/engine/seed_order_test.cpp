// SPDX-License-Identifier: MIT
#include "engine/control_thread/seed_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/engine/shm_fixture.h"

namespace daypack::core {
namespace {

using test::Instance;

const std::vector<std::string> kNatives{"A_USDC", "B_USDC", "C_USDC", "D_USDC"};

// An engine that counts so many updates of each symbol, and is gone.
void run_engine_before(const SegmentOptions& options, const std::vector<std::uint64_t>& updates) {
    Segment segment(options);
    for (std::size_t i = 0; i < updates.size(); ++i) {
        (void)segment.add_symbol(kNatives[i], kNatives[i]);
        segment.symbol_counters(static_cast<SymbolIndex>(i)).set(DAYPACK_SYMBOL_updates, updates[i]);
    }
}

// The symbols in the order of their turns.
std::string order_of(const Segment& segment, std::vector<std::string> first) {
    InstrumentTable table(8);
    for (const std::string& native : kNatives) {
        Instrument instrument = test::instrument();
        instrument.native = native;
        (void)table.append(instrument);
    }
    const SeedOrder order(std::move(first), table, segment);
    std::vector<SymbolIndex> symbols{0, 1, 2, 3};
    std::stable_sort(symbols.begin(), symbols.end(),
                     [&](SymbolIndex a, SymbolIndex b) { return order.turn_of(a) < order.turn_of(b); });
    std::string text;
    for (const SymbolIndex symbol : symbols) text += kNatives[symbol][0];
    return text;
}

TEST(SeedOrder, WithoutAnEngineBeforeItIsThatOfTheConfiguration) {
    const Instance instance;
    const Segment segment(instance.options());
    EXPECT_EQ(order_of(segment, {}), "ABCD");
    EXPECT_EQ(order_of(segment, {"C_USDC", "B_USDC"}), "CBAD");
}

TEST(SeedOrder, WhatMovedMostUnderTheEngineBeforeComesFirstBehindWhatIsNamed) {
    const Instance instance;
    run_engine_before(instance.options(), {5, 900, 0, 70});
    const Segment segment(instance.options());
    EXPECT_EQ(segment.epoch(), 2u);
    EXPECT_EQ(order_of(segment, {}), "BDAC");
    EXPECT_EQ(order_of(segment, {"C_USDC"}), "CBDA");
    EXPECT_EQ(segment.symbol_counters(1).get(DAYPACK_SYMBOL_updates), 0u) << "it counts anew";
}

TEST(SeedOrder, AnEngineOfAnotherLayoutIsRememberedAsWell) {
    const Instance instance;
    run_engine_before(instance.options(8), {5, 900, UINT64_MAX, 70});
    const Segment segment(instance.options(16));
    EXPECT_EQ(order_of(segment, {"D_USDC"}), "DCBA");
}

}  // namespace
}  // namespace daypack::core
