// SPDX-License-Identifier: MIT
#include "engine/shm/clock_quality.h"

#include <gtest/gtest.h>
#include <sys/timex.h>

namespace daypack::core {
namespace {

timex told(int status, long offset, long maxerror) {
    timex words{};
    words.status = status;
    words.offset = offset;
    words.maxerror = maxerror;
    return words;
}

TEST(ClockQuality, AServiceThatKeepsTheClockGivesItsBound) {
    const ClockQuality micro = clock_quality(TIME_OK, told(STA_PLL, -120, 8500));
    EXPECT_EQ(micro.state, DAYPACK_CLOCK_SYNCHRONISED);
    EXPECT_EQ(micro.offset_ns, -120'000);
    EXPECT_EQ(micro.error_ns, 8'500'000u);
    const ClockQuality nano = clock_quality(TIME_INS, told(STA_PLL | STA_NANO, -120, 8500));
    EXPECT_EQ(nano.state, DAYPACK_CLOCK_SYNCHRONISED) << "a leap second to come takes nothing away";
    EXPECT_EQ(nano.offset_ns, -120);
    EXPECT_EQ(nano.error_ns, 8'500'000u) << "the bound is in µs always";
}

TEST(ClockQuality, AClockThatNobodyKeepsHasNoBound) {
    for (const auto& [result, status] : {std::pair{TIME_ERROR, 0}, {TIME_OK, STA_UNSYNC}, {TIME_ERROR, STA_UNSYNC}}) {
        const ClockQuality quality = clock_quality(result, told(status, 5, 16'000'000));
        EXPECT_EQ(quality.state, DAYPACK_CLOCK_UNSYNCHRONISED);
        EXPECT_EQ(quality.error_ns, 0u);
        EXPECT_EQ(quality.offset_ns, 0);
    }
}

TEST(ClockQuality, WhereTheKernelWouldNotSayNothingIsKnown) {
    EXPECT_EQ(clock_quality(-1, told(STA_PLL, 5, 5)).state, DAYPACK_CLOCK_UNKNOWN);
}

TEST(ClockQuality, WhatTheKernelSaysHereIsWrittenForReaders) {
    daypack_header header{};
    write_clock(header);
    EXPECT_LE(header.clock_state, DAYPACK_CLOCK_SYNCHRONISED);
    EXPECT_GT(header.clock_checked_ns, 1'700'000'000'000'000'000);
}

}  // namespace
}  // namespace daypack::core
