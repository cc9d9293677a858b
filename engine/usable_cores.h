#pragma once
#include <cstddef>
#include <optional>
#include <string>

namespace daypack {

// Cores that this process may keep busy, which is not what the machine has: a mask (taskset, a container's cpuset) or a
// quota of CPU time may leave it fewer.
//
// Thread: any; the mask is that of the caller, whose threads inherit it.
[[nodiscard]] std::size_t usable_cores();

// The CPU time of the strictest control group around this process, in cores (version 2 or 1); none: no limit.
// `root`: what stands before /proc and /sys, for tests.
[[nodiscard]] std::optional<double> cpu_quota_cores(const std::string& root = "");

}  // namespace daypack
