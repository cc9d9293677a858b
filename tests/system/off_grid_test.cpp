// SPDX-License-Identifier: MIT
// A level that does not fit the units of its market, over real sockets: first in a snapshot, first in a frame, in
// frames alone; and levels that no unit can hold. The other markets stay LIVE.
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdlib>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "tests/net/raw_server.h"
#include "tests/system/live_reader.h"

namespace daypack::core {
namespace {

using test::Peer;

// Price and quantity as text.
using Levels = std::vector<std::pair<std::string, std::string>>;

std::string text_of(const Levels& levels) {
    std::string text;
    for (const auto& [price, quantity] : levels) {
        text.append(text.empty() ? "[\"" : ",[\"").append(price).append("\",\"").append(quantity).append("\"]");
    }
    return "[" + text + "]";
}

struct Market {
    std::map<double, std::pair<std::string, std::string>> bids, asks;  // by price
    Levels extra_asks;                                                 // that REST's answer has beside the true ones
    Levels frame;                                                      // the bids of each frame
    std::uint64_t u = 1'000;
    std::size_t depth_requests = 0;

    void set(std::map<double, std::pair<std::string, std::string>>& side, const Levels& levels) {
        for (const auto& [price, quantity] : levels) {
            const double key = std::strtod(price.c_str(), nullptr);
            if (std::strtod(quantity.c_str(), nullptr) == 0) {
                side.erase(key);
            } else {
                side[key] = {price, quantity};
            }
        }
    }
    [[nodiscard]] static Levels ascending(const std::map<double, std::pair<std::string, std::string>>& side) {
        Levels levels;
        for (const auto& [key, level] : side) levels.push_back(level);
        return levels;
    }
};

// A venue whose markets have a tick of 1 and a step of 0.01, and the levels that a test sets.
//
// Thread: everything runs on its own; do_there() runs a task there and waits for it.
class Venue {
  public:
    explicit Venue(std::map<std::string, Market> markets) : markets_(std::move(markets)) { tick(); }
    ~Venue() {
        io_.stop();
        thread_.join();
    }

    [[nodiscard]] std::string rest_url() const { return rest_.url("http"); }
    [[nodiscard]] std::string ws_url() const { return ws_.url("ws"); }

    template <class Do>
    auto do_there(Do what) {
        std::packaged_task<decltype(what())()> task(std::move(what));
        auto done = task.get_future();
        boost::asio::post(io_, std::move(task));
        return done.get();
    }
    Market market(const std::string& name) {
        return do_there([&] { return markets_.at(name); });
    }
    // The levels of each frame from now on; without any it is an update without levels.
    void stream(const std::string& name, Levels bids) {
        do_there([&] { markets_.at(name).frame = std::move(bids); });
    }
    // Sends one frame at once, and applies it to the market.
    void update(const std::string& name, const Levels& bids) {
        do_there([&] { send(name, bids); });
    }
    [[nodiscard]] std::size_t lists() {
        return do_there([&] { return lists_; });
    }

  private:
    void tick() {
        timer_.expires_after(std::chrono::milliseconds(5));
        timer_.async_wait([this](const boost::system::error_code& error) {
            if (error) return;
            for (auto& [name, market] : markets_) send(name, market.frame);
            tick();
        });
    }
    void send(const std::string& name, const Levels& bids) {
        Market& market = markets_.at(name);
        market.set(market.bids, bids);
        const std::string id = std::to_string(++market.u);
        const std::string time = std::to_string(1'790'915'525'000'000 + market.u);
        const std::string frame = R"({"data":{"E":)" + time + R"(,"T":)" + time + R"(,"U":)" + id + R"(,"a":[],"b":)" +
                                  text_of(bids) + R"(,"e":"depth","s":")" + name + R"(","u":)" + id +
                                  R"(},"stream":"depth.)" + name + R"("})";
        for (const auto& peer : ws_.peers()) {
            if (subscribed_.contains({peer.get(), name}) && !peer->ended()) {
                peer->send(test::ws_frame(test::text, frame));
            }
        }
    }
    void on_ws(Peer& peer) {
        if (upgraded_.insert(&peer).second) {
            const auto head = peer.take_head();
            if (!head) return void(upgraded_.erase(&peer));
            peer.send(test::upgrade_answer(*head));
        }
        while (const auto frame = test::take_ws_frame(peer.in())) {
            if (frame->opcode == test::ping) peer.send(test::ws_frame(test::pong, frame->payload));
            if (frame->opcode == test::close) peer.send(test::ws_frame(test::close, frame->payload));
            if (frame->opcode != test::text) continue;
            const bool on = frame->payload.find("\"SUBSCRIBE\"") != std::string::npos;
            for (const auto& [name, market] : markets_) {
                if (frame->payload.find("\"depth." + name + "\"") == std::string::npos) continue;
                if (on) subscribed_.insert({&peer, name});
                if (!on) subscribed_.erase({&peer, name});
            }
        }
    }
    void on_rest(Peer& peer) {
        while (const auto head = peer.take_head()) {
            const std::string body = answer_to(*head);
            peer.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
                      std::to_string(body.size()) + "\r\n\r\n" + body);
        }
    }
    std::string answer_to(const std::string& head) {
        if (head.starts_with("GET /api/v1/markets")) {
            ++lists_;
            std::string rows;
            for (const auto& [name, market] : markets_) rows += (rows.empty() ? "" : ",") + row_of(name);
            return "[" + rows + "]";
        }
        for (auto& [name, market] : markets_) {
            if (head.starts_with("GET /api/v1/market?symbol=" + name)) return row_of(name);
            if (!head.starts_with("GET /api/v1/depth?symbol=" + name)) continue;
            ++market.depth_requests;
            Levels asks = Market::ascending(market.asks);
            asks.insert(asks.end(), market.extra_asks.begin(), market.extra_asks.end());
            return R"({"asks":)" + text_of(asks) + R"(,"bids":)" + text_of(Market::ascending(market.bids)) +
                   R"(,"lastUpdateId":")" + std::to_string(market.u) + R"(","timestamp":)" +
                   std::to_string(1'790'915'525'000'000 + market.u) + "}";
        }
        return R"({"status":"Ok","message":null})";
    }
    static std::string row_of(const std::string& name) {
        return R"({"symbol":")" + name +
               R"(","baseSymbol":"A","quoteSymbol":"B","marketType":"SPOT","visible":true,)"
               R"("orderBookState":"Open","filters":{"price":{"tickSize":"1"},"quantity":{"stepSize":"0.01"}}})";
    }

