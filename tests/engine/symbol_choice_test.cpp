// SPDX-License-Identifier: MIT
// Which markets are followed, by the configuration and the venue's list, and what is said of those that are not.
#include "engine/control_thread/symbol_choice.h"

#include <gtest/gtest.h>

namespace daypack::core {
namespace {

Market market(const std::string& native, const std::string& type, bool visible = true) {
    Market row;
    row.native = native;
    row.tick = {1, -2};
    row.step = {5, -3};
    row.visible = visible;
    row.market_type = type;
    return row;
}

const std::vector<Market> kMarkets{market("BTC_USDC", "SPOT"),        market("SOL_USDC_PERP", "PERP"),
                                   market("ETH_USDC", "SPOT", false), market("BTC_USDC_IPERP", "IPERP"),
                                   market("USDT_USDC_RFQ", "RFQ"),    market("OLD_USDC", "")};

Config with(const std::vector<std::string>& symbols) {
    Config config;
    config.path = "my.yaml";
    for (const auto& text : symbols) config.exchange.symbols.push_back({text, 7});
    return config;
}

TEST(SymbolChoice, TheStarIsEveryVisibleSpotAndPerpMarketAndOneWhoseKindIsNotTold) {
    Config config;
    config.exchange.all_symbols = true;
    EXPECT_EQ(choose_symbols(config.exchange, kMarkets),
              (std::vector<std::string>{"BTC_USDC", "SOL_USDC_PERP", "OLD_USDC"}));
}

TEST(SymbolChoice, WhatIsNamedIsFollowedInItsOrderWhetherItIsListedOrNot) {
    const Config config = with({"NEW-USDC", "BTC-USDC"});
    EXPECT_EQ(choose_symbols(config.exchange, kMarkets), (std::vector<std::string>{"NEW_USDC", "BTC_USDC"}));
}

TEST(SymbolChoice, OneThatIsNotListedIsToldWithFileAndLineAndTheNearestName) {
    const Config config = with({"BTC-USDT"});
    EXPECT_EQ(not_listed(config, config.exchange.symbols[0], kMarkets),
              "daypack: my.yaml:7: symbol \"BTC-USDT\" is not listed on backpack; did you mean \"BTC-USDC\"?");
    EXPECT_NE(not_listed(config, config.exchange.symbols[0], {}).find("`daypack markets` shows what is"),
              std::string::npos);
}

TEST(SymbolChoice, OneThatAProgramNamedStandsInNoFile) {
    Config config;
    config.exchange.symbols.push_back({"BTC-USDT", 0});
    EXPECT_EQ(not_listed(config, config.exchange.symbols[0], kMarkets),
              "daypack: symbol \"BTC-USDT\" is not listed on backpack; did you mean \"BTC-USDC\"?");
}

TEST(SymbolChoice, AnRfqMarketIsKnownByItsKindAndWithoutAListByItsName) {
    EXPECT_TRUE(is_rfq("USDT_USDC_RFQ", find_market(kMarkets, "USDT_USDC_RFQ")));
    EXPECT_TRUE(is_rfq("USDT_USDC_RFQ", nullptr));
    EXPECT_FALSE(is_rfq("BTC_USDC", find_market(kMarkets, "BTC_USDC")));
    EXPECT_FALSE(is_rfq("BTC_USDC", nullptr));
    const Config config = with({"USDT_USDC_RFQ"});
    EXPECT_NE(without_a_book(config, config.exchange.symbols[0]).find("my.yaml:7: symbol \"USDT_USDC_RFQ\""),
              std::string::npos);
}

TEST(SymbolChoice, AnInstrumentHasTheUnitsOfTheListAndNoneWithoutIt) {
    const Instrument listed = make_instrument("BTC_USDC", find_market(kMarkets, "BTC_USDC"));
    EXPECT_EQ(listed.symbol, "BTC-USDC");
    EXPECT_EQ(listed.tick, (Unit{1, -2}));
    EXPECT_EQ(listed.step, (Unit{5, -3}));
    EXPECT_EQ(make_instrument("NEW_USDC", nullptr).symbol, "NEW-USDC");
    EXPECT_EQ(find_market(kMarkets, "NEW_USDC"), nullptr);
}

}  // namespace
}  // namespace daypack::core
