// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <iosfwd>
#include <string>

#include "engine/include/daypack/shm.h"

namespace daypack::core {

struct TopOptions {
    std::string instance = "default";
    std::string symbol{};                    // any of the four spellings; empty: as many as there is room for
    std::uint32_t owner = DAYPACK_NO_OWNER;  // whose segment is taken besides root's and this user's
};

// A live ladder in the terminal until q or SIGINT; where stdout is none, a line per symbol into `out`, once. Returns
// the exit code; throws std::runtime_error with what to do.
int show_top(const TopOptions& options, std::ostream& out);

}  // namespace daypack::core
