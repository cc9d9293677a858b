// SPDX-License-Identifier: MIT
#include "net/backpack/decoder.h"

#include <gtest/gtest.h>

#include "tests/net/backpack/decoder_harness.h"

namespace daypack::core {
namespace {

TEST_F(DecoderTest, ReadsOneLevel) {
    const Decoded decoded = agreed(kDepth);
    EXPECT_EQ(decoded.kind, FrameKind::depth);
    EXPECT_EQ(decoded.channel, Channel::depth);
    EXPECT_EQ(decoded.errc, Errc::ok);
    EXPECT_EQ(decoded.symbol, SymbolIndex{1});
    ASSERT_EQ(decoded.events.size(), 1u);
    const Event& event = decoded.events[0];
    EXPECT_EQ(event.kind, EventKind::delta);
    EXPECT_EQ(event.first_id, 6'904'947'650u);
    EXPECT_EQ(event.last_id, 6'904'947'650u);
    EXPECT_EQ(event.match.us, 1'790'915'525'102'951);
    EXPECT_EQ(event.send().us, 1'790'915'525'103'070);
    EXPECT_EQ(event.receive, kReceive);
    EXPECT_EQ(event.price.ticks, 866'408);
    EXPECT_EQ(event.quantity.steps, 132'076);
    EXPECT_EQ(event.side, Side::bid);
    EXPECT_EQ(event.symbol, 1);
    EXPECT_EQ(event.line, kLine);
    EXPECT_TRUE(event.last);
}

TEST_F(DecoderTest, MarksTheFinalLevelOfAnUpdateAndNoOther) {
    const Decoded decoded = agreed(kManyLevels);
    ASSERT_EQ(decoded.events.size(), 4u);
    for (std::size_t i = 0; i < 4; ++i) {
        const Event& event = decoded.events[i];
        EXPECT_EQ(event.first_id, 7u);
        EXPECT_EQ(event.last_id, 9u);
        EXPECT_EQ(event.last, i == 3);
        EXPECT_EQ(event.side, i == 3 ? Side::ask : Side::bid);
    }
    EXPECT_EQ(decoded.events[0].quantity.steps, 0);
    EXPECT_EQ(decoded.events[1].price.ticks, 34'030);  // "340.3"
    EXPECT_EQ(decoded.events[1].quantity.steps, 1'200);
}

TEST_F(DecoderTest, AdvancesOnAnUpdateWithoutLevels) {
    const Decoded decoded = agreed(replaced(kDepth, R"([["86640.8","1.32076"]])", "[]"));
    EXPECT_EQ(decoded.kind, FrameKind::depth);
    ASSERT_EQ(decoded.events.size(), 1u);
    EXPECT_EQ(decoded.events[0].kind, EventKind::advance);
    EXPECT_EQ(decoded.events[0].last_id, 6'904'947'650u);
    EXPECT_TRUE(decoded.events[0].last);
}

TEST_F(DecoderTest, ReadsATradeAndItsOrders) {
    const Decoded decoded = agreed(kTrade);
    EXPECT_EQ(decoded.kind, FrameKind::trade);
    EXPECT_EQ(decoded.symbol, SymbolIndex{0});
    ASSERT_EQ(decoded.events.size(), 2u);
    const Event& trade = decoded.events[0];
    const Event& orders = decoded.events[1];
    EXPECT_EQ(trade.kind, EventKind::trade);
    EXPECT_EQ(trade.first_id, 341'399'899u);
    EXPECT_EQ(trade.last_id, 0u);
    EXPECT_EQ(trade.price.ticks, 21'850);
    EXPECT_EQ(trade.quantity.steps, 7);
    EXPECT_EQ(trade.side, Side::ask);  // the buyer was the maker, so the seller took
    EXPECT_FALSE(trade.last);
    EXPECT_EQ(orders.kind, EventKind::trade_orders);
    EXPECT_EQ(orders.first_id, 113'782'700'596'854'784u);  // the buyer's
    EXPECT_EQ(orders.last_id, 113'782'701'997'686'784u);   // the seller's
    EXPECT_TRUE(orders.last);
    EXPECT_EQ(agreed(replaced(kTrade, "true", "false")).events[0].side, Side::bid);
    EXPECT_EQ(agreed(replaced(kTrade, "341399899", "\"341399899\"")).events[0].first_id, 341'399'899u);
}

TEST_F(DecoderTest, ReadsBestBidThenBestAsk) {
    const Decoded decoded = agreed(kTicker);
    EXPECT_EQ(decoded.kind, FrameKind::ticker);
    ASSERT_EQ(decoded.events.size(), 2u);
    EXPECT_EQ(decoded.events[0].side, Side::bid);
    EXPECT_EQ(decoded.events[0].price.ticks, 866'452);
    EXPECT_EQ(decoded.events[0].quantity.steps, 160'813);
    EXPECT_FALSE(decoded.events[0].last);
    EXPECT_EQ(decoded.events[1].side, Side::ask);
    EXPECT_EQ(decoded.events[1].price.ticks, 866'453);
    EXPECT_EQ(decoded.events[1].quantity.steps, 776'096);
    EXPECT_TRUE(decoded.events[1].last);
    for (const Event& event : decoded.events) {
        EXPECT_EQ(event.kind, EventKind::ticker);
        EXPECT_EQ(event.last_id, 6'904'947'654u);
    }
}

TEST_F(DecoderTest, ShowsAnEmptySideOfATickerAsZero) {
    const std::string frame = replaced(replaced(kTicker, "\"7.76096\"", "null"), "\"86645.3\"", "null");
    const Decoded decoded = agreed(frame);
    ASSERT_EQ(decoded.events.size(), 2u);
    EXPECT_EQ(decoded.events[0].price.ticks, 866'452);
    EXPECT_EQ(decoded.events[1].price.ticks, 0);
    EXPECT_EQ(decoded.events[1].quantity.steps, 0);
    EXPECT_EQ(agreed(replaced(kTicker, "\"7.76096\"", "null")).kind, FrameKind::bad);  // half a side
}

TEST_F(DecoderTest, TakesIdsAndTimesInQuotesToo) {
    const std::string quoted = replaced(replaced(replaced(replaced(kDepth, "\"u\":6904947650", "\"u\":\"6904947650\""),
                                                          "6904947650,", "\"6904947650\","),
                                                 "1790915525102951", "\"1790915525102951\""),
                                        "1790915525103070", "\"1790915525103070\"");
    EXPECT_EQ(text_of_all(agreed(quoted).events), text_of_all(agreed(kDepth).events));
    EXPECT_EQ(agreed(replaced(kTicker, "6904947654", "\"111063070525358080\"")).events[0].last_id,
              111'063'070'525'358'080u);
}

TEST_F(DecoderTest, KeepsIdsOf64Bits) {
    const auto with_u = [](const std::string& u) { return replaced(kDepth, "\"u\":6904947650", "\"u\":" + u); };
    const std::string first = "\"U\":6904947650";
    const std::string huge = replaced(with_u("18446744073709551615"), first, "\"U\":18446744073709551615");
    EXPECT_EQ(agreed(huge).events[0].last_id, UINT64_MAX);
    EXPECT_EQ(agreed(with_u("18446744073709551616")).kind, FrameKind::bad);
    EXPECT_EQ(agreed(with_u("99999999999999999999999999999999")).kind, FrameKind::bad);
    EXPECT_EQ(agreed(with_u("\"000000000000006904947650\"")).kind, FrameKind::bad);  // nobody writes an id like that
}

TEST_F(DecoderTest, RefusesAnUpdateThatClaimsToStandForMoreThanAMillionIds) {
    const auto with_u = [](const std::string& u) { return replaced(kDepth, "\"u\":6904947650", "\"u\":" + u); };
    EXPECT_EQ(agreed(with_u("6905947649")).events[0].last_id, 6'905'947'649u);
    expect_bad_depth(with_u("6905947650"), Errc::malformed, 1);
    expect_bad_depth(with_u("18446744073709551615"), Errc::malformed, 1);
}

TEST_F(DecoderTest, SaturatesTheTimeBetweenMatchAndSend) {
    const auto with_send = [this](const std::string& send) {
        const Decoded decoded = agreed(replaced(kDepth, "\"E\":1790915525103070", "\"E\":" + send));
        return decoded.events.empty() ? -1 : decoded.events[0].send_after_match_us;
    };
    EXPECT_EQ(with_send("1790915525102941"), -10);
    EXPECT_EQ(with_send("9223372036854775807"), INT32_MAX);
    EXPECT_EQ(with_send("0"), INT32_MIN + 1);
    const Decoded none = agreed(replaced(kDepth, "\"E\":1790915525103070,", ""));
    ASSERT_EQ(none.events.size(), 1u);
    EXPECT_EQ(none.events[0].send_after_match_us, Event::kNoSendTime);
    EXPECT_EQ(none.events[0].send().us, 0);
}

TEST_F(DecoderTest, RoutesByTheStreamWhereThereIsOne) {
    const std::string batched = replaced(kDepth, "depth.BTC", "depth.200ms.BTC");
    Decoded decoded = agreed(batched);
    EXPECT_EQ(decoded.kind, FrameKind::other);
    EXPECT_EQ(decoded.errc, Errc::unknown_kind);
    EXPECT_TRUE(decoded.events.empty());
    Decoder follows_batches(table_, DepthStream::every_200ms);
    const PaddedFrame frame(batched);
    const PaddedFrame realtime(kDepth);
    EXPECT_EQ(follows_batches.decode(frame.view(), kReceive, kLine).kind, FrameKind::depth);
    EXPECT_EQ(follows_batches.decode(realtime.view(), kReceive, kLine).kind, FrameKind::other);
    EXPECT_EQ(agreed(replaced(kDepth, R"(,"stream":"depth.BTC_USDC_PERP")", "")).kind, FrameKind::depth);
}

TEST_F(DecoderTest, RefusesDataThatSpeaksOfSomethingElseThanItsStream) {
    expect_bad_depth(replaced(kDepth, R"("s":"BTC_USDC_PERP")", R"("s":"SOL_USDC")"), Errc::malformed, 1);
    expect_bad_depth(replaced(kDepth, R"("e":"depth")", R"("e":"trade")"), Errc::malformed, 1);
    EXPECT_EQ(agreed(replaced(kDepth, R"("e":"depth",)", "")).kind, FrameKind::depth);
    EXPECT_EQ(agreed(replaced(kDepth, R"("s":"BTC_USDC_PERP",)", "")).kind, FrameKind::depth);
}

TEST_F(DecoderTest, LeavesUnknownStreamsAndMarketsAlone) {
    for (const char* frame : {R"({"data":{"e":"openInterest","s":"SOL_USDC"},"stream":"openInterest.SOL_USDC"})",
                              R"({"data":{"a":"USDT","e":"balanceUpdate"},"stream":"account.balanceUpdate"})",
                              R"({"data":{"a":{"b":[1,2,{}]},"b":[[1],["2"]],"t":null},"stream":"news"})",
                              R"({"data":[1,2],"stream":"new.SOL_USDC"})", R"({"result":null,"id":1})", "{}"}) {
        const Decoded decoded = agreed(frame);
        EXPECT_EQ(decoded.kind, FrameKind::other) << frame;
        EXPECT_EQ(decoded.errc, Errc::unknown_kind) << frame;
    }
    const Decoded unknown = agreed(replaced(replaced(kDepth, "depth.BTC", "depth.XYZ"), "\"BTC", "\"XYZ"));
    EXPECT_EQ(unknown.kind, FrameKind::other);
    EXPECT_EQ(unknown.errc, Errc::unknown_symbol);
    EXPECT_EQ(unknown.channel, Channel::depth);
}

TEST_F(DecoderTest, ReadsTheFiguresOfAMarkPrice) {
    const Decoded decoded = agreed(kMark);
    EXPECT_EQ(decoded.kind, FrameKind::figures);
    ASSERT_EQ(decoded.events.size(), 4u);
    const auto value = [&](std::size_t i) { return decoded.events[i].value(); };
    EXPECT_EQ(value(0), (Decimal{866619, -1}));
    EXPECT_EQ(value(1), (Decimal{8665721727129, -8}));
    EXPECT_EQ(value(2), (Decimal{125, -7}));
    EXPECT_EQ(value(3), (Decimal{1790917200000000, 0}));
    EXPECT_EQ(agreed(replaced(kMark, "0.0000125", "-0.0000125")).events[2].value(), (Decimal{-125, -7}));
    // A prediction market has a price alone.
    for (const char* there : {R"("f":"0.0000125","i":"86657.21727129","n":1790917200000,)"}) {
        EXPECT_EQ(agreed(replaced(kMark, there, "")).events.size(), 1u);
    }
    EXPECT_EQ(agreed(replaced(kMark, R"("0.0000125")", "null")).events.size(), 3u);
}

TEST_F(DecoderTest, ReadsTheFiguresOfADay) {
    const Decoded decoded = agreed(kDay);
    EXPECT_EQ(decoded.kind, FrameKind::figures);
    ASSERT_EQ(decoded.events.size(), 5u);
    EXPECT_EQ(decoded.events[0].value(), (Decimal{86625, 0}));
    EXPECT_EQ(decoded.events[3].value(), (Decimal{15492712541812, -5}));
    EXPECT_EQ(decoded.events[4].value(), (Decimal{32259, 0}));
    EXPECT_EQ(decoded.events[0].match.us, 1790134358087727);
}

TEST_F(DecoderTest, ReadsALiquidationOfTheOneStreamForAllMarkets) {
    const Decoded decoded = agreed(kLiquidation);
    EXPECT_EQ(decoded.kind, FrameKind::liquidation);
    ASSERT_EQ(decoded.events.size(), 1u);
    EXPECT_EQ(decoded.symbol, SymbolIndex{1});
    EXPECT_EQ(decoded.events[0].value(), (Decimal{866001, -1}));
    EXPECT_EQ(decoded.events[0].size(), (Decimal{15, -3}));
    EXPECT_EQ(decoded.events[0].side, Side::ask);
    const Decoded other = agreed(replaced(kLiquidation, "BTC_USDC_PERP", "XYZ_USDC_PERP"));
    EXPECT_EQ(other.errc, Errc::unknown_symbol);
}

TEST_F(DecoderTest, CountsBadFiguresWithoutAnEvent) {
    for (const std::string& frame :
         {replaced(kMark, "86661.9", "86661.9x"), replaced(kMark, R"("86661.9")", "null"),
          replaced(kMark, "1790917200000", "9223372036854775807"), replaced(kMark, "\"T\"", "\"x\""),
          replaced(kDay, "\"c\"", "\"x\""), replaced(kDay, "32259", "-1"), replaced(kLiquidation, "Ask", "ask"),
          replaced(kLiquidation, "0.0150", "-0.0150"), replaced(kLiquidation, "86600.1", "1e3")}) {
        const Decoded decoded = agreed(frame);
        EXPECT_EQ(decoded.kind, FrameKind::bad) << frame;
        EXPECT_TRUE(decoded.symbol) << frame;
        EXPECT_TRUE(decoded.events.empty()) << frame;
    }
}

TEST_F(DecoderTest, ReadsErrors) {
    const Decoded decoded = agreed(R"({"id":null,"error":{"code":4006,"message":"Invalid stream"}})");
    EXPECT_EQ(decoded.kind, FrameKind::error);
    EXPECT_EQ(decoded.error_code, 4006);
    EXPECT_EQ(decoded.error_message, "Invalid stream");
    const Decoded odd = agreed(R"({"error":"no object"})");
    EXPECT_EQ(odd.kind, FrameKind::error);
    EXPECT_EQ(odd.error_code, 0);
    EXPECT_EQ(odd.error_message, "");
}

TEST_F(DecoderTest, ResyncsTheSymbolOfADepthFrameThatCannotBeRead) {
    const auto with_level = [](const char* level) { return replaced(kDepth, R"(["86640.8","1.32076"])", level); };
    expect_bad_depth(with_level(R"(["86640.85","1"])"), Errc::off_tick, 1);
    expect_bad_depth(with_level(R"(["86640.8","0.000001"])"), Errc::off_tick, 1);
    expect_bad_depth(with_level(R"(["86640.8","99999999999999999999"])"), Errc::overflow, 1);
    for (const char* level : {R"(["86640.8","1e3"])", R"(["-86640.8","1"])", R"(["86640.8","-1"])", R"(["","1"])",
                              R"(["0.0","1"])", R"(["86640.8",""])", R"(["864\u0030.8","1"])"}) {
        const Decoded decoded = agreed(with_level(level));
        EXPECT_EQ(decoded.kind, FrameKind::bad) << level;
        EXPECT_EQ(decoded.errc, Errc::not_a_number) << level;
        EXPECT_EQ(decoded.symbol, SymbolIndex{1}) << level;
    }
    for (const char* level : {R"(["86640.8"])", R"(["86640.8","1","2"])", R"([86640.8,1])", R"([])", R"("86640.8")",
                              R"({"p":"1"})", R"(null)", R"([["86640.8","1"]])", R"(["86640.8",])"}) {
        expect_bad_depth(with_level(level), Errc::malformed, 1);
    }
    expect_bad_depth(replaced(kDepth, "\"U\":6904947650", "\"U\":6904947651"), Errc::malformed, 1);
    expect_bad_depth(replaced(kDepth, "\"U\":6904947650", "\"U\":0"), Errc::malformed, 1);
    for (const char* value : {"-1", "1.5", "1e3", "true", "null", "\"\"", "\" 1\"", "[]", "{}"}) {
        expect_bad_depth(replaced(kDepth, "\"U\":6904947650", std::string("\"U\":") + value), Errc::malformed, 1);
        expect_bad_depth(replaced(kDepth, "\"T\":1790915525102951", std::string("\"T\":") + value), Errc::malformed, 1);
    }
    for (const char* key : {"\"U\":6904947650,", "\"T\":1790915525102951,", "\"a\":[],", ",\"u\":6904947650"}) {
        expect_bad_depth(replaced(kDepth, key, ""), Errc::malformed, 1);
    }
    expect_bad_depth(replaced(kDepth, "\"a\":[]", "\"a\":null"), Errc::malformed, 1);
}

TEST_F(DecoderTest, RefusesAKeyThatComesTwice) {
    expect_bad_depth(replaced(kDepth, "\"a\":[]", "\"b\":[]"), Errc::malformed, 1);
    expect_bad_depth(replaced(kDepth, "\"e\":", "\"u\":6904947651,\"e\":"), Errc::malformed, 1);
    EXPECT_EQ(agreed(replaced(kDepth, "{\"data\"", "{\"data\":{},\"data\"")).kind, FrameKind::bad);
    EXPECT_EQ(agreed(replaced(kDepth, "{\"data\"", "{\"stream\":\"trade.SOL_USDC\",\"data\"")).kind, FrameKind::bad);
    EXPECT_EQ(agreed(replaced(kDepth, "\"e\":", "\"x\":1,\"x\":2,\"e\":")).kind, FrameKind::depth);
}

TEST_F(DecoderTest, TellsATradeOfWhichTheVenueTellsNoId) {
    const auto ids = [&](const std::string& frame) {
        const Decoded decoded = agreed(frame);
        EXPECT_EQ(decoded.kind, FrameKind::trade) << frame;
        if (decoded.events.size() != 2) return std::array<std::uint64_t, 3>{9, 9, 9};
        return std::array{decoded.events[0].first_id, decoded.events[1].first_id, decoded.events[1].last_id};
    };
    const std::uint64_t buyer = 113782700596854784, seller = 113782701997686784;
    EXPECT_EQ(ids(replaced(kTrade, "341399899", "null")), (std::array<std::uint64_t, 3>{0, buyer, seller}));
    EXPECT_EQ(ids(replaced(kTrade, "341399899", "\"\"")), (std::array<std::uint64_t, 3>{0, buyer, seller}));
    EXPECT_EQ(ids(replaced(kTrade, "341399899", "0")), (std::array<std::uint64_t, 3>{0, buyer, seller}));
    EXPECT_EQ(ids(replaced(kTrade, "\"113782701997686784\"", "null")),
              (std::array<std::uint64_t, 3>{341399899, buyer, 0}));
    EXPECT_EQ(ids(replaced(kTrade, "\"113782700596854784\"", "\"\"")),
              (std::array<std::uint64_t, 3>{341399899, 0, seller}));
}

TEST_F(DecoderTest, CountsABadTradeOrTickerWithoutAnEvent) {
    for (const std::string& frame :
         {replaced(kTrade, "218.50", "218.505"), replaced(kTrade, "true", "1"),
          replaced(kTrade, "\"113782701997686784\"", "[]"), replaced(kTrade, "\"q\"", "\"x\""),
          replaced(kTicker, "86645.3", "-1"), replaced(kTicker, "6904947654", "null")}) {
        const Decoded decoded = agreed(frame);
        EXPECT_EQ(decoded.kind, FrameKind::bad) << frame;
        EXPECT_NE(decoded.channel, Channel::depth) << frame;
        EXPECT_NE(decoded.channel, Channel::none) << frame;
        EXPECT_TRUE(decoded.symbol) << frame;
        EXPECT_TRUE(decoded.events.empty()) << frame;
    }
}

TEST_F(DecoderTest, DeliversNothingOfAnUpdateWithTooManyLevels) {
    const auto with_levels = [](std::size_t count) {
        std::string levels;
        for (std::size_t i = 0; i < count; ++i) levels += std::string(i == 0 ? "" : ",") + R"(["1.5","2"])";
        return replaced(kDepth, R"(["86640.8","1.32076"])", levels);
    };
    EXPECT_EQ(agreed(with_levels(64)).events.size(), 64u);
    const Decoded decoded = decode(with_levels(65));
    EXPECT_EQ(decoded.kind, FrameKind::bad);
    EXPECT_EQ(decoded.errc, Errc::too_many);
    EXPECT_EQ(decoded.symbol, SymbolIndex{1});
    const Decoded too_long = decode(std::string(kDepth) + std::string(1u << 20, ' '));
    EXPECT_EQ(too_long.errc, Errc::too_many);
    EXPECT_EQ(too_long.symbol, SymbolIndex{1});
}

TEST_F(DecoderTest, FindsTheSymbolInBytesThatAreNotJson) {
    expect_bad_depth(replaced(kDepth, "\"U\":", "\"U\";"), Errc::malformed, 1);
    expect_bad_depth(std::string(kDepth) + "}", Errc::malformed, 1);
    expect_bad_depth(std::string(kDepth) + " {}", Errc::malformed, 1);
    expect_bad_depth(replaced(replaced(kDepth, "\"stream\":", "\"stream\" \t:\n "), "[[", "[{"), Errc::malformed, 1);
    // Broken off within `stream`, so that only `e` and `s` tell.
    expect_bad_depth(replaced(kDepth, "_PERP\"}", ""), Errc::malformed, 1);
    // A stream that is not followed is nobody's resync; nor is a market that nobody knows.
    for (const auto& [from, to] : {std::pair{"depth.BTC", "kline.1m.BTC"}, std::pair{"depth.BTC", "depth.200ms.BTC"},
                                   std::pair{"depth.BTC", "depth.XYZ"}}) {
        const Decoded decoded = agreed(replaced(replaced(kDepth, from, to), "[[", "[{"));
        EXPECT_EQ(decoded.kind, FrameKind::bad) << to;
        EXPECT_FALSE(decoded.symbol) << to;
        EXPECT_TRUE(decoded.events.empty()) << to;
    }
    const Decoded trade = agreed(replaced(kTrade, "\"t\":", "\"t\";"));
    EXPECT_EQ(trade.channel, Channel::trade);
    EXPECT_EQ(trade.symbol, SymbolIndex{0});
    EXPECT_TRUE(trade.events.empty());
}

TEST_F(DecoderTest, TellsTheTableHowFineTheUnitsOfARefusedDepthFrameWouldHaveToBe) {
    const std::string levels = R"([["86640.8","1.32076"]])";
    const auto refuse = [&](const std::string& bids, Errc errc) {
        expect_bad_depth(replaced(kDepth, levels, bids), errc, 1);
        return table_.take_needed(1);
    };
    constexpr std::int8_t kNone = UnitsNeeded::kNone;
    EXPECT_EQ(refuse(R"([["86640.85","1.32076"],["86640.8125","1.3"]])", Errc::off_tick), (UnitsNeeded{-4, kNone}));
    EXPECT_EQ(refuse(R"([["86640.8","1.320765"]])", Errc::off_tick), (UnitsNeeded{kNone, -6}));
    EXPECT_EQ(refuse(R"([["0.0000000000000000000001","1.320765"]])", Errc::off_tick),
              (UnitsNeeded{kNone, -6, true, false}));
    EXPECT_EQ(refuse(R"([["86640.8","99999999999999999999"]])", Errc::overflow),
              (UnitsNeeded{kNone, kNone, false, true}));
    EXPECT_EQ(refuse(R"([["86640.8","-1"]])", Errc::not_a_number), UnitsNeeded{});
    EXPECT_EQ(refuse(R"([["86640.8"]])", Errc::malformed), UnitsNeeded{});
    (void)agreed(kDepth);
    (void)agreed(replaced(kTrade, "218.50", "218.505"));  // what rests in the book, depth tells
    EXPECT_EQ(table_.take_needed(1), UnitsNeeded{});
    EXPECT_EQ(table_.take_needed(0), UnitsNeeded{});
}

TEST_F(DecoderTest, ReadsALevelOffTheGridOnceItsMarketIsCountedMoreFinely) {
    const std::string frame = replaced(kDepth, "86640.8", "86640.85");
    expect_bad_depth(frame, Errc::off_tick, 1);
    table_.replace(1, table_[1].refined({{1, -2}, {1, -5}}));
    EXPECT_EQ(table_.take_needed(1), UnitsNeeded{}) << "of the units before";
    const Decoded decoded = agreed(frame);
    ASSERT_EQ(decoded.events.size(), 1u);
    EXPECT_EQ(decoded.events[0].price.ticks, 8'664'085);
    EXPECT_EQ(decoded.events[0].units, 1);
    EXPECT_EQ(table_[1].listed_grid(), (Grid{{1, -1}, {1, -5}}));
}

}  // namespace
}  // namespace daypack::core
