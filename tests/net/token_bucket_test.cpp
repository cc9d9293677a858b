// SPDX-License-Identifier: MIT
#include "net/base/token_bucket.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdint>
#include <deque>

namespace daypack::core {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kMinuteNs = 60 * kSecondNs;

TEST(TokenBucket, NeverPassesTheBudgetInAnyMinute) {
    // Against the slow, obvious model: the times of all requests of the last minute.
    EXPECT_TRUE(rc::check([] {
        const auto per_minute = *rc::gen::inRange<std::int64_t>(1, 400);
        const auto burst = *rc::gen::inRange<std::int64_t>(1, per_minute + 1);
        std::int64_t step_ns_max = 1;
        for (auto power = *rc::gen::inRange(0, 12); power > 0; --power) step_ns_max *= 10;
        MonoTime now{*rc::gen::inRange<std::int64_t>(-kMinuteNs, kMinuteNs)};
        TokenBucket bucket(per_minute, burst, now);
        std::deque<std::int64_t> sent;
        for (int i = 0; i < 2000; ++i) {
            const auto step = *rc::gen::noShrink(rc::gen::inRange<std::int64_t>(0, step_ns_max + 1));
            // Half of the time a greedy caller, which comes exactly when it was told to.
            now = i % 2 == 0 ? now + step : MonoTime{std::max(now.ns, bucket.next(now).ns)};
            if (!bucket.try_take(now)) continue;
            sent.push_back(now.ns);
            while (sent.front() <= now.ns - kMinuteNs) sent.pop_front();
            RC_ASSERT(static_cast<std::int64_t>(sent.size()) <= per_minute);
        }
    }));
}

TEST(TokenBucket, ABurstGoesOutAtOnceAndTheRestTricklesIn) {
    TokenBucket bucket(1200, 300, MonoTime{0});
    for (int i = 0; i < 300; ++i) EXPECT_TRUE(bucket.try_take(MonoTime{0}));
    EXPECT_FALSE(bucket.try_take(MonoTime{0}));
    int sent = 0;
    for (std::int64_t ms = 0; ms < 60'000; ++ms) sent += bucket.try_take(MonoTime{ms * 1'000'000}) ? 1 : 0;
    EXPECT_EQ(sent, 900);
}

TEST(TokenBucket, TheNextTokenIsThereWhenItSaysAndNotBefore) {
    TokenBucket bucket(7, 3, MonoTime{5});
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.try_take(MonoTime{5}));
    for (int i = 0; i < 100; ++i) {
        const MonoTime due = bucket.next(MonoTime{5});
        EXPECT_FALSE(bucket.try_take(MonoTime{due.ns - 1}));
        EXPECT_TRUE(bucket.try_take(due));
    }
    EXPECT_EQ(bucket.next(MonoTime{1000 * kMinuteNs}).ns, 1000 * kMinuteNs);
}

TEST(TokenBucket, AnIdleHourSavesUpOneBurstOnly) {
    TokenBucket bucket(60, 10, MonoTime{0});
    const MonoTime later{60 * kMinuteNs};
    int sent = 0;
    while (sent < 100 && bucket.try_take(later)) ++sent;
    EXPECT_EQ(sent, 10);
}

TEST(TokenBucket, AClockThatStepsBackAddsNothing) {
    TokenBucket bucket(60, 1, MonoTime{kMinuteNs});
    EXPECT_TRUE(bucket.try_take(MonoTime{kMinuteNs}));
    for (std::int64_t back = 1; back <= 60; ++back) {
        EXPECT_FALSE(bucket.try_take(MonoTime{kMinuteNs - back * kSecondNs}));
        EXPECT_FALSE(bucket.try_take(MonoTime{kMinuteNs}));
    }
    EXPECT_TRUE(bucket.try_take(MonoTime{kMinuteNs + kSecondNs}));
}

}  // namespace
}  // namespace daypack::core
