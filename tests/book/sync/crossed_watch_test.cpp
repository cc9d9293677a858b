// SPDX-License-Identifier: MIT
#include "book/sync/crossed_watch.h"

#include <gtest/gtest.h>

namespace daypack::core {
namespace {

constexpr std::int64_t kMs = 1'000'000;

TEST(CrossedWatch, IsTooLongAfter100MsOfUpdates) {
    CrossedWatch watch;
    EXPECT_FALSE(watch.on_update(MonoTime{1}));
    EXPECT_TRUE(watch.crossed());
    EXPECT_FALSE(watch.on_update(MonoTime{100 * kMs}));
    EXPECT_TRUE(watch.on_update(MonoTime{1 + 100 * kMs}));
}

TEST(CrossedWatch, IsTooLongAfterASecondWithoutAny) {
    CrossedWatch watch;
    EXPECT_FALSE(watch.on_time(MonoTime{5'000 * kMs}));
    (void)watch.on_update(MonoTime{1});
    EXPECT_FALSE(watch.on_time(MonoTime{1'000 * kMs}));
    EXPECT_TRUE(watch.on_time(MonoTime{1 + 1'000 * kMs}));
}

TEST(CrossedWatch, ACrossingThatEndsAndBeginsAgainHasItsOwnTime) {
    CrossedWatch watch;
    (void)watch.on_update(MonoTime{1});
    watch.on_uncrossed();
    EXPECT_FALSE(watch.crossed());
    EXPECT_FALSE(watch.on_update(MonoTime{200 * kMs}));
    EXPECT_FALSE(watch.on_update(MonoTime{299 * kMs}));
}

TEST(CrossedWatch, WhatTheVenueConfirmsIsNeverTooLongUntilItEnds) {
    CrossedWatch watch;
    (void)watch.on_update(MonoTime{1});
    watch.on_venue_crossed();
    EXPECT_TRUE(watch.at_venue());
    EXPECT_FALSE(watch.on_update(MonoTime{9'000 * kMs}));
    EXPECT_FALSE(watch.on_time(MonoTime{9'000 * kMs}));
    watch.on_uncrossed();
    EXPECT_FALSE(watch.at_venue());
}

}  // namespace
}  // namespace daypack::core
