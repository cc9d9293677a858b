// SPDX-License-Identifier: MIT
#include "bench/rig/cores.h"

#include <sched.h>
#include <time.h>

#include <algorithm>
#include <cstring>

namespace daypack::core::bench {
namespace {

// The last two that this process may use: the first ones serve the interrupts, as a rule.
Cores look_up() {
    cpu_set_t allowed;
    Cores found;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return found;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (!CPU_ISSET(cpu, &allowed)) continue;
        found.other = found.main;
        found.main = cpu;
    }
    return found;
}

double clock_ns(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

constexpr double kEnough = 0.98;  // of a core; the kernel's own ticks are in the rest

}  // namespace

double thread_cpu_ns() noexcept {
    return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

void CoreShare::begin() noexcept {
    cpu_ns_ -= thread_cpu_ns();
    wall_ns_ -= clock_ns(CLOCK_MONOTONIC);
}
void CoreShare::end() noexcept {
    wall_ns_ += clock_ns(CLOCK_MONOTONIC);
    cpu_ns_ += thread_cpu_ns();
}

std::string shared_cores(std::initializer_list<double> shares) {
    const double least = std::min(shares);
    if (least >= kEnough) return {};
    return "other programs ran on its cores: one of its threads had " + std::to_string(static_cast<int>(least * 100)) +
           " % of its core";
}

const Cores& cores() {
    static const Cores found = look_up();
    return found;
}

bool pin(int cpu) noexcept {
    if (cpu < 0) return false;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return sched_setaffinity(0, sizeof set, &set) == 0;
}

Pinned::Pinned() : before_(sizeof(cpu_set_t)) {
    (void)cores();  // before this thread narrows what may be used
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return;
    std::memcpy(before_.data(), &set, sizeof set);
    worked_ = pin(cores().main);
}

Pinned::~Pinned() {
    cpu_set_t set;
    std::memcpy(&set, before_.data(), sizeof set);
    if (worked_) (void)sched_setaffinity(0, sizeof set, &set);
}

std::string pinning_in_words(bool worked) {
    if (!worked) return "none: this machine refuses it";
    std::string words = "measured thread on CPU " + std::to_string(cores().main);
    return cores().two() ? words + ", its peer on CPU " + std::to_string(cores().other) : words + ", the only one";
}

}  // namespace daypack::core::bench
