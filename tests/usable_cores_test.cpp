// What a process may use of a machine, from control groups made up in a folder, and from the mask.
#include "engine/usable_cores.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <thread>

#include "engine/thread_setup.h"
#include "tests/fake_machine.h"

namespace daypack {
namespace {

using test::FakeMachine;

TEST(UsableCores, AQuotaOfVersion2IsTheStrictestOfTheGroupAndThoseAroundIt) {
    FakeMachine machine;
    EXPECT_FALSE(cpu_quota_cores(machine.root()));
    machine.write("/proc/self/cgroup", "0::/a/b\n");
    machine.write("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
    EXPECT_FALSE(cpu_quota_cores(machine.root()));
    machine.write("/sys/fs/cgroup/a/cpu.max", "150000 100000\n");
    EXPECT_DOUBLE_EQ(cpu_quota_cores(machine.root()).value_or(0), 1.5);
    machine.write("/sys/fs/cgroup/a/b/cpu.max", "400000 100000\n");
    EXPECT_DOUBLE_EQ(cpu_quota_cores(machine.root()).value_or(0), 1.5);
    machine.write("/sys/fs/cgroup/cpu.max", "50000 100000\n");  // of a container, whose path may lead nowhere
    EXPECT_DOUBLE_EQ(cpu_quota_cores(machine.root()).value_or(0), 0.5);
}

TEST(UsableCores, AQuotaOfVersion1IsThatOfItsCpuController) {
    FakeMachine machine;
    machine.write("/proc/self/cgroup", "3:cpuset:/x\n2:cpu,cpuacct:/x\n0::/\n");
    machine.write("/sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "-1\n");
    machine.write("/sys/fs/cgroup/cpu/x/cpu.cfs_period_us", "100000\n");
    EXPECT_FALSE(cpu_quota_cores(machine.root()));
    machine.write("/sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "200000\n");
    EXPECT_DOUBLE_EQ(cpu_quota_cores(machine.root()).value_or(0), 2.0);
}

TEST(UsableCores, AMaskOfOneCoreLeavesOne) {
    std::thread([] {
        cpu_set_t mask;
        CPU_ZERO(&mask);
        ASSERT_EQ(sched_getaffinity(0, sizeof mask, &mask), 0);
        cpu_set_t one;
        CPU_ZERO(&one);
        for (std::size_t cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu) {
            if (CPU_ISSET(cpu, &mask)) CPU_SET(cpu, &one);
        }
        ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
        EXPECT_LE(usable_cores(), 1u);
        EXPECT_EQ(choose_idle(1, usable_cores()), IdleMode::backoff);
    }).join();
}

TEST(UsableCores, SpinsOnlyWhereOneCoreIsLeft) {
    EXPECT_EQ(choose_idle(2, 2), IdleMode::backoff);
    EXPECT_EQ(choose_idle(2, 3), IdleMode::spin);
    EXPECT_EQ(choose_idle(2, 0), IdleMode::backoff);
    EXPECT_EQ(choose_idle(1, 2), IdleMode::backoff) << "fused, on a machine that others use as well";
    EXPECT_EQ(choose_idle(1, 3), IdleMode::spin);
}

}  // namespace
}  // namespace daypack
