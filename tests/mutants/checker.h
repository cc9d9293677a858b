// SPDX-License-Identifier: MIT
#pragma once
#include <cstdio>
#include <cstdlib>
#include <source_location>
#include <string_view>

// Quick facts with which each mutant of book/ is checked, in turn, until the first that does not hold. They use the
// standard library alone, so that a mutant is compiled and checked in a second or two.
namespace daypack::core::test {

inline void require(bool fact, const std::source_location where = std::source_location::current()) {
    if (fact) return;
    std::string_view file = where.file_name();
    file.remove_prefix(file.rfind('/') + 1);
    std::printf("%s:%u: %s\n", file.data(), static_cast<unsigned>(where.line()), where.function_name());
    std::exit(1);
}

void check_book();       // levels, numbers, buffered events
void check_chance();     // Sync: two numberings with equal updates now and then
void check_doubt();      // audit, touch, silence, race of lines, trades
void check_joins();      // Sync: joins, and the updates that are applied
void check_numbering();  // Sync: lines, copies, restarts
void check_states();     // Sync: states while something contradicts the book
void check_worlds();     // Sync with a drawn venue, lines and REST

}  // namespace daypack::core::test
