// SPDX-License-Identifier: MIT
// What a process may use of a machine, from control groups made up in a folder, and from the mask.
#include "engine/threads/usable_cores.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <thread>
#include <vector>

#include "tests/tools/fake_machine.h"

namespace daypack::core {
namespace {

using test::FakeMachine;

TEST(UsableCores, AQuotaOfVersion2IsTheStrictestOfTheGroupAndThoseAroundIt) {
    FakeMachine machine;
    EXPECT_FALSE(UsableCores(machine.root()).quota());
    machine.write("/proc/self/cgroup", "0::/a/b\n");
    machine.write("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
    EXPECT_FALSE(UsableCores(machine.root()).quota());
    machine.write("/sys/fs/cgroup/a/cpu.max", "150000 100000\n");
    EXPECT_DOUBLE_EQ(UsableCores(machine.root()).quota().value_or(0), 1.5);
    machine.write("/sys/fs/cgroup/a/b/cpu.max", "400000 100000\n");
    EXPECT_DOUBLE_EQ(UsableCores(machine.root()).quota().value_or(0), 1.5);
    machine.write("/sys/fs/cgroup/cpu.max", "50000 100000\n");  // of a container, whose path may lead nowhere
    EXPECT_DOUBLE_EQ(UsableCores(machine.root()).quota().value_or(0), 0.5);
}

TEST(UsableCores, AQuotaOfVersion1IsThatOfItsCpuController) {
    FakeMachine machine;
    machine.write("/proc/self/cgroup", "3:cpuset:/x\n2:cpu,cpuacct:/x\n0::/\n");
    machine.write("/sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "-1\n");
    machine.write("/sys/fs/cgroup/cpu/x/cpu.cfs_period_us", "100000\n");
    EXPECT_FALSE(UsableCores(machine.root()).quota());
    machine.write("/sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "200000\n");
    EXPECT_DOUBLE_EQ(UsableCores(machine.root()).quota().value_or(0), 2.0);
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
        const UsableCores cores;
        EXPECT_EQ(cores.cpus().size(), 1u);
        EXPECT_LE(cores.count(), 1.0);
        EXPECT_FALSE(cores.have_room_for(1, {}));
    }).join();
}

TEST(UsableCores, ThereIsRoomWhereEachHotThreadCanHaveACoreAndOneIsLeft) {
    FakeMachine machine;
    const auto room = [&](int cpus, std::size_t hot, std::vector<int> pins = {}) {
        machine.write("/proc/self/status", "Cpus_allowed_list:\t0-" + std::to_string(cpus - 1) + "\n");
        return UsableCores(machine.root()).have_room_for(hot, pins);
    };
    EXPECT_FALSE(room(1, 1));
    EXPECT_FALSE(room(2, 2));
    EXPECT_FALSE(room(2, 1)) << "on a machine that others use as well";
    EXPECT_TRUE(room(3, 1));
    EXPECT_TRUE(room(3, 2));
    EXPECT_FALSE(room(3, 3));
    EXPECT_TRUE(room(4, 2, {2, 3}));
    EXPECT_FALSE(room(4, 2, {3, 3}));
    EXPECT_FALSE(room(2, 2, {0, 1}));
    EXPECT_TRUE(room(4, 2, {3})) << "the other is not pinned, and goes where there is room";
    machine.write("/proc/self/status", "");
    EXPECT_FALSE(UsableCores(machine.root()).have_room_for(1, {})) << "the kernel does not tell";
}

TEST(UsableCores, ACpuThatNoThreadCanBePinnedToIsNoCoreOfItsOwn) {
    FakeMachine machine;
    machine.write("/proc/self/status", "Cpus_allowed_list:\t0-3\n");
    const UsableCores cores(machine.root());
    EXPECT_TRUE(cores.have_room_for(2, std::vector{1, 2}));
    EXPECT_FALSE(cores.have_room_for(2, std::vector{1, 7}));
    EXPECT_FALSE(cores.have_room_for(2, std::vector{-1}));
    EXPECT_FALSE(cores.can_pin_to(7));
}

TEST(UsableCores, AThreadCanBePinnedOutsideOfItsMask) {
    std::vector<int> before;
    std::vector<int> narrowed;
    std::vector<int> mask;
    std::thread([&] {
        before = UsableCores().pinnable();
        ASSERT_FALSE(before.empty());
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(static_cast<std::size_t>(before.back()), &one);
        ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
        const UsableCores cores;
        narrowed = cores.pinnable();
        mask = UsableCores().cpus();
    }).join();
    EXPECT_EQ(narrowed, before) << "the mask does not bound what a thread may be pinned to";
    EXPECT_EQ(mask, std::vector{before.back()}) << "who asks keeps its mask";
}

TEST(UsableCores, SiblingsAreOneCore) {
    FakeMachine machine;
    machine.write("/proc/self/status", "Cpus_allowed_list:\t0-5\n");
    for (int cpu = 0; cpu < 6; ++cpu) {
        const int first = cpu % 3;
        machine.write("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list",
                      std::to_string(first) + "," + std::to_string(first + 3) + "\n");
    }
    const UsableCores cores(machine.root());
    EXPECT_EQ(cores.count(), 6);
    EXPECT_EQ(cores.free_cores(), 3u);
    EXPECT_TRUE(cores.have_room_for(2, {}));
    EXPECT_FALSE(cores.have_room_for(3, {}));
    EXPECT_FALSE(cores.have_room_for(2, std::vector{1, 4}));
    EXPECT_TRUE(cores.have_room_for(2, std::vector{1, 5}));
}

TEST(UsableCores, AQuotaLeavesFewerThanTheMaskDoes) {
    FakeMachine machine;
    machine.write("/proc/self/status", "Cpus_allowed_list:\t0-7\n");
    machine.write("/proc/self/cgroup", "0::/pod\n");
    machine.write("/sys/fs/cgroup/pod/cpu.max", "299000 100000\n");
    EXPECT_FALSE(UsableCores(machine.root()).have_room_for(2, {}));
    machine.write("/sys/fs/cgroup/pod/cpu.max", "300000 100000\n");
    EXPECT_TRUE(UsableCores(machine.root()).have_room_for(2, {}));
}

TEST(UsableCores, IsolatedCpusAreForThosePinnedToThem) {
    FakeMachine machine;
    machine.write("/proc/self/status", "Cpus_allowed_list:\t0-3\n");
    machine.write("/sys/devices/system/cpu/isolated", "2-3\n");
    EXPECT_FALSE(UsableCores(machine.root()).have_room_for(2, {})) << "the kernel moves no thread there";
    EXPECT_TRUE(UsableCores(machine.root()).have_room_for(2, std::vector{2, 3}));
    machine.write("/proc/self/status", "Cpus_allowed_list:\t0-1\n");
    machine.write("/sys/devices/system/cpu/isolated", "1\n");
    EXPECT_TRUE(UsableCores(machine.root()).have_room_for(1, std::vector{1})) << "two cores, and nobody disturbs it";
    EXPECT_FALSE(UsableCores(machine.root()).have_room_for(1, std::vector{0}));
}

}  // namespace
}  // namespace daypack::core
