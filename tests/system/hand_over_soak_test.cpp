// SPDX-License-Identifier: MIT
// 500 symbols at 20 updates/s each are handed over from engine to engine; and how soon the most active of them are
// LIVE again after a crash.
#include <algorithm>
#include <cstdio>
#include <map>

#include "tests/system/hand_over_run.h"

namespace daypack::core {
namespace {

constexpr std::size_t kSymbols = 500;
constexpr std::chrono::milliseconds kPatience{180'000};

class HandOverOfMany : public testing::Test {
  protected:
    [[nodiscard]] static sim::SimOptions options() {
        sim::SimOptions options;
        options.tls = true;
        for (std::size_t i = 0; i < kSymbols; ++i) options.symbols.push_back("T" + std::to_string(i) + "_USDC");
        options.rate = 20;
        options.levels = 50;
        return options;
    }
    [[nodiscard]] std::size_t live_books(std::size_t from, std::size_t end) {
        std::size_t live = 0;
        for (std::size_t i = from; i < end; ++i) live += std::size_t{live_.live(symbols_[i])};
        return live;
    }
    // Call it until it returns true: each book is LIVE, and at a later update than when it was first seen.
    [[nodiscard]] bool all_go_on() {
        bool all = true;
        for (const auto& symbol : symbols_) {
            const auto top = live_.top(symbol);
            const bool is_live = top && top->state == DAYPACK_STATE_LIVE;
            all = is_live && top->u > seen_.try_emplace(symbol, top->u).first->second && all;
        }
        if (all) seen_.clear();
        return all;
    }
    [[nodiscard]] bool all_live() {
        return wait_until(
            [&] {
                std::this_thread::sleep_for(std::chrono::milliseconds(20));
                return live_books(0, kSymbols) == kSymbols;
            },
            kPatience);
    }

    std::vector<std::string> symbols_ = options().symbols;
    sim::Exchange exchange_{options()};
    LiveProgram live_{exchange_, symbols_, "", ""};
    std::map<std::string, std::uint64_t> seen_;
};

TEST_F(HandOverOfMany, NoBookIsWrongAndNoneIsAwayForLong) {
    constexpr int kTimes = 2;
    ASSERT_TRUE(all_live()) << live_.log();
    std::unique_ptr<Program> before;
    for (int i = 0; i < kTimes; ++i) {
        Program& runs = before ? *before : live_.run();
        HandOverWatch watch(live_.instance(), symbols_, 20'000);
        watch.keep_books(false);
        auto next = live_.another("next" + std::to_string(i), {"--takeover"});
        const auto asks = [&] { return next->err().find("asks the engine") != std::string::npos; };
        const auto pause = [] { std::this_thread::sleep_for(std::chrono::milliseconds(5)); };
        ASSERT_TRUE(wait_until([&] { return pause(), asks() || next->ended(); }, kPatience)) << next->err();
        watch.keep_books(true);
        ASSERT_TRUE(wait_until([&] { return pause(), runs.ended(); })) << runs.err();
        EXPECT_EQ(runs.wait(), 0);
        ASSERT_TRUE(wait_until([&] { return pause(), all_go_on(); }, kPatience)) << next->err();
        watch.stop();
        const std::size_t compared = watch.compare(exchange_);
        const std::string log = next->err();
        std::printf(
            "hand-over %d: longest without LIVE %.2f ms (%s), a round of the watch %.2f ms at most; %zu books "
            "compared, %llu went back, %llu holes in the ring, %llu to be read again, %llu records lost\n%s\n",
            i, watch.longest_ms(), watch.worst().c_str(), watch.longest_round_ms(), compared,
            static_cast<unsigned long long>(watch.went_back()), static_cast<unsigned long long>(watch.holes()),
            static_cast<unsigned long long>(watch.snapshots()), static_cast<unsigned long long>(watch.lost()),
            log.substr(log.find("takeover: epoch")).c_str());
        EXPECT_GT(compared, 100u);
        EXPECT_EQ(watch.went_back(), 0u);
        EXPECT_EQ(watch.holes(), 0u);
        EXPECT_TRUE(watch.kept_its_file());
        EXPECT_EQ(live_books(0, kSymbols), kSymbols);
        before = std::move(next);
    }
}

// The kill itself, and the start of the program, are part of the time.
TEST_F(HandOverOfMany, AfterACrashAllAreThereAgainAndItIsToldHowSoonTheMostActive) {
    ASSERT_TRUE(all_live()) << live_.log();
    std::sort(symbols_.begin(), symbols_.end(), [this](const std::string& a, const std::string& b) {
        return live_.counter(a, DAYPACK_SYMBOL_updates) > live_.counter(b, DAYPACK_SYMBOL_updates);
    });
    live_.run().signal(SIGKILL);
    (void)live_.run().wait();
    const auto begin = std::chrono::steady_clock::now();
    live_.start();
    const auto seconds = [&] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    };
    const auto there = [&](std::size_t count) {
        return wait_until(
            [&] {
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
                return live_books(0, count) == count;
            },
            kPatience);
    };
    ASSERT_TRUE(there(20)) << live_.log();
    const double first = seconds();
    const std::size_t live = live_books(0, kSymbols);
    ASSERT_TRUE(there(kSymbols)) << live_.log();
    std::printf("after a crash: the 20 most active LIVE after %.2f s (%zu of all then), all after %.2f s\n", first,
                live, seconds());
}

}  // namespace
}  // namespace daypack::core
