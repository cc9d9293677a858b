// SPDX-License-Identifier: MIT
#include "tools/doctor/config_checks.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/shm/segment_layout.h"
#include "engine/threads/thread_plan.h"
#include "tools/doctor/cpu_checks.h"
#include "tools/doctor/memory_checks.h"

namespace daypack::core {
namespace {

// What of `wanted` is not in `there`. REQUIRES: both are in order.
std::vector<int> missing(const std::vector<int>& wanted, const std::vector<int>& there) {
    std::vector<int> left;
    std::set_difference(wanted.begin(), wanted.end(), there.begin(), there.end(), std::back_inserter(left));
    return left;
}

// All that the configuration names, also where it is why one thread was chosen to do the work of both.
Finding pinning(const Machine& machine, const Config& config) {
    const bool fused = config.engine.threads == ThreadModel::fused;
    std::vector<int> wanted = pins_of(config, fused ? ThreadModel::fused : ThreadModel::pipeline);
    std::sort(wanted.begin(), wanted.end());
    if (wanted.empty()) {
        return {"config.pinning", Verdict::warn, "no thread is pinned, so the kernel may move them",
                "`net_cpus: [N]` and `book_cpus: [M]` under `engine:`"};
    }
    const auto repeated = std::adjacent_find(wanted.begin(), wanted.end());
    const int twice = repeated == wanted.end() ? -1 : *repeated;
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
    const auto allowed = machine.usable_cores().pinnable();
    const auto isolated = machine.cpus("/sys/devices/system/cpu/isolated");
    if (allowed.empty()) return {"config.pinning", Verdict::unknown, "/proc/self/status does not name the CPUs"};
    if (const auto absent = missing(wanted, allowed); !absent.empty()) {
        return {"config.pinning", Verdict::fail,
                fmt::format("CPUs {} are not there, or not allowed to this process", cpu_list_text(absent)),
                fmt::format("name CPUs of {} in `net_cpus` and `book_cpus`", cpu_list_text(allowed))};
    }
    if (twice >= 0) {
        return {"config.pinning", Verdict::warn, fmt::format("CPU {} is named for two threads", twice),
                "another CPU for each in `net_cpus` and `book_cpus`"};
    }
    if (const auto shared = missing(wanted, isolated); !shared.empty()) {
        return {"config.pinning", Verdict::warn,
                fmt::format("CPUs {} are there, and anything else may run on them", cpu_list_text(shared)),
                isolation_fix(wanted)};
    }
    for (const int cpu : wanted) {
        const auto siblings =
            machine.cpus(fmt::format("/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list", cpu));
        for (const int other : siblings) {
            if (other == cpu || !std::binary_search(wanted.begin(), wanted.end(), other)) continue;
            return {"config.pinning", Verdict::warn, fmt::format("CPUs {} and {} share one core", cpu, other),
                    "CPUs of different cores in `net_cpus` and `book_cpus`"};
        }
    }
    return {"config.pinning", Verdict::ok, fmt::format("CPUs {}, isolated", cpu_list_text(wanted))};
}

Finding idling(const ThreadPlan& plan) {
    if (plan.cores == 0) return {"config.threads", Verdict::unknown, "/proc/self/status does not name the CPUs"};
    if (!plan.warnings.empty()) {
        return {"config.threads", Verdict::warn, fmt::format("{}; but {}", plan.text(), fmt::join(plan.warnings, "; ")),
                "as the sentence says; `threads: auto` and `idle: auto` choose by themselves"};
    }
    return {"config.threads", Verdict::ok, plan.text()};
}

// Slots are taken as symbols are added, so a machine may do with less than what all of them would take.
Finding shm_room(const Machine& machine, const Config& config) {
    const EngineConfig& engine = config.engine;
    const SegmentLayout layout(engine.depth, engine.max_symbols, engine.ring_events, engine.image_levels);
    const std::size_t symbols = std::max<std::size_t>(config.exchange.symbols.size(), 1);
    const std::size_t least = layout.slots + symbols * layout.slot_bytes;
    const auto free = machine.free_bytes("/dev/shm");
    if (!free) return {"config.shm", Verdict::fail, "there is no /dev/shm", "mount a tmpfs there"};
    const std::string some = config.exchange.all_symbols  // how many these are the exchange alone knows
                                 ? fmt::format("{} KiB for one symbol", least >> 10)
                                 : fmt::format("{} KiB for {} symbols", least >> 10, symbols);
    const std::string found =
        fmt::format("{}, {} KiB for all {}{}, {} KiB are free", some, layout.bytes >> 10, engine.max_symbols,
                    engine.image_levels != 0 ? " with their whole images" : "", *free >> 10);
    const std::string fix = fmt::format("{}; or lower `depth`, `max_symbols` or `ring_events`", kShmFix);
    // The segment that stands there from an engine before is taken over.
    const bool there = machine.line("/dev/shm/daypack." + engine.instance).has_value();
    if (*free < least) return {"config.shm", there ? Verdict::warn : Verdict::fail, found, fix};
    if (*free < layout.bytes) return {"config.shm", Verdict::warn, found, fix};
    return {"config.shm", Verdict::ok, found};
}

Finding locking(const Machine& machine, const EngineConfig& engine) {
    if (!engine.mlock) return {"config.mlock", Verdict::ok, "not asked for"};
    const auto limit = machine.limit("Max locked memory", Machine::Limit::hard);
    if (machine.has_capability(kCapIpcLock)) return {"config.mlock", Verdict::ok, "allowed (CAP_IPC_LOCK)"};
    if (!limit) return {"config.mlock", Verdict::unknown, "/proc/self/limits does not say"};
    if (*limit == UINT64_MAX) return {"config.mlock", Verdict::ok, "allowed"};
    return {"config.mlock", Verdict::fail,
            fmt::format("the limit is {} KiB, and counts all that is mapped, now and later", *limit >> 10),
            kMemlockFix};
}

Finding real_time(const Machine& machine, const Config& config, const ThreadPlan& plan) {
    const EngineConfig& engine = config.engine;
    if (engine.rt_priority == 0) return {"config.rt_priority", Verdict::ok, "not asked for"};
    const auto limit = machine.limit("Max realtime priority", Machine::Limit::soft);
    if (!machine.has_capability(kCapSysNice)) {
        if (!limit) return {"config.rt_priority", Verdict::unknown, "/proc/self/limits does not say"};
        if (*limit < static_cast<std::uint64_t>(engine.rt_priority)) {
            return {"config.rt_priority", Verdict::fail,
                    fmt::format("{} is asked for, {} allowed", engine.rt_priority, *limit), kRtFix};
        }
    }
    const auto share_us = machine.number("/proc/sys/kernel/sched_rt_runtime_us");
    if (share_us && *share_us >= 0 && plan.idle == IdleMode::spin) {
        return {"config.rt_priority", Verdict::warn,
                fmt::format("allowed, but a spinning thread is stopped after {} ms of each period", *share_us / 1000),
                "`sudo sysctl kernel.sched_rt_runtime_us=-1`, on isolated CPUs alone"};
    }
    return {"config.rt_priority", Verdict::ok, fmt::format("{} is allowed", engine.rt_priority)};
}

Finding huge(const Machine& machine, const EngineConfig& engine) {
    if (!engine.huge_pages) return {"config.huge_pages", Verdict::ok, "not asked for"};
    const auto mode = machine.line("/sys/kernel/mm/transparent_hugepage/enabled");
    if (!mode) {
        return {"config.huge_pages", Verdict::fail, "this kernel has none",
                "`huge_pages: false`, or a kernel with CONFIG_TRANSPARENT_HUGEPAGE"};
    }
    if (chosen_word(*mode) != "never") return {"config.huge_pages", Verdict::ok, chosen_word(*mode)};
    return {"config.huge_pages", Verdict::fail, "switched off",
            "`echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled`"};
}

}  // namespace

Findings check_config(const Machine& machine, const Config& config) {
    const EngineConfig& engine = config.engine;
    const ThreadPlan plan = plan_threads(config, machine.usable_cores());
    Findings findings{pinning(machine, config),         idling(plan),
                      shm_room(machine, config),        locking(machine, engine),
                      real_time(machine, config, plan), huge(machine, engine)};
    for (Finding& finding : findings) finding.asked = true;
    return findings;
}

}  // namespace daypack::core
