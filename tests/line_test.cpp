#include "net/line.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/raw_server.h"

namespace daypack {
namespace {

using test::Peer;
using test::RawServer;
using test::run_until;
using test::TestTls;
using test::upgrade_answer;
using test::ws_frame;

struct Listener final : LineListener {
    bool on_frame(std::string_view frame, MonoTime) override {
        ++offered;
        if (refuse) return false;
        last_byte_behind = frame.data()[frame.size() + 63];  // readable, which AddressSanitizer checks
        frames.emplace_back(frame);
        return true;
    }
    void on_up() override { ++ups; }
    void on_down(std::string_view why) override { downs.emplace_back(why); }

    [[nodiscard]] std::string why() const { return downs.empty() ? "" : downs.back(); }

    bool refuse = false;
    int offered = 0;
    int ups = 0;
    char last_byte_behind = 0;
    std::vector<std::string> frames;
    std::vector<std::string> downs;
};

// An exchange that upgrades, notes what it is told, and answers pings and Close frames unless told otherwise.
struct Exchange {
    explicit Exchange(boost::asio::io_context& io, const TlsContext* tls, std::uint16_t port = 0)
        : server(
              io, tls, [this](Peer& peer) { on_bytes(peer); }, port) {}

    void on_bytes(Peer& peer) {
        if (!upgraded[&peer]) {
            const auto head = peer.take_head();
            if (!head) return;
            heads.push_back(*head);
            if (!refusal.empty()) return peer.send(refusal);
            if (mute) return;
            upgraded[&peer] = true;
            peer.send(upgrade_answer(*head));
        }
        while (const auto frame = test::take_ws_frame(peer.in())) {
            if (frame->opcode == test::text) texts.push_back(frame->payload);
            if (frame->opcode == test::pong) pongs.push_back(frame->payload);
            if (frame->opcode == test::ping) ++pings;
            if (frame->opcode == test::close) ++closes;
            if (mute) continue;
            if (frame->opcode == test::ping) peer.send(ws_frame(test::pong, frame->payload));
            if (frame->opcode == test::close) peer.send(ws_frame(test::close, frame->payload));
        }
    }
    Peer& peer() { return *server.peers().back(); }

