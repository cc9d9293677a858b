// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <thread>

#include "tests/sim/sim_client.h"
#include "tests/sim/sim_follower.h"
#include "tests/sim/sim_setup.h"
#include "tools/sim/exchange.h"
#include "tools/sim/market/market.h"

namespace daypack::core::sim {
namespace {

// The bytes with every number, name of a market and list of levels made the same: what is left is the form.
std::string form_of(std::string text, const std::string& symbol) {
    for (std::size_t at; (at = text.find(symbol)) != std::string::npos;) text.replace(at, symbol.size(), 1, 'S');
    std::string form;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text.compare(i, 2, "[[") == 0) {
            i = text.find("]]", i) + 1;
            form += "[levels]";
        } else if (text.compare(i, 2, "[]") == 0) {
            ++i;
            form += "[levels]";
        } else if (std::isdigit(static_cast<unsigned char>(text[i])) != 0) {
            while (i + 1 < text.size() &&
                   (std::isdigit(static_cast<unsigned char>(text[i + 1])) != 0 || text[i + 1] == '.'))
                ++i;
            form += '#';
        } else {
            form += text[i];
        }
    }
    for (const char* flag : {"\"m\":true", "\"isBuyerMaker\":true"}) {
        const std::size_t at = form.find(flag);
        if (at != std::string::npos) form.replace(form.find("true", at), 4, "false");
    }
    return form;
}

std::filesystem::path samples() {
    const char* given = std::getenv("DAYPACK_DATA");
    return std::filesystem::path(given != nullptr ? given : DAYPACK_SOURCE_DIR "/../shared/data").parent_path() /
           "wire" / "samples";
}
std::string sample(const char* name) {
    std::ifstream file(samples() / name);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
}

TEST(SimServer, RestAnswersHaveTheFormOfTheCapturedOnes) {
    if (!std::filesystem::exists(samples()))
        GTEST_SKIP() << "no captured bytes at " << samples() << "; set DAYPACK_DATA to the data beside them";
    SimOptions options = burst_of(2000);
    options.symbols = {"SOL_USDC", "SOL_USDC_PERP", "BTC_USDC_PERP"};
    Exchange exchange(options);
    Client reader(exchange.port());
    reader.upgrade();
    reader.subscribe(R"("depth.SOL_USDC")");
    ASSERT_TRUE(until([&] { return exchange.is_over("SOL_USDC"); }));
    Client client(exchange.port());
    EXPECT_EQ(form_of(client.get("/api/v1/market?symbol=BTC_USDC_PERP").body, "BTC_USDC_PERP"),
              form_of(sample("rest_market_BTC_USDC_PERP.json"), "BTC_USDC_PERP"));
    EXPECT_EQ(form_of(client.get("/api/v1/depth?symbol=SOL_USDC&limit=20").body, "SOL_USDC"),
              form_of(sample("rest_depth_SOL_USDC_limit20.json"), "SOL_USDC"));
    const std::string trades = form_of(sample("rest_trades_SOL_USDC_limit10.json"), "SOL_USDC");
    EXPECT_EQ(form_of(client.get("/api/v1/trades?symbol=SOL_USDC&limit=1").body, "SOL_USDC"),
              trades.substr(0, trades.find('}') + 1) + "]");
    const std::string spot = sample("rest_markets_spot_excerpt.json");
    const std::string all = client.get("/api/v1/markets?marketType=SPOT").body;
    const std::size_t first_end = spot.find("},{\"baseSymbol");
    EXPECT_EQ(form_of(all.substr(0, all.size() - 1), "SOL_USDC"), form_of(spot.substr(0, first_end + 1), "SOL_USDC"));
}

