// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <zlib.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/sim/sim_client.h"
#include "tests/sim/sim_follower.h"
#include "tools/sim/exchange.h"
#include "tools/sim/market/replay.h"

namespace daypack::core::sim {
namespace {

// A folder with a recording of its own, gone with the test.
class SimReplay : public testing::Test {
  protected:
    void SetUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "daypack_replay_XXXXXX").string();
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        folder_ = name;
        write(
            "snapshot.json",
            R"({"asks":[["101.5","3"]],"bids":[["100","2.25"],["101","1"]],"lastUpdateId":"70","timestamp":1700000000000000})");
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::string write(const std::string& name, const std::string& text) {
        std::ofstream(folder_ / name) << text;
        return (folder_ / name).string();
    }
    std::string write_gz(const std::string& name, const std::string& text) {
        const std::string path = (folder_ / name).string();
        gzFile file = gzopen(path.c_str(), "wb");
        gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
        gzclose(file);
        return path;
    }
    static std::string depth(int first_u, int u, const std::string& bids) {
        return R"({"data":{"E":1700000000000900,"T":1700000000000500,"U":)" + std::to_string(first_u) +
               R"(,"a":[],"b":)" + bids + R"(,"e":"depth","s":"AAPL.US_USDC","u":)" + std::to_string(u) +
               R"(},"stream":"depth.AAPL.US_USDC"})";
    }
    const std::string trade_ =
        R"({"data":{"E":1700000000000800,"T":1700000000000000,"a":"5","b":"6","e":"trade","m":true,"p":"101.00","q":"0.250","s":"AAPL.US_USDC","t":9},"stream":"trade.AAPL.US_USDC"})";
    const std::string ticker_ =
        R"({"data":{"A":"3.000","B":"1.000","E":1700000000000800,"T":1700000000000500,"a":"101.50","b":"101.00","e":"bookTicker","s":"AAPL.US_USDC","u":71},"stream":"bookTicker.AAPL.US_USDC"})";
    std::string flow() const {
        return "1000 " + depth(60, 70, R"([["1.00","9.000"]])") + "\n1500 " + trade_ + "\n1200 " + ticker_ + "\n1600 " +
               depth(71, 71, R"([["101.00","0.000"]])") + "\n900 " +
               depth(72, 75, R"([["99.00","4.000"],["99.50","0.001"]])") + "\n";
    }

