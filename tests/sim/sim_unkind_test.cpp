// SPDX-License-Identifier: MIT
// What the simulated exchange does to mislead a client by its streams: late lines, wrong clocks, numberings that begin
// again anywhere, another book.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/sim/sim_client.h"
#include "tests/sim/sim_follower.h"
#include "tests/sim/sim_setup.h"
#include "tools/sim/exchange.h"
#include "tools/sim/faults/chaos.h"
#include "tools/sim/market/clocks.h"

namespace daypack::core::sim {
namespace {

constexpr const char* kDepth = R"("depth.SOL_USDC")";
constexpr const char* kSnapshot = "/api/v1/depth?symbol=SOL_USDC";

std::int64_t number(const std::string& frame, const std::string& key) {
    return std::stoll(frame.substr(frame.find("\"" + key + "\":") + key.size() + 3));
}

// How long after the venue's T a frame is here, at least so long after it was made; ms.
double age_ms(const std::string& frame) {
    return static_cast<double>(wall_us() - number(frame, "T")) / 1e3;
}

// All depth frames of a flow that the reader pulls.
std::vector<std::string> depth_frames(const SimOptions& options) {
    Exchange exchange(options);
    Client client(exchange.port());
    client.upgrade();
    client.subscribe(kDepth);
    std::vector<std::string> frames;
    while (frames.size() < options.max_frames) frames.push_back(client.next().value());
    return frames;
}
std::vector<std::string> depth_frames(std::uint64_t frames, const std::string& fault) {
    SimOptions options = burst_of(frames);
    if (!fault.empty()) options.faults = {fault};
    return depth_frames(options);
}

TEST(SimUnkind, ALineLagsForATimeAndKeepsItsOrder) {
    Exchange exchange(options_for({"SOL_USDC"}, 400));
    Client one(exchange.port()), two(exchange.port());
    for (Client* client : {&one, &two}) {
        client->upgrade();
        client->subscribe(kDepth);
        ASSERT_TRUE(client->next());
    }
    exchange.inject(Fault::parse("lag:line=2,by_ms=120,jitter_ms=30,for_ms=300"));
    ASSERT_TRUE(until([&] { return exchange.fault_log().size() == 1; }));
    const std::int64_t from_us = wall_us();
    Follower follower(notation_of("SOL_USDC"));
    follower.frame(two.next().value());
    follower.gaps = 0;
    int late = 0;
    for (bool over = false; !over;) {
        const std::string frame = two.next().value();
        follower.frame(frame);
        if (number(frame, "T") < from_us) continue;
        late += age_ms(frame) >= 120;
        over = late > 0 && age_ms(frame) < 60;
    }
    EXPECT_GE(late, 30);
    EXPECT_EQ(follower.gaps, 0u);
    int in_time = 0;
    for (int i = 0; i < 100; ++i) in_time += age_ms(one.next().value()) >= 0;
    EXPECT_EQ(in_time, 100);
}

TEST(SimUnkind, EveryOddConnectionLagsFromItsBeginning) {
    SimOptions options = options_for({"SOL_USDC"}, 400);
    options.odd_lag_ms = 80;
    Exchange exchange(options);
    Client one(exchange.port()), two(exchange.port());
    for (Client* client : {&one, &two}) {
        client->upgrade();
        client->subscribe(kDepth);
    }
    double best_ms = 1e9;
    for (int i = 0; i < 60; ++i) {
        EXPECT_GE(age_ms(one.next().value()), 80);
        best_ms = std::min(best_ms, age_ms(two.next().value()));
    }
    EXPECT_LT(two.is_quiet(0) ? best_ms : 0, 80);
}

TEST(SimUnkind, AClockSlipsForOneUpdateAlone) {
    const auto frames = depth_frames(200, "clock@100:how=glitch,by_ms=3600000");
    for (const char* key : {"T", "E"}) {
        EXPECT_GE(number(frames[99], key) - number(frames[98], key), 3'599'000'000) << key;
        EXPECT_LT(number(frames[100], key) - number(frames[98], key), 1'000'000) << key;
    }
}

TEST(SimUnkind, AClockIsSetBackForGoodOrStands) {
    auto frames = depth_frames(200, "clock@100:by_ms=-30000");
    EXPECT_LE(number(frames[99], "T") - number(frames[98], "T"), -29'000'000);
    EXPECT_LE(number(frames[199], "T") - number(frames[98], "T"), -29'000'000);
    EXPECT_LE(number(frames[199], "E") - number(frames[98], "E"), -29'000'000);
    frames = depth_frames(200, "clock@100:how=frozen,of=T");
    EXPECT_EQ(number(frames[99], "T"), number(frames[199], "T"));
    EXPECT_LT(number(frames[99], "E"), number(frames[199], "E"));
}

TEST(SimUnkind, TheClockOfRestIsAnotherThanThatOfTheStreams) {
    SimOptions options = burst_of(100);
    options.faults = {"clock:of=rest,by_ms=3000,for_ms=400"};
    Exchange exchange(options);
    Client reader(exchange.port()), client(exchange.port());
    reader.upgrade();
    reader.subscribe(kDepth);
    const std::int64_t before_us = wall_us();
    EXPECT_LE(number(reader.next().value(), "T"), before_us + 1'000'000);
    EXPECT_GE(number(client.get(kSnapshot).body, "timestamp") - before_us, 3'000'000);
    EXPECT_GE(std::stoll(client.get("/api/v1/time").body) - before_us / 1000, 3'000);
    EXPECT_TRUE(until([&] { return number(client.get(kSnapshot).body, "timestamp") <= wall_us(); }));
}

TEST(SimUnkind, TRunsBackAsTheRecordedOneDoesOnlyWhereThatIsAskedFor) {
    SimOptions options = burst_of(8'000);
    options.levels = 100;
    for (const bool jitter : {false, true}) {
        options.jitter = jitter;
        std::int64_t farthest_us = 0;
        // A flow of so many frames has a few steps back, but not each has a long one: others are drawn until one has.
        for (int flows = 0; flows < (jitter ? 50 : 1) && farthest_us <= 1'000; ++flows) {
            std::int64_t last_us = 0;
            options.seed = static_cast<std::uint64_t>(flows) + 1;
            for (const std::string& frame : depth_frames(options)) {
                const std::int64_t match_us = number(frame, "T");
                EXPECT_LE(match_us, number(frame, "E"));
                farthest_us = std::max(farthest_us, last_us - match_us);
                last_us = match_us;
            }
        }
        EXPECT_LE(farthest_us, 13'000);
        if (jitter) EXPECT_GT(farthest_us, 1'000);
        if (!jitter) EXPECT_LE(farthest_us, 0);
    }
}

TEST(SimUnkind, ANumberingBeginsAnewAnywhereAndTheTruthIsOfTheNewest) {
    for (const std::int64_t by : {-200, -4, 0, 1, 5'000}) {
        SCOPED_TRACE(by);
        SimOptions options = burst_of(600);
        options.levels = 100;
        options.faults = {"restart@300:by=" + std::to_string(by)};
        Exchange exchange(options);
        Client client(exchange.port());
        Follower follower(notation_of("SOL_USDC"));
        follower.snapshot(client.get(kSnapshot).body);
        client.upgrade();
        client.subscribe(kDepth);
        std::map<std::uint64_t, std::string> old, now;
        for (int i = 0; i < 300; ++i) {
            ASSERT_TRUE(follower.frame(client.next().value()));
            old[follower.u] = follower.text();
        }
        const std::uint64_t expected = follower.u + static_cast<std::uint64_t>(by) + 1;
        for (int i = 0; i < 300; ++i) {
            const std::string frame = client.next().value();
            if (i == 0) {
                ASSERT_EQ(static_cast<std::uint64_t>(number(frame, "U")), expected);
                follower.u = expected - 1;
            }
            ASSERT_TRUE(follower.frame(frame));
            now[follower.u] = follower.text();
        }
        for (const auto& [u, text] : now) ASSERT_EQ(exchange.truth("SOL_USDC", u), text);
        Client asking(exchange.port());
        for (const auto& [u, text] : old) {
            if (u % 16 != 0) continue;
            const std::string target = "/_sim/truth?symbol=SOL_USDC&u=" + std::to_string(u);
            ASSERT_EQ(asking.get(target + "&ago=1").body, text);
            if (!now.contains(u) && u != expected - 1 && u < expected) ASSERT_EQ(asking.get(target).body, text);
        }
    }
}

TEST(SimUnkind, ANumberingBeginsAtTheIdThatIsGiven) {
    const auto frames = depth_frames(200, "restart@100:to=17");
    EXPECT_EQ(number(frames[100], "U"), 17);
}

TEST(SimUnkind, AStandByHasAnotherBookThatItsSnapshotsTell) {
    SimOptions options = burst_of(3'000);
    options.levels = 300;
    options.faults = {"restart@1000:by=-4,book=other"};
    Exchange exchange(options);
    Client client(exchange.port());
    Follower deceived(notation_of("SOL_USDC")), told(notation_of("SOL_USDC"));
    deceived.snapshot(client.get(kSnapshot).body);
    Client reader(exchange.port());
    reader.upgrade();
    reader.subscribe(R"("depth.SOL_USDC","bookTicker.SOL_USDC")");
    for (int i = 0; i < 3'000;) {
        const std::string frame = reader.next().value();
        if (frame.find("bookTicker") != std::string::npos) continue;
        if (++i == 1001) deceived.u = static_cast<std::uint64_t>(number(frame, "U")) - 1;
        deceived.frame(frame);
        ASSERT_LT(deceived.book.bids.rbegin()->first, deceived.book.asks.begin()->first);
    }
    told.snapshot(client.get(kSnapshot).body);
    EXPECT_EQ(told.text(), exchange.truth("SOL_USDC"));
    EXPECT_NE(deceived.text(), exchange.truth("SOL_USDC"));
    EXPECT_EQ(deceived.u, told.u);
}

TEST(SimUnkind, NoRestartCountsBelowZero) {
    SimOptions options = burst_of(3'000);
    options.faults = {"restart@1000:to=5", "restart@1100:by=-3000"};
    Exchange exchange(options);
    Client client(exchange.port());
    client.upgrade();
    client.subscribe(kDepth);
    for (int i = 0; i < 3'000; ++i) EXPECT_GE(number(client.next().value(), "U"), 1) << i;
    EXPECT_LT(exchange.last_u("SOL_USDC"), 10'000U);
}

TEST(SimUnkind, ARestartMayCutEveryConnection) {
    SimOptions options = options_for({"SOL_USDC"}, 1000);
    options.faults = {"restart@20:how=cut,by=-4"};
    Exchange exchange(options);
    Client client(exchange.port());
    client.upgrade();
    client.subscribe(kDepth);
    int frames = 0;
    while (client.next()) ++frames;
    EXPECT_GE(frames, 1);  // what was not sent yet goes with the connection
    EXPECT_EQ(client.close_code, 0);
}

// A follower on one connection, from a snapshot of the numbering that the connection has.
void expect_true(Follower& follower, Client& client, Exchange& exchange, int ago) {
    // Frames that were sent before the snapshot was made say nothing new.
    for (auto frame = client.next(); !follower.frame(frame.value()); frame = client.next()) {
    }
    const std::string target =
        "/_sim/truth?symbol=SOL_USDC&u=" + std::to_string(follower.u) + "&ago=" + std::to_string(ago);
    ASSERT_EQ(Client(exchange.port()).get(target).body, follower.text());
}

TEST(SimUnkind, ALineAfterTheOtherFailsOverWhileTheOthersTellTheOldNumbering) {
    for (const char* book : {"same", "other"}) {
        SimOptions options = options_for({"SOL_USDC"}, 500);
        options.levels = 100;
        Exchange exchange(options);
        Client one(exchange.port());
        one.upgrade();
        one.subscribe(kDepth);
        Client two(exchange.port());
        two.upgrade();
        two.subscribe(kDepth);
        const std::string first = two.next().value();
        Follower of_two(notation_of("SOL_USDC"));
        of_two.snapshot(Client(exchange.port()).get(kSnapshot).body);
        of_two.frame(first);
        exchange.inject(Fault::parse(std::string("restart:by=-100000,how=rolling,for_ms=300,book=") + book));
        while (one.next()) {
        }
        EXPECT_EQ(one.close_code, 1001);
        Client three(exchange.port());
        three.upgrade();
        three.subscribe(kDepth);
        const std::string anew = three.next().value();
        Follower of_three(notation_of("SOL_USDC"));
        of_three.snapshot(Client(exchange.port()).get(kSnapshot).body);
        of_three.frame(anew);
        of_two.gaps = 0;
        int frames = 0;
        while (const auto frame = two.next()) {
            of_two.frame(*frame);
            if (++frames == 30) expect_true(of_three, three, exchange, 0);
        }
        EXPECT_EQ(two.close_code, 1001);
        EXPECT_GT(frames, 30);
        EXPECT_EQ(of_two.gaps, 0u);
        EXPECT_GT(of_two.u, of_three.u + 90'000);
        const std::string target = "/_sim/truth?symbol=SOL_USDC&u=" + std::to_string(of_two.u) + "&ago=1";
        EXPECT_EQ(Client(exchange.port()).get(target).body, of_two.text());
        expect_true(of_three, three, exchange, 0);
        EXPECT_EQ(of_three.gaps, 0u);
    }
}

TEST(SimUnkind, EveryConnectionIsClosedOneAfterAnother) {
    Exchange exchange(options_for({"SOL_USDC"}, 500));
    Client one(exchange.port()), two(exchange.port());
    for (Client* client : {&one, &two}) {
        client->upgrade();
        client->subscribe(kDepth);
        ASSERT_TRUE(client->next());
    }
    exchange.inject(Fault::parse("close:how=each,for_ms=50"));
    std::uint64_t last_of_one = 0, last_of_two = 0;
    while (const auto frame = one.next()) last_of_one = static_cast<std::uint64_t>(number(*frame, "u"));
    while (const auto frame = two.next()) last_of_two = static_cast<std::uint64_t>(number(*frame, "u"));
    EXPECT_EQ(one.close_code, 1001);
    EXPECT_EQ(two.close_code, 1001);
    EXPECT_GT(last_of_two, last_of_one);
}

TEST(SimUnkind, ACoarserTickLeavesOldOrdersOffItsGrid) {
    SimOptions options = burst_of(3'000);
    options.levels = 300;
    options.faults = {"tick@500:how=coarser"};
    Exchange exchange(options);
    Client client(exchange.port());
    Follower follower(notation_of("SOL_USDC"));
    follower.snapshot(client.get(kSnapshot).body);
    Client reader(exchange.port());
    reader.upgrade();
    reader.subscribe(kDepth);
    for (int i = 0; i < 500; ++i) follower.frame(reader.next().value());
    const Book before = follower.book;
    for (int i = 500; i < 3'000; ++i) {
        follower.frame(reader.next().value());
        ASSERT_LT(follower.book.bids.rbegin()->first, follower.book.asks.begin()->first);
    }
    for (const auto& [price, quantity] : follower.book.bids) {
        EXPECT_TRUE(price % 10 == 0 || before.bids.contains(price)) << price << ": new, and off the grid";
    }
    EXPECT_TRUE(std::any_of(follower.book.asks.begin(), follower.book.asks.end(),
                            [](const auto& level) { return level.first % 10 != 0; }));
    follower.notation.price_padding = 1;
    EXPECT_EQ(follower.text(), exchange.truth("SOL_USDC"));
    Follower joined(notation_of("SOL_USDC"));
    joined.snapshot(client.get(kSnapshot).body);
    EXPECT_EQ(joined.book, follower.book);
    EXPECT_NE(client.get("/api/v1/market?symbol=SOL_USDC").body.find(R"("tickSize":"0.1")"), std::string::npos);
}

TEST(SimUnkind, ABookIsCrossedAtTheVenueItselfForATime) {
    SimOptions options = options_for({"SOL_USDC"}, 500);
    options.levels = 100;
    options.faults = {"cross@20:for_ms=100"};
    Exchange exchange(options);
    Client client(exchange.port());
    client.upgrade();
    client.subscribe(kDepth);
    const std::string first = client.next().value();
    Follower follower(notation_of("SOL_USDC"));
    follower.snapshot(Client(exchange.port()).get(kSnapshot).body);
    follower.frame(first);
    int crossed = 0;
    for (bool over = false; !over;) {
        if (!follower.frame(client.next().value())) continue;
        const bool now = follower.book.bids.rbegin()->first >= follower.book.asks.begin()->first;
        ASSERT_EQ(follower.text(), exchange.truth("SOL_USDC", follower.u));
        if (now) ++crossed;
        over = crossed > 0 && !now;
    }
    EXPECT_GE(crossed, 10);
}

TEST(SimUnkind, ABookTickerTellsAnotherQuantityThanTheBookHas) {
    SimOptions options = burst_of(2'000);
    const auto tickers = [&] {
        Exchange exchange(options);
        Client client(exchange.port());
        client.upgrade();
        client.subscribe(R"("bookTicker.SOL_USDC")");
        std::vector<std::string> quantities;
        while (quantities.size() < 50) {
            const std::string frame = client.next().value();
            const std::size_t at = frame.find("\"B\":");
            quantities.push_back(frame.substr(at, frame.find(',', at) - at));
        }
        return quantities;
    };
    const auto right = tickers();
    options.faults = {"touch@10:times=3"};
    const auto wrong = tickers();
    for (std::size_t i = 0; i < right.size(); ++i) EXPECT_EQ(right[i] != wrong[i], i >= 9 && i < 12) << i;
}

TEST(SimUnkind, ChaosMisleadsOnlyWhereItIsToldTo) {
    const auto misleading = [](const std::string& fault) {
        return std::any_of(Chaos::unkind_faults().begin(), Chaos::unkind_faults().end(), [&](const std::string& known) {
            return fault.substr(0, 7) == known.substr(0, 7) && known.starts_with("clock");
        });
    };
    for (const auto unkind : {Chaos::Unkind::no, Chaos::Unkind::yes}) {
        Chaos chaos(7, unkind);
        int clocks = 0;
        for (int i = 0; i < 2'000; ++i) {
            const std::string fault = chaos.next({1, 2}, {"SOL_USDC"});
            EXPECT_NO_THROW((void)Fault::parse(fault)) << fault;
            clocks += misleading(fault);
        }
        EXPECT_EQ(clocks > 0, unkind == Chaos::Unkind::yes);
    }
}

}  // namespace
}  // namespace daypack::core::sim
