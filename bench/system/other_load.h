// SPDX-License-Identifier: MIT
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace daypack::core::bench {

// CPU time of a process and all its threads; 0: it has ended, or is not ours to ask.
[[nodiscard]] std::int64_t cpu_ns_of(pid_t pid) noexcept;

// What other programs than this one and some it started use of the machine, from now on.
//
// Thread: its owner. Evidence: /proc/stat, which counts all that runs on the host's CPUs, in hundredths of a second.
class OtherLoad {
  public:
    explicit OtherLoad(std::vector<pid_t> ours);
    // In the mean, since the constructor; 0 where the kernel does not say.
    [[nodiscard]] double cores() const;

  private:
    [[nodiscard]] std::int64_t ours_ns() const noexcept;
    std::vector<pid_t> ours_;
    std::int64_t began_ns_;
    std::int64_t all_before_ns_;
    std::int64_t ours_before_ns_;
};

// Why what was measured means nothing where programs of others used so many cores; empty: it means something.
[[nodiscard]] std::string not_measured_since(double others);

}  // namespace daypack::core::bench
