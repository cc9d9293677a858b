// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

namespace daypack {

// What one look at a socket found.
enum class Found : std::uint8_t {
    nothing,  // to read
    all,      // something, and none of it is left
    more,     // something, and some is left: the round's share is used up, or a frame is held
};

}  // namespace daypack
