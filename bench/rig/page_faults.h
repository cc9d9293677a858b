// SPDX-License-Identifier: MIT
#pragma once
#include <sys/resource.h>

#include <cstdint>

namespace daypack::core::bench {

// Of the calling thread, since it began.
[[nodiscard]] inline std::uint64_t page_faults() noexcept {
    rusage usage{};
    getrusage(RUSAGE_THREAD, &usage);
    return static_cast<std::uint64_t>(usage.ru_minflt + usage.ru_majflt);
}

}  // namespace daypack::core::bench
