// SPDX-License-Identifier: MIT
// What went wrong in a child process reaches the test that began it, in words.
#include "tests/support/child.h"

#include <gtest/gtest.h>

namespace daypack::core::test {
namespace {

TEST(Child, WhatItReportsIsASentenceWithFileAndLine) {
    const std::string place = "child_test.cpp:" + std::to_string(__LINE__ + 1);
    Child child([](const Child::Line&) -> std::string { return failed("the book is empty"); });
    const std::string failure = child.failure();
    EXPECT_NE(failure.find(place + ": the book is empty"), std::string::npos) << failure;
}

TEST(Child, OneThatOnlyEndsReportsNothing) {
    Child child([](const Child::Line& line) { line.tell('r'); });
    EXPECT_EQ(child.line().hear(), 'r');
    EXPECT_EQ(child.failure(), "");
    EXPECT_EQ(child.wait(), 0);
}

TEST(Child, WhatItThrowsIsReported) {
    Child child([](const Child::Line&) { throw std::runtime_error("no room"); });
    EXPECT_EQ(child.failure(), "the child threw: no room");
}

TEST(Child, ASignalThatEndsItIsNamed) {
    Child child([](const Child::Line& line) { (void)line.hear(); });
    child.signal(SIGKILL);
    EXPECT_EQ(child.failure(), "the child was ended by a signal: Killed");
    EXPECT_EQ(child.wait(), -SIGKILL);
}

}  // namespace
}  // namespace daypack::core::test
