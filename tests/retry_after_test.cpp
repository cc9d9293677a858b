#include "net/retry_after.h"

#include <gtest/gtest.h>

namespace daypack {
namespace {

constexpr WallTime kNow{1'445'412'480LL * 1'000'000'000};  // 2015-10-21T07:28:00Z

TEST(RetryAfter, TakesSeconds) {
    EXPECT_EQ(parse_retry_after("0", kNow), 0);
    EXPECT_EQ(parse_retry_after("120", kNow), 120);
}

TEST(RetryAfter, TakesADate) {
    EXPECT_EQ(parse_retry_after("Wed, 21 Oct 2015 07:28:05 GMT", kNow), 5);
    EXPECT_EQ(parse_retry_after("Thu, 22 Oct 2015 07:28:00 GMT", kNow), 86'400);
    EXPECT_EQ(parse_retry_after("Wed, 21 Oct 2015 07:27:00 GMT", kNow), 0) << "it is over";
}

TEST(RetryAfter, AnythingElseSaysNothing) {
    for (const char* text : {"", "soon", "-1", "1.5", "12 s", "99999999999999999999", "Wed, 21 Oct 2015",
                             "Wed, 21 Oct 2015 07:28:05 CET", "Wed, 21 Oct 2015 07:28:05 GMT or so"}) {
        EXPECT_EQ(parse_retry_after(text, kNow), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace daypack
