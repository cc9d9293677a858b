// SPDX-License-Identifier: MIT
// What the doctor says of machines made up in a folder: well, badly and not at all set up.
#include "tools/doctor/doctor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "engine/config.h"
#include "tests/net/backpack/slow_json.h"
#include "tests/tools/fake_machine.h"
#include "tools/doctor/machine.h"

namespace daypack::core {
namespace {

constexpr const char* kExchange =
    "exchanges:\n  mine:\n    class: Ccxt_Backpack_Feed\n    exchange: backpack\n    symbols: [BTC-USDC]\n";

class Doctor : public testing::Test {
  protected:
    // Eight CPUs, of which 6 and 7 are set apart, and everything as it should be.
    Doctor() {
        for (int cpu = 0; cpu < 8; ++cpu) {
            const std::string folder = "/sys/devices/system/cpu/cpu" + std::to_string(cpu);
            machine_.write(folder + "/cpufreq/scaling_governor", "performance\n");
            machine_.write(folder + "/cpuidle/state1/name", "C1\n");
            machine_.write(folder + "/cpuidle/state1/latency", "2\n");
            machine_.write(folder + "/topology/thread_siblings_list", std::to_string(cpu) + "\n");
        }
        machine_.write("/sys/devices/system/cpu/online", "0-7\n");
        machine_.write("/sys/devices/system/cpu/isolated", "6-7\n");
        machine_.write("/sys/devices/system/cpu/nohz_full", "6-7\n");
        machine_.write("/sys/devices/system/cpu/smt/active", "0\n");
        machine_.write("/sys/devices/system/cpu/vulnerabilities/meltdown", "Not affected\n");
        machine_.write("/sys/devices/system/node/node0/cpulist", "0-7\n");
        machine_.write("/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
        machine_.write("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
        machine_.write("/sys/kernel/mm/transparent_hugepage/shmem_enabled", "always advise [never] deny force\n");
        machine_.write("/proc/irq/24/effective_affinity_list", "0-5\n");
        machine_.write("/proc/cpuinfo", "flags\t\t: fpu tsc aes pclmulqdq constant_tsc nonstop_tsc\n");
        machine_.write("/proc/self/status", "CapEff:\t0000000000000000\nCpus_allowed_list:\t0-7\n");
        limits("unlimited", "99");
        machine_.write("/proc/swaps", "Filename Type Size Used Priority\n");
        machine_.write("/proc/stat", "cpu  100 0 100 9800 0 0 0 0 0 0\n");
        machine_.write("/proc/mounts", "tmpfs /dev/shm tmpfs rw,size=1g,huge=advise 0 0\n");
        machine_.write("/proc/sys/net/core/busy_read", "50\n");
        machine_.write("/proc/sys/kernel/sched_rt_runtime_us", "-1\n");
        machine_.write("/dev/shm/other", "");
    }

    void limits(const std::string& memlock, const std::string& rtprio) const {
        machine_.write("/proc/self/limits",
                       "Limit                     Soft Limit           Hard Limit           Units\n"
                       "Max locked memory         65536                " +
                           memlock + "            bytes\nMax realtime priority     " + rtprio + "                   " +
                           rtprio + "\n");
    }

    struct Row {
        std::string verdict, found, fix;
        bool asked = false;
    };
    // Runs it, with a configuration whose section `engine:` has these lines, and reads what it prints.
    void ask(const std::string& engine = {}, const std::string& exchange = kExchange) {
        DoctorOptions options{.config_path = {}, .json = true, .root = machine_.root()};
        if (!engine.empty()) {
            options.config_path = machine_.root() + "/my.yaml";
            machine_.write("/my.yaml", exchange + "engine:\n" + engine);
        }
        std::ostringstream out;
        exit_code_ = show_doctor(options, out);
        rows_.clear();
        std::istringstream lines(out.str());
        for (std::string line; std::getline(lines, line);) {
            slow::Json json;
            ASSERT_TRUE(slow::JsonReader(line).read(json)) << line;
            rows_[json.one("check")->text] = {json.one("verdict")->text, json.one("found")->text, json.one("fix")->text,
                                              line.find("\"asked\":true") != std::string::npos};
        }
    }
    // After ask(): the check came to this, names a fix exactly where there is one to make, and `words` stand in it.
    void expect(const std::string& check, const std::string& verdict, const std::string& words = {}) const {
        ASSERT_TRUE(rows_.contains(check)) << check;
        const Row& row = rows_.at(check);
        EXPECT_EQ(row.verdict, verdict) << check << ": " << row.found;
        EXPECT_FALSE(row.found.empty()) << check;
        if (verdict == "ok") EXPECT_EQ(row.fix, "") << check;
        if (verdict == "warn" || verdict == "fail") EXPECT_NE(row.fix, "") << check;
        EXPECT_NE((row.found + " " + row.fix).find(words), std::string::npos) << check << ": " << row.found << row.fix;
    }

    test::FakeMachine machine_;
    std::map<std::string, Row> rows_;
    int exit_code_ = -1;
};

TEST_F(Doctor, FindsNothingToDoOnAMachineThatIsSetUpWell) {
    ask();
    EXPECT_EQ(exit_code_, 0);
    EXPECT_EQ(rows_.size(), 20u);
    for (const auto& [check, row] : rows_) {
        EXPECT_EQ(row.verdict, "ok") << check << ": " << row.found;
        EXPECT_FALSE(row.asked) << check;
    }
}

TEST_F(Doctor, NamesTheCommandForEachThingThatIsNot) {
    machine_.write("/sys/devices/system/cpu/cpu3/cpufreq/scaling_governor", "powersave\n");
    machine_.write("/sys/devices/system/cpu/cpu5/cpuidle/state2/name", "C6\n");
    machine_.write("/sys/devices/system/cpu/cpu5/cpuidle/state2/latency", "133\n");
    machine_.write("/sys/devices/system/cpu/smt/active", "1\n");
    machine_.write("/sys/devices/system/node/node1/cpulist", "\n");
    machine_.write("/sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n");
    machine_.write("/sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n");
    machine_.write("/sys/kernel/mm/transparent_hugepage/shmem_enabled", "always [deny] never\n");
    machine_.write("/proc/irq/31/effective_affinity_list", "7\n");
    machine_.write("/proc/cpuinfo", "flags\t\t: fpu tsc hypervisor\n");
    machine_.write("/proc/swaps", "Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n");
    machine_.write("/proc/stat", "cpu  100 0 100 9800 0 0 0 100 0 0\n");
    machine_.write("/proc/sys/net/core/busy_read", "0\n");
    limits("8388608", "0");
    ask();
    EXPECT_EQ(exit_code_, 0) << "findings alone are no failure";
    expect("governor", "warn", "echo performance | sudo tee");
    expect("idle_states", "warn", "C6, left in 133 us");
    expect("smt", "warn", "smt/control");
    expect("numa", "warn", "numactl");
    expect("clocksource", "warn", "echo tsc");
    expect("huge_pages", "warn", "echo madvise");
    expect("shm_huge_pages", "warn", "shmem_enabled");
    expect("irq_affinity", "warn", "/proc/irq/31/");
    expect("invariant_tsc", "warn", "invtsc");
    expect("aes", "warn", "-cpu host");
    expect("swap", "warn", "mlock: true");
    expect("steal", "warn", "0.99 %");
    expect("busy_poll", "warn", "net.core.busy_read=50");
    expect("memlock", "warn", "8192 KiB");
    expect("rt_priority", "warn", "ulimit -r 99");
}

TEST_F(Doctor, ADeepSleepThatIsSwitchedOffCountsNoMore) {
    machine_.write("/sys/devices/system/cpu/cpu5/cpuidle/state2/name", "C6\n");
    machine_.write("/sys/devices/system/cpu/cpu5/cpuidle/state2/latency", "133\n");
    machine_.write("/sys/devices/system/cpu/cpu5/cpuidle/state2/disable", "1\n");
    ask();
    expect("idle_states", "ok", "C1");
}

TEST_F(Doctor, NoCpuSetApartIsToldWithTheLastTwo) {
    machine_.write("/sys/devices/system/cpu/isolated", "\n");
    machine_.remove("/sys/devices/system/cpu/nohz_full");
    ask();
    expect("isolated_cores", "warn", "isolcpus=6,7 nohz_full=6,7 rcu_nocbs=6,7");
    expect("nohz_full", "warn", "nohz_full=6,7");
    expect("irq_affinity", "unknown");
    machine_.write("/sys/devices/system/cpu/online", "0-1\n");
    ask();
    expect("isolated_cores", "warn", "4 CPUs or more");
    EXPECT_EQ(rows_["isolated_cores"].fix.find("isolcpus"), std::string::npos) << "it would leave the rest none";
}

TEST_F(Doctor, AMaskOrAQuotaCountsRatherThanTheMachine) {
    machine_.write("/proc/self/status", "CapEff:\t0\nCpus_allowed_list:\t0-1\n");
    ask();
    expect("cores", "warn", "may use 2");
    machine_.write("/proc/self/status", "CapEff:\t0\nCpus_allowed_list:\t0-7\n");
    machine_.write("/proc/self/cgroup", "0::/pod\n");
    machine_.write("/sys/fs/cgroup/pod/cpu.max", "150000 100000\n");
    ask();
    expect("cores", "warn", "may use 1.5");
}

TEST_F(Doctor, WhatAMachineDoesNotShowIsUnknownAndNoFailure) {
    for (const char* part : {"/proc", "/sys"}) machine_.remove(part);
    ask("  mlock: true\n  rt_priority: 5\n  net_cpus: [0]\n");
    EXPECT_EQ(exit_code_, 0);
    for (const char* check : {"governor", "idle_states", "cores", "smt", "numa", "invariant_tsc", "clocksource", "aes",
                              "huge_pages", "shm_huge_pages", "memlock", "rt_priority", "swap", "busy_poll", "steal",
                              "config.pinning", "config.threads", "config.mlock", "config.rt_priority"}) {
        expect(check, "unknown");
    }
}

TEST_F(Doctor, WhatAConfigurationAsksForAndTheMachineCanIsOk) {
    ask("  net_cpus: [6]\n  book_cpus: [7]\n  idle: spin\n  mlock: true\n  rt_priority: 50\n  huge_pages: true\n");
    EXPECT_EQ(exit_code_, 0);
    EXPECT_EQ(rows_.size(), 26u);
    for (const auto& [check, row] : rows_) {
        EXPECT_EQ(row.verdict, "ok") << check << ": " << row.found;
        EXPECT_EQ(row.asked, check.starts_with("config.")) << check;
    }
}

TEST_F(Doctor, WhatItAsksForAndTheMachineCannotIsExitOne) {
    ask("  net_cpus: [6]\n  book_cpus: [8]\n");
    EXPECT_EQ(exit_code_, 1);
    expect("config.pinning", "fail", "name CPUs of 0-7");

    machine_.write("/sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n");
    ask("  huge_pages: true\n");
    EXPECT_EQ(exit_code_, 1);
    expect("config.huge_pages", "fail", "echo madvise");

    limits("8388608", "10");
    ask("  mlock: true\n");
    EXPECT_EQ(exit_code_, 1);
    expect("config.mlock", "fail", "LimitMEMLOCK=infinity");
    ask("  rt_priority: 11\n");
    EXPECT_EQ(exit_code_, 1);
    expect("config.rt_priority", "fail", "11 is asked for, 10 allowed");
    ask("  rt_priority: 10\n");
    EXPECT_EQ(exit_code_, 0);

    machine_.remove("/dev/shm");
    ask("  depth: 64\n");
    EXPECT_EQ(exit_code_, 1);
    expect("config.shm", "fail", "/dev/shm");
}

TEST_F(Doctor, CapabilitiesLiftTheLimits) {
    limits("8388608", "0");
    machine_.write("/proc/self/status", "CapEff:\t0000000000804000\nCpus_allowed_list:\t0-7\n");
    ask("  mlock: true\n  rt_priority: 99\n");
    EXPECT_EQ(exit_code_, 0);
    expect("config.mlock", "ok", "CAP_IPC_LOCK");
    expect("config.rt_priority", "ok");
}

TEST_F(Doctor, WhatWorksLessWellThanItCouldIsAWarning) {
    ask("  net_cpus: [5]\n  book_cpus: [7]\n");
    expect("config.pinning", "warn", "isolcpus=5,7");
    ask("  depth: 65536\n  max_symbols: 65535\n");
    expect("config.shm", "warn", "max_symbols");
    ask("  image_levels: 65536\n  max_symbols: 65535\n");
    expect("config.shm", "warn", "with their whole images");
    const std::string exchange = kExchange;
    ask("  depth: 64\n", exchange.substr(0, exchange.find('[')) + "\"*\"\n");
    expect("config.shm", "ok", "KiB for one symbol, ");
    ask("  net_cpus: [7]\n  book_cpus: [7]\n");
    expect("config.pinning", "warn", "named for two threads");
    machine_.write("/sys/devices/system/cpu/cpu6/topology/thread_siblings_list", "6-7\n");
    ask("  net_cpus: [6]\n  book_cpus: [7]\n");
    expect("config.pinning", "warn", "share one core");
    machine_.write("/proc/sys/kernel/sched_rt_runtime_us", "950000\n");
    ask("  rt_priority: 10\n  idle: spin\n");
    expect("config.rt_priority", "warn", "sched_rt_runtime_us=-1");
    ask("  rt_priority: 10\n  idle: backoff\n");
    expect("config.rt_priority", "ok");
    machine_.write("/proc/self/status", "CapEff:\t0000000000000000\nCpus_allowed_list:\t0-1\n");
    ask("  net_threads: 8\n  idle: spin\n");  // of which two have a line
    expect("config.threads", "warn", "3 hot threads");
    expect("config.threads", "warn", "idle: auto");
    EXPECT_EQ(exit_code_, 0);
    ask("  threads: fused\n  idle: spin\n");
    expect("config.threads", "ok", "threads=fused idle=spin");
}

TEST_F(Doctor, AWrongConfigurationIsRefusedAsByRun) {
    EXPECT_THROW(ask("  dept: 64\n"), ConfigError);
}

TEST_F(Doctor, ItsTextHasAFixBelowEachThingToDo) {
    machine_.write("/proc/sys/net/core/busy_read", "0\n");
    std::ostringstream out;
    EXPECT_EQ(show_doctor({.config_path = {}, .json = false, .root = machine_.root()}, out), 0);
    EXPECT_NE(out.str().find("\nwarn     busy_poll           off: each packet waits for an interrupt\n"),
              std::string::npos)
        << out.str();
    const std::string text = out.str();
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 21) << text;
    EXPECT_NE(text.find(" fix: `sudo sysctl net.core.busy_read=50"), std::string::npos) << text;
}

TEST(CpuList, ReadsAndWritesWhatTheKernelDoes) {
    EXPECT_EQ(parse_cpu_list("0-3,8"), (std::vector<int>{0, 1, 2, 3, 8}));
    EXPECT_EQ(parse_cpu_list("5,1-2\n"), std::vector<int>{}) << "the line's end is no number";
    EXPECT_EQ(parse_cpu_list("5,1-2"), (std::vector<int>{1, 2, 5}));
    for (const char* wrong : {"", "x", "1-", "-1", "0-99999999", "1,,2"}) {
        EXPECT_EQ(parse_cpu_list(wrong), std::vector<int>{}) << wrong;
    }
    EXPECT_EQ(cpu_list_text({0, 1, 2, 3, 8}), "0-3,8");
    EXPECT_EQ(cpu_list_text({6, 7}), "6,7");
    EXPECT_EQ(cpu_list_text({}), "");
}

}  // namespace
}  // namespace daypack::core
