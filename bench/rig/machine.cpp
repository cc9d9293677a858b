// SPDX-License-Identifier: MIT
#include "bench/rig/machine.h"

#include <daypack_commit.h>  // made by commit.cmake
#include <sys/utsname.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "bench/rig/cores.h"

namespace daypack::core::bench {
namespace {

// The rest of the line of /proc/cpuinfo that begins with `key`, of the first core.
std::string cpu_info(const std::string& key) {
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);) {
        if (line.starts_with(key)) return line.substr(std::min(line.find(':') + 2, line.size()));
    }
    return "unknown";
}

std::string first_line(const std::string& path, const std::string& otherwise) {
    std::ifstream file(path);
    std::string line;
    return std::getline(file, line) ? line : otherwise;
}

std::string kernel() {
    utsname name{};
    return uname(&name) == 0 ? std::string(name.sysname) + " " + name.release : "unknown";
}

std::string host() {
    utsname name{};
    return uname(&name) == 0 ? name.nodename : "unknown";
}

std::string compiler() {
#if defined(__clang__)
    return "clang++ " __clang_version__;
#else
    return "g++ " __VERSION__;
#endif
}

std::string clock_of() {
#if defined(__x86_64__)
    const std::string flags = " " + cpu_info("flags") + " ";
    const auto has = [&](const char* flag) { return flags.find(flag) != std::string::npos; };
    return has(" constant_tsc ") && has(" nonstop_tsc ") ? "TSC, invariant" : "TSC, not invariant: doubt the latencies";
#else
    return "CLOCK_MONOTONIC";
#endif
}

}  // namespace

std::vector<std::pair<std::string, std::string>> this_machine(const std::string& pinning, const std::string& idle) {
    const std::string cpu0 = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor";
    return {{"version", DAYPACK_VERSION},
            {"commit", DAYPACK_COMMIT},
            {"host", host()},
            {"cpu", cpu_info("model name")},
            {"cores", std::to_string(std::thread::hardware_concurrency())},
            {"kernel", kernel()},
            {"compiler", compiler()},
            {"build", DAYPACK_BUILD},
            {"governor", first_line(cpu0, "not told")},
            {"clock", clock_of()},
            {"load", first_line("/proc/loadavg", "not told")},
            {"idle", idle},
            {"pinning", pinning}};
}

}  // namespace daypack::core::bench
