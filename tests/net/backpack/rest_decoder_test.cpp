// SPDX-License-Identifier: MIT
#include "net/backpack/rest_decoder.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <random>

#include "net/backpack/rest_depth.h"
#include "tests/net/backpack/frames.h"

namespace daypack::core {
namespace {

const Instrument kSol{"SOL_USDC", "SOL-USDC", {1, -2}, {1, -2}};

std::string captured_body(const std::string& name) {
    std::string body;
    for (const std::string& line : captured_lines(name)) body += line;
    return body;
}

std::string joined(std::initializer_list<std::string_view> parts) {
    std::string all;
    for (const std::string_view part : parts) all.append(part);
    return all;
}

std::string row(const std::string& symbol, const std::string& tick, const std::string& step, const std::string& rest) {
    return joined({"{\"symbol\":", symbol, ",\"filters\":{\"quantity\":{\"stepSize\":", step,
                   ",\"minQuantity\":\"1\"},",
                   "\"price\":{\"meanMarkPriceBand\":{\"tickSize\":\"7\"},\"tickSize\":", tick, "}}", rest, "}"});
}

TEST(RestDecoder, ReadsTheCapturedMarkets) {
    const std::string body = captured_body("rest_markets_spot_excerpt.json");
    DAYPACK_SKIP_WITHOUT(body);
    const MarketList list = parse_markets(body);
    EXPECT_TRUE(list.skipped.empty());
    ASSERT_EQ(list.markets.size(), 4u);
    const Market& sol = list.markets[0];
    EXPECT_EQ(sol.native, "SOL_USDC");
    EXPECT_EQ(sol.tick, (Unit{1, -2}));
    EXPECT_EQ(sol.step, (Unit{1, -2}));
    EXPECT_EQ(sol.halted, Reason::none);
    EXPECT_TRUE(sol.visible);
    EXPECT_EQ(sol.market_type, "SPOT");
    EXPECT_EQ(list.markets[1].native, "HNT_USDC");
    EXPECT_EQ(list.markets[1].halted, Reason::closed);
    EXPECT_EQ(list.markets[2].native, "BONK_USDC");
    EXPECT_EQ(list.markets[2].tick, (Unit{1, -9}));
    EXPECT_EQ(list.markets[2].step, (Unit{1, 4}));
    EXPECT_EQ(list.markets[3].tick, (Unit{1, -1}));
    EXPECT_EQ(list.markets[3].step, (Unit{1, -5}));
}

TEST(RestDecoder, TakesASingleMarketForAListOfOne) {
    for (const char* name : {"BTC", "SOL"}) {
        const std::string body = captured_body(std::string("rest_market_") + name + "_USDC_PERP.json");
        DAYPACK_SKIP_WITHOUT(body);
        const MarketList list = parse_markets(body);
        EXPECT_TRUE(list.skipped.empty());
        ASSERT_EQ(list.markets.size(), 1u);
        EXPECT_EQ(list.markets[0].native, std::string(name) + "_USDC_PERP");
        EXPECT_EQ(list.markets[0].market_type, "PERP");
    }
}

TEST(RestDecoder, TakesNoOtherMarketForTheOneThatWasAskedFor) {
    const std::string body = row("\"A_B\"", "\"1\"", "\"1\"", "");
    std::string why;
    EXPECT_TRUE(parse_market(body, "A_B", why));
    EXPECT_EQ(why, "");
    EXPECT_FALSE(parse_market(body, "A_C", why));
    EXPECT_EQ(why, "the answer is about A_B");
    EXPECT_FALSE(parse_market("<html>Busy</html>", "A_B", why));
    EXPECT_EQ(why, "no list of markets: Busy");
    EXPECT_FALSE(parse_market("[]", "A_B", why));
    EXPECT_EQ(why, "no market in the answer");
}

TEST(RestDecoder, OnlyTheVenuesOwnCodeSaysThatThereIsNoSuchMarket) {
    const std::string invalid = R"({"code":"INVALID_CLIENT_REQUEST","message":"Invalid market symbol"})";
    EXPECT_TRUE(denies_market(400, invalid));
    EXPECT_TRUE(denies_market(404, R"({"code":"RESOURCE_NOT_FOUND","message":"Not Found"})"));
    EXPECT_TRUE(denies_market(400, R"({"code":"INVALID_MARKET","message":""})"));
    EXPECT_FALSE(denies_market(503, invalid));
    EXPECT_FALSE(denies_market(400, R"({"code":"INVALID_CLIENT_REQUEST","message":"Invalid signature"})"));
    EXPECT_FALSE(denies_market(400, R"({"code":"TRADING_PAUSED","message":"market symbol"})"));
    EXPECT_FALSE(denies_market(404, "404 not found"));
    EXPECT_FALSE(denies_market(404, "<html>not found</html>"));
    EXPECT_FALSE(denies_market(404, ""));
}

TEST(RestDecoder, KnowsTheStatesOfAMarketAndTakesNoOtherForOpen) {
    const auto halted = [](const std::string& state) {
        const MarketList list = parse_markets(row("\"A_B\"", "\"1\"", "\"1\"", state));
        EXPECT_EQ(list.markets.size(), 1u);
        return list.markets.empty() ? Reason::none : list.markets[0].halted;
    };
    EXPECT_EQ(halted(R"(,"orderBookState":"Open")"), Reason::none);
    EXPECT_EQ(halted(R"(,"orderBookState":"Closed")"), Reason::closed);
    EXPECT_EQ(halted(R"(,"orderBookState":"CancelOnly")"), Reason::cancel_only);
    EXPECT_EQ(halted(R"(,"orderBookState":"LimitOnly")"), Reason::limit_only);
    EXPECT_EQ(halted(R"(,"orderBookState":"PostOnly")"), Reason::post_only);
    EXPECT_EQ(halted(R"(,"orderBookState":"Paused")"), Reason::not_open);
    EXPECT_EQ(halted(R"(,"orderBookState":null)"), Reason::not_open);
    EXPECT_EQ(halted(""), Reason::not_open);
}

TEST(RestDecoder, LeavesOutARowThatCannotBeReadAndKeepsTheOthers) {
    const std::string good = R"("0.1")";
    const MarketList list = parse_markets(joined(
        {"[", row("\"A_B\"", good, good, ",\"visible\":false"), ",7,", row("\"BAD_TICK\"", "\"0\"", good, ""), ",",
         row("\"NUMBER_TICK\"", "0.1", good, ""), ",", row("\"NO_STEP\"", good, "null", ""), ",",
         row("null", good, good, ""), ",", row("\"bad name\"", good, good, ""), ",{},{\"symbol\":\"NO_FILTERS\"},",
         row("\"BIG_NUMBER\"", good, good, ",\"x\":123456789012345678901234567890,\"y\":1e999"), ",",
         row("\"AAPL.US_USDC_PERP\"", good, "\"0.01\"", ""), "]"}));
    ASSERT_EQ(list.markets.size(), 3u);
    EXPECT_EQ(list.markets[0].native, "A_B");
    EXPECT_FALSE(list.markets[0].visible);
    EXPECT_EQ(list.markets[0].tick, (Unit{1, -1}));
    EXPECT_EQ(list.markets[1].native, "BIG_NUMBER");
    EXPECT_EQ(list.markets[2].native, "AAPL.US_USDC_PERP");
    ASSERT_EQ(list.skipped.size(), 8u);
    EXPECT_EQ(list.skipped[0], "market without a name is left out: not an object");
    EXPECT_EQ(list.skipped[1], "market BAD_TICK is left out: tickSize \"0\" is not_a_number");
    EXPECT_EQ(list.skipped[2], "market NUMBER_TICK is left out: no filters.price.tickSize");
    EXPECT_EQ(list.skipped[3], "market NO_STEP is left out: no filters.quantity.stepSize");
    EXPECT_EQ(list.skipped[4], "market without a name is left out: no symbol");
    EXPECT_EQ(list.skipped[5], "market bad name is left out: not a name that can be published");
}

TEST(RestDecoder, SaysWhatStandsInPlaceOfAListOfMarkets) {
    for (const auto& [body, words] : {std::pair{"<html>\n<h1>503 Busy</h1>", "no list of markets: 503 Busy"},
                                      std::pair{"", "no list of markets: an empty answer"},
                                      std::pair{"\"text\"", "no list of markets: \"text\""}}) {
        const MarketList list = parse_markets(body);
        EXPECT_TRUE(list.markets.empty());
        ASSERT_EQ(list.skipped.size(), 1u) << body;
        EXPECT_EQ(list.skipped[0], words);
    }
    EXPECT_FALSE(parse_markets(R"({"code":"SERVER_ERROR","message":"no"})").skipped.empty());
    const std::string one = row("\"A_B\"", "\"1\"", "\"1\"", "");
    const std::string whole = joined({"[", one, ",", one, "]"});
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(parse_markets(whole.substr(0, size)).skipped.empty()) << whole.substr(0, size);
    }
}

TEST(RestDecoder, ReadsTheCapturedTrades) {
    const std::string body = captured_body("rest_trades_SOL_USDC_limit10.json");
    DAYPACK_SKIP_WITHOUT(body);
    std::vector<RestTrade> trades;
    ASSERT_EQ(parse_trades(body, kSol, trades), Errc::ok);
    ASSERT_EQ(trades.size(), 10u);
    EXPECT_EQ(trades[0].id, 381'731'418u);
    EXPECT_EQ(trades[0].price.ticks, 10'067);
    EXPECT_EQ(trades[0].quantity.steps, 22);
    EXPECT_EQ(trades[0].aggressor, Side::bid);
    EXPECT_EQ(trades[0].time.us, 1'788'285'123'140'000);
    EXPECT_EQ(trades[1].aggressor, Side::ask);  // the buyer was the maker
    EXPECT_TRUE(std::is_sorted(trades.begin(), trades.end(), [](auto& a, auto& b) { return a.id > b.id; }));
}

TEST(RestDecoder, ReadsATradeWithoutAnId) {
    std::vector<RestTrade> trades;
    const std::string trade = R"({"isBuyerMaker":true,"price":"1","quantity":"2","timestamp":3})";
    ASSERT_EQ(parse_trades(joined({"[", trade, "]"}), kSol, trades), Errc::ok);
    EXPECT_EQ(trades[0].id, 0u);
    EXPECT_EQ(parse_trades("[]", kSol, trades), Errc::ok);
    EXPECT_TRUE(trades.empty());
    for (const char* body : {"", "{}", "[1]", "[{}]", R"([{"isBuyerMaker":true,"price":"1","quantity":"2"}])",
                             R"([{"isBuyerMaker":1,"price":"1","quantity":"2","timestamp":3}])",
                             R"([{"isBuyerMaker":true,"price":"1","quantity":"2","timestamp":9223372036854775807}])"}) {
        EXPECT_NE(parse_trades(body, kSol, trades), Errc::ok) << body;
    }
}

TEST(RestDecoder, ReadsStatusAndTime) {
    const auto ok = parse_status(R"({"message":null,"status":"Ok"})");
    ASSERT_TRUE(ok);
    EXPECT_FALSE(ok->maintenance);
    EXPECT_EQ(ok->message, "");
    const auto down = parse_status(R"({"status":"Maintenance","message":"back at 5"})");
    ASSERT_TRUE(down);
    EXPECT_TRUE(down->maintenance);
    EXPECT_EQ(down->message, "back at 5");
    for (const char* body : {"", "pong", "[]", "{}", R"({"status":null})"}) EXPECT_FALSE(parse_status(body)) << body;

    for (const char* body : {"1788285151083", " 1788285151083\n"}) {
        const auto time = parse_time(body);
        ASSERT_TRUE(time) << body;
        EXPECT_EQ(time->us, 1'788'285'151'083'000);
    }
    for (const char* body : {"", " ", "pong", "-1", "1.5", "1788285151083x", "9223372036854775807", "{}"}) {
        EXPECT_FALSE(parse_time(body)) << body;
    }
}

TEST(RestDecoder, PutsAnyErrorIntoOneShortLine) {
    EXPECT_EQ(parse_error(R"({"code":"INVALID_CLIENT_REQUEST","message":"Invalid market symbol"})"),
              "INVALID_CLIENT_REQUEST: Invalid market symbol");
    EXPECT_EQ(parse_error(R"({"message":"only words"})"), "only words");
    EXPECT_EQ(parse_error(R"({"code":"TOO_MANY_REQUESTS"})"), "TOO_MANY_REQUESTS");
    EXPECT_EQ(parse_error(R"({"other":1})"), R"({"other":1})");
    EXPECT_EQ(parse_error("404 not found"), "404 not found");
    EXPECT_EQ(parse_error("failed to parse parameter `limit`\nmore"), "failed to parse parameter `limit`");
    EXPECT_EQ(parse_error("<!DOCTYPE html>\n<html>\n  <head><title>403 Forbidden</title></head>\n<body>x"),
              "403 Forbidden");
    EXPECT_EQ(parse_error(""), "an empty answer");
    EXPECT_EQ(parse_error("<html></html>"), "an empty answer");
    EXPECT_EQ(parse_error(std::string(5'000, 'x')), std::string(160, 'x') + "...");
    EXPECT_TRUE(rc::check([] {
        const std::string words = parse_error(*rc::gen::container<std::string>(rc::gen::arbitrary<char>()));
        RC_ASSERT(!words.empty());
        RC_ASSERT(std::all_of(words.begin(), words.end(), [](char c) { return c >= ' ' && c <= '~'; }));
    }));
}

TEST(RestDecoder, SurvivesMutilatedBodies) {
    std::mt19937_64 random(7);
    const std::vector<std::string> bodies = {
        row("\"A_B\"", "\"1\"", "\"1\"", ",\"orderBookState\":\"Open\""),
        R"({"asks":[["1","1"]],"bids":[["0.5","1"]],"lastUpdateId":"42","timestamp":1790915412979224})",
        R"([{"id":1,"isBuyerMaker":true,"price":"1","quantity":"2","timestamp":3}])",
        R"({"message":null,"status":"Ok"})"};
    for (int i = 0; i < 20'000; ++i) {
        std::string body = bodies[random() % bodies.size()];
        for (int changes = 0; changes < 3; ++changes) {
            body[random() % body.size()] =
                random() % 2 == 0 ? static_cast<char>(random()) : "\"{}[]:,\\0"[random() % 9];
        }
        Snapshot snapshot;
        std::vector<RestTrade> trades;
        const MarketList list = parse_markets(body);
        EXPECT_LE(list.markets.size(), 1u);
        const DepthRefusal refusal = parse_depth(body, kSol, snapshot);
        EXPECT_TRUE(refusal || snapshot.asks.size() + snapshot.bids.size() <= 2) << body;
        EXPECT_EQ(bool(refusal), !refusal.words.empty()) << body;
        EXPECT_TRUE(
            std::all_of(refusal.words.begin(), refusal.words.end(), [](char c) { return c >= ' ' && c <= '~'; }));
        (void)depth_grid(body, kSol);
        (void)parse_trades(body, kSol, trades);
        (void)parse_status(body);
        EXPECT_FALSE(parse_error(body).empty());
    }
}

}  // namespace
}  // namespace daypack::core
