// SPDX-License-Identifier: MIT
// What the simulated exchange's REST does to mislead a client: answers of another market, old lists, states, and every
// make-up of an answer.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/sim/sim_client.h"
#include "tests/sim/sim_follower.h"
#include "tests/sim/sim_setup.h"
#include "tools/sim/exchange.h"

namespace daypack::core::sim {
namespace {

constexpr const char* kSnapshot = "/api/v1/depth?symbol=SOL_USDC";
constexpr const char* kMarket = "/api/v1/market?symbol=SOL_USDC";

SimOptions quiet(std::vector<std::string> symbols, std::vector<std::string> faults) {
    SimOptions options = options_for(std::move(symbols), 1e-6);  // nothing moves
    options.levels = 50;
    options.faults = std::move(faults);
    return options;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST(SimRestFault, InterimAnswersComeBeforeTheRightOne) {
    Exchange exchange(quiet({"SOL_USDC"}, {"rest:how=103,times=2", "rest@3:how=100", "upgrade:how=103"}));
    Client client(exchange.port());
    const std::string right = Client(exchange.port()).get(kMarket).body;
    for (const int interim : {1, 1, 0}) {
        const auto answer = client.get(kMarket);
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.interim, interim);
        EXPECT_EQ(answer.body, right);
    }
}

TEST(SimRestFault, RefusalsAreInTheWordsOfTheVenueAndOfItsEdge) {
    struct Row {
        const char* how;
        int status;
        const char* body;
        const char* head;
    };
    for (const Row& row : {Row{"paused", 400, R"("code":"TRADING_PAUSED")", "application/json"},
                           Row{"maintenance", 503, R"("code":"MAINTENANCE")", "application/json"},
                           Row{"too_early", 425, R"("code":"TOO_EARLY")", "application/json"},
                           Row{"waf", 403, "Request blocked.", "X-Cache: Error from cloudfront"},
                           Row{"region", 403, "block access from your country", "X-Cache: Error from cloudfront"}}) {
        Exchange exchange(quiet({"SOL_USDC"}, {std::string("rest:path=depth,how=") + row.how}));
        Client client(exchange.port());
        const auto answer = client.get(kSnapshot);
        EXPECT_EQ(answer.status, row.status) << row.how;
        EXPECT_TRUE(contains(answer.body, row.body)) << answer.body;
        EXPECT_TRUE(contains(answer.head, row.head)) << answer.head;
        EXPECT_EQ(client.get(kSnapshot).status, 200);
    }
}

TEST(SimRestFault, ASnapshotIsWrittenAsNoneShouldBe) {
    const auto body_of = [](const char* how) {
        Exchange exchange(quiet({"SOL_USDC"}, {std::string("rest:how=") + how}));
        return Client(exchange.port()).get(kSnapshot);
    };
    const std::string right = Client(Exchange(quiet({"SOL_USDC"}, {})).port()).get(kSnapshot).body;
    const std::string first = right.substr(right.find("[[") + 1, right.find(']') - right.find("[["));
    const auto gzip = body_of("gzip");
    EXPECT_TRUE(gzip.body.starts_with("\x1f\x8b"));
    EXPECT_TRUE(contains(gzip.head, "Content-Encoding: gzip"));
    EXPECT_TRUE(body_of("bom").body.starts_with("\xEF\xBB\xBF{\"asks\""));
    EXPECT_TRUE(contains(body_of("third").body, first.substr(0, first.size() - 1) + ",\"1\"]"));
    EXPECT_TRUE(contains(body_of("duplicate").body, first + "," + first));
    const std::string price = first.substr(2, first.find('"', 2) - 2);
    EXPECT_TRUE(contains(body_of("off_tick").body, "[[\"" + price));
    EXPECT_FALSE(contains(body_of("off_tick").body, "[[\"" + price + "\""));
    EXPECT_TRUE(contains(body_of("off_step").body, "[[\"" + price + "\",\""));
    EXPECT_FALSE(contains(body_of("off_step").body, first));
}

TEST(SimRestFault, AnAnswerComesTwiceAndIsThereForTheNextRequest) {
    Exchange exchange(quiet({"SOL_USDC", "ETH_USDC"}, {"rest:how=twice"}));
    Client client(exchange.port());
    const std::string first = client.get(kMarket).body;
    EXPECT_EQ(client.get("/api/v1/market?symbol=ETH_USDC").body, first) << "what was left over is not there";
}

TEST(SimRestFault, AnotherMarketsAnswersComeOnceOrForATime) {
    Exchange exchange(quiet({"SOL_USDC", "ETH_USDC", "BTC_USDC"}, {"rest@2:how=other,path=depth,as=BTC_USDC"}));
    Client client(exchange.port());
    const auto last_id = [&](const char* target) {
        const std::string body = client.get(target).body;
        return body.substr(body.find("lastUpdateId"), 28);
    };
    const std::string of_sol = last_id(kSnapshot);
    const std::string mixed_up = last_id(kSnapshot);
    EXPECT_EQ(mixed_up, last_id("/api/v1/depth?symbol=BTC_USDC"));
    EXPECT_EQ(last_id(kSnapshot), of_sol);
    exchange.inject(Fault::parse("rest:how=other,path=depth,symbol=SOL_USDC,for_ms=200"));
    EXPECT_EQ(last_id(kSnapshot), last_id("/api/v1/depth?symbol=ETH_USDC"));
    EXPECT_TRUE(contains(client.get(kMarket).body, "SOL_USDC"));
    EXPECT_TRUE(until([&] { return last_id(kSnapshot) == of_sol; }));
}

TEST(SimRestFault, AnOldReplicaTellsTheNumberingBeforeWithALaterTime) {
    SimOptions options = burst_of(400);
    options.faults = {"restart@200:by=-1000", "stale@2:of=past,by_ms=5000"};
    Exchange exchange(options);
    Client reader(exchange.port());
    reader.upgrade();
    reader.subscribe(R"("depth.SOL_USDC")");
    ASSERT_TRUE(until([&] { return exchange.is_over("SOL_USDC"); }));
    Client client(exchange.port());
    const auto time_of = [](const std::string& body) { return std::stoll(body.substr(body.find("timestamp") + 11)); };
    Follower follower(notation_of("SOL_USDC"));
    const std::string now = client.get(kSnapshot).body;
    const std::string past = client.get(kSnapshot).body;
    follower.snapshot(now);
    EXPECT_EQ(follower.u, exchange.last_u("SOL_USDC"));
    follower.snapshot(past);
    EXPECT_GT(follower.u, exchange.last_u("SOL_USDC"));
    EXPECT_GE(time_of(past) - time_of(now), 5'000'000);
    EXPECT_EQ(follower.text(), exchange.truth("SOL_USDC", follower.u));
}

TEST(SimRestFault, TwoEdgesServeListsOfDifferentAgeWhileTheMarketIsFresh) {
    SimOptions options = burst_of(50);
    options.markets_cache_ms = 300'000;
    options.faults = {"market@20:how=CancelOnly"};
    Exchange exchange(options);
    Client client(exchange.port());
    EXPECT_TRUE(contains(client.get("/api/v1/markets").head, "X-Cache: Miss"));
    Client reader(exchange.port());
    reader.upgrade();
    reader.subscribe(R"("depth.SOL_USDC")");
    ASSERT_TRUE(until([&] { return exchange.is_over("SOL_USDC"); }));
    EXPECT_TRUE(contains(client.get(kMarket).body, R"("orderBookState":"CancelOnly")"));
    EXPECT_FALSE(contains(client.get(kMarket).head, "Age:"));
    const auto of_second = client.get("/api/v1/markets");
    const auto of_first = client.get("/api/v1/markets");
    EXPECT_TRUE(contains(of_second.body, R"("orderBookState":"CancelOnly")"));
    EXPECT_TRUE(contains(of_second.head, "Age: 150\r\n"));
    EXPECT_TRUE(contains(of_first.body, R"("orderBookState":"Open")"));
    EXPECT_TRUE(contains(of_first.head, "Age: 0\r\n") || contains(of_first.head, "Age: 1\r\n"));
    EXPECT_TRUE(contains(of_first.head, "s-maxage=300, stale-while-revalidate=600, stale-if-error=3600"));
    exchange.inject(Fault::parse("cache:for_ms=100"));
    EXPECT_TRUE(until([&] { return contains(client.get("/api/v1/markets").body, "CancelOnly"); }));
}

TEST(SimRestFault, OneListLacksAMarketThatIsThere) {
    Exchange exchange(quiet({"SOL_USDC", "ETH_USDC"}, {"listing@2:how=omitted,symbol=SOL_USDC"}));
    Client client(exchange.port());
    for (const bool there : {true, false, true}) {
        EXPECT_TRUE(contains(client.get(kMarket).body, "SOL_USDC"));
        EXPECT_EQ(contains(client.get("/api/v1/markets").body, "SOL_USDC"), there);
    }
}

TEST(SimRestFault, AMarketIsListedLater) {
    SimOptions options = quiet({"SOL_USDC", "ETH_USDC"}, {"listing:how=gone,symbol=SOL_USDC,for_ms=200"});
    options.rate = 500;
    Exchange exchange(options);
    Client client(exchange.port());
    EXPECT_FALSE(contains(client.get("/api/v1/markets").body, "SOL_USDC"));
    for (const char* target : {kMarket, kSnapshot, "/api/v1/ticker?symbol=SOL_USDC"}) {
        const auto answer = client.get(target);
        EXPECT_EQ(answer.status, 400) << target;
        EXPECT_TRUE(contains(answer.body, "Invalid market symbol"));
    }
    ASSERT_TRUE(until([&] { return client.get(kMarket).status == 200; }));
    EXPECT_TRUE(contains(client.get("/api/v1/markets").body, "SOL_USDC"));
    client.upgrade();
    client.subscribe(R"("depth.SOL_USDC")");
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(client.next());
}

TEST(SimRestFault, AMarketIsDelistedAndItsStreamIsQuiet) {
    SimOptions options = burst_of(500);
    options.faults = {"market@100:how=Unlisted"};
    Exchange exchange(options);
    Client reader(exchange.port()), client(exchange.port());
    reader.upgrade();
    reader.subscribe(R"("depth.SOL_USDC")");
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(reader.next());
    EXPECT_TRUE(reader.is_quiet(50));
    EXPECT_EQ(client.get(kSnapshot).status, 400);
    EXPECT_EQ(client.get("/api/v1/markets").body, "[]");
    EXPECT_NE(exchange.truth("SOL_USDC"), "");
}

TEST(SimRestFault, TheVenueIsInMaintenanceForATime) {
    SimOptions options = options_for({"SOL_USDC", "ETH_USDC"}, 200);
    options.faults = {"venue@3:how=PostOnly,for_ms=250"};
    options.markets_cache_ms = 0;  // the states themselves, not what a cache knows of them
    Exchange exchange(options);
    Client reader(exchange.port()), client(exchange.port());
    reader.upgrade();
    reader.subscribe(R"("depth.SOL_USDC","depth.ETH_USDC")");
    const auto all = [&](const char* state, const char* status) {
        const std::string list = client.get("/api/v1/markets").body;
        std::size_t count = 0;
        const std::string wanted = std::string(R"("orderBookState":")") + state;
        for (std::size_t at = 0; (at = list.find(wanted, at)) != std::string::npos; ++at) ++count;
        return count == 2 && contains(client.get("/api/v1/status").body, status);
    };
    EXPECT_TRUE(until([&] { return all("PostOnly", "Maintenance"); }));
    EXPECT_TRUE(until([&] { return all("Open", "Ok"); }));
}

TEST(SimRestFault, MarketsOfEveryKindStandWhereTheVenueListsThem) {
    Exchange exchange(quiet(
        {"SOL_USDC", "SOL_USDC_PERP", "FDV_USDC_PREDICTION", "BTC_USDC_IPERP", "BTC_USDC_DATED", "AAPL.US_USDC_RFQ"},
        {}));
    Client client(exchange.port());
    const auto count = [&](const std::string& query) {
        const std::string body = client.get("/api/v1/markets" + query).body;
        std::size_t rows = 0;
        for (std::size_t at = 0; (at = body.find("\"symbol\":", at)) != std::string::npos; ++at) ++rows;
        return rows;
    };
    EXPECT_EQ(count(""), 2u);
    EXPECT_EQ(count("?marketType=SPOT"), 1u);
    EXPECT_EQ(count("?marketType=SPOT&marketType=PREDICTION"), 2u);
    EXPECT_EQ(count("?marketType=SPOT&marketType=PERP&marketType=IPERP&marketType=DATED&marketType=PREDICTION"), 5u);
    EXPECT_EQ(count("?marketType=RFQ"), 0u);
    EXPECT_EQ(client.get("/api/v1/markets?marketType=MOON").status, 400);
    for (const char* symbol : {"FDV_USDC_PREDICTION", "BTC_USDC_IPERP", "BTC_USDC_DATED"}) {
        EXPECT_EQ(client.get(std::string("/api/v1/depth?symbol=") + symbol).status, 200) << symbol;
        EXPECT_TRUE(
            contains(client.get(std::string("/api/v1/market?symbol=") + symbol).body, R"("quoteSymbol":"USDC")"));
    }
    EXPECT_EQ(client.get("/api/v1/market?symbol=AAPL.US_USDC_RFQ").status, 400);
    EXPECT_TRUE(contains(client.get("/api/v1/securities").body, "AAPL.US_USDC_RFQ"));
}

TEST(SimRestFault, WhatClientsAskBeforeTheyFollowABookIsThere) {
    Exchange exchange(burst_of(2'000, {"SOL_USDC", "SOL_USDC_PERP", "FDV_USDC_PREDICTION"}));
    Client reader(exchange.port()), client(exchange.port());
    reader.upgrade();
    reader.subscribe(R"("depth.SOL_USDC","depth.SOL_USDC_PERP")");
    ASSERT_TRUE(until([&] { return exchange.is_over("SOL_USDC") && exchange.is_over("SOL_USDC_PERP"); }));
    const auto expect = [&](const char* target, const std::vector<std::string>& parts) {
        const auto answer = client.get(target);
        EXPECT_EQ(answer.status, 200) << target;
        for (const std::string& part : parts) EXPECT_TRUE(contains(answer.body, part)) << part << " in " << answer.body;
    };
    expect("/api/v1/assets", {R"("symbol":"SOL")", R"("symbol":"USDC")", R"("blockchain":"Solana")"});
    expect("/api/v1/ticker?symbol=SOL_USDC", {R"({"firstPrice":"1)", R"("symbol":"SOL_USDC","trades":")"});
    expect("/api/v1/tickers", {R"("symbol":"SOL_USDC_PERP")", R"("quoteVolume":")", R"("priceChangePercent":")"});
    expect("/api/v1/openInterest", {R"([{"openInterest":")", R"("symbol":"FDV_USDC_PREDICTION","timestamp":)"});
    expect("/api/v1/markPrices", {R"([{"fundingRate":")", R"("nextFundingTimestamp":)", R"({"markPrice":"1)",
                                  R"("symbol":"FDV_USDC_PREDICTION"})"});
    expect("/api/v1/markPrices?symbol=SOL_USDC_PERP", {R"("symbol":"SOL_USDC_PERP"}])"});
    EXPECT_EQ(client.get("/api/v1/ticker?symbol=NO_SUCH").status, 400);
}

}  // namespace
}  // namespace daypack::core::sim
