// SPDX-License-Identifier: MIT
// A network thread's agent and the exchange that it is connected to, turn by turn in one thread.
#include "engine/net_thread/net_agent.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <vector>

#include "net/backpack/subscribe_frame.h"
#include "net/base/clock.h"
#include "tests/net/line_harness.h"

namespace daypack::core {
namespace {

using test::contains;
using test::Exchange;
using test::Peer;
using test::ws_frame;

constexpr std::int64_t kSecond_ns = 1'000'000'000;

std::string depth_frame(std::uint64_t id) {
    const std::string n = std::to_string(id);
    return R"({"data":{"E":1770000000000000,"T":1770000000000000,"U":)" + n +
           R"(,"a":[["137.10","12.5"]],"b":[["136.90","7.5"]],"e":"depth","s":"SOL_USDC","u":)" + n +
           R"(},"stream":"depth.SOL_USDC"})";
}

// An agent of two lines, which are up, each with an exchange of its own that answers no ping by itself.
class NetAgentTest : public testing::Test {
  protected:
    NetAgentTest() {
        (void)instruments.append({"SOL_USDC", "SOL-USDC", {1, -2}, {1, -2}, Reason::none, true});
        (void)segment.add_symbol("SOL-USDC", "SOL_USDC");
        for (int line = 0; line < 2; ++line) (void)segment.add_line("localhost");
        subscriptions.set(0, true);
        NetAgent::Options options;
        options.idle = IdleMode::spin;
        options.channels = {Channel::depth};
        for (LineIndex line = 0; line < 2; ++line) {
            LineOptions of_line;
            of_line.stream_frames = subscribe_frames;
            of_line.index = line;
            of_line.urls = {parse_url(exchanges[line].server.url("ws"), UrlKind::websocket)};
            of_line.ping_interval_ms = 0;
            of_line.line_dead_ms = 600'000;
            options.lines.push_back(of_line);
        }
        net = std::make_unique<NetAgent>(std::move(options), NetAgent::Wiring{&instruments, &subscriptions, &sink, &log,
                                                                              &segment, health, &resubscribes});
        EXPECT_TRUE(until([&] {
            return health[0].up && health[1].up && !exchanges[0].texts.empty() && !exchanges[1].texts.empty();
        }));
        for (Exchange& exchange : exchanges) exchange.mute = true;
        pop_all();
    }
    ~NetAgentTest() override { (void)shm_unlink(("/daypack." + instance).c_str()); }

    void turn() {
        io.restart();
        io.poll();
        net->do_work(mono_now() + ahead_ns);
    }
    template <class Condition>
    bool until(Condition condition) {
        const MonoTime end = mono_now() + 20 * kSecond_ns;
        while (!condition()) {
            if (mono_now() >= end) return false;
            turn();
        }
        return true;
    }
    std::vector<Event> pop_all() {
        std::vector<Event> all;
        for (const Event* event = events.front(); event != nullptr; event = events.front()) {
            all.push_back(*event);
            events.pop();
        }
        return all;
    }
    std::string logged() {
        std::string words;
        LogRecord record;
        while (log.pop(record)) words += std::string(record.words.data()) + "\n";
        return words;
    }
    // Says that a pause ended now, and waits for the pings: what each line is to be answered with.
    std::string pause() {
        const std::size_t pings = exchanges[0].ping_payloads.size();
        pause_end_ns = mono_now().ns;
        net->backlog().pause_end_ns.store(pause_end_ns, std::memory_order_release);
        EXPECT_TRUE(until(
            [&] { return exchanges[0].ping_payloads.size() > pings && exchanges[1].ping_payloads.size() > pings; }));
        EXPECT_EQ(exchanges[0].ping_payloads, exchanges[1].ping_payloads) << "both are asked as often";
        return exchanges[0].ping_payloads.back();
    }
    Peer& peer(LineIndex line) { return exchanges[line].peer(); }
    [[nodiscard]] bool answered() const {
        return net->backlog().read_ns.load(std::memory_order_acquire) == pause_end_ns;
    }
    std::uint64_t counter(LineIndex line, unsigned which) { return segment.line_counters(line).get(which); }