TEST(SimServer, FramesHaveTheFormOfTheCapturedOnes) {
    if (!std::filesystem::exists(samples()))
        GTEST_SKIP() << "no captured bytes at " << samples() << "; set DAYPACK_DATA to the data beside them";
    std::set<std::string> captured;
    std::ifstream file(samples() / "ws_public_SOL_USDC_94_frames.jsonl");
    for (std::string line; std::getline(file, line);) captured.insert(form_of(line, "SOL_USDC"));
    std::ifstream misc(samples() / "ws_frames_misc.jsonl");
    for (std::string line; std::getline(misc, line);) {
        if (line.find("\"s\":\"SOL_USDC\"") != std::string::npos) captured.insert(form_of(line, "SOL_USDC"));
    }
    Exchange exchange(burst_of(3000));
    Client client(exchange.port());
    client.upgrade();
    client.subscribe(R"("depth.SOL_USDC","trade.SOL_USDC","bookTicker.SOL_USDC")");
    std::set<std::string> seen;
    for (int i = 0; i < 3000; ++i) {
        const std::string form = form_of(client.next().value(), "SOL_USDC");
        EXPECT_TRUE(captured.count(form)) << form;
        seen.insert(form);
    }
    EXPECT_GE(seen.size(), 3u);
}

TEST(SimServer, ASnapshotHoldsTheLevelsNearestTheTouchAscending) {
    SimOptions options = options_for({"BTC_USDC"}, 1e-6);  // nothing moves
    options.levels = 6000;
    Exchange exchange(options);
    Client client(exchange.port());
    const auto expect = [&](const std::string& limit, std::size_t levels) {
        const std::string body = client.get("/api/v1/depth?symbol=BTC_USDC" + limit).body;
        simdjson::dom::parser parser;
        const simdjson::padded_string padded(body);
        const auto document = parser.parse(padded);
        Follower follower(notation_of("BTC_USDC"));
        follower.snapshot(body);
        ASSERT_EQ(follower.book.bids.size(), levels);
        ASSERT_EQ(follower.book.asks.size(), levels);
        // The touch is at one end of each side as sent, and all of it is the top of the true book.
        const auto bids = document["bids"].get_array().value();
        EXPECT_EQ(parse_fixed(bids.at(levels - 1).at(0).get_string().value(), 1), follower.book.bids.rbegin()->first);
        EXPECT_EQ(parse_fixed(document["asks"].at(0).at(0).get_string().value(), 1), follower.book.asks.begin()->first);
        const std::string best_bids = follower.text().substr(0, follower.text().find("]],"));
        EXPECT_EQ(exchange.truth("BTC_USDC").substr(0, best_bids.size()), best_bids);
    };
    expect("&limit=5", 5);
    expect("&limit=1000", 1000);
    expect("", 5000);
}

