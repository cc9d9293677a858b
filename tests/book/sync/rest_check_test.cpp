// SPDX-License-Identifier: MIT
#include "book/sync/rest_check.h"

#include <gtest/gtest.h>

namespace daypack::core {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr MonoTime at(std::int64_t ms) {
    return MonoTime{1 + ms * kMs};
}

TEST(RestCheck, TheSameIdAgrees) {
    RestCheck check;
    EXPECT_TRUE(check.on_answer(10, 10, at(0), at(1)));
    EXPECT_FALSE(check.knows_later());
    EXPECT_FALSE(check.contradicts(at(5000)));
}

TEST(RestCheck, ALaterIdIsKnownFromThenOn) {
    RestCheck check;
    EXPECT_FALSE(check.on_answer(12, 10, at(0), at(1)));
    EXPECT_TRUE(check.knows_later());
    EXPECT_FALSE(check.knows_later_for(50 * kMs, at(50)));
    EXPECT_TRUE(check.knows_later_for(50 * kMs, at(51)));
}

TEST(RestCheck, AnUpdateThatGetsThereEndsIt) {
    RestCheck check;
    (void)check.on_answer(12, 10, at(0), at(1));
    check.on_applied(11, at(2));
    EXPECT_TRUE(check.knows_later());
    check.on_applied(12, at(3));
    EXPECT_FALSE(check.knows_later());
}

TEST(RestCheck, ALaterIdThatLivingLinesDoNotReachWithinASecondIsForgotten) {
    RestCheck check;
    (void)check.on_answer(5'000'000, 10, at(0), at(1));
    check.on_applied(11, at(900));
    EXPECT_TRUE(check.knows_later());
    check.on_applied(12, at(1001));
    EXPECT_FALSE(check.knows_later());
}

TEST(RestCheck, AnEarlierIdContradictsAfterASecondInWhichNoLineSpoke) {
    RestCheck check;
    EXPECT_FALSE(check.on_answer(9, 10, at(0), at(1)));
    EXPECT_FALSE(check.contradicts(at(1000)));
    EXPECT_TRUE(check.contradicts(at(1001)));
    check.on_applied(11, at(1002));
    EXPECT_FALSE(check.contradicts(at(9000)));
}

TEST(RestCheck, AnAnswerRequestedBeforeTheLastUpdateIsUsedOnlyIfItIsTheSame) {
    RestCheck check;
    check.on_applied(10, at(5));
    EXPECT_FALSE(check.on_answer(12, 10, at(4), at(6)));
    EXPECT_FALSE(check.on_answer(8, 10, at(4), at(6)));
    EXPECT_FALSE(check.knows_later());
    EXPECT_FALSE(check.contradicts(at(9000)));
    EXPECT_TRUE(check.on_answer(10, 10, at(4), at(6)));
}

}  // namespace
}  // namespace daypack::core
