// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
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
    bool books_only = false;    // accounts may be as they like; so too where a symbol is asked for
    bool allow_halted = false;  // what the exchange has halted is no cause, where another book is LIVE
    std::uint32_t owner = daypack_environment_owner();
};

// Of the books.
struct Health {
    std::vector<std::string> causes;  // what keeps this engine from being healthy, a line each; empty: nothing does
    std::vector<std::string> halted;  // of what is asked for, what is passed over since the exchange has halted it
    std::size_t live = 0;             // of what is asked for
};
// Healthy is only an engine of which all asked for is LIVE and young. Where halted markets are allowed, one at least
// has to be LIVE all the same: a market that is closed is shown as HALTED whether anything comes or not. Throws
// std::runtime_error where there is no such symbol.
[[nodiscard]] Health health_of(Reader& reader, const HealthOptions& options);

// Of books and accounts. Prints that all is well, or the causes on stderr; and who asks to take the instance over,
// which is no cause. The exit code: 0 only where all is.
[[nodiscard]] int check_health(const HealthOptions& options, std::ostream& out);

}  // namespace daypack::core
