// SPDX-License-Identifier: MIT
// What the clocks of the simulated venue show, of frames that are stamped by hand.
#include "tools/sim/venue_clock.h"

#include <gtest/gtest.h>

namespace daypack::core::sim {
namespace {

const std::string kFrame = R"({"data":{"E":1770000000002000,"T":1770000000000000,"u":7}})";

std::string stamped(VenueClock& clock, std::string frame = kFrame) {
    clock.stamp(frame, true);
    clock.end_event();
    return frame;
}

TEST(VenueClock, OneThatNobodyTouchedLeavesAFrameAsItIs) {
    VenueClock clock(1);
    EXPECT_EQ(stamped(clock), kFrame);
    EXPECT_EQ(clock.rest_us(5), 5);
}

TEST(VenueClock, AStepOfTheStreamsMovesBothTimesAndNotThatOfRest) {
    VenueClock clock(1);
    clock.strike(Fault::parse("clock:of=stream,by_ms=-30000"));
    EXPECT_EQ(stamped(clock), R"({"data":{"E":1769999970002000,"T":1769999970000000,"u":7}})");
    EXPECT_EQ(clock.rest_us(5), 5);
}

TEST(VenueClock, AGlitchIsOverWithItsEvent) {
    VenueClock clock(1);
    clock.strike(Fault::parse("clock:how=glitch,of=T,by_ms=1000"));
    EXPECT_EQ(stamped(clock), R"({"data":{"E":1770000000002000,"T":1770000001000000,"u":7}})");
    EXPECT_EQ(stamped(clock), kFrame);
}

TEST(VenueClock, AFrozenClockGoesOnShowingWhatItShowsNext) {
    VenueClock clock(1);
    clock.strike(Fault::parse("clock:how=frozen,of=T"));
    EXPECT_EQ(stamped(clock), kFrame);
    EXPECT_EQ(stamped(clock, R"({"data":{"E":1770000000005000,"T":1770000000004000,"u":8}})"),
              R"({"data":{"E":1770000000005000,"T":1770000000000000,"u":8}})");
}

TEST(VenueClock, JitterSetsBackByLessThanFourteenMillisecondsAndTheSameForTheSameTime) {
    const VenueClock clock(1);
    for (std::int64_t us = 1'770'000'000'000'000; us < 1'770'000'000'100'000; us += 7) {
        const std::int64_t back_us = clock.jitter_us(us);
        ASSERT_GE(back_us, 0);
        ASSERT_LE(back_us, 13'000);
        ASSERT_EQ(clock.jitter_us(us), back_us);
    }
}

}  // namespace
}  // namespace daypack::core::sim
