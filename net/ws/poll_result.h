// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

namespace daypack::core {

// What one look at a socket came to.
enum class PollResult : std::uint8_t {
    idle,     // there was nothing to read
    drained,  // something was read, and nothing is left
    pending,  // something was read and something is left: the round's share is used up, or a frame is held back
};

}  // namespace daypack::core