    boost::asio::io_context io_{1};
    std::map<std::string, Market> markets_;
    std::set<Peer*> upgraded_;
    std::set<std::pair<Peer*, std::string>> subscribed_;
    std::size_t lists_ = 0;
    test::RawServer rest_{io_, nullptr, [this](Peer& peer) { on_rest(peer); }};
    test::RawServer ws_{io_, nullptr, [this](Peer& peer) { on_ws(peer); }};
    boost::asio::steady_timer timer_{io_};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
    std::thread thread_{[this] { io_.run(); }};
};

Market usual() {
    Market market;
    market.set(market.bids, {{"100", "1.00"}, {"98", "1.00"}});
    market.set(market.asks, {{"102", "1.00"}, {"103", "2.00"}});
    return market;
}

class OffGridTest : public testing::Test, public LiveReader {
  protected:
    ~OffGridTest() override {
        engine_.reset();
        unlink(("/dev/shm/daypack." + instance_).c_str());
    }

    void start(std::map<std::string, Market> markets) {
        Config config;
        config.path = "test.yaml";
        for (const auto& [name, market] : markets) config.exchange.symbols.push_back({name, 7});
        venue_ = std::make_unique<Venue>(std::move(markets));
        config.exchange.rest_urls = {venue_->rest_url()};
        config.exchange.ws_urls = {venue_->ws_url()};
        config.exchange.channels = {FeedChannel::l2_book};
        config.exchange.lines = 1;
        config.engine.instance = instance_;
        config.engine.max_symbols = 8;
        engine_ = std::make_unique<Engine>(std::move(config), Callbacks{}, [this](const std::string& line) {
            const std::scoped_lock lock(mutex_);
            log_ += line + "\n";
        });
        engine_->start();
        open(instance_);
    }
    [[nodiscard]] std::string log() {
        const std::scoped_lock lock(mutex_);
        return log_;
    }
    // The sides of a LIVE book, padded to its units; empty when it is not LIVE.
    std::string live_book(const std::string& symbol) {
        const auto now = read(symbol);
        if (!now || now->book.top.state != DAYPACK_STATE_LIVE) return "";
        return now->text.substr(now->text.find("\"bids\""));
    }
    bool becomes(const std::string& symbol, const std::string& book) {
        const bool seen = wait_until([&] { return live_book(symbol) == book; });
        EXPECT_TRUE(seen) << symbol << " is " << live_book(symbol) << "\n" << log();
        return seen;
    }
    // It is LIVE so many updates later, and was not joined again.
    void goes_on(const std::string& symbol, const std::string& book, std::uint64_t updates = 20) {
        const std::uint64_t joins = counter(symbol, DAYPACK_SYMBOL_snapshots);
        const std::uint64_t before = counter(symbol, DAYPACK_SYMBOL_updates);
        EXPECT_TRUE(wait_until([&] { return counter(symbol, DAYPACK_SYMBOL_updates) >= before + updates; })) << log();
        EXPECT_TRUE(becomes(symbol, book));
        EXPECT_EQ(counter(symbol, DAYPACK_SYMBOL_snapshots), joins) << log();
    }
    bool says(const std::string& words) {
        return wait_until([&] { return log().find(words) != std::string::npos; });
    }

