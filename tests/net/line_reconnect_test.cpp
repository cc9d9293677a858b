// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <chrono>
#include <map>

#include "net/transport/dns_lookup.h"
#include "net/ws/line.h"
#include "tests/net/line_harness.h"

namespace daypack::core {
namespace {

using test::contains;
using test::Exchange;
using test::Listener;
using test::options_for;
using test::Peer;
using test::RawServer;
using test::run_until;
using test::Turns;
using test::ws_frame;

class LineReconnectTest : public test::LineTest {};

TEST_F(LineReconnectTest, AServerThatNeverAnswersTheUpgradeIsGivenUp) {
    exchange.mute = true;
    LineOptions options = options_for(exchange, &tls);
    options.line_dead_ms = 300;
    make(options);
    line->start();
    EXPECT_TRUE(down("no answer to the WebSocket upgrade within 300 ms"));
}

TEST_F(LineReconnectTest, AnAddressThatIsSilentGivesWayToTheHostsNextWithinASecondOrTwo) {
    using boost::asio::ip::make_address;
    pretend_addresses("localhost", {make_address("127.0.0.2"), make_address("127.0.0.1")});
    RawServer hole(
        io, tls.server.get(), [](Peer&) {}, exchange.server.port(), "127.0.0.2");
    make();  // with ten seconds for a server that is the only one
    line->start();
    EXPECT_TRUE(down("no answer to the WebSocket upgrade within 1000 ms")) << listener.why();
    ASSERT_TRUE(until([&] { return listener.ups == 1; }));
    exchange.peer().cut();
    ASSERT_TRUE(until([&] { return listener.ups == 2; }));
    EXPECT_EQ(hole.peers().size(), 1U) << "it does not go back there";
    pretend_addresses("localhost", {});
}

// A host with two addresses, of which the system names 127.0.0.2 first; 127.0.0.1 is the exchange's.
class LineWithTwoAddresses : public LineReconnectTest {
  protected:
    LineWithTwoAddresses() {
        using boost::asio::ip::make_address;
        pretend_addresses("localhost", {make_address("127.0.0.2"), make_address("127.0.0.1")});
    }
    ~LineWithTwoAddresses() override { pretend_addresses("localhost", {}); }
};

TEST_F(LineWithTwoAddresses, OneWhoseCertificateIsRefusedGivesWayAtOnce) {
    const test::TestTls other(sim::CertificateKind::other_ca);
    const RawServer foreign(
        io, other.server.get(), [](Peer&) {}, exchange.server.port(), "127.0.0.2");
    come_up();
    EXPECT_TRUE(listener.downs.empty()) << listener.why();
}

TEST_F(LineWithTwoAddresses, WhereNoneWillDoTheRefusedCertificateIsToldBeforeTheClosedPort) {
    const test::TestTls other(sim::CertificateKind::other_ca);
    std::uint16_t closed_port = 0;
    {
        const RawServer gone(io, nullptr, [](Peer&) {});
        closed_port = gone.port();
    }
    const RawServer foreign(
        io, other.server.get(), [](Peer&) {}, closed_port, "127.0.0.2");
    LineOptions options = options_for(exchange, &tls);
    options.urls[0].port = closed_port;
    make(options);
    line->start();
    EXPECT_TRUE(down("signed by an unknown CA")) << listener.why();
}

TEST_F(LineWithTwoAddresses, OneThatDeclinesTheUpgradeGivesWay) {
    RawServer declining(
        io, tls.server.get(),
        [](Peer& peer) {
            if (peer.take_head()) peer.send("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
        },
        exchange.server.port(), "127.0.0.2");
    make();
    line->start();
    ASSERT_TRUE(until([&] { return listener.ups == 1; }));
    EXPECT_EQ(listener.downs.size(), 1U);
    exchange.peer().cut();
    ASSERT_TRUE(until([&] { return listener.ups == 2; }));
    EXPECT_EQ(declining.peers().size(), 1U) << "it is remembered";
}

TEST_F(LineReconnectTest, ALineComesFromTheAddressThatItIsGiven) {
    LineOptions options = options_for(exchange, &tls);
    options.local_address = "127.0.0.3";
    make(options);
    line->start();
    ASSERT_TRUE(until([&] { return listener.ups == 1; })) << listener.why();
    EXPECT_EQ(exchange.peer().stream().socket().remote_endpoint().address().to_string(), "127.0.0.3");
}

TEST_F(LineReconnectTest, AnAddressThatALineCannotComeFromIsToldInWords) {
    const auto why_not = [&](const std::string& local_address) {
        LineOptions options = options_for(exchange, &tls);
        options.urls[0].host = "127.0.0.1";
        options.local_address = local_address;
        listener.downs.clear();
        make(options);
        line->start();
        EXPECT_TRUE(until([&] { return !listener.downs.empty(); }));
        return listener.why();
    };
    EXPECT_TRUE(contains(why_not("192.0.2.7"), "nothing can come from local_address 192.0.2.7")) << listener.why();
    EXPECT_TRUE(contains(why_not("2001:db8::7"), "the host has no IPv6 address, and local_address 2001:db8::7 is one"))
        << listener.why();
}

TEST_F(LineReconnectTest, NothingIsSentUnencryptedToAnotherMachine) {
    using boost::asio::ip::make_address;
    RawServer plain(io, nullptr, [](Peer&) {});
    LineOptions options = options_for(exchange, &tls);
    options.urls = {parse_url(plain.url("ws"), UrlKind::websocket)};
    pretend_addresses("localhost", {make_address("192.0.2.1")});
    make(options);
    line->start();
    EXPECT_TRUE(down("the name leads to 192.0.2.1, which is not this machine")) << listener.why();
    pretend_addresses("localhost", {make_address("192.0.2.1"), make_address("127.0.0.1")});
    EXPECT_TRUE(until([&] { return !plain.peers().empty(); })) << "the address that is may be used";
    pretend_addresses("localhost", {});
}

TEST_F(LineReconnectTest, InterimAnswersBeforeTheUpgradeAreSkipped) {
    RawServer server(io, tls.server.get(), [](Peer& peer) {
        if (const auto head = peer.take_head()) {
            peer.send("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" +
                      test::upgrade_answer(*head) + ws_frame(test::text, "first"));
        }
    });
    LineOptions options = options_for(exchange, &tls);
    options.urls = {parse_url(server.url("wss"), UrlKind::websocket)};
    make(options);
    line->start();
    ASSERT_TRUE(until([&] { return listener.frames.size() == 1; })) << listener.why();
    EXPECT_EQ(listener.frames[0], "first");
}

TEST_F(LineReconnectTest, AFirewallsBlockHoldsTheLineAndIsNoRegions) {
    const std::string body = "<H2>The request could not be satisfied.</H2>Request blocked.";
    exchange.refusal = "HTTP/1.1 403 Forbidden\r\nRetry-After: 1\r\nContent-Length: " + std::to_string(body.size()) +
                       "\r\n\r\n" + body;
    make();
    line->start();
    ASSERT_TRUE(down("HTTP 403 Forbidden: request blocked by the firewall")) << listener.why();
    const MonoTime refused = mono_now();
    exchange.refusal.clear();
    ASSERT_TRUE(until([&] { return listener.ups == 1; }));
    EXPECT_GE(mono_now() - refused, 990 * 1'000'000);
}

TEST_F(LineReconnectTest, AServerThatNeverSpeaksTlsIsGivenUp) {
    RawServer silent(io, nullptr, [](Peer&) {});
    LineOptions options;
    options.urls = {parse_url(silent.url("wss"), UrlKind::websocket)};
    options.stream_frames = subscribe_frames;
    options.tls = tls.client.get();
    options.line_dead_ms = 300;
    make(options);
    line->start();
    EXPECT_TRUE(down(": no answer within 300 ms")) << listener.why();
}

TEST_F(LineReconnectTest, AfterACloseItComesBackAndSubscribesAgain) {
    make();
    line->subscribe({"depth.SOL_USDC"});
    line->start();
    ASSERT_TRUE(until([&] { return listener.ups == 1; }));
    line->subscribe({"trade.SOL_USDC"});
    exchange.peer().send(ws_frame(test::text, "one"));
    ASSERT_TRUE(until([&] { return listener.frames.size() == 1; }));
    exchange.peer().send(ws_frame(test::close, std::string("\x03\xe9", 2) + "see\nyou"));
    ASSERT_TRUE(down("closed by the server (code 1001: see?you)")) << listener.why();
    ASSERT_TRUE(until([&] { return listener.ups == 2; }));
    ASSERT_TRUE(until([&] { return exchange.texts.size() == 3; }));
    EXPECT_EQ(exchange.closes, 1) << "the Close frame is answered";
    EXPECT_EQ(exchange.texts[2], R"({"method":"SUBSCRIBE","params":["depth.SOL_USDC","trade.SOL_USDC"]})");
    EXPECT_EQ(line->stats().failures, 1U);
}

TEST_F(LineReconnectTest, AConnectionThatIsCutComesBack) {
    come_up();
    exchange.peer().cut();
    ASSERT_TRUE(until([&] { return listener.ups == 2; }));
    EXPECT_TRUE(contains(listener.why(), "the server ended the connection")) << listener.why();
}

TEST_F(LineReconnectTest, AnExchangeThatGoesAwayAndComesBackIsFoundAgain) {
    come_up();
    const std::uint16_t port = exchange.server.port();
    auto second = std::make_unique<Exchange>(io, tls.server.get());
    Listener other;
    Line line2(io, options_for(*second, &tls), other);
    const Turns turns2(io, line2);
    line2.start();
    ASSERT_TRUE(until([&] { return other.ups == 1; }));
    const std::uint16_t port2 = second->server.port();
    ASSERT_NE(port, port2);
    second.reset();
    ASSERT_TRUE(until([&] { return other.downs.size() >= 3; }));
    EXPECT_TRUE(contains(other.why(), "connection refused")) << other.why();
    second = std::make_unique<Exchange>(io, tls.server.get(), port2);
    ASSERT_TRUE(until([&] { return other.ups == 2; }));
    EXPECT_TRUE(listener.downs.empty()) << "the other line does not notice";
}

TEST_F(LineReconnectTest, TheNextAddressIsTriedWhereTheFirstDoesNotAnswer) {
    LineOptions options = options_for(exchange, &tls);
    std::uint16_t closed_port = 0;
    {
        RawServer gone(io, nullptr, [](Peer&) {});
        closed_port = gone.port();
    }
    options.urls.insert(options.urls.begin(),
                        parse_url("wss://127.0.0.1:" + std::to_string(closed_port), UrlKind::websocket));
    make(options);
    line->start();
    ASSERT_TRUE(until([&] { return listener.ups == 1; }));
    ASSERT_EQ(listener.downs.size(), 1U);
    EXPECT_TRUE(contains(listener.why(), "connection refused")) << listener.why();
}

TEST_F(LineReconnectTest, ARefusedUpgradeIsToldWithItsStatus) {
    for (const auto& [answer, words] : std::map<std::string, std::string>{
             {"403 Forbidden",
              "HTTP 403 Forbidden: the exchange refuses this address or region; set ws_urls to a host that serves it"},
             {"451 Unavailable",
              "HTTP 451 Unavailable: the exchange refuses this address or region; set ws_urls to a host that serves "
              "it"},
             {"503 Busy", "HTTP 503 Busy: the server is not well"},
             {"404 Not Found", "HTTP 404 Not Found: no WebSocket is served under this address"},
             {"302 Found", "HTTP 302 Found: redirects are not followed"}}) {
        listener.downs.clear();
        exchange.refusal = "HTTP/1.1 " + answer + "\r\nContent-Length: 2\r\n\r\nno";
        make();
        line->start();
        ASSERT_TRUE(down(words)) << listener.why();
    }
}

TEST_F(LineReconnectTest, After429ItWaitsAsLongAsItIsTold) {
    exchange.refusal = "HTTP/1.1 429 Too Many\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n";
    make();
    line->start();
    ASSERT_TRUE(down("HTTP 429 Too Many: too many connections or requests"));
    const auto refused = std::chrono::steady_clock::now();
    exchange.refusal.clear();
    ASSERT_TRUE(until([&] { return listener.ups == 1; }));
    EXPECT_GE(std::chrono::steady_clock::now() - refused, std::chrono::milliseconds(1990));
}

TEST_F(LineReconnectTest, TheDelayGrowsWithEachFailureAndStartsAnewAfterAFrame) {
    exchange.refusal = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
    make();
    line->start();
    ASSERT_TRUE(until([&] { return !listener.downs.empty(); }));
    const auto first = std::chrono::steady_clock::now();
    ASSERT_TRUE(until([&] { return listener.downs.size() == 4; }));
    const auto grown = std::chrono::steady_clock::now() - first;
    EXPECT_GE(grown, std::chrono::milliseconds(100 + 200 + 400));

    exchange.refusal.clear();
    ASSERT_TRUE(until([&] { return listener.ups == 1; }));
    exchange.peer().send(ws_frame(test::text, "frame"));
    ASSERT_TRUE(until([&] { return !listener.frames.empty(); }));
    // The next delay is in [100, 200) ms; had it not started over, it would be in [1600, 3200).
    exchange.peer().cut();
    ASSERT_TRUE(until([&] { return listener.downs.size() == 5; }));
    EXPECT_TRUE(run_until(
        io, [&] { return listener.ups == 2; }, std::chrono::milliseconds(1500)));
}

}  // namespace
}  // namespace daypack::core
