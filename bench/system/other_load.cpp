// SPDX-License-Identifier: MIT
#include "bench/system/other_load.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>
#include <string>

#include "net/base/clock.h"

namespace daypack::core::bench {
namespace {

constexpr double kOthersMax = 0.1;  // of one core

// Of all CPUs, in user and kernel alike, and what a host takes from a virtual machine.
std::int64_t busy_ns() {
    std::ifstream file("/proc/stat");
    std::string cpu;
    std::array<std::int64_t, 8> ticks{};  // user nice system idle iowait irq softirq steal
    file >> cpu;
    for (auto& part : ticks) file >> part;
    if (!file) return 0;
    const std::int64_t busy = ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7];
    return busy * (1'000'000'000 / std::max<std::int64_t>(sysconf(_SC_CLK_TCK), 1));
}

}  // namespace

std::int64_t cpu_ns_of(pid_t pid) noexcept {
    clockid_t clock{};
    timespec time{};
    if (pid <= 0 || clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) return 0;
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

OtherLoad::OtherLoad(std::vector<pid_t> ours)
    : ours_(std::move(ours)), began_ns_(mono_now().ns), all_before_ns_(busy_ns()), ours_before_ns_(ours_ns()) {}

std::int64_t OtherLoad::ours_ns() const noexcept {
    std::int64_t sum = cpu_ns_of(getpid());
    for (const pid_t pid : ours_) sum += cpu_ns_of(pid);
    return sum;
}

double OtherLoad::cores() const {
    const std::int64_t took = mono_now().ns - began_ns_;
    const std::int64_t others = busy_ns() - all_before_ns_ - (ours_ns() - ours_before_ns_);
    return took <= 0 ? 0 : std::max(0.0, static_cast<double>(others) / static_cast<double>(took));
}

std::string not_measured_since(double others) {
    if (others <= kOthersMax) return "";
    return fmt::format("other programs used {:.2f} cores meanwhile; measure when the machine is calm", others);
}

}  // namespace daypack::core::bench
