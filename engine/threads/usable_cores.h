// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace daypack::core {

// What this process may keep busy, which is not what the machine has: a mask (taskset, a container's cpuset) or a quota
// of CPU time may leave it fewer, two CPUs may be siblings of one core, and to CPUs that were isolated the kernel moves
// no thread by itself.
//
// Thread: any; plain values. The mask is that of the thread that asked, whose threads inherit it. A thread may be
// pinned outside of it, as far as the machine and the container's cpuset go.
class UsableCores {
  public:
    // `root`: what stands before /proc and /sys, for tests; empty: this machine.
    explicit UsableCores(std::string root = "");

    // Of the mask, in order; empty: the kernel does not tell.
    [[nodiscard]] const std::vector<int>& cpus() const noexcept { return cpus_; }
    // Those that a thread can be pinned to, in order: of the mask, and outside of it (isolated ones, as a rule).
    [[nodiscard]] const std::vector<int>& pinnable() const noexcept { return pinnable_; }
    // The CPU time of the strictest control group around this process, in cores (version 2 or 1); none: no limit.
    [[nodiscard]] std::optional<double> quota() const noexcept { return quota_; }
    [[nodiscard]] bool is_isolated(int cpu) const noexcept;
    [[nodiscard]] bool can_pin_to(int cpu) const noexcept;
    // The core of a CPU, named by its first sibling.
    [[nodiscard]] int core_of(int cpu) const;

    // How many threads can run at once: CPUs of the mask, of which a quota may leave a part. 0: the kernel does not
    // tell.
    [[nodiscard]] double count() const noexcept;
    // As above, of whole cores that threads which are not pinned are moved to: siblings count once.
    [[nodiscard]] std::size_t free_cores() const { return free_cores({}); }

    // Whether `hot` threads can each spin on a core of its own, of which the first are pinned to `pins`, while one is
    // left for the rest. Not where a pin names a CPU that no thread can be pinned to. Not where there are but two in
    // all, unless all hot threads are pinned to isolated CPUs: any other program that runs there takes a spinning
    // thread off its core, and the beat comes late.
    [[nodiscard]] bool have_room_for(std::size_t hot, std::span<const int> pins) const;

  private:
    [[nodiscard]] std::size_t free_cores(const std::vector<int>& taken) const;

    std::string root_;
    std::vector<int> cpus_;
    std::vector<int> pinnable_;
    std::vector<int> isolated_;
    std::optional<double> quota_;
};

// A list as the kernel writes it, "0-3,8", as numbers, in order; what is no list gives none.
[[nodiscard]] std::vector<int> parse_cpu_list(const std::string& text);

}  // namespace daypack::core
