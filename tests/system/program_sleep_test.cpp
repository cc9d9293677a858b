// SPDX-License-Identifier: MIT
// The program is suspended, started a second time, killed, and its segment removed, under one reader that stays open.
#include <map>

#include "tests/support/slow_path.h"
#include "tests/system/live_program.h"

namespace daypack::core {
namespace {

const std::vector<std::string> kMarkets{"BTC_USDC", "ETH_USDC"};

class ProgramSleepTest : public testing::Test {
  protected:
    static sim::SimOptions options() {
        sim::SimOptions options;
        options.tls = true;
        options.symbols = kMarkets;
        options.rate = 100;
        options.levels = 200;
        return options;
    }

    // Reads each book once: a LIVE book equals the exchange's at its `u`. Returns how many are LIVE.
    std::size_t look() {
        std::size_t live = 0;
        for (const auto& market : kMarkets) {
            const auto read = live_.read(market);
            if (!read || read->book.top.state != DAYPACK_STATE_LIVE) continue;
            ++live;
            first_live_.try_emplace(market, read->book.top.u);
            const std::string truth = exchange_.truth(market, read->book.top.u);
            EXPECT_TRUE(same_text(read->text, truth)) << market << " LIVE and wrong at u " << read->book.top.u;
        }
        return live;
    }
    // Waits until every book is LIVE and right, at a later update than the exchange's last one now.
    testing::AssertionResult all_right() {
        for (const auto& market : kMarkets) {
            const std::uint64_t now = exchange_.last_u(market);
            const auto later = [&] {
                (void)look();
                const auto top = live_.top(market);
                return top && top->state == DAYPACK_STATE_LIVE && top->u > now;
            };
            if (!wait_until(later)) {
                return testing::AssertionFailure() << market << "\n" << live_.log();
            }
        }
        return testing::AssertionSuccess();
    }
    [[nodiscard]] bool both_say(unsigned state, unsigned reason) {
        for (const auto& market : kMarkets) {
            const auto top = live_.top(market);
            if (!top || top->state != state || top->reason != reason) return false;
        }
        return true;
    }
    // Reads the books of a program without a heartbeat: once the beat is late, each is STALE. Returns true when all
    // are.
    [[nodiscard]] bool says_late(unsigned state, unsigned reason) {
        const std::int64_t now = daypack_monotonic_ns();
        const auto beat = static_cast<std::int64_t>(daypack_load(&daypack_head(&live_.reader())->beat_ns));
        const bool late = now - beat > DAYPACK_BEAT_STALE_NS;
        const bool says = both_say(state, reason);
        EXPECT_TRUE(says || !late);
        return says;
    }

