// SPDX-License-Identifier: MIT
// A sleeper that was to be woken is: each of these would stand still, or be slow by whole seconds, if a wake-up got
// lost.
#include "engine/threads/doorbell.h"

#include <gtest/gtest.h>
#include <time.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "engine/threads/event_queue.h"
#include "engine/threads/idle.h"
#include "tests/support/sanitized.h"

namespace daypack::core {
namespace {

constexpr std::int64_t kMinute_ns = 60'000'000'000;

std::int64_t cpu_ns() {
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return used.tv_sec * 1'000'000'000 + used.tv_nsec;
}

// Some nanoseconds for each turn.
void pause(std::uint32_t turns) {
    for (std::uint32_t i = 0; i < turns; ++i) asm volatile("" ::: "memory");
}

TEST(Doorbell, ARingBeforeTheSleepIsNotSleptThrough) {
    Doorbell bell;
    bell.arm();
    bell.ring();
    EXPECT_TRUE(bell.wait(kMinute_ns));
}

TEST(Doorbell, ARingBeforeItIsArmedWakesNobody) {
    Doorbell bell;
    bell.ring();
    bell.arm();
    EXPECT_FALSE(bell.wait(1'000'000));
    EXPECT_FALSE(bell.wait(0)) << "it is still armed";
    bell.ring();
    EXPECT_TRUE(bell.wait(kMinute_ns));
}

TEST(Doorbell, OneThatIsDisarmedIsAwake) {
    Doorbell bell;
    bell.arm();
    bell.disarm();
    EXPECT_TRUE(bell.wait(kMinute_ns));
}

// The sleeper sleeps a minute at a time, so one lost wake-up ends the test by its bound. Each push waits for the one
// before to be taken, so that nearly every round goes through the race of the last look with the push.
TEST(Doorbell, NoPushIsSleptThrough) {
    const std::uint32_t rounds = test::kSanitized ? 20'000 : 200'000;
    Doorbell bell;
    SpscQueue<std::uint32_t> queue(16);
    std::atomic<std::uint32_t> taken{0};
    std::atomic<std::uint32_t> sleeps{0};
    std::atomic<bool> ended{false};
    std::thread sleeper([&] {
        std::uint32_t next = 0;
        bool armed = false;
        while (next < rounds) {
            std::uint32_t got = 0;
            if (queue.pop(got)) {
                if (got != next) break;
                taken.store(++next, std::memory_order_release);
                if (armed) bell.disarm();
                armed = false;
            } else if (!armed) {
                pause(next % 89);
                bell.arm();
                armed = true;
            } else {
                sleeps.fetch_add(1, std::memory_order_relaxed);
                const auto to_bed = std::chrono::steady_clock::now();
                armed = !bell.wait(kMinute_ns);  // a ring that comes late may wake it for nothing: it is still armed
                if (std::chrono::steady_clock::now() - to_bed > std::chrono::nanoseconds(kMinute_ns / 2)) break;
            }
        }
        ended.store(true, std::memory_order_release);  // early: a push was slept through, or came out of order
    });
    for (std::uint32_t i = 0; i < rounds; ++i) {
        while (taken.load(std::memory_order_acquire) != i && !ended.load(std::memory_order_acquire)) {
            if (i % 64 == 0) std::this_thread::yield();
        }
        if (ended.load(std::memory_order_acquire)) break;
        // A different delay each time, so that the push meets every point of the sleeper's way to bed.
        pause(i % 97);
        ASSERT_TRUE(queue.push(i));
        bell.ring();
    }
    sleeper.join();
    EXPECT_EQ(taken.load(), rounds) << "a push was slept through for half a minute, or came out of order";
    EXPECT_GT(sleeps.load(), 0u) << "the race was never run";
}

// Two pushers, one bell, as with two network threads.
TEST(Doorbell, EventsOfTwoThreadsWakeOneIdler) {
    const std::size_t each = test::kSanitized ? 20'000 : 100'000;
    Doorbell bell;
    EventQueue first(1'024, &bell);
    EventQueue second(1'024, &bell);
    std::atomic<std::size_t> seen{0};
    const auto push_all = [&](EventQueue& queue) {
        Event event;
        for (std::size_t i = 0; i < each; ++i) {
            while (!queue.push({&event, 1})) std::this_thread::yield();
            if (i % 16 != 0) continue;
            while (seen.load(std::memory_order_relaxed) + 512 < i) std::this_thread::yield();
        }
    };
    std::thread one([&] { push_all(first); });
    std::thread two([&] { push_all(second); });
    Idler idler(IdleMode::backoff, bell);
    std::size_t count = 0;
    while (count < 2 * each) {
        std::size_t work = 0;
        for (EventQueue* queue : {&first, &second}) {
            for (; queue->front() != nullptr; ++work) queue->pop();
        }
        count += work;
        seen.store(count, std::memory_order_relaxed);
        idler(work, kMinute_ns);
    }
    one.join();
    two.join();
    EXPECT_EQ(count, 2 * each);
}

TEST(Idler, SleepsUntilTimeMakesWorkWhereNothingComes) {
    Doorbell bell;
    Idler idler(IdleMode::backoff, bell);
    const std::int64_t before = cpu_ns();
    const auto start = std::chrono::steady_clock::now();
    for (int round = 0; round < 250; ++round) idler(0, 2'000'000);  // some 48 of them sleep
    EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(90));
    EXPECT_LT(cpu_ns() - before, 45'000'000) << "it did not sleep";
}

}  // namespace
}  // namespace daypack::core
