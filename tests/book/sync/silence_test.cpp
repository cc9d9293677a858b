// SPDX-License-Identifier: MIT
// When REST is asked about a quiet market.
#include "book/silence.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/book/sync/sync_feed.h"

namespace daypack::core {
namespace {

// Returns the seconds at which REST is asked in the first minutes of silence.
std::vector<std::int64_t> asked_at_s(std::int64_t stale_after_ns, std::int64_t until_s) {
    test::Feed feed;
    feed.follow(1000);
    Silence silence(stale_after_ns);
    std::vector<std::int64_t> asked;
    const MonoTime begin = feed.now;
    for (std::int64_t ms = 0; ms <= until_s * 1'000; ms += 100) {
        if (silence.should_ask_rest(feed.sync, begin + ms * 1'000'000)) asked.push_back(ms / 1'000);
    }
    return asked;
}

TEST(Silence, AsksEverMoreRarelyAndThenAtThePaceThatWasAskedFor) {
    EXPECT_EQ(asked_at_s(60'000'000'000, 160), (std::vector<std::int64_t>{1, 5, 30, 90, 150}));
}

TEST(Silence, NoPauseIsLongerThanThePaceThatWasAskedFor) {
    EXPECT_EQ(asked_at_s(10'000'000'000, 36), (std::vector<std::int64_t>{1, 5, 15, 25, 35}));
    EXPECT_EQ(asked_at_s(2'000'000'000, 8), (std::vector<std::int64_t>{1, 3, 5, 7}));
}

TEST(Silence, AsksOnceASecondAtMost) {
    EXPECT_EQ(asked_at_s(100'000'000, 4), (std::vector<std::int64_t>{1, 2, 3, 4}));
}

}  // namespace
}  // namespace daypack::core
