// SPDX-License-Identifier: MIT
#include "engine/shm/heartbeat.h"

#include <gtest/gtest.h>

namespace daypack::core {
namespace {

constexpr MonoTime kStart{1'000'000'000};
constexpr std::int64_t kPause_ns = Heartbeat::kPause_ns;

// A header on the stack: the heartbeat needs no more of a segment.
class HeartbeatTest : public testing::Test {
  protected:
    [[nodiscard]] std::uint64_t phase() const { return daypack_load(&header_.phase); }
    [[nodiscard]] std::uint64_t beat_ns() const { return daypack_load(&header_.beat_ns); }

    daypack_header header_{};
    Heartbeat heartbeat_{header_};
};

TEST_F(HeartbeatTest, EachBeatIsShown) {
    EXPECT_FALSE(heartbeat_.beat(kStart));
    EXPECT_EQ(beat_ns(), static_cast<std::uint64_t>(kStart.ns));
    EXPECT_FALSE(heartbeat_.beat(kStart + 1));
    EXPECT_EQ(beat_ns(), static_cast<std::uint64_t>(kStart.ns + 1));
}

TEST_F(HeartbeatTest, ALongStartIsNoPause) {
    (void)heartbeat_.beat(kStart);
    EXPECT_FALSE(heartbeat_.beat(kStart + 2 * kPause_ns));
    EXPECT_EQ(phase(), std::uint64_t{DAYPACK_PHASE_STARTING});
    heartbeat_.set_running();
    EXPECT_EQ(phase(), std::uint64_t{DAYPACK_PHASE_RUNNING});
}

TEST_F(HeartbeatTest, OnlyMoreThanThePauseIsAPause) {
    (void)heartbeat_.beat(kStart);
    heartbeat_.set_running();
    EXPECT_FALSE(heartbeat_.beat(kStart + kPause_ns));
    EXPECT_EQ(phase(), std::uint64_t{DAYPACK_PHASE_RUNNING});
    EXPECT_TRUE(heartbeat_.beat(kStart + 2 * kPause_ns + 1));
    EXPECT_EQ(phase(), std::uint64_t{DAYPACK_PHASE_CATCHING_UP});
}

TEST_F(HeartbeatTest, APauseLastsUntilTheWriterHasCaughtUp) {
    (void)heartbeat_.beat(kStart);
    heartbeat_.set_running();
    EXPECT_TRUE(heartbeat_.beat(kStart + 2 * kPause_ns));
    EXPECT_FALSE(heartbeat_.beat(kStart + 2 * kPause_ns + 1)) << "this beat came in time";
    EXPECT_EQ(phase(), std::uint64_t{DAYPACK_PHASE_CATCHING_UP}) << "but the writer has not caught up yet";
    EXPECT_TRUE(heartbeat_.beat(kStart + 5 * kPause_ns))
        << "what came in this pause has not been caught up with either";
    heartbeat_.caught_up();
    EXPECT_EQ(phase(), std::uint64_t{DAYPACK_PHASE_RUNNING});
}

TEST_F(HeartbeatTest, NothingToCatchUpWithChangesNoPhase) {
    heartbeat_.caught_up();
    EXPECT_EQ(phase(), std::uint64_t{DAYPACK_PHASE_STARTING});
    (void)heartbeat_.beat(kStart);
    for (const std::uint64_t ended : {DAYPACK_PHASE_STOPPED, DAYPACK_PHASE_RETIRED}) {
        header_.phase = ended;
        EXPECT_FALSE(heartbeat_.beat({static_cast<std::int64_t>(beat_ns()) + 9 * kPause_ns}));
        heartbeat_.caught_up();
        EXPECT_EQ(phase(), ended) << "what ended stays ended";
    }
}

// The monotonic clock stood still meanwhile.
TEST_F(HeartbeatTest, SleepOfTheMachineIsAPauseThatTheBeatCounts) {
    constexpr std::int64_t kSlept_ns = 3'600'000'000'000;
    (void)heartbeat_.beat(kStart, kSlept_ns);
    heartbeat_.set_running();
    EXPECT_FALSE(heartbeat_.beat(kStart + 1, kSlept_ns));
    EXPECT_EQ(header_.slept_ns, kSlept_ns);
    EXPECT_TRUE(heartbeat_.beat(kStart + 2, kSlept_ns + kPause_ns));
    EXPECT_EQ(phase(), std::uint64_t{DAYPACK_PHASE_CATCHING_UP});
    EXPECT_EQ(header_.slept_ns, kSlept_ns + kPause_ns);
    heartbeat_.caught_up();
    EXPECT_FALSE(heartbeat_.beat(kStart + 3, kSlept_ns)) << "measured too little: this thread slept in between";
    EXPECT_EQ(header_.slept_ns, kSlept_ns + kPause_ns);
    EXPECT_FALSE(heartbeat_.beat(kStart + 4));
    EXPECT_EQ(header_.slept_ns, kSlept_ns + kPause_ns);
}

// A new writer beats on from the beat of the segment, so the time that its start takes is known.
TEST_F(HeartbeatTest, TheFirstBeatIsMeasuredFromTheOneThatTheSegmentShows) {
    header_.beat_ns = static_cast<std::uint64_t>(kStart.ns);
    Heartbeat next(header_);
    next.set_running();
    EXPECT_TRUE(next.beat(kStart + kPause_ns + 1));
}

}  // namespace
}  // namespace daypack::core
