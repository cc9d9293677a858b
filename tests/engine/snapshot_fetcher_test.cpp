// SPDX-License-Identifier: MIT
#include "engine/control_thread/snapshot_fetcher.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/threads/wall_clock.h"
#include "tests/engine/shm_fixture.h"
#include "tests/net/raw_server.h"

namespace daypack::core {
namespace {

using test::Peer;
using test::run_until;

constexpr std::int64_t kLasting_ms = 200;
constexpr auto kJoin = SnapshotRequest::Purpose::join;
constexpr auto kCheck = SnapshotRequest::Purpose::check;

// A market with a tick of 1 whose snapshots are fetched from a server that says what a test wants.
class SnapshotFetcherTest : public testing::Test {
  protected:
    explicit SnapshotFetcherTest(std::int64_t lasting_ms = kLasting_ms) : lasting_ms_(lasting_ms) {
        (void)table_.append({"A_B", "A-B", {1, 0}, {1, 0}});
    }

    void ask(SnapshotRequest::Purpose purpose = kJoin) {
        SnapshotRequest request;
        request.request = ++asked_;
        request.purpose = purpose;
        fetcher_.request(request);
    }
    template <class Condition>
    [[nodiscard]] bool until(Condition condition) {
        return run_until(io_, [&] {
            fetcher_.do_work(mono_now());
            return condition();
        });
    }
    RestOptions options() {
        RestOptions options;
        options.urls = {parse_url(server_.url("http"), UrlKind::rest)};
        return options;
    }

