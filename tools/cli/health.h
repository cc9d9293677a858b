// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "engine/include/daypack/reader.hpp"

namespace daypack::core {

struct HealthOptions {
    std::string instance = "default";
    std::string symbol;           // empty: all that are followed
    std::int64_t max_age_ns = 0;  // of the last message of each; 0: it may be as old as LIVE allows
    bool json = false;
    bool books_only = false;  // accounts may be as they like; so too where a symbol is asked for
    std::uint32_t owner = daypack_environment_owner();
};

// What keeps the books of this engine from being healthy, a line each; empty: all asked for is LIVE and young. Throws
// std::runtime_error where there is no such symbol.
[[nodiscard]] std::vector<std::string> causes_of(Reader& reader, const HealthOptions& options);

// Of books and accounts. Prints that all is well, or the causes on stderr; and who asks to take the instance over,
// which is no cause. The exit code: 0 only where all is.
[[nodiscard]] int check_health(const HealthOptions& options, std::ostream& out);

}  // namespace daypack::core
