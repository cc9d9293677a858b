// SPDX-License-Identifier: MIT
#include "net/base/retry_after.h"

#include <gtest/gtest.h>

#include <string>

namespace daypack::core {
namespace {

constexpr WallTime kNow{1'445'412'480LL * 1'000'000'000};  // 2015-10-21T07:28:00Z

std::optional<int> retry_after(std::string_view text, std::string_view date = "") {
    return parse_retry_after(text, date, kNow);
}

TEST(RetryAfter, TakesSeconds) {
    EXPECT_EQ(retry_after("0"), 0);
    EXPECT_EQ(retry_after("0007"), 7);
    EXPECT_EQ(retry_after("120"), 120);
    EXPECT_EQ(retry_after("300"), 300);
}

TEST(RetryAfter, TakesADate) {
    EXPECT_EQ(retry_after("Wed, 21 Oct 2015 07:28:05 GMT"), 5);
    EXPECT_EQ(retry_after("Wed, 21 Oct 2015 07:27:00 GMT"), 0) << "it is over";
}

TEST(RetryAfter, NothingAsksForMoreThanFiveMinutes) {
    for (const char* text : {"301", "7200", "86400", "2200000", "2147483647", "2147483648", "4294967297",
                             "99999999999999999999", "1000000000000000000000000000000"}) {
        EXPECT_EQ(retry_after(text), 300) << text;
    }
    EXPECT_EQ(retry_after(std::string(60'000, '9')), 300);
    EXPECT_EQ(retry_after("Thu, 22 Oct 2015 07:28:00 GMT"), 300);
    EXPECT_EQ(retry_after("Fri, 31 Dec 9999 23:59:59 GMT"), 300);
}

TEST(RetryAfter, ADateIsReadByTheClockThatWroteIt) {
    EXPECT_EQ(retry_after("Wed, 21 Oct 2015 12:28:09 GMT", "Wed, 21 Oct 2015 12:28:02 GMT"), 7) << "5 h ahead of ours";
    EXPECT_EQ(retry_after("Wed, 21 Oct 2015 02:28:09 GMT", "Wed, 21 Oct 2015 02:28:02 GMT"), 7) << "5 h behind";
    EXPECT_EQ(retry_after("Wed, 21 Oct 2015 07:28:05 GMT", "now"), 5) << "a Date that is none";
}

TEST(RetryAfter, AnythingElseSaysNothing) {
    for (const char* text : {"", "soon", "-1", "1.5", "12 s", "1e3", "0x10", "Wed, 21 Oct 2015",
                             "Wed, 21 Oct 2015 07:28:05 CET", "Wed, 21 Oct 2015 07:28:05 GMT or so"}) {
        EXPECT_EQ(retry_after(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace daypack::core
