// SPDX-License-Identifier: MIT
// Whole flows, recorded and generated, through the engine over wss, in short forms. flow_soak_test.cpp has the long
// ones.
#include <filesystem>

#include "tests/support/sanitized.h"
#include "tests/system/flow_run.h"

namespace daypack::core {
namespace {

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define DAYPACK_TSAN 1
#endif
#endif

std::filesystem::path recorded(const std::string& set) {
    const char* data = std::getenv("DAYPACK_DATA");
    const std::filesystem::path root =
        data != nullptr ? std::filesystem::path(data) : std::filesystem::path(DAYPACK_SOURCE_DIR) / "../shared/data";
    return root / set / "frames.ndjson.gz";
}

// The flow runs as fast as the engine takes it, so that no machine is too slow for it.
void expect_replay(const std::string& set, const std::string& symbol, std::uint64_t apart) {
    const auto file = recorded(set);
    if (!std::filesystem::exists(file)) {
        GTEST_SKIP() << "no recorded flow at " << file << ": set DAYPACK_DATA to the folder that holds it";
    }
#ifdef DAYPACK_TSAN
    GTEST_SKIP() << "under ThreadSanitizer it takes minutes; the made-up flows below run under it";
#endif
    sim::SimOptions options;
    options.tls = true;
    options.replay = file.string();
    options.speed = 0;
    sim::Exchange exchange(options);
    const FlowRun run = run_flow(exchange, {symbol}, 500, apart, std::chrono::minutes(8));
    EXPECT_GE(run.compared, 50u);
    EXPECT_EQ(run.gaps, 0u);
    EXPECT_EQ(run.dropped, 0u);
}

TEST(Flow, RecordedOneLevelAFrameEqualsTheTruth) {
    expect_replay("btc_usdm_20240808.fused", "BTC_USDC_PERP", 500);
}

TEST(Flow, RecordedManyLevelsAFrameEqualsTheTruth) {
    expect_replay("btc_coinm_20240808.batch", "BTC_USD_PERP", 50);
}

TEST(Flow, TenSymbolsLoseNothing) {
    sim::SimOptions options;
    options.tls = true;
    options.symbols = ten_symbols();
    options.rate = test::kSanitized ? 100 : 1'000;  // a sanitizer must not fall behind: what it keeps has a bound
    options.max_frames = test::kSanitized ? 500 : 3'000;
    expect_clean_flow(options, 20, std::chrono::minutes(5));
}

TEST(Flow, AsFastAsTheSocketTakesThemLosesNothing) {
    sim::SimOptions options;
    options.tls = true;
    options.symbols = {"SOL_USDC"};
    options.rate = 0;
    options.max_frames = 20'000;
    expect_clean_flow(options, 50, std::chrono::minutes(5));
}

}  // namespace
}  // namespace daypack::core
