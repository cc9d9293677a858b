// SPDX-License-Identifier: MIT
#include "engine/control_thread/poller.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "net/base/clock.h"
#include "tests/net/raw_server.h"

namespace daypack::core {
namespace {

std::string trade(const std::string& id, std::int64_t time_ms, const std::string& quantity = "0.22") {
    return "{" + (id.empty() ? id : "\"id\":" + id + ",") + R"("isBuyerMaker":false,"price":"100.67","quantity":")" +
           quantity + R"(","timestamp":)" + std::to_string(time_ms) + "}";
}

// A poller of trades against a page that the test sets, newest first.
class PollerTest : public testing::Test {
  protected:
    PollerTest() {
        Instrument instrument;
        instrument.native = "SOL_USDC";
        instrument.tick = instrument.step = {1, -2};
        (void)instruments.append(std::move(instrument));
        subscriptions.set(0, true);
        RestOptions options;
        options.urls = {parse_url(server.url("http"), UrlKind::rest)};
        client = std::make_unique<RestClient>(io, options);
        api = std::make_unique<RestApi>(*client);
        make();
    }
    void make() {
        poller = std::make_unique<Poller>(Poller::Options{}, *api,
                                          Poller::Wiring{&instruments,
                                                         &subscriptions,
                                                         &reader,
                                                         {&first, &second},
                                                         [this](BookCommand command) {
                                                             auto* const trades = std::get_if<PolledTrades>(&command);
                                                             if (trades != nullptr) told = std::move(*trades);
                                                         },
                                                         [this](const std::string& text) { logged.push_back(text); }});
    }
    // How many trades the next page brings that are news.
    std::size_t poll(const std::vector<std::string>& newest_first) {
        page = "[";
        for (const auto& row : newest_first) page += (page.size() > 1 ? "," : "") + row;
        page += "]";
        told.trades.reset();
        now = now + 60'000'000'000;
        poller->do_work(now);
        EXPECT_TRUE(test::run_until(io, [&] { return told.trades && client->pending() == 0; }));
        return told.trades ? told.trades->size() : 0;
    }

    boost::asio::io_context io;
    std::string page;
    test::RawServer server{
        io, nullptr, [this](test::Peer& peer) {
            while (const auto head = peer.take_head()) {
                const bool trades = head->find("/trades") != std::string::npos;
                const std::string body = trades ? page : "{}";
                peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
            }
        }};
    InstrumentTable instruments{1};
    Subscriptions subscriptions{1};
    DepthReader reader{instruments, 5'000, [](const std::string&) {}, [](SymbolIndex, const Grid&) {}};
    LineHealth first{.up = false, .failures = 3};
    LineHealth second{.up = false, .failures = 3};
    std::vector<std::string> logged;
    std::unique_ptr<RestClient> client;
    std::unique_ptr<RestApi> api;
    std::unique_ptr<Poller> poller;
    PolledTrades told;
    MonoTime now = mono_now();
};

TEST_F(PollerTest, TradesWithoutIdsAreToldOnceByTimeContentAndCount) {
    EXPECT_EQ(poll({trade("", 20), trade("", 10)}), 0u) << "they happened before we listened";
    EXPECT_TRUE(told.opens);
    EXPECT_EQ(poll({trade("", 30), trade("", 20), trade("", 10)}), 1u);
    EXPECT_EQ(told.trades->front().time.us, 30'000);
    EXPECT_FALSE(told.opens);
    EXPECT_EQ(poll({trade("", 30), trade("", 30), trade("", 30), trade("", 20)}), 2u) << "two more like it";
    EXPECT_EQ(poll({trade("", 20), trade("", 10)}), 0u) << "a cache's older page";
    EXPECT_EQ(poll({trade("", 30, "0.23"), trade("", 30), trade("", 30), trade("", 30)}), 1u);
}

TEST_F(PollerTest, TradesWithIdsPassOldestFirst) {
    EXPECT_EQ(poll({trade("7", 20), trade("6", 10)}), 2u);
    EXPECT_EQ(told.trades->front().id, 6u);
    EXPECT_EQ(poll({trade("8", 30), trade("", 30), trade("7", 20)}), 3u);
}

TEST_F(PollerTest, WhereLinesServedMeanwhileTheFirstPageIsWhereTradesStand) {
    EXPECT_EQ(poll({trade("", 10)}), 0u);
    EXPECT_EQ(poll({trade("", 20), trade("", 10)}), 1u);
    first.up = true;
    poller->do_work(now);
    first.up = false;
    EXPECT_EQ(poll({trade("", 50), trade("", 40)}), 0u);
    EXPECT_TRUE(told.opens);
    EXPECT_EQ(poll({trade("", 60), trade("", 50)}), 1u);
}

TEST_F(PollerTest, PollsOnlyWhereNoLineIsUpAndEachHasFailedOftenEnough) {
    const auto polls = [&] {
        now = now + 60'000'000'000;
        poller->do_work(now);
        const bool asks = client->pending() > 0;
        EXPECT_TRUE(test::run_until(io, [&] { return client->pending() == 0; }));
        return asks;
    };
    second.failures = 2;
    EXPECT_FALSE(polls()) << "a line has not failed often enough";
    EXPECT_TRUE(logged.empty());
    second.failures = 3;
    EXPECT_TRUE(polls());
    EXPECT_TRUE(polls());
    EXPECT_EQ(logged.size(), 1u) << "the log says once that it begins";
    second.up = true;
    EXPECT_FALSE(polls());
    EXPECT_EQ(logged.size(), 2u);
}

}  // namespace
}  // namespace daypack::core
