// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <vector>

#include "engine/threads/idle.h"

namespace daypack::core {

// How a hot thread runs: where, how urgently, and what it does without work.
struct ThreadSetup {
    std::string name;     // as `ps -L` shows it, up to 15 bytes
    int cpu = -1;         // -1: not pinned
    int rt_priority = 0;  // 1..99: SCHED_FIFO; 0: the usual scheduler
    IdleMode idle = IdleMode::backoff;
    bool jail = false;  // behind Jail::enter_for_life()
};

// Applies it to the calling thread. Returns what did not work, in words; empty when all did. A thread that could not be
// pinned runs all the same.
[[nodiscard]] std::string apply_thread_setup(const ThreadSetup& setup);

// Keeps all memory of the process in RAM, from the moment it is touched. Returns what did not work, in words.
[[nodiscard]] std::string lock_memory();

// The CPU of the i-th thread of a kind; -1 where the list is shorter.
[[nodiscard]] inline int cpu_of(const std::vector<int>& cpus, std::size_t i) noexcept {
    return i < cpus.size() ? cpus[i] : -1;
}

}  // namespace daypack::core