    boost::asio::io_context io;
    Exchange exchanges[2]{Exchange(io, nullptr), Exchange(io, nullptr)};
    const std::string instance = "net_agent." + std::to_string(getpid());
    InstrumentTable instruments{4};
    Subscriptions subscriptions{4};
    EventQueue events{1'023};
    QueueSink sink{events};
    LogQueue log{64};
    Segment segment{{instance, 16, 4, 64, 0600, {}}};
    LineHealth health[2];
    Resubscribes resubscribes{16};
    std::unique_ptr<NetAgent> net;
    std::int64_t ahead_ns = 0;  // of the clock
    std::int64_t pause_end_ns = 0;
};

TEST_F(NetAgentTest, AfterAPauseItAnswersWhenAllLinesHaveReadTheirPongAndWhatStoodBefore) {
    for (std::uint64_t id = 1; id < 10; ++id) {
        const std::string payload = pause();
        peer(0).send(ws_frame(test::pong, payload));
        for (std::uint64_t i = 0; i < 100; ++i) peer(1).send(ws_frame(test::text, depth_frame(100 * id + i)));
        const std::uint64_t last = 100 * id + 99;
        std::uint64_t read = 0;
        const auto read_some = [&] {
            for (const Event& event : pop_all()) read = event.last_id;
            return read;
        };
        EXPECT_TRUE(until([&] { return read_some() == last; }));
        for (int i = 0; i < 100; ++i) turn();
        EXPECT_FALSE(answered()) << "a line may have more";
        peer(1).send(ws_frame(test::text, depth_frame(last + 1)) + ws_frame(test::pong, payload));
        ASSERT_TRUE(until([&] { return answered(); }));
        EXPECT_EQ(read_some(), last + 1) << "it is in the queue";
    }
}

TEST_F(NetAgentTest, AfterAPauseALineThatGoesDownIsWaitedForNoLonger) {
    const std::string payload = pause();
    peer(0).send(ws_frame(test::pong, payload));
    for (int i = 0; i < 100; ++i) turn();
    EXPECT_FALSE(answered());
    peer(1).cut();
    ASSERT_TRUE(until([&] { return answered(); }));
    const std::vector<Event> told = pop_all();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].kind, EventKind::line_down) << "the books know it by then";
    exchanges[1].mute = false;
    EXPECT_TRUE(until([&] { return health[1].up.load(); }));
}

TEST_F(NetAgentTest, APauseDuringAnotherIsAnsweredByItsOwnPongs) {
    const std::string first = pause();
    const std::int64_t first_end_ns = pause_end_ns;
    peer(0).send(ws_frame(test::pong, first));
    const std::string second = pause();
    for (const LineIndex line : {0, 1}) peer(line).send(ws_frame(test::pong, first));
    for (int i = 0; i < 100; ++i) turn();
    EXPECT_NE(net->backlog().read_ns.load(), first_end_ns);
    EXPECT_FALSE(answered());
    for (const LineIndex line : {0, 1}) peer(line).send(ws_frame(test::pong, second));
    EXPECT_TRUE(until([&] { return answered(); }));
}

// The queue was full for so long that an update was dropped: the books have to hear of it before they are right again.
TEST_F(NetAgentTest, AfterAPauseItAnswersNotBeforeTheBooksAreToldWhatTheyLost) {
    while (events.size() < events.capacity()) {
        Event event;
        event.kind = EventKind::advance;
        event.last = true;
        ASSERT_TRUE(events.push({&event, 1}));
    }
    const std::string payload = pause();
    peer(0).send(ws_frame(test::pong, payload));
    peer(1).send(ws_frame(test::text, depth_frame(1)) + ws_frame(test::pong, payload));
    ASSERT_TRUE(until([&] { return counter(1, DAYPACK_LINE_pongs) == 1; }));
    ASSERT_TRUE(until([&] { return counter(1, DAYPACK_LINE_queue_dropped) == 1; }));
    for (int i = 0; i < 100; ++i) turn();
    EXPECT_FALSE(answered());
    pop_all();
    ASSERT_TRUE(until([&] { return answered(); }));
    const std::vector<Event> told = pop_all();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].kind, EventKind::lost);
}

TEST_F(NetAgentTest, OneForeignSymbolOfManyIsSubscribedAgainAloneAndTheLineReplacedWhereThatDidNotHelp) {
    for (SymbolIndex symbol = 1; symbol < 4; ++symbol) {
        const std::string n = std::to_string(symbol);
        (void)instruments.append({"A" + n + "_USDC", "A" + n + "-USDC", {1, -2}, {1, -2}, Reason::none, true});
        subscriptions.set(symbol, true);
    }
    const auto texts = [&] { return exchanges[1].texts.size(); };
    const std::size_t before = texts();
    ASSERT_TRUE(until([&] { return texts() > before; }));
    const std::size_t subscribed = texts();
    const auto ask = [&](SymbolIndex symbol) {
        ASSERT_TRUE(resubscribes.push(Resubscribe{symbol, 0b10, Resubscribe::Kind::foreign, 0b10}));
        turn();
    };
    (void)logged();
    ask(0);
    ASSERT_TRUE(until([&] { return texts() == subscribed + 2; }));
    EXPECT_EQ(exchanges[1].texts[subscribed], R"({"method":"UNSUBSCRIBE","params":["depth.SOL_USDC"]})");
    EXPECT_EQ(exchanges[1].texts[subscribed + 1], R"({"method":"SUBSCRIBE","params":["depth.SOL_USDC"]})");
    EXPECT_TRUE(contains(logged(), "subscribes SOL_USDC again"));
    ahead_ns += kSecond_ns;
    ask(0);  // it has not come through yet
    EXPECT_TRUE(health[1].up);
    exchanges[1].mute = false;
    ahead_ns += 2 * kSecond_ns;
    ask(0);
    EXPECT_TRUE(contains(logged(), "sends update ids of SOL_USDC that match no other line"));
    ASSERT_TRUE(until([&] { return health[1].up && counter(1, DAYPACK_LINE_connects) == 2; }));
    EXPECT_EQ(counter(1, DAYPACK_LINE_replaces), 1U);

    ahead_ns += 10 * kSecond_ns;
    ask(0);
    EXPECT_TRUE(health[1].up) << "one of four";
    ask(2);
    ASSERT_TRUE(until([&] { return counter(1, DAYPACK_LINE_replaces) == 2; })) << "half of them are foreign";
    ASSERT_TRUE(until([&] { return health[1].up && counter(1, DAYPACK_LINE_connects) == 3; }));
    EXPECT_EQ(counter(0, DAYPACK_LINE_connects), 1U) << "the other line has nothing to do with it";
}