    bool mute = false;    // takes everything and answers nothing
    std::string refusal;  // sent instead of an upgrade
    std::map<Peer*, bool> upgraded;
    std::vector<std::string> heads;
    std::vector<std::string> texts;
    std::vector<std::string> pongs;
    int pings = 0;
    int closes = 0;
    RawServer server;
};

LineOptions options_for(const Exchange& exchange, const TestTls* tls) {
    LineOptions options;
    options.urls = {parse_url(exchange.server.url(tls != nullptr ? "wss" : "ws"), UrlKind::websocket)};
    options.tls = tls != nullptr ? tls->client.get() : nullptr;
    return options;
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

std::string refusal_of(sim::CertificateKind kind, const std::string& host = "localhost") {
    boost::asio::io_context io;
    const TestTls tls(kind);
    Exchange exchange(io, tls.server.get());
    Listener listener;
    LineOptions options = options_for(exchange, &tls);
    options.urls[0].host = host;
    Line line(io, options, listener);
    line.start();
    EXPECT_TRUE(run_until(io, [&] { return !listener.downs.empty() || listener.ups > 0; }));
    EXPECT_EQ(listener.ups, 0);
    EXPECT_TRUE(exchange.heads.empty()) << "something was sent before the certificate was verified";
    return listener.downs.empty() ? "" : listener.downs[0];
}

TEST(LineTls, ACertificateForAnotherHostNameIsRefusedAndSaidSo) {
    const std::string why = refusal_of(sim::CertificateKind::other_name);
    EXPECT_TRUE(contains(why, "certificate refused: it is for another host name (other.example")) << why;
    EXPECT_TRUE(contains(why, "localhost:")) << why;
}

TEST(LineTls, AnAddressThatTheCertificateDoesNotNameIsRefused) {
    const std::string why = refusal_of(sim::CertificateKind::other_name, "127.0.0.1");
    EXPECT_TRUE(contains(why, "certificate refused: it is for another host name")) << why;
}

TEST(LineTls, ACertificateOfAnUnknownCaIsRefusedAndSaidSo) {
    const std::string why = refusal_of(sim::CertificateKind::other_ca);
    EXPECT_TRUE(contains(why, "certificate refused: signed by an unknown CA")) << why;
}

TEST(LineTls, AnExpiredCertificateIsRefusedAndSaidSo) {
    const std::string why = refusal_of(sim::CertificateKind::expired);
    EXPECT_TRUE(contains(why, "certificate refused: it has expired")) << why;
}

TEST(LineTls, TheSystemsStoreDoesNotTrustAnAuthorityOfOurOwn) {
    boost::asio::io_context io;
    const TestTls tls;
    const TlsContext system = TlsContext::client("");
    Exchange exchange(io, tls.server.get());
    Listener listener;
    LineOptions options = options_for(exchange, &tls);
    options.tls = &system;
    Line line(io, options, listener);
    line.start();
    ASSERT_TRUE(run_until(io, [&] { return !listener.downs.empty(); }));
    EXPECT_TRUE(contains(listener.why(), "unknown CA")) << listener.why();
}

TEST(LineTls, ACaFileWithoutACertificateIsAnErrorAtOnce) {
    EXPECT_THROW((void)TlsContext::client("/nonexistent/ca.pem"), std::runtime_error);
    EXPECT_THROW((void)TlsContext::client("/dev/null"), std::runtime_error);
}

TEST(LineTls, APlainServerBehindAWssAddressIsNamed) {
    boost::asio::io_context io;
    const TestTls tls;
    RawServer server(io, nullptr, [](Peer& peer) { peer.send("HTTP/1.1 400 Bad Request\r\n\r\n"); });
    Listener listener;
    LineOptions options;
    options.urls = {parse_url(server.url("wss"), UrlKind::websocket)};
    options.tls = tls.client.get();
    Line line(io, options, listener);
    line.start();
    ASSERT_TRUE(run_until(io, [&] { return !listener.downs.empty(); }));
    EXPECT_TRUE(contains(listener.why(), "no TLS 1.2 or later is spoken there")) << listener.why();
}

// One line to one exchange, over TLS.
class LineTest : public testing::Test {
  protected:
    void make(LineOptions options) { line = std::make_unique<Line>(io, std::move(options), listener); }
    void make() { make(options_for(exchange, &tls)); }
    void come_up() {
        make();
        line->start();
        ASSERT_TRUE(run_until(io, [&] { return listener.ups == 1; }));
    }
    template <class Condition>
    bool until(Condition condition) {
        return run_until(io, condition);
    }
    bool down(std::string_view part) {
        const bool seen = until([&] { return !listener.downs.empty(); });
        return seen && contains(listener.downs.back(), part);
    }

    boost::asio::io_context io;
    TestTls tls;
    Exchange exchange{io, tls.server.get()};
    Listener listener;
    std::unique_ptr<Line> line;
};

TEST_F(LineTest, FramesOfManySizesComeInOrder) {
    come_up();
    std::vector<std::string> sent;
    std::mt19937 random(1);
    const std::size_t corners[] = {0, 1, 124, 125, 126, 127, 1535, 1536, 1537, 16'384, 65'535, 65'536, 300'000};
    for (const std::size_t size : corners) sent.emplace_back(size, 'c');
    for (int i = 0; i < 300; ++i) sent.emplace_back(random() % 400, 'f');
    std::string bytes;
    for (std::size_t i = 0; i < sent.size(); ++i) {
        for (std::size_t j = 0; j < sent[i].size(); ++j) sent[i][j] = static_cast<char>('a' + (i + j) % 26);
        if (sent[i].size() % 3 == 2) {  // in two pieces
            bytes += ws_frame(test::text, std::string_view(sent[i]).substr(0, 1), false);
            bytes += ws_frame(test::continuation, std::string_view(sent[i]).substr(1));
        } else {
            bytes += ws_frame(test::text, sent[i]);
        }
    }
    while (!bytes.empty()) {  // cut anywhere
        const std::size_t size = std::min<std::size_t>(bytes.size(), 1 + random() % 3000);
        exchange.peer().send(bytes.substr(0, size));
        bytes.erase(0, size);
    }
    ASSERT_TRUE(until([&] { return listener.frames.size() == sent.size(); }));
    EXPECT_EQ(listener.frames, sent);
    EXPECT_EQ(line->stats().frames, sent.size());
    EXPECT_TRUE(listener.downs.empty());
}

TEST_F(LineTest, WorksOverPlainTcpOnLoopback) {
    Exchange plain(io, nullptr);
    make(options_for(plain, nullptr));
    line->start();
    ASSERT_TRUE(until([&] { return listener.ups == 1; }));
    plain.peer().send(ws_frame(test::text, "hello"));
    ASSERT_TRUE(until([&] { return !listener.frames.empty(); }));
    EXPECT_EQ(listener.frames[0], "hello");
}

TEST_F(LineTest, TheUpgradeAsksForThePathOfTheAddressAndOffersNoCompression) {
    LineOptions options = options_for(exchange, &tls);
    options.urls = {parse_url(exchange.server.url("wss") + "/v2/stream", UrlKind::websocket)};
    make(options);
    line->start();
    ASSERT_TRUE(until([&] { return listener.ups == 1; }));
    const std::string& head = exchange.heads.at(0);
    EXPECT_TRUE(head.starts_with("GET /v2/stream HTTP/1.1\r\n")) << head;
    EXPECT_EQ(test::header_of(head, "Host"), "localhost:" + std::to_string(exchange.server.port()));
    EXPECT_FALSE(contains(head, "Extensions")) << head;
}

TEST_F(LineTest, SubscribesInBatchesBeforeItIsUp) {
    std::vector<std::string> streams;
    for (int i = 0; i < 250; ++i) streams.push_back("depth.S" + std::to_string(i));
    make();
    line->subscribe(streams);
    line->subscribe({"depth.S0", "depth.S249"});  // known already
    line->start();
    ASSERT_TRUE(until([&] { return exchange.texts.size() == 3; }));
    EXPECT_TRUE(exchange.texts[0].starts_with(R"({"method":"SUBSCRIBE","params":["depth.S0","depth.S1",)"));
    EXPECT_TRUE(exchange.texts[2].starts_with(R"({"method":"SUBSCRIBE","params":["depth.S200",)"));
    EXPECT_TRUE(exchange.texts[2].ends_with(R"("depth.S249"]})")) << exchange.texts[2];
    ASSERT_TRUE(until([&] { return listener.ups == 1; }));

    line->subscribe({"depth.S3", "trade.kPEPE_USDC"});
    line->unsubscribe({"depth.S7", "depth.never"});
    ASSERT_TRUE(until([&] { return exchange.texts.size() == 5; }));
    EXPECT_EQ(exchange.texts[3], R"({"method":"SUBSCRIBE","params":["trade.kPEPE_USDC"]})");
    EXPECT_EQ(exchange.texts[4], R"({"method":"UNSUBSCRIBE","params":["depth.S7"]})");
    EXPECT_EQ(listener.ups, 1);
}

TEST_F(LineTest, APingIsAnsweredWithItsOwnWords) {
    come_up();
    exchange.peer().send(ws_frame(test::ping, "are you there"));
    ASSERT_TRUE(until([&] { return !exchange.pongs.empty(); }));
    EXPECT_EQ(exchange.pongs[0], "are you there");
}

TEST_F(LineTest, ItsOwnPingsKeepAQuietLineAlive) {
    LineOptions options = options_for(exchange, &tls);
    options.ping_interval_ms = 50;
    options.line_dead_ms = 1500;
    make(options);
    line->start();
    ASSERT_TRUE(until([&] { return line->stats().pongs >= 40; }));  // 2 s: longer than a dead line lives
    EXPECT_TRUE(listener.downs.empty()) << listener.why();
    EXPECT_GE(exchange.pings, 40);
    EXPECT_GE(line->stats().pings, 40U);
}

TEST_F(LineTest, ALineWithoutAByteIsDead) {
    LineOptions options = options_for(exchange, &tls);
    options.ping_interval_ms = 50;
    options.line_dead_ms = 300;
    make(options);
    line->start();
    ASSERT_TRUE(until([&] { return listener.ups == 1; }));
    exchange.mute = true;
    ASSERT_TRUE(down("dead: no byte for "));
    EXPECT_GE(exchange.pings, 1);
    exchange.mute = false;
    ASSERT_TRUE(until([&] { return listener.ups == 2; }));
}

TEST_F(LineTest, AServerThatNeverAnswersTheUpgradeIsGivenUp) {
    exchange.mute = true;
    LineOptions options = options_for(exchange, &tls);
    options.line_dead_ms = 300;
    make(options);
    line->start();
    EXPECT_TRUE(down("no answer to the WebSocket upgrade within 300 ms"));
}

TEST_F(LineTest, AServerThatNeverSpeaksTlsIsGivenUp) {
    RawServer silent(io, nullptr, [](Peer&) {});
    LineOptions options;
    options.urls = {parse_url(silent.url("wss"), UrlKind::websocket)};
    options.tls = tls.client.get();
    options.line_dead_ms = 300;
    make(options);
    line->start();
    EXPECT_TRUE(down(": no answer within 300 ms")) << listener.why();
}

TEST_F(LineTest, AfterACloseItComesBackAndSubscribesAgain) {
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
    EXPECT_EQ(line->stats().connects, 2U);
    EXPECT_EQ(line->stats().failures, 1U);
}

TEST_F(LineTest, AConnectionThatIsCutComesBack) {
    come_up();
    exchange.peer().cut();
    ASSERT_TRUE(until([&] { return listener.ups == 2; }));
    EXPECT_TRUE(contains(listener.why(), "the server ended the connection")) << listener.why();
}

TEST_F(LineTest, AnExchangeThatGoesAwayAndComesBackIsFoundAgain) {
    come_up();
    const std::uint16_t port = exchange.server.port();
    auto second = std::make_unique<Exchange>(io, tls.server.get());
    Listener other;
    Line line2(io, options_for(*second, &tls), other);
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

TEST_F(LineTest, TheNextAddressIsTriedWhereTheFirstDoesNotAnswer) {
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

TEST_F(LineTest, ARefusedUpgradeIsToldWithItsStatus) {
    for (const auto& [answer, words] : std::map<std::string, std::string>{
             {"403 Forbidden", "HTTP 403 Forbidden: the server refuses this address or region"},
             {"451 Unavailable", "HTTP 451 Unavailable: the server refuses this address or region"},
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

TEST_F(LineTest, After429ItWaitsAsLongAsItIsTold) {
    exchange.refusal = "HTTP/1.1 429 Too Many\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n";
    make();
    line->start();
    ASSERT_TRUE(down("HTTP 429 Too Many: too many connections or requests"));
    const auto refused = std::chrono::steady_clock::now();
    exchange.refusal.clear();
    ASSERT_TRUE(until([&] { return listener.ups == 1; }));
    EXPECT_GE(std::chrono::steady_clock::now() - refused, std::chrono::milliseconds(1990));
}

TEST_F(LineTest, TheDelayGrowsWithEachFailureAndStartsAnewAfterAFrame) {
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
    // The next delay is in [100, 200) ms; had it not started anew, it would be in [1600, 3200).
    exchange.peer().cut();
    ASSERT_TRUE(until([&] { return listener.downs.size() == 5; }));
    EXPECT_TRUE(run_until(
        io, [&] { return listener.ups == 2; }, std::chrono::milliseconds(1500)));
}

TEST_F(LineTest, AFrameLargerThanTheLimitEndsTheConnection) {
    LineOptions options = options_for(exchange, &tls);
    options.frame_bytes_max = 1000;
    make(options);
    line->start();
    ASSERT_TRUE(until([&] { return listener.ups == 1; }));
    exchange.peer().send(ws_frame(test::text, std::string(1000, 'x')));
    exchange.peer().send(ws_frame(test::text, std::string(1001, 'x')));
    ASSERT_TRUE(down("a frame is larger than max_frame_bytes (1000)")) << listener.why();
    EXPECT_EQ(listener.frames.size(), 1U);
}

TEST_F(LineTest, AServerThatBreaksTheProtocolIsLeft) {
    come_up();
    exchange.peer().send(std::string("\xf1\x00", 2));  // reserved bits
    ASSERT_TRUE(down("the server breaks the WebSocket protocol")) << listener.why();
    ASSERT_TRUE(until([&] { return listener.ups == 2; }));
}

TEST_F(LineTest, ARefusedFrameStopsTheReadingAndNothingIsLost) {
    come_up();
    constexpr std::size_t kFrames = 400;
    constexpr std::size_t kFrameBytes = 100'000;  // 40 MB in all, more than the kernel holds for us
    exchange.peer().stream().socket().set_option(boost::asio::socket_base::send_buffer_size(65'536));
    std::vector<std::string> sent;
    for (std::size_t i = 0; i < kFrames; ++i) sent.emplace_back(kFrameBytes, static_cast<char>('a' + i % 26));
    for (const std::string& frame : sent) exchange.peer().send(ws_frame(test::text, frame));

    ASSERT_TRUE(until([&] { return listener.frames.size() >= 3; }));
    listener.refuse = true;
    const int offered = listener.offered;
    ASSERT_TRUE(until([&] { return line->held(); }));
    EXPECT_FALSE(run_until(
        io, [&] { return exchange.peer().unsent_bytes() == 0; }, std::chrono::seconds(1)))
        << "the line went on reading";
    EXPECT_EQ(listener.offered, offered + 1);
    line->resume();  // still refused: it is kept
    EXPECT_EQ(listener.offered, offered + 2);
    EXPECT_TRUE(line->held());

    listener.refuse = false;
    line->resume();
    ASSERT_TRUE(until([&] { return listener.frames.size() == kFrames; }));
    EXPECT_EQ(listener.frames, sent);
    EXPECT_TRUE(listener.downs.empty());
    EXPECT_EQ(line->stats().frames, kFrames);
}

TEST_F(LineTest, ALineThatIsHeldBackIsNotCalledDead) {
    LineOptions options = options_for(exchange, &tls);
    options.line_dead_ms = 300;
    options.ping_interval_ms = 100;
    make(options);
    line->start();
    ASSERT_TRUE(until([&] { return listener.ups == 1; }));
    exchange.mute = true;  // so that not even a pong comes
    listener.refuse = true;
    exchange.peer().send(ws_frame(test::text, "wait"));
    ASSERT_TRUE(until([&] { return line->held(); }));
    EXPECT_FALSE(run_until(
        io, [&] { return !listener.downs.empty(); }, std::chrono::milliseconds(900)));
    listener.refuse = false;
    line->resume();
    EXPECT_EQ(listener.frames.size(), 1U);
    EXPECT_TRUE(down("dead: no byte for ")) << "and from here on silence counts again";
}

TEST_F(LineTest, StopSaysGoodByeAndIsThenSilent) {
    come_up();
    line->stop();
    exchange.peer().send(ws_frame(test::text, "too late"));
    ASSERT_TRUE(until([&] { return line->stopped(); }));
    EXPECT_EQ(exchange.closes, 1);
    EXPECT_TRUE(listener.frames.empty());
    EXPECT_TRUE(listener.downs.empty());
    line->stop();  // no harm
    ASSERT_TRUE(until([&] { return exchange.peer().ended(); }));
}

TEST_F(LineTest, StopDoesNotWaitForAServerThatDoesNotAnswer) {
    come_up();
    exchange.mute = true;
    line->stop();
    EXPECT_FALSE(line->stopped());
    ASSERT_TRUE(until([&] { return line->stopped(); }));
    EXPECT_TRUE(listener.downs.empty());
}

TEST_F(LineTest, StopWhileItConnectsOrWaitsIsAtOnce) {
    exchange.mute = true;
    LineOptions options = options_for(exchange, &tls);
    options.line_dead_ms = 200;
    make(options);
    line->start();
    line->stop();
    EXPECT_TRUE(line->stopped());

    make(options);
    line->start();
    ASSERT_TRUE(until([&] { return !exchange.heads.empty(); }));
    line->stop();
    EXPECT_TRUE(line->stopped());
    EXPECT_FALSE(run_until(
        io, [&] { return !listener.downs.empty(); }, std::chrono::milliseconds(500)));

    exchange.refusal = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
    make();
    line->start();
    ASSERT_TRUE(until([&] { return !listener.downs.empty(); }));
    line->stop();
    EXPECT_TRUE(line->stopped());
}

TEST_F(LineTest, StopFromWithinAFrameIsFine) {
    struct Stopper final : LineListener {
        bool on_frame(std::string_view, MonoTime) override {
            ++frames;
            line->stop();
            return true;
        }
        void on_up() override { up = true; }
        void on_down(std::string_view) override {}
        Line* line = nullptr;
        int frames = 0;
        bool up = false;
    } stopper;
    Line stopping(io, options_for(exchange, &tls), stopper);
    stopper.line = &stopping;
    stopping.start();
    ASSERT_TRUE(until([&] { return stopper.up; }));
    for (int i = 0; i < 10; ++i) exchange.peer().send(ws_frame(test::text, "x"));
    ASSERT_TRUE(until([&] { return stopping.stopped(); }));
    EXPECT_EQ(stopper.frames, 1);
}

// Whatever is under way then: name look-up, connect, handshake, upgrade, subscribe, frames, pings, reconnect.
TEST(LineLife, CanBeDestroyedAfterAnyNumberOfSteps) {
    const TestTls tls;
    for (const bool drained : {true, false}) {
        for (int steps = drained ? 0 : 1; steps < 120; steps += 2) {
            boost::asio::io_context io;
            Listener listener;
            {
                Exchange exchange(io, tls.server.get());
                LineOptions options = options_for(exchange, &tls);
                options.ping_interval_ms = 1;
                Line line(io, options, listener);
                line.subscribe({"depth.SOL_USDC"});
                line.start();
                for (int i = 0; i < steps; ++i) {
                    if (i > 60 && !exchange.server.peers().empty() && exchange.upgraded[&exchange.peer()]) {
                        exchange.peer().send(ws_frame(test::text, "frame"));
                    }
                    if (i == 100) exchange.peer().cut();
                    io.run_one_for(std::chrono::milliseconds(20));
                }
                if (steps % 3 == 0) line.stop();
            }
            if (drained) io.run();
        }
    }
}

}  // namespace
}  // namespace daypack
