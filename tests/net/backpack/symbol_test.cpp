// SPDX-License-Identifier: MIT
#include "net/backpack/symbol.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <vector>

#include "net/backpack/symbol_lookup.h"

namespace daypack::core {
namespace {

const std::vector<std::string> kListed = {"BTC_USDC",  "BTC_USDC_PERP", "ETH_USDC",     "ETH_USDC_PERP",
                                          "SOL_USDC",  "SOL_USDC_PERP", "USDT_USDC",    "kBONK_USDC_PERP",
                                          "BONK_USDC", "W_USDC",        "AAPL.US_USDC", "AAPL.US_USDC_PERP",
                                          "0G_USDC",   "MON_USDC_PERP"};

TEST(Symbol, TakesTheFourSpellings) {
    for (const char* text : {"BTC-USDC", "BTC/USDC", "BTC_USDC"}) EXPECT_EQ(native_symbol(text), "BTC_USDC") << text;
    for (const char* text : {"SOL/USDC:USDC", "SOL-USDC-PERP", "SOL_USDC_PERP"}) {
        EXPECT_EQ(native_symbol(text), "SOL_USDC_PERP") << text;
    }
    EXPECT_EQ(native_symbol("FDVEXTD1B-USDC-PREDICTION"), "FDVEXTD1B_USDC_PREDICTION");
    EXPECT_EQ(native_symbol("SOL_USDC_RFQ"), "SOL_USDC_RFQ");
}

TEST(Symbol, KeepsCaseAndDotsAndLeadingDigits) {
    EXPECT_EQ(native_symbol("kBONK_USDC_PERP"), "kBONK_USDC_PERP");
    EXPECT_EQ(native_symbol("kBONK/USDC:USDC"), "kBONK_USDC_PERP");
    EXPECT_EQ(native_symbol("AAPL.US-USDC"), "AAPL.US_USDC");
    EXPECT_EQ(native_symbol("AAPL.US/USDC:USDC"), "AAPL.US_USDC_PERP");
    EXPECT_EQ(native_symbol("AAPL.US_USDC_RFQ"), "AAPL.US_USDC_RFQ");
    EXPECT_EQ(native_symbol("2Z-USDC"), "2Z_USDC");
    EXPECT_EQ(native_symbol("btc-usdc"), "btc_usdc");  // not what the venue lists: nearest_symbol() tells
}

TEST(Symbol, RefusesWhatIsNoSpelling) {
    for (const char* text : {"",
                             "BTC",
                             "-",
                             "_",
                             "BTC-",
                             "-USDC",
                             "BTC--USDC",
                             "BTC_-USDC",
                             "BTC-USDC_PERP",
                             "BTC/USDC/PERP",
                             "BTC USDC",
                             "BTC/USD:BTC",
                             "BTC/USDC:USDC-261225",
                             "BTC:USDC",
                             "BTC-USDC:USDC",
                             "BTC/USDC:",
                             "a_b_c_d_e",
                             "BTC\"_USDC",
                             "BTC_USDC\n",
                             "BTC\\_USDC",
                             "B\xc3\x9f_USDC",
                             "*",
                             "../x",
                             "..-USDC",
                             "._USDC",
                             ".BTC_USDC",
                             "BTC._USDC",
                             "BTC_.USDC",
                             "BTC_USDC.",
                             "AAPL..US_USDC",
                             "../x:x"}) {
        EXPECT_EQ(native_symbol(text), std::nullopt) << text;
    }
    EXPECT_EQ(native_symbol(std::string(64, 'A') + "_USDC"), std::nullopt);
}

TEST(Symbol, ComesBackFromEverySpelling) {
    for (const std::string& native : kListed) {
        EXPECT_EQ(native_symbol(native), native);
        EXPECT_EQ(native_symbol(normalised_symbol(native)), native);
    }
    EXPECT_EQ(normalised_symbol("AAPL.US_USDC_PERP"), "AAPL.US-USDC-PERP");
}

TEST(Symbol, ComesBackFromWhateverItTook) {
    EXPECT_TRUE(rc::check([] {
        const auto text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("Ak0.-_/:\" ")));
        const auto native = native_symbol(text);
        if (!native) return;
        RC_ASSERT(is_native_symbol(*native));
        RC_ASSERT(native_symbol(*native) == native);
        RC_ASSERT(native_symbol(normalised_symbol(*native)) == native);
    }));
}

TEST(Symbol, SuggestsTheNearestOfTheSameBase) {
    EXPECT_EQ(nearest_symbol("BTC-USDT", kListed), "BTC_USDC");
    EXPECT_EQ(nearest_symbol("BTC_USDT", kListed), "BTC_USDC");
    EXPECT_EQ(nearest_symbol("ETH/USDT", kListed), "ETH_USDC");
    EXPECT_EQ(nearest_symbol("BTC/USDT:USDT", kListed), "BTC_USDC_PERP");
    EXPECT_EQ(nearest_symbol("btc-usdc", kListed), "BTC_USDC");
    EXPECT_EQ(nearest_symbol("KBONK-USDC-PERP", kListed), "kBONK_USDC_PERP");
    EXPECT_EQ(nearest_symbol("MON-USDC", kListed), "MON_USDC_PERP");
    EXPECT_EQ(nearest_symbol("BTCUSDC", kListed), "BTC_USDC");
    EXPECT_EQ(nearest_symbol("BCT-USDC", kListed), "BTC_USDC");
}