TEST_F(NetAgentTest, ALineWithANumberingOfItsOwnIsReplacedOnceInTenSeconds) {
    const auto ask = [&] {
        ASSERT_TRUE(resubscribes.push(Resubscribe{0, 0b10, Resubscribe::Kind::foreign, 0b10}));
        turn();
    };
    (void)logged();
    exchanges[1].mute = false;
    ask();
    EXPECT_TRUE(contains(logged(), "sends update ids of SOL_USDC that match no other line"));
    ASSERT_TRUE(until([&] { return health[1].up && counter(1, DAYPACK_LINE_connects) == 2; }));
    EXPECT_EQ(exchanges[1].texts.back(), R"({"method":"SUBSCRIBE","params":["depth.SOL_USDC"]})");
    std::vector<EventKind> told;
    for (const Event& event : pop_all()) told.push_back(event.kind);
    EXPECT_EQ(told, (std::vector{EventKind::line_down, EventKind::line_up}));

    ahead_ns += 3 * kSecond_ns;  // far from ten, for a machine that is slow
    for (int i = 0; i < 3; ++i) ask();
    EXPECT_TRUE(health[1].up);
    ASSERT_TRUE(until([&] { return counter(1, DAYPACK_LINE_replaces_refused) == 3; }));
    EXPECT_EQ(counter(1, DAYPACK_LINE_replaces), 1U);
    EXPECT_EQ(pop_all().size(), 0U);

    ahead_ns += 7 * kSecond_ns;
    ask();
    ASSERT_TRUE(until([&] { return health[1].up && counter(1, DAYPACK_LINE_connects) == 3; }));
    EXPECT_EQ(counter(1, DAYPACK_LINE_replaces), 2U);
    EXPECT_EQ(counter(0, DAYPACK_LINE_connects), 1U) << "the other line has nothing to do with it";
    EXPECT_EQ(counter(0, DAYPACK_LINE_failures), 0U);
}

TEST_F(NetAgentTest, ALineThatLostASubscriptionSubscribesAgainOverTheSameConnection) {
    ASSERT_TRUE(resubscribes.push(Resubscribe{0, 0b01}));
    ASSERT_TRUE(until([&] { return exchanges[0].texts.size() == 3; }));
    EXPECT_EQ(exchanges[0].texts[1], R"({"method":"UNSUBSCRIBE","params":["depth.SOL_USDC"]})");
    EXPECT_EQ(exchanges[0].texts[2], R"({"method":"SUBSCRIBE","params":["depth.SOL_USDC"]})");
    EXPECT_EQ(exchanges[0].server.peers().size(), 1U);
}

TEST_F(NetAgentTest, AMuteLineIsReplacedWhereItIsItsTurnAndNotTwiceInTenSeconds) {
    const auto ask = [&](Sync::LineSet replaceable) {
        const std::size_t texts = exchanges[0].texts.size();
        ASSERT_TRUE(resubscribes.push(Resubscribe{0, 0b01, Resubscribe::Kind::subscribe_again, replaceable}));
        ASSERT_TRUE(until([&] { return exchanges[0].texts.size() > texts && health[0].up; }));
    };
    exchanges[0].mute = false;
    ask(0);
    ahead_ns += 2 * kSecond_ns;
    ask(0b10);
    ASSERT_TRUE(until([&] { return counter(0, DAYPACK_LINE_connects) == 1; }));
    EXPECT_EQ(counter(0, DAYPACK_LINE_failures), 0U) << "it is the other line's turn";
    ask(0b01);
    ASSERT_TRUE(until([&] { return counter(0, DAYPACK_LINE_connects) == 2; }));
    EXPECT_TRUE(contains(logged(), "brings nothing, not even after subscribing again"));
    for (int i = 0; i < 2; ++i) {
        ahead_ns += 2 * kSecond_ns;
        ask(0b01);
    }
    EXPECT_EQ(counter(0, DAYPACK_LINE_connects), 2U) << "again mute, and again its turn, but too soon";
    ahead_ns += 10 * kSecond_ns;
    ask(0b01);
    ASSERT_TRUE(until([&] { return counter(0, DAYPACK_LINE_replaces) == 2; }));
    EXPECT_EQ(counter(1, DAYPACK_LINE_connects), 1U);
}

}  // namespace
}  // namespace daypack::core
