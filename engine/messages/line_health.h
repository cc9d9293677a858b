// SPDX-License-Identifier: MIT
#pragma once
#include <atomic>
#include <cstdint>

namespace daypack {

// How one line fares, to decide whether to fall back to REST.
//
// Thread: the line's network thread writes, any reads.
struct LineHealth {
    std::atomic<bool> up{false};
    std::atomic<std::uint32_t> failures{0};  // in a row: connections lost or not made since a frame came
};

}  // namespace daypack
