// SPDX-License-Identifier: MIT
#include "net/http/rest_gate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

namespace daypack::core {
namespace {

using Verdict = RestGate::Verdict;

constexpr std::int64_t kMsNs = 1'000'000;
constexpr MonoTime kStart{1'000'000 * kMsNs};

MonoTime at_ms(std::int64_t ms) {
    return kStart + ms * kMsNs;
}

class RestGateTest : public testing::Test {
  protected:
    [[nodiscard]] bool open(const std::string& target, std::int64_t ms) const {
        return gate.ready(target, at_ms(ms)) <= at_ms(ms);
    }
    void ask(const std::string& target, std::int64_t sent_ms, Verdict verdict, int wait_s = 0,
             std::int64_t took_ms = 20) {
        gate.sent(target, at_ms(sent_ms));
        gate.done(target, at_ms(sent_ms), verdict, wait_s, at_ms(sent_ms + took_ms));
    }

    RestGate gate;
};

TEST_F(RestGateTest, WhatWasToldToWaitWaitsAndNothingElseDoes) {
    ask("/depth?symbol=A", 0, Verdict::away, 300);
    EXPECT_FALSE(open("/depth?symbol=A", 300'019));
    EXPECT_TRUE(open("/depth?symbol=A", 300'020));
    EXPECT_TRUE(open("/depth?symbol=B", 20));
    EXPECT_TRUE(open("/markets", 20));
}

TEST_F(RestGateTest, ARefusalOfAllHoldsAllForAsLongAsItAsks) {
    ask("/depth?symbol=A", 0, Verdict::refused, 2);
    EXPECT_TRUE(gate.holds_all());
    EXPECT_FALSE(open("/depth?symbol=B", 2'019));
    EXPECT_FALSE(open("/markets", 2'019));
    EXPECT_TRUE(open("/depth?symbol=B", 2'020));
    EXPECT_TRUE(open("/depth?symbol=A", 2'020));
}

TEST_F(RestGateTest, ThenOneLooksAndItsAnswerReleasesTheOthers) {
    ask("/depth?symbol=A", 0, Verdict::refused, 2);
    gate.sent("/depth?symbol=B", at_ms(2'020));
    EXPECT_FALSE(open("/depth?symbol=C", 2'021)) << "not before the one is answered";
    gate.done("/depth?symbol=B", at_ms(2'020), Verdict::answered, 0, at_ms(2'040));
    EXPECT_FALSE(gate.holds_all());
    EXPECT_TRUE(open("/depth?symbol=C", 2'040));
}

TEST_F(RestGateTest, WhatIsRefusedForMinutesIsLookedAtEveryTenSecondsByOthers) {
    ask("/depth?symbol=A", 0, Verdict::refused, 300);
    EXPECT_FALSE(open("/depth?symbol=B", 10'019));
    ASSERT_TRUE(open("/depth?symbol=B", 10'020));
    EXPECT_FALSE(open("/depth?symbol=A", 10'020)) << "what was refused waits for as long as it was told";
    ask("/depth?symbol=B", 10'020, Verdict::refused, 300);
    EXPECT_FALSE(open("/depth?symbol=C", 20'039));
    ask("/depth?symbol=C", 20'040, Verdict::answered);
    EXPECT_TRUE(open("/depth?symbol=D", 20'060));
    EXPECT_FALSE(open("/depth?symbol=A", 300'019));
    EXPECT_FALSE(open("/depth?symbol=B", 310'039));
    EXPECT_TRUE(open("/depth?symbol=A", 300'020));
}

TEST_F(RestGateTest, WhatWasOnItsWayBeforeTheRefusalReleasesNothing) {
    gate.sent("/depth?symbol=B", at_ms(0));
    ask("/depth?symbol=A", 0, Verdict::refused, 2);
    gate.done("/depth?symbol=B", at_ms(0), Verdict::answered, 0, at_ms(30));
    EXPECT_TRUE(gate.holds_all());
    EXPECT_FALSE(open("/depth?symbol=C", 1'000));
}

TEST_F(RestGateTest, OneMarketsOwnFailuresHoldNothingBack) {
    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(open("/depth?symbol=A", 100 * i));
        ask("/depth?symbol=A", 100 * i, Verdict::away);
        EXPECT_TRUE(open("/depth?symbol=B", 100 * i + 50));
    }
}

TEST_F(RestGateTest, WhereTwoFailWhatHasNotFailedStillGoesAtOnce) {
    ask("/depth?symbol=A", 0, Verdict::away);
    ask("/depth?symbol=B", 0, Verdict::away);
    EXPECT_FALSE(open("/depth?symbol=A", 50));
    EXPECT_FALSE(open("/depth?symbol=B", 50));
    EXPECT_TRUE(open("/depth?symbol=C", 50));
    EXPECT_TRUE(open("/markets", 50));
    ask("/depth?symbol=C", 50, Verdict::answered);
    EXPECT_TRUE(open("/depth?symbol=A", 70)) << "the venue is there";
    EXPECT_TRUE(open("/depth?symbol=B", 70));
}

TEST_F(RestGateTest, AnotherPathsAnswerDoesNotBringThisOneBack) {
    ask("/depth?symbol=A", 0, Verdict::away);
    ask("/depth?symbol=B", 0, Verdict::away);
    ask("/markets", 30, Verdict::answered);
    EXPECT_FALSE(open("/depth?symbol=A", 60)) << "a cache serves the list of a venue that is away";
}

TEST_F(RestGateTest, TheProbesOfAnAbsentVenueComeLaterAndLater) {
    ask("/depth?symbol=A", 0, Verdict::away);
    ask("/depth?symbol=B", 0, Verdict::away);
    std::vector<std::int64_t> probes;
    for (std::int64_t ms = 21; ms < 20'000; ++ms) {
        const char* const target = probes.size() % 2 == 0 ? "/depth?symbol=A" : "/depth?symbol=B";
        if (!open(target, ms)) continue;
        probes.push_back(ms);
        ask(target, ms, Verdict::away, 0, 0);
    }
    ASSERT_GT(probes.size(), 8U);
    for (std::size_t i = 1; i < probes.size(); ++i) {
        const std::int64_t gap = probes[i] - probes[i - 1];
        EXPECT_EQ(gap, std::min<std::int64_t>(100 << (i - 1), 2'000)) << i;
    }
}

// Each of `count` markets asks as soon as it may, and again 10 ms after each failure.
struct Crowd {
    explicit Crowd(int count) : due(static_cast<std::size_t>(count), kStart) {
        for (int i = 0; i < count; ++i) targets.push_back("/depth?symbol=S" + std::to_string(i));
    }
    int run(std::int64_t from_ms, std::int64_t to_ms, Verdict verdict) {
        int requests = 0;
        for (std::int64_t ms = from_ms; ms < to_ms; ms += 20) {
            for (std::size_t i = 0; i < targets.size(); ++i) {
                if (done[targets[i]] || due[i] > at_ms(ms) || gate.ready(targets[i], at_ms(ms)) > at_ms(ms)) continue;
                ++requests;
                gate.sent(targets[i], at_ms(ms));
                gate.done(targets[i], at_ms(ms), verdict, 0, at_ms(ms));
                due[i] = at_ms(ms + 10);
                done[targets[i]] = verdict == Verdict::answered;
            }
        }
        return requests;
    }
    RestGate gate;
    std::vector<std::string> targets;
    std::vector<MonoTime> due;
    std::unordered_map<std::string, bool> done;
};

TEST(RestGateCrowd, HoweverManyWaitAnAbsentVenueIsAskedAsOftenAndFoundByOne) {
    for (const int count : {2, 20, 500}) {
        Crowd crowd(count);
        EXPECT_LE(crowd.run(0, 10'000, Verdict::away), count + 12) << "each once, and the probes";
        EXPECT_LE(crowd.run(10'000, 70'000, Verdict::away), 31);
        EXPECT_EQ(crowd.run(70'000, 72'100, Verdict::answered), count) << "all are there 2 s after the venue";
    }
}

}  // namespace
}  // namespace daypack::core
