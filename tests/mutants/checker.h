// SPDX-License-Identifier: MIT
#pragma once
#include <cstdio>
#include <cstdlib>
#include <source_location>
#include <string_view>

// What each mutant of book/ is shown: quick facts, one after the other, until the first that does not hold. Standard
// library alone, so that a mutant is compiled and judged in a second or two.
namespace daypack::test {

inline void require(bool fact, const std::source_location where = std::source_location::current()) {
    if (fact) return;
    std::string_view file = where.file_name();
    file.remove_prefix(file.rfind('/') + 1);
    std::printf("%s:%u: %s\n", file.data(), static_cast<unsigned>(where.line()), where.function_name());
    std::exit(1);
}

void check_book();       // levels, numbers, what is kept
void check_chance();     // Sync: two numberings that say the same now and then
void check_doubt();      // audit, touch, silence, race of lines, trades
void check_numbering();  // Sync: lines, copies, restarts, joins
void check_states();     // Sync: what is shown meanwhile
void check_worlds();     // Sync between a venue, lines and REST that were drawn

}  // namespace daypack::test
