// SPDX-License-Identifier: MIT
// States, reasons and books do not depend on the venue's timestamps: the same worlds run under other clocks.
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "tests/book/sync/flow_world.h"
#include "tests/book/sync/sync_world.h"
#include "tests/support/random.h"
#include "tests/support/sanitized.h"
#include "tools/sim/market/flow.h"

namespace daypack::core {
namespace {

using test::FlowWorld;
using test::Random;
using test::SyncWorld;
using test::VenueClock;

std::uint64_t digest_of(std::uint64_t seed, VenueClock stream, VenueClock rest) {
    Random random(seed);
    SyncWorld::Options options;
    options.venue.levels = 5;
    options.venue.stream = stream;
    options.venue.rest = rest;
    options.lines = 1 + static_cast<std::size_t>(random.below(4));
    options.aggregates = random.once_in(3);
    options.near_restarts = random.once_in(4);
    for (std::size_t line = 0; line < options.lines; ++line) options.lags_us.push_back(random.below(50'001));
    SyncWorld world(options, random);
    for (int step = 0; step < 3'000; ++step) {
        world.venue_updates(random, random.once_in(200));
        world.venue_waits(random.once_in(100) ? random.below(2'000'000) : random.below(4'000));
        for (std::size_t line = 0; line < world.lines(); ++line) {
            if (random.once_in(3)) world.line_sends(line);
            for (std::int64_t i = random.below(4); i > 0; --i) world.line_delivers(line);
            if (random.once_in(50)) world.line_repeats(line);
            if (random.once_in(200)) world.line_loses(line);
            if (random.once_in(300)) world.line_garbles(line);
            if (random.once_in(500)) world.line_breaks(line);
            if (random.once_in(20)) world.line_returns(line);
        }
        world.sync_asks();
        world.rest_captures(0, random);
        if (random.once_in(3)) world.rest_delivers(0);
        world.rest_checks(random);
        if (random.once_in(1'000)) world.venue_restarts(random);
    }
    return world.digest();
}

TEST(SyncWithoutTime, OtherTimesOfTheVenueChangeNothing) {
    using Kind = VenueClock::Kind;
    const VenueClock clocks[] = {
        {Kind::right, -86'400'000'000}, {Kind::right, 1'000}, {Kind::jitters, 0}, {Kind::steps, 0}, {Kind::free, 0}};
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const std::uint64_t expected = digest_of(seed, {}, {});
        for (const VenueClock& clock : clocks) {
            EXPECT_EQ(digest_of(seed, clock, {}), expected) << seed;
            EXPECT_EQ(digest_of(seed, {}, clock), expected) << seed;
        }
    }
}

// The simulator's own flow, with faults; every state, every update and whole books are compared.
TEST(SyncWithoutTime, OtherTimesOfTheVenueChangeNoBookOfAFlow) {
    const auto run = [](std::uint64_t seed, const FlowWorld::Clock& stream, const FlowWorld::Clock& rest) {
        sim::FlowOptions flow_options;
        flow_options.seed = seed;
        flow_options.per_second = 200;
        flow_options.levels = 100;
        sim::Flow flow(sim::market_named("SOL_USDC"), flow_options);
        FlowWorld::Options options;
        options.lags_ms = seed % 2 == 0 ? std::vector<std::int64_t>{0, 7} : std::vector<std::int64_t>{3, 0, 40};
        options.jitter_ms = 3;
        options.faults = true;
        options.seed = seed;
        options.run_ms = test::kSanitized ? 3'000 : 10'000;
        auto world = std::make_unique<FlowWorld>(flow, options, stream, rest);
        world->run();
        return world;
    };
    std::uint64_t changes = 0, restarts = 0, gaps = 0;
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        const auto expected = run(seed, test::right_clock, test::right_clock);
        changes += expected->changes();
        restarts += expected->sync().counters().restarts;
        gaps += expected->sync().counters().gaps;
        for (const auto& clock : test::odd_clocks()) {
            EXPECT_EQ(run(seed, clock.tell, test::right_clock)->digest(), expected->digest())
                << clock.name << ' ' << seed;
            EXPECT_EQ(run(seed, test::right_clock, clock.tell)->digest(), expected->digest())
                << clock.name << ' ' << seed;
        }
    }
    if (test::kSanitized) return;
    EXPECT_GE(changes, 20u);
    EXPECT_GE(restarts, 2u);
    EXPECT_GE(gaps, 1u);
}

}  // namespace
}  // namespace daypack::core
