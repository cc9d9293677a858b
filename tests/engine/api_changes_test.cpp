// SPDX-License-Identifier: MIT
// A book that is kept from changes() alone is the book, at every callback.
#include <cstdio>

#include "engine/api/handler_calls.h"
#include "tests/engine/agent_world.h"
#include "tests/engine/learner.h"
#include "tests/support/sanitized.h"
#include "tests/system/live_engine.h"

namespace daypack {
namespace {

// In one thread, through gaps, losses, lines that break, and audits.
void learn_in_worlds(bool fused) {
    const core::test::Instance instance;
    std::uint64_t calls = 0, changes = 0, replaced = 0, compared = 0;
    constexpr std::uint64_t kWorlds = core::test::kSanitized ? 8 : 40;
    for (std::uint64_t seed = 1; seed <= kWorlds; ++seed) {
        Learner learner;
        HandlerCalls handler(&learner, [] {});
        core::test::AgentWorld world(seed, instance.name, fused, handler.callbacks([] { return ErrorCode::none; }));
        std::string wrong;
        for (int step = 0; step < 2'000 && wrong.empty(); ++step) wrong = world.step();
        if (wrong.empty()) wrong = world.calm();
        ASSERT_EQ(wrong, "") << "seed " << seed;
        ASSERT_EQ(learner.wrong, "") << "seed " << seed;
        EXPECT_GT(learner.live, 0u);
        calls += learner.calls, changes += learner.changes, replaced += learner.replaced;
        compared += learner.compared;
    }
    std::printf("%llu callbacks, %llu changes learnt, %llu books replaced, %llu levels compared\n",
                static_cast<unsigned long long>(calls), static_cast<unsigned long long>(changes),
                static_cast<unsigned long long>(replaced), static_cast<unsigned long long>(compared));
    EXPECT_GT(replaced, 2 * kWorlds) << "no world tries much";
    EXPECT_GT(changes, 2'500 * kWorlds);
}

TEST(ApiChanges, LearntAreTheBookThroughGapsAndResyncs) {
    learn_in_worlds(false);
}
TEST(ApiChanges, LearntAreTheBookThroughGapsAndResyncsOnOneThread) {
    learn_in_worlds(true);
}

using ApiChangesInModes = core::InBothModes;
INSTANTIATE_TEST_SUITE_P(Threads, ApiChangesInModes,
                         testing::Values(core::ThreadModel::pipeline, core::ThreadModel::fused), core::mode_name);

// Over sockets: the tick becomes finer, the numbering restarts, the only line is closed, a frame is lost.
TEST_P(ApiChangesInModes, LearntAreTheBookThroughATickAndARestart) {
    core::sim::SimOptions options;
    options.tls = true;
    options.symbols = {"BTC_USDC"};
    options.rate = 400;
    core::sim::Exchange exchange(options);
    Learner learner(50);
    HandlerCalls handler(&learner, [] {});
    {
        core::LiveEngine live(exchange, {"BTC_USDC"}, 64, {}, handler.callbacks([] { return ErrorCode::none; }));
        const auto counted = [&](unsigned counter) { return live.counter("BTC_USDC", counter); };
        std::size_t struck = 0;
        for (const char* fault : {"drop", "tick", "close", "restart"}) {
            const std::uint64_t updates = counted(DAYPACK_SYMBOL_updates);
            ASSERT_TRUE(core::wait_until([&] {
                return live.live("BTC_USDC") && counted(DAYPACK_SYMBOL_updates) > updates + 300;
            })) << live.log();
            exchange.inject(core::sim::Fault::parse(fault));
            ++struck;
            ASSERT_TRUE(core::wait_until([&] { return exchange.fault_log().size() == struck; }));
        }
        const auto seen = [&] {
            return counted(DAYPACK_SYMBOL_resyncs_gap) > 0 && counted(DAYPACK_SYMBOL_resyncs_restart) > 0 &&
                   live.live("BTC_USDC");
        };
        ASSERT_TRUE(core::wait_until(seen)) << live.log();
        EXPECT_NE(live.log().find("reason=tick"), std::string::npos) << live.log();
        live.end();
    }
    EXPECT_EQ(learner.wrong, "");
    EXPECT_GT(learner.changes, 300u);
    EXPECT_GE(learner.replaced, 4u);
}

}  // namespace
}  // namespace daypack
