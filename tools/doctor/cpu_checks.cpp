// SPDX-License-Identifier: MIT
#include "tools/doctor/cpu_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>

namespace daypack::core {
namespace {

constexpr const char* kCpu = "/sys/devices/system/cpu";
constexpr std::int64_t kSlowWake_us = 10;

std::vector<std::string> cpu_folders(const Machine& machine) {
    std::vector<std::string> folders;
    for (const auto& name : machine.names(kCpu)) {
        if (name.size() > 3 && name.starts_with("cpu") && name[3] >= '0' && name[3] <= '9')
            folders.push_back(std::string(kCpu) + "/" + name);
    }
    return folders;
}

// What to do where no CPU is set apart: for the last two of those that there are.
std::string setting_apart(const Machine& machine) {
    auto online = machine.cpus(std::string(kCpu) + "/online");
    if (online.size() < 4)
        return fmt::format("a machine with 4 CPUs or more: of {} none can be set apart", online.size());
    online.erase(online.begin(), online.end() - 2);
    return isolation_fix(online);
}

Finding governor(const Machine& machine) {
    std::map<std::string, int> governors;
    for (const auto& cpu : cpu_folders(machine)) {
        if (const auto name = machine.line(cpu + "/cpufreq/scaling_governor")) ++governors[*name];
    }
    if (governors.empty()) {
        return {"governor", Verdict::unknown, "the kernel does not govern the clock here; a host or the firmware may",
                "on a host of your own: `sudo cpupower frequency-set -g performance`, or \"performance\" in the BIOS"};
    }
    std::string found;
    for (const auto& [name, count] : governors)
        found += fmt::format("{}{} on {} CPUs", found.empty() ? "" : ", ", name, count);
    if (governors.size() == 1 && governors.contains("performance")) return {"governor", Verdict::ok, found};
    return {"governor", Verdict::warn, found,
            "`echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor`"};
}

Finding idle_states(const Machine& machine) {
    std::int64_t slowest_us = -1;
    std::string name;
    for (const auto& cpu : cpu_folders(machine)) {
        for (const auto& state : machine.names(cpu + "/cpuidle")) {
            const std::string folder = cpu + "/cpuidle/" + state;
            const auto latency_us = machine.number(folder + "/latency");
            if (!latency_us || machine.number(folder + "/disable").value_or(0) != 0 || *latency_us <= slowest_us)
                continue;
            slowest_us = *latency_us;
            name = machine.line(folder + "/name").value_or(state);
        }
    }
    if (slowest_us < 0)
        return {"idle_states", Verdict::unknown, "the kernel shows none; a host or the firmware may have some"};
    const std::string found = fmt::format("the deepest is {}, left in {} us", name, slowest_us);
    if (slowest_us <= kSlowWake_us) return {"idle_states", Verdict::ok, found};
    return {
        "idle_states", Verdict::warn, found,
        fmt::format("`sudo cpupower idle-set -D {}`, or `idle: spin`, which never lets the core sleep", kSlowWake_us)};
}

Finding cores(const Machine& machine) {
    const double usable = machine.usable_cores().count();
    if (usable == 0) return {"cores", Verdict::unknown, "/proc/self/status does not say"};
    const std::string found = fmt::format("this process may use {:g}", usable);
    if (usable >= 3) return {"cores", Verdict::ok, found};
    return {"cores", Verdict::warn, found + "; a network and a book thread want one each, and the rest one more",
            "give it 3; with fewer, `threads: auto` and `idle: auto` choose one thread for both, which sleeps when "
            "nothing comes"};
}

Finding isolated_cores(const Machine& machine) {
    const auto isolated = machine.cpus(std::string(kCpu) + "/isolated");
    if (!isolated.empty()) return {"isolated_cores", Verdict::ok, "CPUs " + cpu_list_text(isolated)};
    return {"isolated_cores", Verdict::warn, "none: any other program may run on the hot threads' CPUs",
            setting_apart(machine)};
}

Finding tickless_cores(const Machine& machine) {
    const auto tickless = machine.cpus(std::string(kCpu) + "/nohz_full");
    if (!tickless.empty()) return {"nohz_full", Verdict::ok, "CPUs " + cpu_list_text(tickless)};
    const auto isolated = machine.cpus(std::string(kCpu) + "/isolated");
    return {"nohz_full", Verdict::warn, "none: the timer interrupts every CPU hundreds of times a second",
            isolated.empty() ? setting_apart(machine) : isolation_fix(isolated)};
}

Finding interrupts(const Machine& machine) {
    const auto isolated = machine.cpus(std::string(kCpu) + "/isolated");
    if (isolated.empty())
        return {"irq_affinity", Verdict::unknown, "no CPU is isolated from interrupts or anything else"};
    std::vector<std::string> strays;
    for (const auto& irq : machine.names("/proc/irq")) {
        auto cpus = machine.cpus("/proc/irq/" + irq + "/effective_affinity_list");
        if (cpus.empty()) cpus = machine.cpus("/proc/irq/" + irq + "/smp_affinity_list");
        const bool stray = std::any_of(cpus.begin(), cpus.end(), [&](int cpu) {
            return std::binary_search(isolated.begin(), isolated.end(), cpu);
        });
        if (stray) strays.push_back(irq);
    }
    if (strays.empty()) return {"irq_affinity", Verdict::ok, "no interrupt comes to CPUs " + cpu_list_text(isolated)};
    return {"irq_affinity", Verdict::warn,
            fmt::format("{} interrupts come to isolated CPUs, the first is {}", strays.size(), strays.front()),
            fmt::format("`echo 0 | sudo tee /proc/irq/{}/smp_affinity_list` for each; `sudo systemctl stop "
                        "irqbalance`, or ban these CPUs there",
                        strays.front())};
}

Finding smt(const Machine& machine) {
    const auto active = machine.number(std::string(kCpu) + "/smt/active");
    if (!active) return {"smt", Verdict::unknown, "the kernel does not say whether two CPUs share a core"};
    if (*active == 0) return {"smt", Verdict::ok, "each CPU is a core of its own"};
    return {"smt", Verdict::warn, "two CPUs share a core, its caches and its units",
            "`echo off | sudo tee /sys/devices/system/cpu/smt/control`, or keep the siblings of pinned CPUs idle"};
}

Finding numa(const Machine& machine) {
    std::size_t nodes = 0;
    for (const auto& name : machine.names("/sys/devices/system/node")) {
        if (name.size() > 4 && name.starts_with("node") && name[4] >= '0' && name[4] <= '9') ++nodes;
    }
    if (nodes == 0) return {"numa", Verdict::unknown, "the kernel does not say"};
    if (nodes == 1) return {"numa", Verdict::ok, "one node"};
    return {"numa", Verdict::warn,
            fmt::format("{} nodes: memory of another one is slower, and pages may wander", nodes),
            "pin all threads to the network card's node (cat /sys/class/net/*/device/numa_node): `net_cpus`, "
            "`book_cpus`, `numactl --cpunodebind=N --membind=N`; `sudo sysctl kernel.numa_balancing=0`"};
}

Finding tsc(const Machine& machine) {
    if (machine.lines("/proc/cpuinfo").empty())
        return {"invariant_tsc", Verdict::unknown, "/proc/cpuinfo cannot be read"};
    const bool constant = machine.has_cpu_flag("constant_tsc");
    const bool nonstop = machine.has_cpu_flag("nonstop_tsc");
    if (constant && nonstop) return {"invariant_tsc", Verdict::ok, "constant_tsc and nonstop_tsc"};
    if (!machine.has_cpu_flag("tsc")) return {"invariant_tsc", Verdict::unknown, "no x86: another counter is used"};
    return {"invariant_tsc", Verdict::warn,
            fmt::format("the TSC {}: times of stages are wrong when the clock changes",
                        constant ? "stops in deep sleep" : "follows the clock"),
            "in a virtual machine pass the host's CPU through (`-cpu host,+invtsc`); else another CPU"};
}

Finding clocksource(const Machine& machine) {
    const auto source = machine.line("/sys/devices/system/clocksource/clocksource0/current_clocksource");
    if (!source) return {"clocksource", Verdict::unknown, "the kernel does not say"};
    if (*source == "tsc" || *source == "arch_sys_counter" || *source == "kvm-clock")
        return {"clocksource", Verdict::ok, *source};
    return {"clocksource", Verdict::warn, *source + ": each reading of the clock is a system call or worse",
            "`echo tsc | sudo tee /sys/devices/system/clocksource/clocksource0/current_clocksource`; boot with "
            "`tsc=reliable` where the kernel took it off"};
}

Finding fast_aes(const Machine& machine) {
    if (machine.lines("/proc/cpuinfo").empty()) return {"aes", Verdict::unknown, "/proc/cpuinfo cannot be read"};
    if (machine.has_cpu_flag("aes") && machine.has_cpu_flag("pclmulqdq"))
        return {"aes", Verdict::ok, "the CPU has AES and carry-less products, which `fast_aes` uses"};
    return {"aes", Verdict::warn, "the CPU shows no AES: each record of TLS costs some microseconds more",
            "in a virtual machine pass the host's CPU through (`-cpu host`)"};
}

Finding mitigations(const Machine& machine) {
    std::string found;
    for (const auto& name : machine.names(std::string(kCpu) + "/vulnerabilities")) {
        const auto state = machine.line(std::string(kCpu) + "/vulnerabilities/" + name).value_or("");
        if (state.starts_with("Mitigation")) found += (found.empty() ? "" : ", ") + name;
    }
    if (found.empty()) return {"mitigations", Verdict::ok, "none is on"};
    return {"mitigations", Verdict::ok, "on, and part of the price of each system call: " + found};
}

Finding steal(const Machine& machine) {
    const bool guest = machine.has_cpu_flag("hypervisor");
    // cpu user nice system idle iowait irq softirq steal, in ticks since the start
    long long ticks[8] = {};
    const auto line = machine.line("/proc/stat").value_or("");
    const bool read = std::sscanf(line.c_str(), "cpu %lld %lld %lld %lld %lld %lld %lld %lld", &ticks[0], &ticks[1],
                                  &ticks[2], &ticks[3], &ticks[4], &ticks[5], &ticks[6], &ticks[7]) == 8;
    long long all = 0;
    for (const long long part : ticks) all += part;
    if (!read || all == 0) return {"steal", Verdict::unknown, "/proc/stat does not say"};
    const double percent = 100.0 * static_cast<double>(ticks[7]) / static_cast<double>(all);
    const std::string found = fmt::format("{}, {:.2f} % of the time since the start was taken by others",
                                          guest ? "a virtual machine" : "no virtual machine", percent);
    if (percent < 0.01) return {"steal", Verdict::ok, found};
    return {"steal", Verdict::warn, found, "CPUs of your own: a dedicated or bare-metal instance"};
}

}  // namespace

std::string isolation_fix(const std::vector<int>& cpus) {
    const std::string list = cpu_list_text(cpus);
    return fmt::format(
        "add `isolcpus={0} nohz_full={0} rcu_nocbs={0}` to GRUB_CMDLINE_LINUX in /etc/default/grub, `sudo "
        "update-grub`, start again",
        list);
}

Findings check_cpus(const Machine& machine) {
    return {governor(machine),
            idle_states(machine),
            cores(machine),
            isolated_cores(machine),
            tickless_cores(machine),
            interrupts(machine),
            smt(machine),
            numa(machine),
            tsc(machine),
            clocksource(machine),
            fast_aes(machine),
            mitigations(machine),
            steal(machine)};
}

}  // namespace daypack::core
