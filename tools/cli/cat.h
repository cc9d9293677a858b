// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>

#include "engine/include/daypack/shm.h"

namespace daypack::core {

struct CatOptions {
    std::string instance = "default";
    std::string symbol{};                    // any of the four spellings; empty: every symbol
    std::size_t levels = 10;                 // a side; 0: all that are published
    bool json = false;                       // one object a line
    std::uint32_t owner = DAYPACK_NO_OWNER;  // whose segment is taken besides root's and this user's
};

// Prints books as they are now, once. Returns the exit code; throws std::runtime_error with what to do.
int show_book(const CatOptions& options, std::ostream& out);

}  // namespace daypack::core