    sim::Exchange exchange_{options()};
    SlowPath path_{exchange_.port()};
    LiveProgram live_{exchange_, kMarkets, "    lines: 2\n", "  depth: 2048\n  max_symbols: 8\n",
                      "wss://localhost:" + std::to_string(path_.port())};
    std::map<std::string, std::uint64_t> first_live_;  // the `u` at which each was LIVE first, since it was cleared
};

// While it is suspended no book is LIVE. After that a book is LIVE only with all updates that the exchange sent
// meanwhile, except those in flight: whether they lay in its sockets or, as behind a small TCP window, did not.
TEST_F(ProgramSleepTest, AsleepItReadsStalledAndAwakeItIsLiveWithWhatItHadMissed) {
    constexpr std::uint64_t kOnItsWay = 20;  // updates
    ASSERT_TRUE(all_right());
    for (const bool in_its_sockets : {true, false, false}) {
        SCOPED_TRACE(in_its_sockets ? "in its sockets" : "on the way");
        if (!in_its_sockets) path_.hold();
        live_.run().signal(SIGSTOP);
        siginfo_t info;
        ASSERT_EQ(waitid(P_PID, static_cast<id_t>(live_.run().pid()), &info, WSTOPPED), 0);
        std::map<std::string, std::uint64_t> reached;
        for (const auto& market : kMarkets) reached[market] = exchange_.last_u(market) + 120;
        ASSERT_TRUE(wait_until([&] { return says_late(DAYPACK_STATE_STALE, DAYPACK_REASON_writer_stalled); }));
        for (const auto& [market, u] : reached) {
            ASSERT_TRUE(wait_until([&, &market = market, until = u + kOnItsWay] {
                EXPECT_TRUE(says_late(DAYPACK_STATE_STALE, DAYPACK_REASON_writer_stalled));
                return exchange_.last_u(market) >= until;
            }));
        }
        first_live_.clear();
        live_.run().signal(SIGCONT);
        path_.release();
        ASSERT_TRUE(wait_until([&] {
            for (const auto& market : kMarkets) {
                const auto top = live_.top(market);
                if (!top || top->state == DAYPACK_STATE_LIVE) continue;
                EXPECT_EQ(top->state, DAYPACK_STATE_STALE);
                EXPECT_EQ(top->reason, DAYPACK_REASON_writer_stalled);
            }
            (void)look();
            return first_live_.size() == kMarkets.size();
        })) << live_.log();
        for (const auto& [market, u] : reached) EXPECT_GE(first_live_[market], u) << market << " LIVE too early";
        ASSERT_TRUE(all_right());
    }
    EXPECT_GE(daypack_engine_counter(&live_.reader(), DAYPACK_ENGINE_pauses), 3u);
}

TEST_F(ProgramSleepTest, ASecondOneIsRefusedAndAfterAKillItTakesOver) {
    ASSERT_TRUE(all_right());
    const std::uint32_t epoch = live_.top(kMarkets[0])->epoch;
    auto second = live_.another();
    ASSERT_TRUE(wait_until([&] { return (void)look(), second->ended(); }));
    EXPECT_EQ(second->wait(), 1);
    EXPECT_NE(second->err().find("is held by another engine (pid " + std::to_string(live_.run().pid()) +
                                 "): stop it, or choose another --instance"),
              std::string::npos)
        << second->err();
    ASSERT_TRUE(all_right());

    live_.run().signal(SIGKILL);
    EXPECT_EQ(live_.run().wait(), 128 + SIGKILL);
    ASSERT_TRUE(wait_until([&] { return says_late(DAYPACK_STATE_DOWN, DAYPACK_REASON_writer_dead); }));
    live_.start();
    ASSERT_TRUE(all_right());
    EXPECT_EQ(live_.top(kMarkets[0])->epoch, epoch + 1);
}

// As logind does when a session ends (RemoveIPC), or a cleaner of temporary files.
TEST_F(ProgramSleepTest, ARemovedSegmentIsMadeAgainAndNoBookIsLost) {
    ASSERT_TRUE(all_right());
    const std::uint32_t epoch = live_.top(kMarkets[0])->epoch;
    for (int i = 0; i < 2; ++i) {
        ASSERT_TRUE(std::filesystem::remove("/dev/shm/daypack." + live_.instance()));
        ASSERT_TRUE(wait_until([&] {
            (void)look();
            return std::filesystem::exists("/dev/shm/daypack." + live_.instance());
        })) << live_.log();
        ASSERT_TRUE(all_right());
        auto second = live_.another();
        ASSERT_TRUE(wait_until([&] { return (void)look(), second->ended(); }));
        EXPECT_NE(second->err().find("is held by another engine"), std::string::npos) << second->err();
    }
    EXPECT_NE(live_.log().find("was removed or replaced: made again, with all its books"), std::string::npos)
        << live_.log();
    EXPECT_EQ(live_.top(kMarkets[0])->epoch, epoch);
    EXPECT_EQ(daypack_symbol_counter(&live_.reader(), 0, DAYPACK_SYMBOL_resyncs), 0u);
}

}  // namespace
}  // namespace daypack::core
