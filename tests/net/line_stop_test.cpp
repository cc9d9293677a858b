// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <chrono>

#include "net/ws/line.h"
#include "tests/net/line_harness.h"

namespace daypack::core {
namespace {

using test::Exchange;
using test::Listener;
using test::options_for;
using test::run_until;
using test::TestTls;
using test::Turns;
using test::ws_frame;

class LineStopTest : public test::LineTest {};

TEST_F(LineStopTest, StopSaysGoodByeAndIsThenSilent) {
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

TEST_F(LineStopTest, StopDoesNotWaitForAServerThatDoesNotAnswer) {
    come_up();
    exchange.mute = true;
    line->stop();
    EXPECT_FALSE(line->stopped());
    ASSERT_TRUE(until([&] { return line->stopped(); }));
    EXPECT_TRUE(listener.downs.empty());
}

TEST_F(LineStopTest, StopWhileItConnectsOrWaitsIsAtOnce) {
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

TEST_F(LineStopTest, StopFromWithinAFrameIsFine) {
    struct Stopper final : LineListener {
        bool on_frame(std::string_view, const ReceiveTimes&) override {
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
    const Turns its_turns(io, stopping);
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
        for (int steps = drained ? 0 : 1; steps < 480; steps += 5) {
            boost::asio::io_context io;
            Listener listener;
            {
                Exchange exchange(io, tls.server.get());
                LineOptions options = options_for(exchange, &tls);
                options.ping_interval_ms = 1;
                Line line(io, options, listener);
                const Turns turns(io, line);
                line.subscribe({"depth.SOL_USDC"});
                line.start();
                for (int i = 0; i < steps; ++i) {
                    if (i > 240 && !exchange.server.peers().empty() && exchange.upgraded[&exchange.peer()]) {
                        exchange.peer().send(ws_frame(test::text, "frame"));
                    }
                    if (i == 400 && !exchange.server.peers().empty()) exchange.peer().cut();
                    io.run_one_for(std::chrono::milliseconds(20));
                }
                if (steps % 3 == 0) line.stop();
            }
            if (drained) io.run();
        }
    }
}

}  // namespace
}  // namespace daypack::core
