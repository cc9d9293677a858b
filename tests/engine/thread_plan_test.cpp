// SPDX-License-Identifier: MIT
// Which threads the engine chooses for itself, on machines made up in a folder.
#include "engine/threads/thread_plan.h"

#include <gtest/gtest.h>

#include "tests/tools/fake_machine.h"

namespace daypack::core {
namespace {

class Plan : public testing::Test {
  protected:
    // `cpus`: "0-7".
    [[nodiscard]] ThreadPlan on(const std::string& cpus) const {
        machine_.write("/proc/self/status", "Cpus_allowed_list:\t" + cpus + "\n");
        return plan_threads(config_, UsableCores(machine_.root()));
    }
    void expect(const ThreadPlan& plan, ThreadModel threads, IdleMode idle, daypack_threads_why why) const {
        EXPECT_EQ(plan.threads, threads) << plan.text();
        EXPECT_EQ(plan.idle, idle) << plan.text();
        EXPECT_EQ(plan.why, why) << plan.text();
        EXPECT_EQ(plan.hot, threads == ThreadModel::fused ? 1 : config_.net_threads_in_use() + 1) << plan.text();
    }

    test::FakeMachine machine_;
    Config config_;
};

constexpr auto kFused = ThreadModel::fused;
constexpr auto kPipeline = ThreadModel::pipeline;
constexpr auto kSpin = IdleMode::spin;
constexpr auto kBackoff = IdleMode::backoff;

TEST_F(Plan, OneThreadWhereTwoWouldShareCoresAndTwoWhereEachHasItsOwn) {
    expect(on("0"), kFused, kBackoff, DAYPACK_THREADS_WHY_few_cores);
    expect(on("0-1"), kFused, kBackoff, DAYPACK_THREADS_WHY_few_cores);
    expect(on("0-2"), kPipeline, kSpin, DAYPACK_THREADS_WHY_own_cores);
    expect(on("0-63"), kPipeline, kSpin, DAYPACK_THREADS_WHY_own_cores);
}

TEST_F(Plan, WhoIsToSleepDoesItAllAtOnce) {
    config_.engine.idle = Idle::backoff;
    expect(on("0-63"), kFused, kBackoff, DAYPACK_THREADS_WHY_sleep);
    config_.engine.idle = Idle::spin;
    expect(on("0-1"), kFused, kSpin, DAYPACK_THREADS_WHY_few_cores);
    expect(on("0-2"), kPipeline, kSpin, DAYPACK_THREADS_WHY_own_cores);
}

TEST_F(Plan, SeveralNetworkThreadsWantABookThread) {
    config_.engine.net_threads = 2;
    expect(on("0-1"), kPipeline, kBackoff, DAYPACK_THREADS_WHY_net_threads);
    expect(on("0-3"), kPipeline, kSpin, DAYPACK_THREADS_WHY_net_threads);
    config_.exchange.lines = 1;  // of which one has a line
    expect(on("0-1"), kFused, kBackoff, DAYPACK_THREADS_WHY_few_cores);
}

TEST_F(Plan, CpusThatTheConfigurationNamesAreLookedAt) {
    config_.engine.net_cpus = {2};
    config_.engine.book_cpus = {3};
    expect(on("0-3"), kPipeline, kSpin, DAYPACK_THREADS_WHY_own_cores);
    machine_.write("/sys/devices/system/cpu/cpu2/topology/thread_siblings_list", "2-3\n");
    machine_.write("/sys/devices/system/cpu/cpu3/topology/thread_siblings_list", "2-3\n");
    expect(on("0-3"), kFused, kSpin, DAYPACK_THREADS_WHY_few_cores);
}

TEST_F(Plan, ACpuThatIsNotThereIsNoReasonToSpin) {
    config_.engine.net_cpus = {7};
    const ThreadPlan plan = on("0-1");
    expect(plan, kFused, kBackoff, DAYPACK_THREADS_WHY_few_cores);
    EXPECT_EQ(plan.warnings, std::vector<std::string>{"no thread can be pinned to CPU 7, which is not there or not "
                                                      "allowed: name CPUs of 0,1 in `net_cpus` and `book_cpus`"});
    expect(on("0-5"), kFused, kBackoff, DAYPACK_THREADS_WHY_few_cores);
    expect(on("0-7"), kPipeline, kSpin, DAYPACK_THREADS_WHY_own_cores);
}

TEST_F(Plan, WhatOfTheConfigurationWillNotWorkIsSaid) {
    EXPECT_TRUE(on("0-1").warnings.empty());
    config_.engine.book_cpus = {1};
    EXPECT_EQ(on("0-1").warnings,
              std::vector<std::string>{
                  "`book_cpus` has no effect: one thread does the work of both, and `net_cpus` says where"});
    EXPECT_TRUE(on("0-3").warnings.empty());
    config_.engine.threads = kPipeline;
    config_.engine.idle = Idle::spin;
    EXPECT_TRUE(on("0-1").warnings.empty());
    EXPECT_EQ(on("1").warnings,
              std::vector<std::string>{
                  "2 hot threads spin, more than there are cores (1), and take the CPU from one another: `threads: "
                  "auto`, `idle: auto`, fewer `net_threads`, or more cores"});
    config_.engine.net_cpus = {1};
    EXPECT_EQ(on("0-3").warnings,
              std::vector<std::string>{"two hot threads are pinned to one core (CPUs 1 and 1): name CPUs of different "
                                       "cores in `net_cpus` and `book_cpus`"});
}

TEST_F(Plan, WhatTheConfigurationSaysIsDone) {
    config_.engine.threads = kPipeline;
    expect(on("0"), kPipeline, kBackoff, DAYPACK_THREADS_WHY_asked);
    config_.engine.threads = kFused;
    expect(on("0-7"), kFused, kSpin, DAYPACK_THREADS_WHY_asked);
}

TEST_F(Plan, ItIsToldInAWordAndInASentence) {
    const ThreadPlan plan = on("0-1");
    EXPECT_STREQ(daypack_threads_name(plan.word()), "fused");
    EXPECT_STREQ(daypack_idle_name(plan.word()), "backoff");
    EXPECT_STREQ(daypack_threads_why_name(plan.word()), "few_cores");
    EXPECT_EQ(plan.text(),
              "threads=fused idle=backoff cores=2 why=few_cores (there is no core for each of a network and a book "
              "thread with one left for the rest; a hot thread without work sleeps, as others need its core)");
    config_.engine.idle = Idle::spin;
    EXPECT_EQ(on("0-2").text(),
              "threads=pipeline idle=spin cores=3 why=own_cores (each hot thread can spin on a core of its own; `idle` "
              "is as the configuration says)");
    EXPECT_STREQ(daypack_threads_name(0), "unknown");
}

}  // namespace
}  // namespace daypack::core
