// SPDX-License-Identifier: MIT
#pragma once
#include <atomic>
#include <cstdint>

namespace daypack::core {

// Says how well one line works, so that the poller can decide whether REST has to stand in.
//
// Thread: the line's network thread writes, any reads.
struct LineHealth {
    std::atomic<bool> up{false};
    std::atomic<std::uint32_t> failures{0};  // connections lost or not made since the last frame
};

}  // namespace daypack::core