TEST(Symbol, SuggestsNothingWhereNothingIsNear) {
    EXPECT_EQ(nearest_symbol("PEPECOIN-EUR", kListed), std::nullopt);
    EXPECT_EQ(nearest_symbol("", kListed), std::nullopt);
    EXPECT_EQ(nearest_symbol("BTC-USDT", {}), std::nullopt);
}

TEST(Symbol, NamesStreamsAndFindsTheMarketInThem) {
    EXPECT_EQ(stream_name(Channel::depth, "SOL_USDC"), "depth.SOL_USDC");
    EXPECT_EQ(stream_name(Channel::depth, "SOL_USDC", DepthStream::every_200ms), "depth.200ms.SOL_USDC");
    EXPECT_EQ(stream_name(Channel::depth, "SOL_USDC", DepthStream::every_600ms), "depth.600ms.SOL_USDC");
    EXPECT_EQ(stream_name(Channel::depth, "SOL_USDC", DepthStream::every_1000ms), "depth.1000ms.SOL_USDC");
    EXPECT_EQ(stream_name(Channel::trade, "SOL_USDC", DepthStream::every_200ms), "trade.SOL_USDC");
    EXPECT_EQ(stream_name(Channel::ticker, "AAPL.US_USDC"), "bookTicker.AAPL.US_USDC");
    EXPECT_EQ(stream_name(Channel::mark_price, "SOL_USDC_PERP"), "markPrice.SOL_USDC_PERP");
    EXPECT_EQ(stream_name(Channel::day, "SOL_USDC"), "ticker.SOL_USDC");
    EXPECT_EQ(stream_name(Channel::liquidation, "SOL_USDC_PERP"), "liquidation");
    EXPECT_EQ(split_stream("liquidation", DepthStream::realtime).channel, Channel::liquidation);
    EXPECT_EQ(split_stream("liquidation", DepthStream::realtime).native, "");
    for (const Channel channel : {Channel::depth, Channel::trade, Channel::ticker, Channel::mark_price, Channel::day}) {
        for (const DepthStream depth :
             {DepthStream::realtime, DepthStream::every_200ms, DepthStream::every_600ms, DepthStream::every_1000ms}) {
            for (const std::string& native : kListed) {
                const std::string name = stream_name(channel, native, depth);
                const StreamName stream = split_stream(name, depth);
                EXPECT_EQ(stream.channel, channel) << name;
                EXPECT_EQ(stream.native, native) << name;
            }
        }
    }
}

TEST(Symbol, FollowsOneBatchingOfDepthOnly) {
    EXPECT_EQ(split_stream("depth.200ms.SOL_USDC", DepthStream::realtime).channel, Channel::none);
    EXPECT_EQ(split_stream("depth.SOL_USDC", DepthStream::every_200ms).channel, Channel::none);
    EXPECT_EQ(split_stream("depth.600ms.SOL_USDC", DepthStream::every_200ms).channel, Channel::none);
    for (const char* name : {"openInterest.SOL_USDC", "account.orderUpdate", "kline.1m.SOL_USDC", "depth",
                             "Depth.SOL_USDC", "liquidation.SOL_USDC", "Liquidation", ""}) {
        EXPECT_EQ(split_stream(name, DepthStream::realtime).channel, Channel::none) << name;
    }
}

TEST(SymbolLookup, FollowsTheTableAsItGrows) {
    InstrumentTable table(kListed.size());
    SymbolLookup lookup(table);
    for (std::size_t i = 0; i < kListed.size(); ++i) {
        EXPECT_EQ(lookup.find(kListed[i]), std::nullopt);
        Instrument instrument;
        instrument.native = kListed[i];
        ASSERT_TRUE(table.append(std::move(instrument)));
        for (std::size_t k = 0; k <= i; ++k) EXPECT_EQ(lookup.find(kListed[k]), static_cast<SymbolIndex>(k));
    }
    for (const char* name : {"", "B", "BTC_USD", "BTC_USDC_", "btc_usdc", "BTC_USDC_PERP ", "XXX_USDC"}) {
        EXPECT_EQ(lookup.find(name), std::nullopt) << name;
    }
}

TEST(SymbolLookup, TellsApartNamesThatShareBeginningEndAndLength) {
    InstrumentTable table(300);
    for (int i = 0; i < 300; ++i) {
        Instrument instrument;
        instrument.native = "ABCDEFGH" + std::to_string(1000 + i) + "_USDC_PERP";
        ASSERT_TRUE(table.append(std::move(instrument)));
    }
    SymbolLookup lookup(table);
    for (std::size_t i = 0; i < table.size(); ++i) {
        EXPECT_EQ(lookup.find(table[static_cast<SymbolIndex>(i)].native), static_cast<SymbolIndex>(i));
    }
}

}  // namespace
}  // namespace daypack::core