    std::string instance_ = "off_grid" + std::to_string(getpid());
    std::unique_ptr<Venue> venue_;
    std::mutex mutex_;
    std::string log_;
    std::unique_ptr<Engine> engine_;
};

TEST_F(OffGridTest, AnOldOrderInTheSnapshotIsKeptExactlyAlsoWhenTheListIsReadAgain) {
    Market market = usual();
    market.set(market.bids, {{"99.3", "2.00"}});
    market.set(market.asks, {{"103.7", "2.005"}});
    start({{"AAA_USDC", market}});
    const std::string book = R"("bids":[["100.0","1.000"],["99.3","2.000"],["98.0","1.000"]],)"
                             R"("asks":[["102.0","1.000"],["103.0","2.000"],["103.7","2.005"]]})";
    ASSERT_TRUE(becomes("AAA_USDC", book));
    const std::size_t lists = venue_->lists();
    ASSERT_TRUE(wait_until([&] { return venue_->lists() > lists; })) << "what did not fit makes the list doubted";
    goes_on("AAA_USDC", book);
    venue_->update("AAA_USDC", {{"99.3", "0.00"}, {"98", "3.50"}});
    ASSERT_TRUE(becomes("AAA_USDC", R"("bids":[["100.0","1.000"],["98.0","3.500"]],)"
                                    R"("asks":[["102.0","1.000"],["103.0","2.000"],["103.7","2.005"]]})"));
    EXPECT_EQ(counter("AAA_USDC", DAYPACK_SYMBOL_snapshots), 1u) << log();
    EXPECT_EQ(counter("AAA_USDC", DAYPACK_SYMBOL_bad_frames), 0u) << log();
}

TEST_F(OffGridTest, ALevelThatAFrameBringsFirstIsKeptExactly) {
    start({{"AAA_USDC", usual()}, {"BBB_USDC", usual()}});
    const std::string asks = R"("asks":[["102","1.00"],["103","2.00"]]})";
    const std::string usual_book = R"("bids":[["100","1.00"],["98","1.00"]],)" + asks;
    ASSERT_TRUE(becomes("AAA_USDC", usual_book));
    ASSERT_TRUE(becomes("BBB_USDC", usual_book));
    venue_->update("AAA_USDC", {{"99.35", "7.25"}});
    const std::string book =
        R"("bids":[["100.00","1.00"],["99.35","7.25"],["98.00","1.00"]],"asks":[["102.00","1.00"],["103.00","2.00"]]})";
    ASSERT_TRUE(becomes("AAA_USDC", book));
    goes_on("AAA_USDC", book);
    EXPECT_EQ(live_book("BBB_USDC"), usual_book);
    EXPECT_EQ(counter("BBB_USDC", DAYPACK_SYMBOL_snapshots), 1u) << "and it costs its own market alone";
}

TEST_F(OffGridTest, FramesThatGoOnBeingOffTheGridAreReadThoughNoSnapshotShowsIt) {
    Market market = usual();
    market.frame = {{"98", "1.00"}, {"98.55", "0.00"}};  // nothing rests there
    start({{"AAA_USDC", market}});
    const std::string book =
        R"("bids":[["100.00","1.00"],["98.00","1.00"]],"asks":[["102.00","1.00"],["103.00","2.00"]]})";
    ASSERT_TRUE(becomes("AAA_USDC", book));
    goes_on("AAA_USDC", book);
    EXPECT_TRUE(says("why=\"frames bring levels between two units\"")) << log();
}

TEST_F(OffGridTest, WhatCannotBeKeptIsSaidAndCostsItsMarketAlone) {
    Market hostile = usual();
    hostile.frame = {{"0.0000000000000000000001", "1.00"}};
    Market twice = usual();
    twice.extra_asks = {{"103", "5.00"}};
    start({{"AAA_USDC", usual()}, {"HHH_USDC", hostile}, {"TTT_USDC", twice}});
    const std::string book = R"("bids":[["100","1.00"],["98","1.00"]],"asks":[["102","1.00"],["103","2.00"]]})";
    ASSERT_TRUE(becomes("AAA_USDC", book));
    EXPECT_TRUE(says("snapshot symbol=HHH_USDC refused=unfit count=1")) << log();
    EXPECT_TRUE(says("bids[0] \"0.0000000000000000000001\" at byte ")) << log();
    EXPECT_TRUE(
        says(R"(snapshot symbol=TTT_USDC refused=same_price count=1 retry_ms=30000 why="asks[2] "103" at byte )"))
        << log();
    goes_on("AAA_USDC", book, 50);
    EXPECT_EQ(live_book("HHH_USDC"), "");
    EXPECT_EQ(live_book("TTT_USDC"), "");
    EXPECT_EQ(venue_->market("TTT_USDC").depth_requests, 1u) << "asked again at the audits' pace";
}

}  // namespace
}  // namespace daypack::core
