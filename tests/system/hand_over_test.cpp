// SPDX-License-Identifier: MIT
// `daypack run --takeover` beside an engine that runs, under readers that know nothing of it. (hand_over_soak_test.cpp:
// 500 symbols, with figures.)
#include "engine/include/daypack/follow.h"
#include "engine/shm/takeover_request.h"
#include "tests/engine/shm_fixture.h"
#include "tests/support/http_visitor.h"
#include "tests/system/hand_over_run.h"

namespace daypack::core {
namespace {

const std::vector<std::string> kMarkets{"BTC_USDC", "ETH_USDC", "SOL_USDC"};

[[nodiscard]] sim::SimOptions options() {
    sim::SimOptions options;
    options.tls = true;
    options.symbols = kMarkets;
    options.rate = 100;
    options.levels = 200;
    return options;
}

// How a program ended, and all its words.
[[nodiscard]] std::string end_of(Program& program) {
    const std::string words = "; its log:\n" + program.err();
    return program.ended() ? "ended with " + std::to_string(program.wait()) + words : "runs" + words;
}

class HandOverTest : public testing::Test {
  protected:
    [[nodiscard]] bool all_live() {
        return std::all_of(kMarkets.begin(), kMarkets.end(), [this](const auto& m) { return live_.live(m); });
    }
    [[nodiscard]] std::uint64_t epoch() { return daypack_load(&daypack_head(&live_.reader())->epoch); }
    // Waits until all books have gone on by so many updates.
    [[nodiscard]] bool go_on(std::uint64_t updates) {
        std::vector<std::uint64_t> from;
        for (const auto& market : kMarkets) from.push_back(exchange_.last_u(market) + updates);
        return wait_until([&] {
            for (std::size_t i = 0; i < kMarkets.size(); ++i) {
                const auto top = live_.top(kMarkets[i]);
                if (!top || top->state != DAYPACK_STATE_LIVE || top->u < from[i]) return false;
            }
            return true;
        });
    }
    // Starts one that takes over, and waits until the one before has ended, in good order.
    [[nodiscard]] std::unique_ptr<Program> succeed(Program& before) {
        auto next = live_.another("next" + std::to_string(++starts_), {"--takeover"});
        EXPECT_TRUE(wait_until([&] { return before.ended() || next->ended(); })) << before.err() << next->err();
        EXPECT_FALSE(next->ended()) << "the next " << end_of(*next) << "the one before " << end_of(before);
        EXPECT_EQ(before.wait(), 0) << before.err();
        return next;
    }
    // How often a process has mapped the segment.
    [[nodiscard]] std::size_t mappings_of(const Program& program) const {
        std::ifstream maps("/proc/" + std::to_string(program.pid()) + "/maps");
        std::size_t count = 0;
        for (std::string line; std::getline(maps, line);)
            count += line.ends_with("daypack." + live_.instance()) ? 1 : 0;
        return count;
    }
    void expect_right(HandOverWatch& watch) {
        watch.stop();
        EXPECT_GT(watch.compare(exchange_), 10u);
        EXPECT_EQ(watch.went_back(), 0u);
        EXPECT_EQ(watch.holes(), 0u);
        std::printf("not LIVE for %.1f ms (%s), %llu reads, %zu books compared, %llu to be read again\n",
                    watch.longest_ms(), watch.worst().c_str(), static_cast<unsigned long long>(watch.reads()),
                    watch.taken().size(), static_cast<unsigned long long>(watch.snapshots()));
    }