TEST(SimServer, ListensOnTheAddressThatIsAskedFor) {
    SimOptions options;
    options.bind = "0.0.0.0";
    EXPECT_EQ(Client(Exchange(options).port()).get("/api/v1/ping").body, "pong");
    const auto refusal = [&](const char* address) -> std::string {
        options.bind = address;
        try {
            const Exchange exchange(options);
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return {};
    };
    options.bind = "127.0.0.2";
    const Exchange elsewhere(options);
    EXPECT_THROW(Client{elsewhere.port()}, std::runtime_error) << "it is at 127.0.0.1, too";
    EXPECT_NE(refusal("192.0.2.1").find("192.0.2.1, which is no address of this machine"), std::string::npos);
    EXPECT_NE(refusal("exchange").find("exchange is no address"), std::string::npos);
    options.port = elsewhere.port();
    EXPECT_NE(refusal("127.0.0.2").find("cannot listen on 127.0.0.2:"), std::string::npos);
}

TEST(SimServer, ARestartedOneIsTrustedByWhoTrustsTheKeptAuthority) {
    const auto folder = std::filesystem::temp_directory_path() / ("sim-ca-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    SimOptions options;
    options.tls = true;
    options.names = {"exchange"};
    options.ca_key = folder / "ca.key";
    std::string trusted;
    {
        const Exchange first(options);
        trusted = first.ca_pem();
    }
    const auto rights = std::filesystem::status(options.ca_key).permissions();
    EXPECT_EQ(rights, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    const Exchange second(options);
    EXPECT_EQ(Client(second.port(), trusted).get("/api/v1/ping").body, "pong");
    options.ca_key.clear();
    const Exchange stranger(options);
    EXPECT_THROW(Client(stranger.port(), trusted), std::runtime_error);
    options.tls = false;
    EXPECT_THROW(Exchange{options}, std::runtime_error) << "a name without a certificate";
    std::filesystem::remove_all(folder);
}

TEST(SimServer, WrongRequestsAreAnsweredInTheVenuesWords) {
    Exchange exchange(SimOptions{});
    Client client(exchange.port());
    const auto expect = [&](const char* target, int status, const std::string& body) {
        const auto answer = client.get(target);
        EXPECT_EQ(answer.status, status) << target;
        EXPECT_EQ(answer.body, body) << target;
    };
    const std::string limit =
        R"(failed to parse parameter `limit`: failed to parse "DepthLimit": Expect a valid enumeration value.)";
    expect("/api/v1/depth?symbol=SOL_USDC&limit=7", 400, limit);
    expect("/api/v1/depth?symbol=SOL_USDC&limit=", 400, limit);
    expect("/api/v1/depth?symbol=sol_usdc", 400,
           R"({"code":"INVALID_CLIENT_REQUEST","message":"Invalid market symbol"})");
    expect("/api/v1/market?symbol=BTC_USDT", 400,
           R"({"code":"INVALID_CLIENT_REQUEST","message":"Invalid market symbol"})");
    expect("/api/v1/depth?symbol=HNT_USDC", 404, R"({"code":"RESOURCE_NOT_FOUND","message":"Not Found"})");
    expect("/api/v2/depth", 404, "404 not found");
    expect("/api/v1/ping", 200, "pong");
    expect("/api/v1/status", 200, R"({"message":null,"status":"Ok"})");
    EXPECT_EQ(client.get("/api/v1/time").body.size(), 13u);
    EXPECT_NE(client.get("/api/v1/time").head.find("text/plain"), std::string::npos);
    EXPECT_EQ(client.get("/api/v1/depth?symbol=AAPL%2EUS_USDC").status, 200);
}

TEST(SimServer, WrongSubscriptionsAreAnsweredInTheVenuesWordsAndRightOnesNotAtAll) {
    Exchange exchange(options_for({"SOL_USDC", "HNT_USDC"}, 1e-6));
    Client client(exchange.port());
    client.upgrade("/any/path");
    client.send_text("hello");
    EXPECT_EQ(client.next(), R"({"id":null,"error":{"code":4002,"message":"Parse error"}})");
    client.send_text(R"({"method":"LIST","params":[]})");
    EXPECT_EQ(client.next(), R"({"id":null,"error":{"code":4002,"message":"Parse error"}})");
    client.subscribe(R"("deep.SOL_USDC")");
    EXPECT_EQ(client.next(), R"({"id":null,"error":{"code":4006,"message":"Invalid stream"}})");
    client.subscribe(R"("depth.100ms.SOL_USDC")");
    EXPECT_EQ(client.next(), R"({"id":null,"error":{"code":4008,"message":"Invalid depth window"}})");
    client.subscribe(R"("account.orderUpdate")");
    EXPECT_EQ(client.next(), R"({"id":null,"error":{"code":4003,"message":"Invalid signature"}})");
    client.subscribe(
        R"("depth.SOL_USDC","depth.HNT_USDC","depth.NO_SUCH","depth.5.SOL_USDC","kline.1m.SOL_USDC","markPrice.SOL_USDC")");
    EXPECT_TRUE(client.is_quiet(100));
    EXPECT_EQ(exchange.statistics().subscriptions, 1u);
}

TEST(SimServer, TellsMarkPricesFiguresOfTheDayAndLiquidationsAsTheVenueDoes) {
    Exchange exchange(options_for({"SOL_USDC", "SOL_USDC_PERP"}, 2000));
    Client client(exchange.port());
    client.upgrade();
    client.subscribe(
        R"("markPrice.SOL_USDC_PERP","markPrice.SOL_USDC","ticker.SOL_USDC","liquidation","trade.SOL_USDC_PERP")");
    std::map<std::string, std::string> first;  // frame of each stream
    while (first.size() < 4) {
        const auto frame = client.next();
        ASSERT_TRUE(frame);
        const std::size_t at = frame->find("\"stream\":\"") + 10;
        first.emplace(frame->substr(at, frame->find('"', at) - at), *frame);
    }
    const auto has = [&](const std::string& stream, std::initializer_list<const char*> parts) {
        for (const char* part : parts) {
            EXPECT_NE(first[stream].find(part), std::string::npos) << stream << ": " << part << " in " << first[stream];
        }
    };
    has("markPrice.SOL_USDC_PERP", {R"({"data":{"E":1)", R"(,"T":1)", R"("e":"markPrice","f":"0.0000125","i":")",
                                    R"(","n":1)", R"(,"p":")", R"("s":"SOL_USDC_PERP"})"});
    has("ticker.SOL_USDC", {R"({"data":{"E":1)", R"(,"V":")", R"(","c":")", R"(","e":"ticker","h":")", R"(","n":)",
                            R"("s":"SOL_USDC","v":")"});
    has("liquidation",
        {R"(,"S":")", R"(","T":1)", R"("e":"liquidation","p":")", R"(","q":")", R"("s":"SOL_USDC_PERP"})"});
}

TEST(SimServer, AFollowersBookIsTheTruthAtEveryNumber) {
    for (const bool tls : {false, true}) {
        SimOptions options = options_for({"BTC_USDC", "kBONK_USDC_PERP"}, 2000);
        options.tls = tls;
        options.levels = 300;  // so that a sanitizer's build compares them in time
        Exchange exchange(options);
        Client client(exchange.port(), exchange.ca_pem());
        client.upgrade();
        client.subscribe(R"("depth.kBONK_USDC_PERP")");
        const std::string first = client.next().value();  // subscribed: the snapshot can only be newer
        Follower follower(notation_of("kBONK_USDC_PERP"));
        follower.snapshot(Client(exchange.port(), exchange.ca_pem()).get("/api/v1/depth?symbol=kBONK_USDC_PERP").body);
        follower.frame(first);
        int compared = 0;
        while (compared < 300) {
            if (!follower.frame(client.next().value())) continue;
            ASSERT_EQ(follower.text(), exchange.truth("kBONK_USDC_PERP", follower.u));
            ++compared;
        }
        EXPECT_EQ(follower.gaps, 0u);
        std::string target = "/_sim/truth?symbol=kBONK_USDC_PERP&u=";
        target += std::to_string(follower.u);
        EXPECT_EQ(Client(exchange.port(), exchange.ca_pem()).get(target).body, follower.text());
    }
}

TEST(SimServer, AnAggregatedStreamLeadsToTheSameTruth) {
    SimOptions options = burst_of(40'000);
    options.levels = 1000;
    Exchange exchange(options);
    Client client(exchange.port());
    Follower follower(notation_of("SOL_USDC"));
    follower.snapshot(client.get("/api/v1/depth?symbol=SOL_USDC").body);
    client.upgrade();
    client.subscribe(R"("depth.200ms.SOL_USDC")");
    int frames = 0;
    while (follower.u < exchange.last_u("SOL_USDC") || !exchange.is_over("SOL_USDC")) {
        const std::string frame = client.next().value();
        EXPECT_NE(frame.find(R"("stream":"depth.200ms.SOL_USDC")"), std::string::npos);
        EXPECT_NE(frame.find(R"("e":"depth")"), std::string::npos);
        ASSERT_TRUE(follower.frame(frame));
        EXPECT_LT(follower.last_seen_first_u, follower.u);
        ASSERT_EQ(follower.text(), exchange.truth("SOL_USDC", follower.u));
        ++frames;
    }
    EXPECT_EQ(follower.gaps, 0u);
    EXPECT_GE(frames, 2);
    EXPECT_LE(frames, 10);  // 0.4 s of the venue's time
}

TEST(SimServer, ABurstArrivesWholeAndInOrderThoughTheReaderDawdles) {
    Exchange exchange(burst_of(20'000, {"SOL_USDC", "ETH_USDC"}));
    Client client(exchange.port());
    Follower follower(notation_of("SOL_USDC"));
    follower.snapshot(client.get("/api/v1/depth?symbol=SOL_USDC").body);
    client.upgrade();
    client.subscribe(R"("depth.SOL_USDC","depth.ETH_USDC","trade.SOL_USDC","bookTicker.SOL_USDC")");
    ASSERT_TRUE(until([&] { return exchange.statistics().frames_sent > 1000; }));  // while nothing is read
    int of_sol = 0, of_eth = 0;
    while (of_sol < 20'000 || of_eth < 20'000) {
        const std::string frame = client.next().value();
        if (frame.find(R"("stream":"depth.SOL)") != std::string::npos) {
            ASSERT_TRUE(follower.frame(frame));
            ++of_sol;
        }
        of_eth += frame.find(R"("stream":"depth.ETH)") != std::string::npos;
    }
    ASSERT_TRUE(until([&] { return exchange.is_over("SOL_USDC"); }));
    EXPECT_EQ(follower.gaps, 0u);
    EXPECT_EQ(follower.text(), exchange.truth("SOL_USDC"));
    EXPECT_LT(exchange.statistics().unsent_bytes_peak, 200'000u) << "the reader did not set the pace";
}

TEST(SimServer, AReaderThatFallsTooFarBehindIsClosedAndNotSkipped) {
    SimOptions options = options_for({"SOL_USDC"}, 50'000);
    options.unread_bytes_max = 100'000;
    Exchange exchange(options);
    Client client(exchange.port());
    client.upgrade();
    client.subscribe(R"("depth.SOL_USDC")");
    ASSERT_TRUE(until([&] { return exchange.statistics().readers_closed == 1; }));
    Follower follower(notation_of("SOL_USDC"));
    follower.frame(client.next().value());
    follower.gaps = 0;
    while (const auto frame = client.next()) follower.frame(*frame);
    EXPECT_EQ(follower.gaps, 0u);
    EXPECT_EQ(exchange.statistics().connections, 0u);
}

TEST(SimServer, SubscribingAgainChangesNothingAndUnsubscribingEndsIt) {
    Exchange exchange(options_for({"SOL_USDC", "ETH_USDC"}, 500));
    Client client(exchange.port());
    client.upgrade();
    client.subscribe(R"("depth.SOL_USDC","depth.SOL_USDC")");
    client.subscribe(R"("depth.SOL_USDC")");
    std::uint64_t last_u = 0;
    Follower follower(notation_of("SOL_USDC"));
    for (int i = 0; i < 200; ++i) {
        follower.frame(client.next().value());
        EXPECT_GT(follower.u, last_u);
        last_u = follower.u;
    }
    client.send_text(R"({"method":"UNSUBSCRIBE","params":["depth.SOL_USDC"]})");
    ASSERT_TRUE(until([&] { return exchange.statistics().subscriptions == 0; }));
    client.subscribe(R"("depth.ETH_USDC")");
    std::string frame;
    do frame = client.next().value();
    while (frame.find("depth.SOL") != std::string::npos);
    for (int i = 0; i < 50; ++i) EXPECT_NE(client.next()->find("depth.ETH_USDC"), std::string::npos);
}

TEST(SimServer, PingsItsReaders) {
    SimOptions options = options_for({"SOL_USDC"}, 200);
    options.ping_interval_ms = 50;
    Exchange exchange(options);
    Client client(exchange.port());
    client.upgrade();
    client.subscribe(R"("depth.SOL_USDC")");
    for (int i = 0; i < 5000 && client.pings < 3; ++i) ASSERT_TRUE(client.next());
    EXPECT_GE(client.pings, 3u);
}

TEST(SimServer, SaysGoodbyeAndEndsAtOnce) {
    Exchange exchange(options_for({"SOL_USDC"}, 500));
    Client client(exchange.port());
    client.upgrade();
    client.subscribe(R"("depth.SOL_USDC")");
    ASSERT_TRUE(client.next());
    const auto before = std::chrono::steady_clock::now();
    exchange.stop();
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(5));
    while (client.next()) {
    }
    EXPECT_EQ(client.close_code, 1001);
    EXPECT_NE(exchange.truth("SOL_USDC"), "");
    EXPECT_THROW(Client(exchange.port()), std::runtime_error);
}

TEST(SimServer, APortThatIsTakenIsSaidSo) {
    Exchange exchange(options_for({"SOL_USDC"}, 1));
    SimOptions options = options_for({"SOL_USDC"}, 1);
    options.port = exchange.port();
    EXPECT_THROW(Exchange{options}, std::runtime_error);
}

}  // namespace
}  // namespace daypack::core::sim
