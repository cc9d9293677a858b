// SPDX-License-Identifier: MIT
#pragma once
#include <iosfwd>
#include <string>

namespace daypack {

struct TopOptions {
    std::string instance = "default";
    std::string symbol{};  // any of the four spellings; empty: as many as there is room for
};

// A live ladder in the terminal until q or SIGINT; where stdout is none, a line per symbol into `out`, once. Returns
// the exit code; throws std::runtime_error with what to do.
int show_top(const TopOptions& options, std::ostream& out);

}  // namespace daypack
