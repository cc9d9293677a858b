// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "tests/sim/sim_client.h"
#include "tests/sim/sim_follower.h"
#include "tests/sim/sim_setup.h"
#include "tools/sim/exchange.h"

namespace daypack::core::sim {
namespace {

TEST(SimFault, ADroppedFrameIsInTheTruthAndMissingOnTheWire) {
    SimOptions options = burst_of(500, {"SOL_USDC", "ETH_USDC"});
    options.faults = {"drop@100:symbol=SOL_USDC"};
    options.levels = 300;
    Exchange exchange(options);
    Client client(exchange.port());
    Follower follower(notation_of("SOL_USDC"));
    follower.snapshot(client.get("/api/v1/depth?symbol=SOL_USDC").body);
    client.upgrade();
    client.subscribe(R"("depth.SOL_USDC","depth.ETH_USDC")");
    int sol = 0, eth = 0;
    while (sol + eth < 999) {
        const std::string frame = client.next().value();
        if (frame.find("depth.ETH") != std::string::npos) {
            ++eth;
            continue;
        }
        ++sol;
        follower.frame(frame);
        ASSERT_EQ(follower.gaps, sol < 100 ? 0u : 1u) << sol;
        ASSERT_EQ(follower.text() == exchange.truth("SOL_USDC", follower.u), sol < 100)
            << "before it right, after it wrong";
        if (sol == 150) break;
    }
    ASSERT_EQ(exchange.fault_log().size(), 1u);
    EXPECT_NE(exchange.fault_log()[0].find("drop@100 symbol=SOL_USDC"), std::string::npos);
}

TEST(SimFault, ADropOnOneLineLeavesTheOtherWhole) {
    Exchange exchange(options_for({"SOL_USDC"}, 1000));
    Client one(exchange.port()), two(exchange.port());
    one.upgrade();
    two.upgrade();
    Follower first(notation_of("SOL_USDC")), second(notation_of("SOL_USDC"));
    one.subscribe(R"("depth.SOL_USDC")");
    first.frame(one.next().value());
    two.subscribe(R"("depth.SOL_USDC")");
    second.frame(two.next().value());
    first.gaps = second.gaps = 0;
    exchange.inject(Fault::parse("drop@50:line=2"));
    for (int i = 0; i < 1000; ++i) {
        first.frame(one.next().value());
        second.frame(two.next().value());
    }
    EXPECT_EQ(first.gaps, 0u);
    EXPECT_EQ(second.gaps, 1u);
}

TEST(SimFault, CloseEndsOneLineWithACloseFrame) {
    SimOptions options = options_for({"SOL_USDC"}, 1000);
    options.faults = {"close@20:line=1"};
    Exchange exchange(options);
    Client one(exchange.port());
    one.upgrade();
    one.subscribe(R"("depth.SOL_USDC")");
    Client two(exchange.port());
    two.upgrade();
    two.subscribe(R"("depth.SOL_USDC")");
    int frames = 0;
    while (one.next()) ++frames;
    EXPECT_EQ(one.close_code, 1001);
    EXPECT_GE(frames, 20);
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(two.next());
    EXPECT_TRUE(until([&] { return exchange.statistics().connections == 1; }));
}

TEST(SimFault, ARestartNumbersLowerFromTheSameBookOn) {
    SimOptions options = burst_of(1000);
    options.faults = {"restart@300:symbol=SOL_USDC"};
    Exchange exchange(options);
    Client client(exchange.port());
    Follower follower(notation_of("SOL_USDC"));
    follower.snapshot(client.get("/api/v1/depth?symbol=SOL_USDC").body);
    client.upgrade();
    client.subscribe(R"("depth.SOL_USDC")");
    for (int i = 0; i < 300; ++i) ASSERT_TRUE(follower.frame(client.next().value()));
    const std::uint64_t old_u = follower.u;
    for (int i = 0; i < 700; ++i) {
        const std::string frame = client.next().value();
        if (i == 0) {
            EXPECT_FALSE(follower.frame(frame)) << "an old number";
            EXPECT_LT(follower.last_seen_first_u, old_u);
            follower.u = follower.last_seen_first_u - 1;
        }
        ASSERT_TRUE(follower.frame(frame) || i == 0);
    }
    EXPECT_EQ(follower.text(), exchange.truth("SOL_USDC"));
}

TEST(SimFault, AwayCutsAllAndComesBackOnTheSamePortWithTheSameCertificate) {
    SimOptions options = options_for({"SOL_USDC"}, 1000);
    options.tls = true;
    options.faults = {"away@30:for_ms=200"};
    Exchange exchange(options);
    {
        Client client(exchange.port(), exchange.ca_pem());
        client.upgrade();
        client.subscribe(R"("depth.SOL_USDC")");
        while (client.next()) {
        }
        EXPECT_EQ(client.close_code, 0) << "a crash says no good-bye";
    }
    ASSERT_TRUE(until([&] {
        try {
            return Client(exchange.port(), exchange.ca_pem()).get("/api/v1/ping").body == "pong";
        } catch (const std::runtime_error&) {
            return false;
        }
    }));
    exchange.go_away();
    EXPECT_THROW(Client(exchange.port()), std::runtime_error);
    exchange.come_back();
    EXPECT_EQ(Client(exchange.port(), exchange.ca_pem()).get("/api/v1/ping").body, "pong");
}

TEST(SimFault, AStaleSnapshotIsTheBookOfThen) {
    SimOptions options = burst_of(2000);
    options.faults = {"stale@2:by=40,symbol=SOL_USDC"};
    Exchange exchange(options);
    Client reader(exchange.port());
    reader.upgrade();
    reader.subscribe(R"("depth.SOL_USDC")");
    ASSERT_TRUE(until([&] { return exchange.is_over("SOL_USDC"); }));
    Client client(exchange.port());
    Follower follower(notation_of("SOL_USDC"));
    follower.snapshot(client.get("/api/v1/depth?symbol=SOL_USDC").body);
    EXPECT_EQ(follower.u, exchange.last_u("SOL_USDC"));
    follower.snapshot(client.get("/api/v1/depth?symbol=SOL_USDC").body);
    EXPECT_LE(follower.u, exchange.last_u("SOL_USDC") - 40);
    EXPECT_EQ(follower.text(), exchange.truth("SOL_USDC", follower.u));
    follower.snapshot(client.get("/api/v1/depth?symbol=SOL_USDC").body);
    EXPECT_EQ(follower.u, exchange.last_u("SOL_USDC"));
}

TEST(SimFault, WrongCertificatesAreShownFromTheGivenConnectionOn) {
    for (const char* which : {"expired", "ca"}) {
        SimOptions options = options_for({"SOL_USDC"}, 1);
        options.tls = true;
        options.faults = {std::string("cert@2:which=") + which};
        Exchange exchange(options);
        EXPECT_EQ(Client(exchange.port(), exchange.ca_pem()).get("/api/v1/ping").body, "pong");
        EXPECT_THROW(Client(exchange.port(), exchange.ca_pem()), std::runtime_error) << which;
        EXPECT_THROW(Client(exchange.port(), exchange.ca_pem()), std::runtime_error) << which;
    }
}

TEST(SimFault, TextIsReadStrictly) {
    const Fault fault = Fault::parse("drop@12:symbol=SOL_USDC,line=2");
    EXPECT_EQ(fault.kind, FaultKind::drop);
    EXPECT_EQ(fault.at, 12u);
    EXPECT_EQ(fault.symbol, "SOL_USDC");
    EXPECT_EQ(fault.line, 2u);
    EXPECT_EQ(Fault::parse("cert:which=name").which, CertificateKind::other_name);
    EXPECT_EQ(Fault::parse("away@3:for_ms=50").for_ms, 50u);
    EXPECT_EQ(Fault::parse("restart").at, 1u);
    EXPECT_EQ(Fault::parse("restart:by=-4").shift_ids, -4);
    EXPECT_EQ(Fault::parse("restart:by=+4").shift_ids, 4);
    EXPECT_EQ(Fault::parse("restart:by=0").shift_ids, 0);
    EXPECT_EQ(Fault::parse("restart:to=17,how=rolling").first_id, 17u);
    EXPECT_EQ(Fault::parse("clock:by_ms=-30000").how, "step");
    EXPECT_EQ(Fault::parse("lag:line=2,by_ms=20,jitter_ms=5").jitter_ms, 5u);
    for (const char* bad : {"",
                            "dorp",
                            "drop@",
                            "drop@0",
                            "drop@x",
                            "drop:by=3",
                            "drop:line",
                            "drop:line=",
                            "cert:which=old",
                            "away",
                            "stale:by=-1",
                            "close@1:=2",
                            "lag",
                            "lag:by_ms=-3",
                            "lag:line=1,of=odd,by_ms=3",
                            "clock",
                            "clock:by_ms=0",
                            "clock:of=moon,by_ms=3",
                            "restart:to=5,by=3",
                            "restart:to=0",
                            "restart:book=best",
                            "listing:how=gone",
                            "rest:how=odd"}) {
        EXPECT_THROW((void)Fault::parse(bad), std::runtime_error) << bad;
    }
}

}  // namespace
}  // namespace daypack::core::sim
