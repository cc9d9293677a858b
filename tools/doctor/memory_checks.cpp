// SPDX-License-Identifier: MIT
#include "tools/doctor/memory_checks.h"

#include <fmt/format.h>

#include "engine/config.h"
#include "engine/shm/segment_layout.h"

namespace daypack::core {
namespace {

Finding huge_pages(const Machine& machine) {
    const auto line = machine.line("/sys/kernel/mm/transparent_hugepage/enabled");
    if (!line) return {"huge_pages", Verdict::unknown, "the kernel has no transparent huge pages"};
    const std::string mode = chosen_word(*line);
    if (mode != "never") return {"huge_pages", Verdict::ok, mode + ", which `huge_pages: true` makes use of"};
    return {"huge_pages", Verdict::warn, mode, "`echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled`"};
}

Finding shm_huge_pages(const Machine& machine) {
    const auto shmem =
        chosen_word(machine.line("/sys/kernel/mm/transparent_hugepage/shmem_enabled").value_or("unknown"));
    const auto options = machine.mount_options("/dev/shm").value_or("");
    const auto at = options.find("huge=");
    const std::string mount =
        at == std::string::npos ? "never" : options.substr(at + 5, options.find(',', at) - at - 5);
    const std::string found = fmt::format("/dev/shm has huge={}, shmem_enabled is {}", mount, shmem);
    if (shmem == "unknown") return {"shm_huge_pages", Verdict::unknown, "the kernel has none for shared memory"};
    if (shmem == "deny") {
        return {"shm_huge_pages", Verdict::warn, found,
                "`echo never | sudo tee /sys/kernel/mm/transparent_hugepage/shmem_enabled`, which leaves it to each "
                "program"};
    }
    return {"shm_huge_pages", Verdict::ok, found + "; Linux 6.1 gives them where `huge_pages: true` asks"};
}

Finding shm_size(const Machine& machine) {
    const auto free = machine.free_bytes("/dev/shm");
    if (!free)
        return {"shm_size", Verdict::fail, "there is no /dev/shm",
                "`sudo mount -t tmpfs -o size=1G,mode=1777 tmpfs /dev/shm` (docker: `--shm-size 1g`)"};
    const EngineConfig usual;
    const SegmentLayout layout(usual.depth, usual.max_symbols, usual.ring_events);
    const std::string found = fmt::format("{} MiB free in /dev/shm", *free >> 20);
    if (*free >= 2 * layout.bytes) return {"shm_size", Verdict::ok, found};
    return {"shm_size", Verdict::warn,
            fmt::format("{}; an engine as it is without configuration takes {}", found, layout.bytes >> 20),
            std::string(kShmFix) + " (docker: `--shm-size 4g`)"};
}

Finding memlock(const Machine& machine) {
    const auto limit = machine.limit("Max locked memory", Machine::Limit::hard);
    if (machine.has_capability(kCapIpcLock)) return {"memlock", Verdict::ok, "no limit (CAP_IPC_LOCK)"};
    if (!limit) return {"memlock", Verdict::unknown, "/proc/self/limits does not say"};
    if (*limit == UINT64_MAX) return {"memlock", Verdict::ok, "no limit"};
    return {"memlock", Verdict::warn, fmt::format("{} KiB: `mlock: true` needs no limit", *limit >> 10), kMemlockFix};
}

Finding swap(const Machine& machine) {
    const auto lines = machine.lines("/proc/swaps");
    if (lines.empty()) return {"swap", Verdict::unknown, "/proc/swaps cannot be read"};
    if (lines.size() == 1) return {"swap", Verdict::ok, "none"};
    return {"swap", Verdict::warn, "memory may be swapped out", "`mlock: true`, or `sudo swapoff -a`"};
}

Finding rt_priority(const Machine& machine) {
    if (machine.has_capability(kCapSysNice)) return {"rt_priority", Verdict::ok, "any (CAP_SYS_NICE)"};
    const auto limit = machine.limit("Max realtime priority", Machine::Limit::soft);
    if (!limit) return {"rt_priority", Verdict::unknown, "/proc/self/limits does not say"};
    if (*limit > 0) return {"rt_priority", Verdict::ok, fmt::format("up to {}", *limit)};
    return {"rt_priority", Verdict::warn, "none allowed: any other program may take the CPU", kRtFix};
}

Finding busy_poll(const Machine& machine) {
    const auto read_us = machine.number("/proc/sys/net/core/busy_read");
    if (!read_us) return {"busy_poll", Verdict::unknown, "the kernel does not say"};
    if (*read_us > 0) return {"busy_poll", Verdict::ok, fmt::format("a read polls the card for {} us", *read_us)};
    return {"busy_poll", Verdict::warn, "off: each packet waits for an interrupt",
            "`sudo sysctl net.core.busy_read=50 net.core.busy_poll=50`, where the card's driver can"};
}

}  // namespace

Findings check_memory(const Machine& machine) {
    return {huge_pages(machine), shm_huge_pages(machine), shm_size(machine), memlock(machine),
            swap(machine),       rt_priority(machine),    busy_poll(machine)};
}

}  // namespace daypack::core
