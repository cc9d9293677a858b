// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/config.h"
#include "engine/include/daypack/shm.h"
#include "engine/threads/idle.h"
#include "engine/threads/usable_cores.h"

namespace daypack::core {

// How the hot threads run, decided once, before they start.
//
// A core of its own for each thread is what a queue between two of them is worth: where they share cores, or sleep, the
// second has to be woken for each frame, which takes ten times what the whole frame does. `threads: auto` is therefore
// pipeline where each hot thread can spin on a core of its own, and fused everywhere else. Evidence: the rows of
// `daypack bench --system`, which would show a mode that is better than the one chosen.
//
// Thread: any; plain values.
struct ThreadPlan {
    ThreadModel threads = ThreadModel::fused;  // never automatic
    IdleMode idle = IdleMode::backoff;
    std::size_t hot = 1;                                  // threads
    daypack_threads_why why = DAYPACK_THREADS_WHY_asked;  // of `threads`
    double cores = 0;                                     // that this process can use; 0: not known
    bool idle_asked = false;                              // the configuration names the idle mode
    // What of the configuration will not work, or not as its author thinks: a sentence each, with what to change.
    std::vector<std::string> warnings;

    [[nodiscard]] bool is_fused() const noexcept { return threads == ThreadModel::fused; }
    // As the header of the segment tells it.
    [[nodiscard]] std::uint64_t word() const noexcept;
    // threads=fused idle=backoff cores=2 why=few_cores (<a clause on the threads>; <a clause on the idle mode>)
    [[nodiscard]] std::string text() const;
};

[[nodiscard]] ThreadPlan plan_threads(const Config& config, const UsableCores& cores);

// The CPUs that the configuration names for the hot threads of a model, at most one for each.
[[nodiscard]] std::vector<int> pins_of(const Config& config, ThreadModel threads);

}  // namespace daypack::core