    std::filesystem::path folder_;
};

TEST_F(SimReplay, GivesTheFramesAsRecordedWithAClockThatNeverFalls) {
    for (const std::string& path : {write("frames.ndjson", flow()), write_gz("frames.ndjson.gz", flow())}) {
        Replay replay(path);
        EXPECT_EQ(replay.market().symbol, "AAPL.US_USDC");
        EXPECT_EQ(replay.market().tick, "0.01");
        EXPECT_EQ(replay.market().step, "0.001");
        EXPECT_EQ(replay.start_u(), 70u);
        EXPECT_EQ(replay.start_us(), 1'700'000'000'000'000);
        EXPECT_EQ(replay.start_book().bids.at(10000), 2250);
        std::vector<Event> events;
        for (Event event; replay.next(event);) events.push_back(event);
        ASSERT_EQ(events.size(), 4u) << "what the snapshot holds already is left out";
        EXPECT_EQ(events[0].frame, trade_);
        EXPECT_EQ(events[0].trade.quantity, 250);
        EXPECT_EQ(events[1].frame, ticker_);
        EXPECT_EQ(events[2].frame, depth(71, 71, R"([["101.00","0.000"]])"));
        EXPECT_EQ(events[3].changes.size(), 2u);
        EXPECT_EQ(events[3].u, 75u);
        const std::vector<std::int64_t> due{events[0].due_ns, events[1].due_ns, events[2].due_ns, events[3].due_ns};
        EXPECT_EQ(due, (std::vector<std::int64_t>{500, 500, 600, 600}));
    }
}

TEST_F(SimReplay, RenumbersTheTextToo) {
    Replay replay(write("frames.ndjson", flow()));
    Event event;
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(replay.next(event));
    replay.renumber(std::uint64_t{31} - 72);
    ASSERT_TRUE(replay.next(event));
    EXPECT_EQ(event.first_u, 31u);
    EXPECT_EQ(event.u, 34u);
    EXPECT_EQ(event.frame, depth(31, 34, R"([["99.00","4.000"],["99.50","0.001"]])"));
}

std::string error_of(const std::string& path) {
    try {
        Replay replay(path);
        for (Event event; replay.next(event);) {
        }
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "";
}

TEST_F(SimReplay, SaysWhereARecordingIsDamaged) {
    const std::string good = "1000 " + depth(71, 71, R"([["1.00","9.000"]])") + "\n";
    EXPECT_NE(error_of(write("gap.ndjson", good + "1001 " + depth(73, 73, R"([["1.00","9.000"]])") + "\n"))
                  .find("gap.ndjson:2: U 73 does not follow on 71"),
              std::string::npos);
    EXPECT_NE(error_of(write("text.ndjson", good + "hello\n")).find("text.ndjson:2: "), std::string::npos);
    EXPECT_NE(error_of(write("late.ndjson", "9223372036854775807 " + good.substr(5) + "-2 " + trade_ + "\n"))
                  .find("late.ndjson:2: a line must be <receive time, ns> <frame>"),
              std::string::npos);
    EXPECT_NE(error_of(write("json.ndjson", good + "1001 {\"data\":\n")).find("json.ndjson:2: "), std::string::npos);
    EXPECT_NE(error_of(write("empty.ndjson", "")).find("no depth frame"), std::string::npos);
    EXPECT_NE(error_of((folder_ / "none.ndjson").string()).find("cannot read"), std::string::npos);
    const std::string cut = write_gz("cut.ndjson.gz", good + std::string(100'000, ' '));
    std::filesystem::resize_file(cut, std::filesystem::file_size(cut) / 2);
    EXPECT_NE(error_of(cut), "");
    const std::string alone = write("frames.ndjson", good);
    std::filesystem::remove(folder_ / "snapshot.json");
    EXPECT_NE(error_of(alone).find("snapshot.json: a recorded flow has its snapshot beside it"), std::string::npos);
}

TEST_F(SimReplay, OfWhatSelfcheckKeptAnAnswerThatIsNoBookIsPassedOver) {
    const std::string rest = R"( rest {"target":"/api/v1/depth?symbol=AAPL.US_USDC","status":200,"body":")";
    const std::string path = write(
        "kept.ndjson",
        R"(1000 market {"symbol":"AAPL.US_USDC","tick":"0.01","step":"0.001"})"
        "\n1001 #0 " +
            depth(60, 70, R"([["1.00","9.000"]])") + "\n1002" + rest + "<html>\"}\n1003" + rest +
            R"({\"asks\":[[\"101.5\",\"3\"]],\"bids\":[[\"100\",\"2.25\"]],\"lastUpdateId\":\"70\",\"timestamp\":17}"})"
            "\n1004 #0 " +
            depth(71, 71, R"([["99.00","4.000"]])") + "\n");
    Replay replay(path, "AAPL.US_USDC");
    EXPECT_EQ(replay.start_u(), 70u);
    Event event;
    ASSERT_TRUE(replay.next(event));
    EXPECT_EQ(event.u, 71u);
}

TEST_F(SimReplay, ServesTheRecordedMarketWithItsOwnTickAndTimes) {
    SimOptions options;
    options.replay = write("frames.ndjson", flow());
    Exchange exchange(options);
    Client client(exchange.port());
    EXPECT_NE(client.get("/api/v1/markets").body.find(R"("tickSize":"0.01")"), std::string::npos);
    EXPECT_EQ(
        client.get("/api/v1/depth?symbol=AAPL.US_USDC").body,
        R"({"asks":[["101.5","3"]],"bids":[["100","2.25"],["101","1"]],"lastUpdateId":"70","timestamp":1700000000000000})");
    client.upgrade();
    client.subscribe(R"("depth.AAPL.US_USDC","trade.AAPL.US_USDC")");
    EXPECT_EQ(client.next(), trade_);
    EXPECT_EQ(client.next(), depth(71, 71, R"([["101.00","0.000"]])"));
    EXPECT_EQ(client.next(), depth(72, 75, R"([["99.00","4.000"],["99.50","0.001"]])"));
    EXPECT_EQ(
        Client(exchange.port()).get("/_sim/truth?symbol=AAPL.US_USDC").body,
        R"({"symbol":"AAPL.US_USDC","u":75,"bids":[["100.00","2.250"],["99.50","0.001"],["99.00","4.000"]],"asks":[["101.50","3.000"]]})");
    EXPECT_EQ(
        Client(exchange.port()).get("/api/v1/trades?symbol=AAPL.US_USDC").body,
        R"([{"id":9,"isBuyerMaker":true,"price":"101","quantity":"0.25","quoteQuantity":"25.25","timestamp":1700000000000}])");
}

// The whole recorded set through a socket, as fast as it is read, and the truth at a few hundred of its numbers.
void expect_the_truth_of(const char* set, std::size_t depth_frames) {
    const char* given = std::getenv("DAYPACK_DATA");
    const auto path = std::filesystem::path(given != nullptr ? given : DAYPACK_SOURCE_DIR "/../shared/data") / set /
                      "frames.ndjson.gz";
    if (!std::filesystem::exists(path))
        GTEST_SKIP() << "no recorded flow at " << path << "; set DAYPACK_DATA to its folder";
    SimOptions options;
    options.replay = path.string();
    options.speed = 0;
    Exchange exchange(options);
    const std::string symbol = Replay(options.replay).market().symbol;
    Client client(exchange.port());
    Follower follower{Notation(Replay(options.replay).market())};
    follower.snapshot(client.get("/api/v1/depth?symbol=" + symbol).body);
    client.upgrade();
    client.subscribe("\"depth." + symbol + '"');
    std::vector<std::pair<std::uint64_t, std::string>> seen;  // books as followed
    for (std::size_t i = 1; i <= depth_frames; ++i) {
        ASSERT_TRUE(follower.frame(client.next().value()));
        if (i % (depth_frames / 200) == 0) seen.emplace_back(follower.u, follower.text());
    }
    EXPECT_EQ(follower.gaps, 0u);
    ASSERT_GE(seen.size(), 200u);
    const auto before = std::chrono::steady_clock::now();
    for (const auto& [u, text] : seen) ASSERT_EQ(exchange.truth(symbol, u), text) << u;
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - before;
    std::printf("%s: a past book takes %.1f ms, %zu + %zu levels at the end\n", set,
                took.count() / static_cast<double>(seen.size()), follower.book.bids.size(), follower.book.asks.size());
    EXPECT_EQ(exchange.truth(symbol), follower.text());
}

TEST(SimRecorded, EveryPastBookOfTheFusedSetIsWhatAFollowerSaw) {
    expect_the_truth_of("btc_usdm_20240808.fused", 455'398);
}
TEST(SimRecorded, EveryPastBookOfTheBatchSetIsWhatAFollowerSaw) {
    expect_the_truth_of("btc_coinm_20240808.batch", 44'772);
}

}  // namespace
}  // namespace daypack::core::sim
