// SPDX-License-Identifier: MIT
#include "book/sync/join_pace.h"

#include <gtest/gtest.h>

namespace daypack::core {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr MonoTime at(std::int64_t ms) {
    return MonoTime{1 + ms * kMs};
}

// Returns when the next request is allowed, to the millisecond.
std::int64_t next_ms(const JoinPace& pace, std::int64_t from) {
    while (!pace.may_ask(at(from))) ++from;
    return from;
}

TEST(JoinPace, TheFirstBreakAsksAtOnce) {
    JoinPace pace;
    EXPECT_TRUE(pace.may_ask(at(0)));
    pace.on_break(Reason::gap, at(5));
    EXPECT_TRUE(pace.may_ask(at(5)));
}

TEST(JoinPace, RefusalsWaitLongerAndLongerAndNeverMoreThan10S) {
    JoinPace pace;
    pace.on_break(Reason::start, at(0));
    std::int64_t now = 0;
    std::int64_t before = 0;
    for (int i = 0; i < 40; ++i) {
        pace.on_asked(at(now));
        pace.on_rejected(at(now));
        const std::int64_t wait = next_ms(pace, now) - now;
        EXPECT_GE(wait, before);
        EXPECT_LE(wait, 10'000);
        EXPECT_TRUE(i > 0 || wait == 100);
        before = wait;
        now += wait;
    }
    EXPECT_EQ(before, 10'000);
    EXPECT_TRUE(pace.in_vain());
    pace.on_joined(at(now));
    EXPECT_FALSE(pace.in_vain());
}

TEST(JoinPace, AFirstWordLetsALongPauseEndIn100MsAndAShortOneAsItWould) {
    JoinPace pace;
    pace.on_break(Reason::start, at(0));
    std::int64_t now = 0;
    for (int i = 0; i < 20; ++i) {
        now = next_ms(pace, now);
        pace.on_asked(at(now));
        pace.on_rejected(at(now));
    }
    pace.on_first_update(at(now + 1));
    EXPECT_EQ(next_ms(pace, now), now + 101);
    pace.on_first_update(at(now + 50));
    EXPECT_EQ(next_ms(pace, now), now + 101) << "the next line's, too";
    JoinPace broken;
    broken.on_break(Reason::restart, at(0));
    broken.on_asked(at(0));
    broken.on_break(Reason::restart, at(1));
    broken.on_first_update(at(2));
    EXPECT_EQ(next_ms(broken, 2), 1000) << "no answer was rejected: the pause is of what broke";
}

TEST(JoinPace, TheSameBreakSoonAfterAJoinWaitsAndAnotherDoesNot) {
    JoinPace pace;
    pace.on_break(Reason::audit, at(0));
    pace.on_asked(at(0));
    pace.on_joined(at(1));
    pace.on_break(Reason::audit, at(2));
    EXPECT_EQ(next_ms(pace, 2), 100);
    pace.on_break(Reason::crossed, at(3));
    EXPECT_TRUE(pace.may_ask(at(3)));
}

TEST(JoinPace, SomeLossesInARowAreMendedAtOnceAndALastingOneOnceASecond) {
    JoinPace pace;
    std::int64_t now = 0;
    std::int64_t wait = 0;
    for (std::uint32_t i = 0; i < 20; ++i) {
        pace.on_break(Reason::gap, at(now));
        wait = next_ms(pace, now) - now;
        EXPECT_TRUE(i > JoinPace::kLosses || wait == 0);
        now += wait;
        pace.on_asked(at(now));
        pace.on_joined(at(now));
    }
    EXPECT_EQ(wait, 1'000);
}

TEST(JoinPace, ABookThatStood10SIsAskedForAtOnce) {
    JoinPace pace;
    std::int64_t now = 0;
    for (int i = 0; i < 10; ++i) {
        pace.on_break(Reason::gap, at(now));
        pace.on_asked(at(now));
        pace.on_joined(at(now));
        now += 10;
    }
    now += 10'000;
    pace.on_break(Reason::gap, at(now));
    EXPECT_TRUE(pace.may_ask(at(now)));
    EXPECT_FALSE(pace.in_vain());
}

TEST(JoinPace, AMarketThatBreaksForEverIsAskedForOnceIn10SInTheLongRun) {
    JoinPace pace;
    int asked = 0;
    for (std::int64_t now = 0; now < 660'000; now += 10) {
        if (!pace.may_ask(at(now))) continue;
        if (now >= 60'000) ++asked;
        pace.on_asked(at(now));
        pace.on_joined(at(now));
        pace.on_break(Reason::crossed, at(now));
    }
    EXPECT_LE(asked, 60);
    EXPECT_GE(asked, 55);
}

TEST(JoinPace, RestartsInARowAreASecondApart) {
    JoinPace pace;
    pace.on_break(Reason::restart, at(0));
    pace.on_asked(at(0));
    pace.on_break(Reason::restart, at(1));
    EXPECT_EQ(next_ms(pace, 1), 1000);
}

}  // namespace
}  // namespace daypack::core
