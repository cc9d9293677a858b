// SPDX-License-Identifier: MIT
#pragma once
#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

#include "bench/rig/percentiles.h"

namespace daypack::core::bench {

// Processes that wait for an instance with daypack_wait and read what came, as a strategy without a core of its own
// does. They begin with this object and end with it, and with the process that made it.
//
// Thread: the one that makes it; no other thread may run in that moment.
class WaitingReaders {
  public:
    // All of them on one CPU; -1: the kernel's choice. Throws std::runtime_error. REQUIRES: the instance is there.
    WaitingReaders(const std::string& instance, std::size_t count, int cpu);
    ~WaitingReaders();
    WaitingReaders(const WaitingReaders&) = delete;
    WaitingReaders& operator=(const WaitingReaders&) = delete;

    // What all of them did.
    struct Outcome {
        Percentiles wake_up;  // from when a record was published until a reader that slept has it
        double cpu_ns = 0;    // of all together
    };
    // From now on it counts.
    void start();
    // Ends them, and returns what they did since start().
    [[nodiscard]] Outcome stop();

  private:
    struct Shared;
    void end() noexcept;
    Shared* shared_;
    std::size_t bytes_;
    std::vector<pid_t> children_;
};

}  // namespace daypack::core::bench
