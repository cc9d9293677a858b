// SPDX-License-Identifier: MIT
// Flow on lines that lag, through the engine over wss: nothing is lost, so no book may break. DAYPACK_RECORDED_FLOW
// names the recorded flow (frames.ndjson.gz, with its snapshot.json beside it).
#include <cstdlib>

#include "tests/book/sync/flow_world.h"
#include "tests/system/flow_run.h"
#include "tools/sim/market/replay.h"

namespace daypack::core {
namespace {

void expect_calm(const sim::SimOptions& options, const std::vector<std::string>& symbols, std::uint32_t lines) {
    sim::Exchange exchange(options);
    const FlowRun run = run_flow(exchange, symbols, 300, 500, std::chrono::minutes(20), lines);
    EXPECT_EQ(run.gaps, 0u);
    EXPECT_EQ(run.restarts, 0u);
    EXPECT_EQ(run.resyncs, 0u);
    EXPECT_EQ(run.dropped, 0u);
    EXPECT_EQ(run.snapshots, symbols.size());
    EXPECT_GE(run.compared, 100u);
}

void expect_calm_replay(double speed, std::int64_t odd_lag_ms, std::uint32_t lines) {
    const char* const file = std::getenv("DAYPACK_RECORDED_FLOW");
    if (file == nullptr) GTEST_SKIP() << "set DAYPACK_RECORDED_FLOW to a recorded frames.ndjson.gz to run this";
    const std::string symbol = sim::Replay(file).market().symbol;
    sim::SimOptions options;
    options.tls = true;
    options.replay = file;
    options.speed = speed;
    options.odd_lag_ms = odd_lag_ms;
    expect_calm(options, {symbol}, lines);
}

TEST(FlowLagSoak, RecordedFourTimesAsFastOnTwoLinesOneMillisecondApart) {
    expect_calm_replay(4, 1, 2);
}
TEST(FlowLagSoak, RecordedFourTimesAsFastOnTwoLinesFiveMillisecondsApart) {
    expect_calm_replay(4, 5, 2);
}
TEST(FlowLagSoak, RecordedFourTimesAsFastOnTwoLinesTwentyMillisecondsApart) {
    expect_calm_replay(4, 20, 2);
}
TEST(FlowLagSoak, RecordedOnFourLinesTwentyMillisecondsApart) {
    expect_calm_replay(1, 20, 4);
}

TEST(FlowLagSoak, MadeUpWithJitterOnTwoLines) {
    sim::SimOptions options;
    options.tls = true;
    options.symbols = {"SOL_USDC"};
    options.rate = 1'000;
    options.max_frames = 60'000;
    options.jitter = true;
    options.odd_lag_ms = 5;
    expect_calm(options, options.symbols, 2);
}

// The recorded flow in one thread, with faults and other clocks of the venue; whole books are compared.
TEST(FlowLagSoak, OtherTimesChangeNoBookOfTheRecordedFlow) {
    const char* const file = std::getenv("DAYPACK_RECORDED_FLOW");
    if (file == nullptr) GTEST_SKIP() << "set DAYPACK_RECORDED_FLOW to a recorded frames.ndjson.gz to run this";
    const auto digest = [&](const test::FlowWorld::Clock& stream, const test::FlowWorld::Clock& rest) {
        sim::Replay replay(file);
        test::FlowWorld::Options options;
        options.jitter_ms = 3;
        options.faults = true;
        options.run_ms = 60'000;
        test::FlowWorld world(replay, options, stream, rest);
        world.run();
        EXPECT_GE(world.books(), 100u);
        return world.digest();
    };
    const std::uint64_t expected = digest(test::right_clock, test::right_clock);
    for (const auto& clock : test::odd_clocks()) EXPECT_EQ(digest(clock.tell, clock.tell), expected) << clock.name;
}

}  // namespace
}  // namespace daypack::core
