// SPDX-License-Identifier: MIT
// The long forms of flow_test.cpp: `tools/test --long`.
#include "tests/system/flow_run.h"

namespace daypack::core {
namespace {

TEST(FlowSoak, TenSymbolsAtAThousandUpdatesASecondForAMinuteLoseNothing) {
    sim::SimOptions options;
    options.tls = true;
    options.symbols = ten_symbols();
    options.rate = 1'000;
    options.max_frames = 60'000;
    expect_clean_flow(options, 200, std::chrono::minutes(20));
}

TEST(FlowSoak, TwoHundredThousandFramesAsFastAsTheSocketTakesThemLoseNothing) {
    sim::SimOptions options;
    options.tls = true;
    options.symbols = {"SOL_USDC"};
    options.rate = 0;
    options.max_frames = 200'000;
    expect_clean_flow(options, 500, std::chrono::minutes(20));
}

}  // namespace
}  // namespace daypack::core