    std::int64_t lasting_ms_;
    boost::asio::io_context io_;
    std::string asks_ = R"(["1","1"])";
    std::vector<MonoTime> requests_;  // when they came
    test::RawServer server_{
        io_, nullptr, [this](Peer& peer) {
            while (peer.take_head()) {
                requests_.push_back(mono_now());
                const std::string body = "{\"asks\":[" + asks_ + R"(],"bids":[],"lastUpdateId":"7"})";
                peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
            }
        }};
    InstrumentTable table_{4};
    std::vector<std::string> said_;
    std::vector<Grid> grids_;
    std::vector<std::pair<std::uint32_t, std::unique_ptr<Snapshot>>> delivered_;
    int doubts_ = 0;
    RestClient client_{io_, options()};
    RestApi rest_{client_};
    DepthReader reader_{table_, lasting_ms_, [this](const std::string& text) { said_.push_back(text); },
                        [this](SymbolIndex symbol, const Grid& grid) {
                            grids_.push_back(grid);
                            table_.replace(symbol, table_[symbol].refined(grid));
                        }};
    SnapshotFetcher fetcher_{rest_,
                             table_,
                             reader_,
                             [this](BookCommand command) {
                                 if (auto* const join = std::get_if<JoinSnapshot>(&command)) {
                                     delivered_.emplace_back(join->request, std::move(join->snapshot));
                                 } else if (auto* const check = std::get_if<CheckSnapshot>(&command)) {
                                     delivered_.emplace_back(0, std::move(check->snapshot));
                                 }
                             },
                             [this](const std::string& text) { said_.push_back(text); },
                             [this](SymbolIndex) { ++doubts_; }};
    std::uint32_t asked_ = 0;
};

// Where a market that is held would be asked for again long after the test.
class SnapshotFetcherThatHoldsLong : public SnapshotFetcherTest {
  protected:
    SnapshotFetcherThatHoldsLong() : SnapshotFetcherTest(600'000) {}
};

TEST_F(SnapshotFetcherTest, AMarketThatIsRefusedIsAskedForAtTheReadersPaceWhoeverWantsIt) {
    asks_ = R"(["1","1"],["1","2"])";
    ask();
    ASSERT_TRUE(until([&] { return !said_.empty(); }));
    for (int i = 0; i < 10; ++i) ask();  // a book that breaks again and again asks again and again
    ASSERT_TRUE(until([&] { return requests_.size() >= 3; }));
    for (std::size_t i = 1; i < 3; ++i) EXPECT_GE(requests_[i] - requests_[i - 1], kLasting_ms * 1'000'000);
    EXPECT_TRUE(delivered_.empty());
    asks_ = R"(["1","1"])";
    ASSERT_TRUE(until([&] { return !delivered_.empty(); }));
    EXPECT_EQ(delivered_[0].first, asked_) << "the newest of those that wanted it";
    const std::size_t before = requests_.size();
    ask();
    ASSERT_TRUE(until([&] { return delivered_.size() == 2; })) << "and it is no longer held";
    EXPECT_EQ(requests_.size(), before + 1);
    EXPECT_GT(doubts_, 0);
}

TEST_F(SnapshotFetcherThatHoldsLong, AMarketIsNotHeldForWhatItWasRefusedForInOtherUnits) {
    asks_ = R"(["1","1"],["1","2"])";
    ask();
    ASSERT_TRUE(until([&] { return !said_.empty(); }));
    asks_ = R"(["1","1"])";
    table_.replace(0, Instrument{"A_B", "A-B", {1, -1}, {1, 0}});
    ask();
    EXPECT_TRUE(until([&] { return !delivered_.empty(); }));
    EXPECT_EQ(requests_.size(), 2u);
}

TEST_F(SnapshotFetcherTest, ACheckIsAnsweredBeforeItsMarketIsCountedMoreFinely) {
    asks_ = R"(["1.5","1"])";
    ask(kCheck);
    ASSERT_TRUE(until([&] { return !delivered_.empty(); }));
    EXPECT_EQ(delivered_[0].second, nullptr);
    EXPECT_TRUE(grids_.empty()) << "one answer may be another market's";
    ask(kCheck);
    ASSERT_TRUE(until([&] { return !grids_.empty(); }));
    ASSERT_EQ(delivered_.size(), 2u);
    EXPECT_EQ(delivered_[1].second, nullptr);
    EXPECT_EQ(grids_[0], (Grid{{1, -1}, {1, 0}}));
    ask();
    ASSERT_TRUE(until([&] { return delivered_.size() == 3; }));
    EXPECT_EQ(delivered_[2].second->asks, (std::vector<Level>{{{15}, {1}}}));
    EXPECT_EQ(grids_.size(), 1u);
}

TEST_F(SnapshotFetcherThatHoldsLong, ACheckThatIsRefusedHoldsNoJoinBack) {
    asks_ = R"(["1","1","1"])";
    ask(kCheck);
    ASSERT_TRUE(until([&] { return !delivered_.empty(); }));
    EXPECT_EQ(delivered_[0].second, nullptr);
    asks_ = R"(["1","1"])";
    ask();
    ASSERT_TRUE(until([&] { return delivered_.size() == 2; }));
    EXPECT_EQ(requests_.size(), 2u);
}

// Of a start with more joins than leave at once: what moves first must not spend the burst.
TEST(SnapshotFetcherAtAStart, GathersAndThenAsksForThosePreferredFirst) {
    boost::asio::io_context io;
    std::vector<std::string> asked;
    test::RawServer server(io, nullptr, [&](Peer& peer) {
        while (const auto head = peer.take_head()) {
            asked.push_back(head->substr(head->find("symbol=") + 7, 1));
            peer.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        }
    });
    RestOptions options;
    options.urls = {parse_url(server.url("http"), UrlKind::rest)};
    options.requests_per_minute = 8;  // two at once
    RestClient client(io, options);
    RestApi rest(client);
    ASSERT_EQ(rest.burst(), 2U);
    InstrumentTable table(4);
    for (const std::string name : {"A", "B", "C", "D"}) (void)table.append({name + "_B", name + "-B", {1, 0}, {1, 0}});
    const test::Instance instance;
    const Segment segment(instance.options());
    const SeedOrder order({"D_B", "C_B"}, table, segment);
    DepthReader reader(
        table, kLasting_ms, [](const std::string&) {}, [](SymbolIndex, const Grid&) {});
    SnapshotFetcher fetcher(
        rest, table, reader, [](BookCommand) {}, [](const std::string&) {}, [](SymbolIndex) {}, &order);
    for (SymbolIndex symbol = 0; symbol < 4; ++symbol) {
        SnapshotRequest request;
        request.symbol = symbol;
        request.request = 1;
        request.purpose = kJoin;
        fetcher.request(request);
    }
    ASSERT_TRUE(run_until(io, [&] {
        fetcher.do_work(mono_now());
        return asked.size() >= 2;
    }));
    // The two leave at once on connections of their own, so either may be read first.
    EXPECT_EQ((std::set<std::string>{asked[0], asked[1]}), (std::set<std::string>{"C", "D"}));
}

}  // namespace
}  // namespace daypack::core
