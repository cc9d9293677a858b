// SPDX-License-Identifier: MIT
#include "net/base/tick_clock.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <random>
#include <thread>

#include "net/base/clock.h"

namespace daypack::core {
namespace {

std::int64_t kernel_ns() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

// A counter and a clock that run beside each other, and a TickClock that is asked at random moments.
struct World {
    explicit World(double ns_per_tick) : rate(ns_per_tick) {}

    // Time goes on; what the clock under test then says. `clock_off_ns`: by how much the clock is misread.
    std::int64_t go(std::int64_t ns, std::int64_t clock_off_ns = 0) {
        now_ns += static_cast<double>(ns);
        ticks += static_cast<double>(ns) / rate;
        const auto counter = static_cast<std::uint64_t>(ticks);
        if (!clock.due(counter)) return clock.at(counter);
        return clock.anchor(counter, static_cast<std::int64_t>(now_ns) + clock_off_ns);
    }
    [[nodiscard]] std::int64_t off(std::int64_t told) const { return told - static_cast<std::int64_t>(now_ns); }

    double rate;
    double now_ns = 5e15;
    double ticks = 7e9;
    TickClock clock;
};

TEST(TickClock, AfterTheFirstSecondItIsOffByNanosecondsHoweverWrongTheGuessWas) {
    for (const double guess : {0.99, 0.9999, 1.0001, 1.01}) {
        World world(0.3);
        world.clock.start(0.3 * guess);
        std::mt19937_64 random(1);
        std::int64_t before = 0;
        for (std::int64_t passed = 0; passed < 3'000'000'000;) {
            const auto step = static_cast<std::int64_t>(random() % 200'000);
            passed += step;
            const std::int64_t told = world.go(step);
            ASSERT_GE(told, before) << "time went back";
            before = told;
            ASSERT_LE(std::abs(world.off(told)), 600'000);
            if (passed > 1'500'000'000) ASSERT_LE(std::abs(world.off(told)), 20) << "guess " << guess;
        }
    }
}

TEST(TickClock, ItFollowsACounterThatChangesItsPaceAndTellsByHowMuch) {
    World world(0.4);
    world.clock.start(0.4);
    std::int64_t before = 0;
    const auto run = [&](std::int64_t ns) {
        std::int64_t worst = 0;
        for (std::int64_t passed = 0; passed < ns; passed += 50'000) {
            const std::int64_t told = world.go(50'000);
            EXPECT_GE(told, before) << "time went back";
            before = told;
            worst = std::max(worst, std::abs(world.off(told)));
        }
        return worst;
    };
    run(3'000'000'000);
    EXPECT_LE(world.clock.drift_ppb(), 100u);
    world.rate *= 1 + 20e-6;
    EXPECT_LE(run(3'000'000'000), 450) << "20 ppm in 10 ms are 200 ns, and may have to be made up for";
    EXPECT_NEAR(static_cast<double>(world.clock.drift_ppb()), 20'000, 200);
    EXPECT_GE(world.clock.error_ns(), 150u);
}

TEST(TickClock, AClockThatIsMisreadForOnceIsMadeUpForWithoutGoingBack) {
    World world(0.3);
    world.clock.start(0.3);
    std::int64_t before = 0;
    for (int i = 0; i < 40'000; ++i) {
        const std::int64_t told = world.go(50'000, i == 30'000 ? 3'000'000 : 0);
        ASSERT_GE(told, before);
        before = told;
    }
    EXPECT_LE(std::abs(world.off(before)), 20);
}

TEST(TickClock, AThreadThatSleptIsToldTheTimeOfTheClock) {
    World world(0.3);
    world.clock.start(0.29);
    (void)world.go(1'000);
    EXPECT_EQ(world.off(world.go(3'600'000'000'000)), 0);
}

TEST(Clock, TellsTheKernelsTimeInEveryThreadAndNeverGoesBack) {
    const auto look = [] {
        MonoTime before = mono_now();
        int close = 0;
        for (int i = 0; i < 200'000; ++i) {
            const std::int64_t from = kernel_ns();
            const MonoTime now = mono_now();
            const std::int64_t to = kernel_ns();
            if (now < before) return -1;
            before = now;
            if (now.ns >= from - 5'000 && now.ns <= to + 5'000) ++close;  // not all: the first guess may be far off
        }
        return close;
    };
    int of_thread = 0;
    std::thread thread([&] { of_thread = look(); });
    thread.join();
    EXPECT_GT(look(), 150'000);
    EXPECT_GT(of_thread, 150'000);
}

}  // namespace
}  // namespace daypack::core
