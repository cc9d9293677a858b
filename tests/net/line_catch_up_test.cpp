// SPDX-License-Identifier: MIT
// What a line that is to catch up waits for: the pong that stands behind all that was on its way.
#include <gtest/gtest.h>

#include <chrono>

#include "net/ws/line.h"
#include "tests/net/line_harness.h"

namespace daypack::core {
namespace {

using test::contains;
using test::options_for;
using test::run_until;
using test::ws_frame;

class LineCatchUpTest : public test::LineTest {
  protected:
    // An exchange that answers no ping by itself.
    void come_up_unanswered(int ping_interval_ms, int line_dead_ms) {
        LineOptions options = options_for(exchange, &tls);
        options.ping_interval_ms = ping_interval_ms;
        options.line_dead_ms = line_dead_ms;
        make(options);
        line->start();
        ASSERT_TRUE(until([&] { return listener.ups == 1; }));
        exchange.mute = true;
    }
    // What the last ping said, once so many have come.
    std::string ping_of(std::size_t count) {
        EXPECT_TRUE(until([&] { return exchange.ping_payloads.size() >= count; }));
        return exchange.ping_payloads.back();
    }
    // All that was sent before has been read when it has.
    void answer(const std::string& payload) {
        const std::uint64_t pongs = line->stats().pongs;
        exchange.peer().send(ws_frame(test::pong, payload));
        ASSERT_TRUE(until([&] { return line->stats().pongs == pongs + 1; }));
    }
};

TEST_F(LineCatchUpTest, OnlyThePongOfTheLastPingCounts) {
    come_up_unanswered(0, 60'000);
    EXPECT_FALSE(line->catching_up());
    line->catch_up(mono_now());
    EXPECT_TRUE(line->catching_up());
    const std::string first = ping_of(1);
    line->catch_up(mono_now());
    const std::string second = ping_of(2);
    EXPECT_FALSE(first.empty());
    EXPECT_NE(first, second);
    for (const auto& older : {std::string(), first, second + '\0', second.substr(1)}) {
        answer(older);
        EXPECT_TRUE(line->catching_up());
    }
    answer(second);
    EXPECT_FALSE(line->catching_up());
    answer(second);
    line->catch_up(mono_now());
    answer(second);
    EXPECT_TRUE(line->catching_up()) << "it is the pong of the time before";
    answer(ping_of(3));
    EXPECT_FALSE(line->catching_up());
    EXPECT_EQ(line->stats().pings, 3U);
    EXPECT_EQ(line->stats().pongs, 8U);
    EXPECT_TRUE(listener.downs.empty()) << listener.why();
}

TEST_F(LineCatchUpTest, APongBehindABacklogIsReadAfterAllOfIt) {
    come_up();
    constexpr std::size_t kFrames = 300;
    exchange.peer().stream().socket().set_option(boost::asio::socket_base::send_buffer_size(16'384));
    for (std::size_t i = 0; i < kFrames; ++i) exchange.peer().send(ws_frame(test::text, std::string(20'000, 'x')));
    line->catch_up(mono_now());
    ASSERT_TRUE(until([&] {
        if (line->catching_up()) return false;
        EXPECT_EQ(listener.frames.size(), kFrames);
        return true;
    }));
    EXPECT_EQ(exchange.pings, 1);
}

TEST_F(LineCatchUpTest, APongBehindAFrameThatIsHeldWaitsForIt) {
    come_up_unanswered(0, 300);
    listener.refuse = true;
    exchange.peer().send(ws_frame(test::text, "wait"));
    ASSERT_TRUE(until([&] { return line->held(); }));
    line->catch_up(mono_now());
    exchange.peer().send(ws_frame(test::pong, ping_of(1)));
    EXPECT_FALSE(run_until(
        io, [&] { return !line->catching_up(); }, std::chrono::milliseconds(500)));
    EXPECT_TRUE(listener.downs.empty()) << "a line that is held back is not dead: " << listener.why();
    listener.refuse = false;
    line->resume();
    ASSERT_TRUE(until([&] { return !line->catching_up(); }));
    EXPECT_EQ(listener.frames.size(), 1U);
    EXPECT_TRUE(listener.downs.empty()) << listener.why();
}

// A server may answer the last of several pings alone.
TEST_F(LineCatchUpTest, UsualPingsMeanwhileAreLikeTheOneThatIsWaitedFor) {
    come_up_unanswered(20, 60'000);
    EXPECT_EQ(ping_of(2), "");
    line->catch_up(mono_now());
    ASSERT_TRUE(until([&] { return !exchange.ping_payloads.back().empty(); }));
    const std::size_t first = exchange.ping_payloads.size();
    const std::string payload = ping_of(first + 3);
    for (std::size_t i = first - 1; i < first + 3; ++i) EXPECT_EQ(exchange.ping_payloads[i], payload);
    answer(payload);
    EXPECT_FALSE(line->catching_up());
    ASSERT_TRUE(until([&] { return exchange.ping_payloads.back().empty(); }));
    EXPECT_EQ(line->stats().pongs, 1U);
    EXPECT_TRUE(until([&] { return line->stats().pings == exchange.ping_payloads.size(); }));
}

TEST_F(LineCatchUpTest, NoPongIsWaitedForLongerThanALineMayBeSilent) {
    come_up_unanswered(0, 300);
    line->catch_up(mono_now());
    int sent = 0;
    ASSERT_TRUE(until([&] {  // frames enough to live on, but no pong
        exchange.peer().send(ws_frame(test::text, std::to_string(++sent)));
        return !listener.downs.empty();
    }));
    EXPECT_TRUE(contains(listener.why(), "dead: no pong to a ping for 300 ms")) << listener.why();
    EXPECT_FALSE(line->catching_up());
    exchange.mute = false;
    ASSERT_TRUE(until([&] { return listener.ups == 2; }));
    EXPECT_FALSE(line->catching_up()) << "what the next connection brings is new";
}

TEST_F(LineCatchUpTest, TheEndOfTheConnectionEndsIt) {
    come_up_unanswered(0, 60'000);
    line->catch_up(mono_now());
    ASSERT_TRUE(line->catching_up());
    exchange.peer().cut();
    ASSERT_TRUE(until([&] { return !listener.downs.empty(); }));
    EXPECT_FALSE(line->catching_up());
    line->catch_up(mono_now());
    EXPECT_FALSE(line->catching_up()) << "nothing is on its way on a line that is down";
}

TEST_F(LineCatchUpTest, ItWaitsForRoomBehindALargeSubscription) {
    come_up();
    std::vector<std::string> streams;
    for (int i = 0; i < 2'000; ++i) streams.push_back("depth.SYMBOL" + std::to_string(i) + "_USDC");
    turns.reset();
    line->subscribe(streams);  // more than what a control frame may wait behind
    line->catch_up(mono_now());
    EXPECT_EQ(line->stats().pings, 0U);
    turns = std::make_unique<test::Turns>(io, *line);
    ASSERT_TRUE(until([&] { return !line->catching_up(); }));
    EXPECT_EQ(line->stats().pings, 1U);
    EXPECT_EQ(exchange.texts.size(), 20U);
}

}  // namespace
}  // namespace daypack::core
