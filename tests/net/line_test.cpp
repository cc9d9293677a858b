// SPDX-License-Identifier: MIT
#include "net/ws/line.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>

#include "net/base/clock.h"
#include "tests/net/line_harness.h"

namespace daypack::core {
namespace {

using test::contains;
using test::Exchange;
using test::LineTest;
using test::options_for;
using test::run_until;
using test::ws_frame;

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

TEST_F(LineTest, TheKernelTellsWhenItReceivedWhereThatIsAskedFor) {
    Exchange plain(io, nullptr);
    for (const bool over_tls : {false, true}) {
        Exchange& at = over_tls ? exchange : plain;
        for (const bool asked : {false, true}) {
            SCOPED_TRACE(std::string(over_tls ? "tls" : "plain") + (asked ? ", asked" : ""));
            listener = {};
            LineOptions options = options_for(at, over_tls ? &tls : nullptr);
            options.kernel_times = asked;
            make(options);
            line->start();
            ASSERT_TRUE(until([&] { return listener.ups == 1; }));
            WallTime before;
            const auto send = [&] {
                listener.frames.clear();
                before = wall_now();
                at.peer().send(ws_frame(test::text, "hello"));
            };
            send();
            ASSERT_TRUE(until([&] { return !listener.frames.empty(); }));
            if (!asked) {
                EXPECT_EQ(listener.received.kernel, WallTime{});
                continue;
            }
            ASSERT_TRUE(until([&] {  // the kernel begins a moment after it was asked
                if (listener.frames.empty()) return false;
                if (listener.received.kernel.ns != 0) return true;
                send();
                return false;
            }));
            EXPECT_GE(listener.received.kernel, before);
            EXPECT_LE(listener.received.kernel, wall_now());
        }
    }
}

// What one read brought may last for several rounds. Only a round that has asked the socket may say that nothing is
// left.
TEST_F(LineTest, NothingIsLeftOnlyWhereTheSocketSaysSo) {
    Exchange plain(io, nullptr);
    make(options_for(plain, nullptr));
    line->start();
    ASSERT_TRUE(until([&] { return listener.ups == 1; }));
    turns.reset();
    std::string burst;
    for (int i = 0; i < 200; ++i) burst += ws_frame(test::text, "x");
    plain.peer().send(burst);
    PollResult found = PollResult::idle;
    ASSERT_TRUE(until([&] { return (found = line->do_work(mono_now())) != PollResult::idle; }));
    ASSERT_EQ(found, PollResult::pending);
    ASSERT_LT(listener.frames.size(), 200u);
    plain.peer().send(ws_frame(test::text, "late"));
    while (io.poll() > 0) {  // until the kernel has it
    }
    for (int round = 0; found == PollResult::pending; ++round) {
        ASSERT_LT(round, 100);
        found = line->do_work(mono_now());
    }
    EXPECT_EQ(listener.frames.size(), 201u);
    EXPECT_EQ(listener.frames.back(), "late");
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

}  // namespace
}  // namespace daypack::core
