// SPDX-License-Identifier: MIT
#include "net/backpack/subscribe_frame.h"

#include <gtest/gtest.h>

namespace daypack::core {
namespace {

TEST(SubscribeFrame, NamesAllStreamsInOrder) {
    const std::vector<std::string> streams{"depth.AAPL.US_USDC_PERP", "trade.kPEPE_USDC_PERP"};
    EXPECT_EQ(subscribe_frames("SUBSCRIBE", streams),
              std::vector<std::string>{
                  R"({"method":"SUBSCRIBE","params":["depth.AAPL.US_USDC_PERP","trade.kPEPE_USDC_PERP"]})"});
}

TEST(SubscribeFrame, IsCutAfterAHundredStreams) {
    EXPECT_TRUE(subscribe_frames("SUBSCRIBE", {}).empty());
    EXPECT_EQ(subscribe_frames("SUBSCRIBE", std::vector<std::string>(100, "a")).size(), 1U);
    const auto two = subscribe_frames("UNSUBSCRIBE", std::vector<std::string>(101, "a"));
    ASSERT_EQ(two.size(), 2U);
    EXPECT_EQ(two[1], R"({"method":"UNSUBSCRIBE","params":["a"]})");
}

TEST(SubscribeFrame, AStreamOfAllMarketsCannotCostTheOthersTheirSubscription) {
    const std::vector<std::string> streams{"depth.SOL_USDC", "liquidation", "trade.SOL_USDC"};
    EXPECT_EQ(subscribe_frames("SUBSCRIBE", streams),
              (std::vector<std::string>{R"({"method":"SUBSCRIBE","params":["liquidation"]})",
                                        R"({"method":"SUBSCRIBE","params":["depth.SOL_USDC","trade.SOL_USDC"]})"}));
}

TEST(SubscribeFrame, ANameCannotBreakOutOfItsQuotes) {
    const std::vector<std::string> hostile{"a\"],\"b\\\n\x1f"};
    EXPECT_EQ(subscribe_frames("SUBSCRIBE", hostile)[0],
              R"({"method":"SUBSCRIBE","params":["a\"],\"b\\\u000a\u001f"]})");
}

}  // namespace
}  // namespace daypack::core