    sim::Exchange exchange_{options()};
    LiveProgram live_{exchange_, kMarkets, "    snapshot_interval: 1\n", "  depth: 16\n"};
    int starts_ = 0;
};

TEST_F(HandOverTest, ReadersGoOnInTheirFileWithBooksThatAreRight) {
    ASSERT_TRUE(wait_until([&] { return all_live(); })) << live_.log();
    HandOverWatch watch(live_.instance(), kMarkets, 1'000);
    const auto next = succeed(live_.run());
    EXPECT_TRUE(go_on(20)) << "the next " << end_of(*next);
    expect_right(watch);
    EXPECT_EQ(watch.lost(), 0u);
    EXPECT_TRUE(watch.kept_its_file());
    EXPECT_GE(epoch(), 2u);  // more, where the old one took the lock back before the next had it
    EXPECT_NE(next->err().find("3 books LIVE"), std::string::npos) << next->err();
    EXPECT_NE(live_.log().find("handed over"), std::string::npos) << live_.log();
    EXPECT_NE(live_.log().find("good order"), std::string::npos) << live_.log();
    EXPECT_FALSE(std::filesystem::exists("/dev/shm/.daypack." + live_.instance() + ".takeover"));
    EXPECT_TRUE(std::filesystem::exists("/dev/shm/daypack." + live_.instance() + ".wake"));
}

TEST_F(HandOverTest, WithAnotherDepthReadersFindTheNewSegmentByThemselves) {
    ASSERT_TRUE(wait_until([&] { return all_live(); })) << live_.log();
    HandOverWatch watch(live_.instance(), kMarkets, 1'000);
    live_.rewrite("depth: 16", "depth: 24");
    const auto next = succeed(live_.run());
    EXPECT_TRUE(go_on(20)) << "the next " << end_of(*next);
    expect_right(watch);
    EXPECT_FALSE(watch.kept_its_file());
    EXPECT_EQ(live_.reader().depth, 24u);
    EXPECT_GE(epoch(), 2u);  // more, where the old one took the lock back before the next had it
}

TEST_F(HandOverTest, WhatTheNextOneDoesNotNameIsToldAndReadsStopped) {
    ASSERT_TRUE(wait_until([&] { return all_live(); })) << live_.log();
    std::uint64_t cursor = daypack_cursor(&live_.reader());
    live_.rewrite("BTC_USDC, ETH_USDC, ", "BTC_USDC, ");
    const auto next = succeed(live_.run());
    ASSERT_TRUE(wait_until([&] { return live_.live(kMarkets[0]) && live_.live(kMarkets[2]); })) << next->err();
    EXPECT_NE(next->err().find(" warning takeover drops=1 symbols=\"ETH_USDC\" "), std::string::npos) << next->err();
    const auto top = live_.top(kMarkets[1]);
    ASSERT_TRUE(top);
    EXPECT_EQ(top->state, DAYPACK_STATE_DOWN);
    EXPECT_EQ(top->reason, DAYPACK_REASON_stopped);
    const int dropped = daypack_find(&live_.reader(), "ETH_USDC");
    daypack_status last{};
    daypack_record record;
    std::uint64_t lost = 0;
    while (daypack_read_record(&live_.reader(), &cursor, &record, &lost) != DAYPACK_EMPTY) {
        if (daypack_record_symbol(&record) == static_cast<unsigned>(dropped) &&
            daypack_record_kind(&record) == DAYPACK_KIND_STATE) {
            last = daypack_unpack_status(record.status);
        }
    }
    EXPECT_EQ(last.state, DAYPACK_STATE_DOWN) << "who reads the ring alone is told, too";
    EXPECT_EQ(last.reason, DAYPACK_REASON_stopped);
    EXPECT_EQ(last.epoch, 2u);
}

// Until the one that has the instance looks for its file, it seems that nobody has.
TEST_F(HandOverTest, WhereTheFileIsAwayForAMomentTheNextOneTakesOverAllTheSame) {
    ASSERT_TRUE(wait_until([&] { return all_live(); })) << live_.log();
    std::filesystem::remove("/dev/shm/daypack." + live_.instance());
    const auto next = succeed(live_.run());
    EXPECT_TRUE(wait_until([&] {
        (void)daypack_follow(&live_.reader());
        return all_live();
    })) << next->err();
    EXPECT_NE(next->err().find("asks the engine with pid"), std::string::npos) << next->err();
}

TEST_F(HandOverTest, WhereNoFileAndNoEngineIsThereItIsAnOrdinaryStart) {
    live_.run().signal(SIGTERM);
    EXPECT_EQ(live_.run().wait(), 0);
    std::filesystem::remove("/dev/shm/daypack." + live_.instance());
    const auto next = live_.another("next", {"--takeover"});
    EXPECT_TRUE(wait_until([&] {
        (void)daypack_follow(&live_.reader());
        return all_live() || next->ended();
    }));
    EXPECT_FALSE(next->ended()) << next->err();
    EXPECT_NE(next->err().find("an ordinary start"), std::string::npos) << next->err();
}

TEST_F(HandOverTest, BesideAStoppedOneItSaysSoAndWhereThatOneGoesWithItsFileItMakesAnother) {
    ASSERT_TRUE(wait_until([&] { return all_live(); })) << live_.log();
    live_.run().signal(SIGSTOP);
    const auto next = live_.another("next", {"--takeover"});
    const std::string hint = "kill -CONT " + std::to_string(live_.run().pid());
    EXPECT_TRUE(wait_until([&] { return next->err().find(hint) != std::string::npos || next->ended(); }))
        << next->err();
    std::filesystem::remove("/dev/shm/daypack." + live_.instance());
    live_.run().signal(SIGKILL);
    EXPECT_TRUE(wait_until([&] {
        (void)daypack_follow(&live_.reader());
        return (all_live() && next->err().find(" of a new segment") != std::string::npos) || next->ended();
    })) << next->err();
    EXPECT_FALSE(next->ended()) << next->err();
}

// It has not told yet how it stands, for one of its symbols is not to be had; those of the next one are all LIVE.
TEST_F(HandOverTest, TheOneBeforeDoesNotTellTheStatusOfTheNext) {
    live_.run().signal(SIGTERM);
    EXPECT_EQ(live_.run().wait(), 0);
    live_.rewrite("SOL_USDC", "NOT_LISTED");
    live_.start();
    ASSERT_TRUE(wait_until([&] { return live_.live(kMarkets[0]) && live_.live(kMarkets[1]); })) << live_.log();
    live_.rewrite(", NOT_LISTED", "");
    const auto next = succeed(live_.run());
    EXPECT_TRUE(wait_until([&] { return next->err().find("status live=2/2") != std::string::npos; })) << next->err();
    EXPECT_EQ(live_.log().find("status live=2/2"), std::string::npos) << live_.log();
}

TEST_F(HandOverTest, OneThatIsAskedInVainGoesOn) {
    ASSERT_TRUE(wait_until([&] { return all_live(); })) << live_.log();
    HandOverWatch watch(live_.instance(), kMarkets, 1'000);
    {
        const TakeoverRequest asks(live_.instance());  // and never takes the lock
        EXPECT_TRUE(wait_until([&] { return epoch() > 1; })) << live_.log();
    }
    EXPECT_TRUE(go_on(20)) << live_.log();
    EXPECT_FALSE(live_.run().ended()) << live_.log();
    EXPECT_NE(live_.log().find("so this one goes on"), std::string::npos) << live_.log();
    expect_right(watch);
    EXPECT_TRUE(watch.kept_its_file());
}

// The old one has the address until it ends, so the new one tries more than once.
TEST_F(HandOverTest, TheMetricsGoOnAtTheirAddressAndNoTryLeavesAMappingBehind) {
    ASSERT_TRUE(wait_until([&] { return all_live(); })) << live_.log();
    const std::string address = test::free_address();
    live_.rewrite("depth: 16", "depth: 16\n  metrics_listen: \"" + address + "\"");
    const auto first = succeed(live_.run());
    const auto is_served = [&] { return test::ask(address, test::kScrape).find("daypack_") != std::string::npos; };
    ASSERT_TRUE(wait_until(is_served)) << first->err();
    const std::size_t mappings = mappings_of(*first);
    const auto second = succeed(*first);
    ASSERT_TRUE(wait_until(is_served)) << second->err();
    EXPECT_EQ(mappings_of(*second), mappings);
}

// Killed at moments that are drawn, from its start to beyond the hand-over: somebody always has LIVE books.
TEST_F(HandOverTest, WhoeverIsKilledThereIsAnEngineAfterwards) {
    ASSERT_TRUE(wait_until([&] { return all_live(); })) << live_.log();
    std::unique_ptr<Program> other;
    Program* runs = &live_.run();
    for (int i = 0; i < 4; ++i) {
        auto next = live_.another("killed" + std::to_string(i), {"--takeover"});
        if (i % 2 == 0) {  // the new one, once it has asked
            const auto asks = [&] { return next->err().find("asks the engine") != std::string::npos; };
            ASSERT_TRUE(wait_until([&] { return asks() || runs->ended(); })) << next->err();
            next->signal(SIGKILL);
            (void)next->wait();
            if (!wait_until([&] { return runs->ended(); }, std::chrono::milliseconds(500))) {
                ASSERT_TRUE(go_on(5)) << runs->err();
                continue;
            }
            // it had taken over by then, and was killed as any engine may be
            other = live_.another("again" + std::to_string(i), {"--takeover"});
        } else {  // the old one, while the new one joins
            runs->signal(SIGKILL);
            (void)runs->wait();
            other = std::move(next);
        }
        runs = other.get();
        ASSERT_TRUE(go_on(5)) << runs->err();
    }
}

// Somebody cleans up in /dev/shm: neither engine may think that the other one will make the file again.
TEST_F(HandOverTest, WhereTheFileIsRemovedMeanwhileThereIsOneAgain) {
    const auto is_there = [&] {
        LiveReader fresh;
        try {
            fresh.open(live_.instance());
        } catch (const std::runtime_error&) {
            return false;
        }
        return fresh.live(kMarkets[0]);
    };
    Program* runs = &live_.run();
    std::vector<std::unique_ptr<Program>> others;
    for (int i = 0; i < 4; ++i) {
        others.push_back(live_.another("beside" + std::to_string(i), {"--takeover"}));
        Program& next = *others.back();
        const auto asks = [&] { return next.err().find("asks the engine") != std::string::npos; };
        ASSERT_TRUE(wait_until([&] { return asks() || next.ended(); })) << next.err();
        unlink(("/dev/shm/daypack." + live_.instance()).c_str());
        ASSERT_TRUE(wait_until(is_there)) << "round " << i << "\n" << runs->err() << next.err();
        // Whichever of the two is left.
        ASSERT_TRUE(wait_until([&] { return runs->ended() || next.ended(); })) << runs->err() << next.err();
        if (runs->ended()) runs = &next;
        ASSERT_TRUE(wait_until(is_there)) << runs->err();
    }
}

TEST_F(HandOverTest, WhereNoEngineRunsItStartsAsUsual) {
    live_.run().signal(SIGTERM);
    EXPECT_EQ(live_.run().wait(), 0) << live_.log();
    const auto next = live_.another("next", {"--takeover"});
    EXPECT_TRUE(go_on(5)) << next->err();
    EXPECT_NE(next->err().find("an ordinary start"), std::string::npos) << next->err();
}

// The next engine leaves an image with its next audit, half a minute later.
TEST(HandOver, FollowersOfWholeBooksGoOnWithoutAnImageOfTheNextEngine) {
    sim::Exchange exchange(options());
    LiveProgram live(exchange, kMarkets, "", "  depth: 16\n  image_levels: 4096\n");
    std::vector<daypack_level> bids(4096), asks(4096);
    daypack_follower book;
    daypack_follow_begin(&book, &live.reader(), kMarkets[0].c_str(), bids.data(), asks.data(), 4096);
    const auto is_live = [&] {
        return daypack_follow_poll(&book) == DAYPACK_OK && book.top.state == DAYPACK_STATE_LIVE;
    };
    ASSERT_TRUE(wait_until(is_live)) << live.log();
    // An engine that had no time for half a second has books that do not join, and says so: then it is tried again.
    std::vector<std::unique_ptr<Program>> engines;
    bool goes_on = false;
    for (int i = 0; i < 3 && !goes_on; ++i) {
        ASSERT_TRUE(wait_until(is_live)) << live.log();
        const std::uint64_t joins = book.joins, epoch = book.epoch;
        engines.push_back(live.another("next" + std::to_string(i), {"--takeover"}));
        std::int64_t live_ns = daypack_monotonic_ns(), longest_ns = 0;
        ASSERT_TRUE(wait_until([&] {
            const bool live_now = is_live();
            const std::int64_t now = daypack_monotonic_ns();
            longest_ns = std::max(longest_ns, now - live_ns);
            if (live_now) live_ns = now;
            return live_now && book.epoch > epoch;
        })) << end_of(*engines.back());
        std::printf("a whole book was not LIVE for %.2f ms\n", static_cast<double>(longest_ns) / 1e6);
        goes_on = book.joins == joins;
    }
    EXPECT_TRUE(goes_on) << engines.back()->err();
    const auto side = [&](unsigned which) {
        std::vector<daypack_level> all(daypack_follow_levels(&book, which));
        for (std::uint32_t i = 0; i < all.size(); ++i) all[i] = daypack_follow_level(&book, which, i);
        return LiveReader::side_text(all, book.top);
    };
    int compared = 0;
    EXPECT_TRUE(wait_until([&] {
        if (!is_live() || (book.top.flags & DAYPACK_FLAG_CROSSED) != 0) return false;
        const std::string truth = exchange.truth(kMarkets[0], book.u);
        if (truth.empty()) return false;
        EXPECT_EQ(unpadded(R"({"symbol":"BTC_USDC","u":)" + std::to_string(book.u) + R"(,"bids":)" +
                           side(DAYPACK_SIDE_BID) + R"(,"asks":)" + side(DAYPACK_SIDE_ASK) + "}"),
                  unpadded(truth));
        return ++compared == 20 || HasFailure();
    })) << live.log();
}

// A writer that has the lock and hears nothing, as engines of before do.
TEST(HandOver, OneThatDoesNotAnswerIsWaitedForAndSucceededAfterItsEnd) {
    sim::Exchange exchange(options());
    LiveProgram live(exchange, kMarkets, "", "  depth: 16\n");
    live.run().signal(SIGKILL);
    (void)live.run().wait();
    test::Child deaf([&](const auto& line) {
        SegmentOptions like;
        like.instance = live.instance();
        like.depth = 16;
        Segment segment(like);
        Publisher publisher(segment);
        publisher.set_running();
        line.tell('r');
        while (!line.heard()) test::beat(publisher);
    });
    ASSERT_EQ(deaf.line().hear(), 'r');
    const auto next = live.another("next", {"--takeover"});
    EXPECT_TRUE(wait_until([&] { return next->err().find("does not answer") != std::string::npos; })) << next->err();
    EXPECT_FALSE(live.live(kMarkets[0]));
    EXPECT_TRUE(wait_until([&] {  // of its own books, although readers see none
        const std::string log = next->err();
        return log.find("status live=3/3 ") != std::string::npos &&
               log.find(" joining=1 (no reader sees these books yet)") != std::string::npos;
    })) << next->err();
    const std::string log = next->err();
    const std::size_t state = log.find("state symbol=BTC_USDC state=SYNCING ");
    ASSERT_NE(state, std::string::npos) << log;
    EXPECT_TRUE(log.substr(state, log.find('\n', state) - state).ends_with(" joining=1")) << log;
    deaf.signal(SIGKILL);
    EXPECT_EQ(deaf.wait(), -SIGKILL);
    EXPECT_TRUE(wait_until([&] { return live.live(kMarkets[0]) && live.live(kMarkets[2]); })) << next->err();
    EXPECT_EQ(daypack_load(&daypack_head(&live.reader())->epoch), 3u);
}

}  // namespace
}  // namespace daypack::core
