// SPDX-License-Identifier: MIT
#include "net/base/backoff.h"

#include <gtest/gtest.h>

namespace daypack::core {
namespace {

TEST(Backoff, LiesBetweenATenthOfASecondAndTenSecondsWhateverTheTries) {
    for (const std::uint32_t tries : {0u, 1u, 2u, 5u, 7u, 31u, 32u, 63u, 64u, 4'000'000'000u}) {
        for (const double jitter : {0.0, 0.3, 0.999999, 1.0, -1.0, 7.0}) {
            EXPECT_GE(next_delay_ms(tries, jitter), kBackoffMin_ms) << tries;
            EXPECT_LE(next_delay_ms(tries, jitter), kBackoffMax_ms) << tries;
        }
    }
}

TEST(Backoff, DoublesUntilItsLimit) {
    EXPECT_EQ(next_delay_ms(1, 0), 100);
    EXPECT_EQ(next_delay_ms(2, 0), 200);
    EXPECT_EQ(next_delay_ms(3, 0), 400);
    EXPECT_EQ(next_delay_ms(6, 0), 3200);
    EXPECT_EQ(next_delay_ms(7, 0), 5000);
    EXPECT_EQ(next_delay_ms(100, 0), 5000);
}

TEST(Backoff, TheJitterSpreadsOverHalfOfTheSpan) {
    EXPECT_EQ(next_delay_ms(1, 0.5), 150);
    EXPECT_EQ(next_delay_ms(4, 0.25), 1000);
    EXPECT_EQ(next_delay_ms(9, 0.999999), 9999);
}

}  // namespace
}  // namespace daypack::core
