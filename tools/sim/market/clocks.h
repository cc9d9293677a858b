// SPDX-License-Identifier: MIT
#pragma once
#include <chrono>
#include <cstdint>

namespace daypack::core::sim {

// This machine's clocks.
inline std::int64_t wall_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}
inline std::int64_t mono_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

}  // namespace daypack::core::sim
