// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <iosfwd>
#include <string>

#include "engine/include/daypack/shm.h"

namespace daypack::core {

struct TailOptions {
    std::string instance = "default";
    std::string symbol{};                    // any of the four spellings; empty: every symbol
    bool json = false;                       // one object a line
    std::uint32_t owner = DAYPACK_NO_OWNER;  // whose segment is taken besides root's and this user's
};

// Prints every event from now on, and how many were lost where the ring was faster, until SIGINT or until nobody reads
// `out` any more. Returns the exit code; throws std::runtime_error with what to do.
int follow_events(const TailOptions& options, std::ostream& out);

}  // namespace daypack::core
