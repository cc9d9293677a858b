// SPDX-License-Identifier: MIT
// Lines lag and jitter, but nothing is lost: there is no restart, no gap, one snapshot, and every book is right.
#include <gtest/gtest.h>

#include "tests/book/sync/flow_world.h"
#include "tests/support/sanitized.h"
#include "tools/sim/market/flow.h"

namespace daypack::core {
namespace {

using test::FlowWorld;
using test::Random;

TEST(FlowLag, LinesThatLagOverAMadeUpFlowBreakNothing) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        Random random(seed);
        sim::FlowOptions flow_options;
        flow_options.seed = seed;
        flow_options.per_second = 50 * static_cast<double>(1 + random.below(10));
        flow_options.levels = 300;
        sim::Flow flow(sim::market_named("SOL_USDC"), flow_options);
        FlowWorld::Options options;
        options.lags_ms.resize(2 + static_cast<std::size_t>(random.below(3)));
        for (std::int64_t& lag_ms : options.lags_ms) lag_ms = random.below(31);
        options.jitter_ms = random.below(10);
        options.seed = seed;
        options.run_ms = test::kSanitized ? 2'000 : 10'000;
        // T jitters as the recorded one's does.
        const auto jitters = [](std::int64_t us, std::uint64_t u) { return us - Random(u).below(2'000); };
        FlowWorld world(flow, options, jitters, test::right_clock);
        world.run();
        const Sync::Counters& counters = world.sync().counters();
        EXPECT_EQ(counters.restarts, 0u) << seed;
        EXPECT_EQ(counters.contradictions, 0u) << seed;
        EXPECT_EQ(counters.gaps, 0u) << seed;
        EXPECT_EQ(counters.resyncs, 0u) << seed;
        EXPECT_EQ(counters.snapshots, 1u) << seed;
        EXPECT_EQ(world.not_live_ms(), 0u) << seed;
        EXPECT_EQ(world.unlike(), 0u) << seed;
        EXPECT_GE(world.updates(), test::kSanitized ? 10u : 100u) << seed;
    }
}

}  // namespace
}  // namespace daypack::core
