// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <iosfwd>
#include <string>

#include "engine/include/daypack/shm.h"

namespace daypack::core {

struct StatOptions {
    std::string instance = "default";
    bool json = false;                       // one object a line
    bool watch = false;                      // again each second, until SIGINT
    std::uint32_t owner = DAYPACK_NO_OWNER;  // whose segment is taken besides root's and this user's
};

// Prints the engine's counters, the state of each symbol and line, and latency percentiles. Returns the exit code;
// throws std::runtime_error with what to do.
int show_stat(const StatOptions& options, std::ostream& out);

}  // namespace daypack::core
