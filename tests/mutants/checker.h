#pragma once
#include <cstdio>
#include <cstdlib>
#include <source_location>

// What each mutant of book/ is shown: quick facts, one after the other, until the first that does not hold. Standard
// library alone, so that a mutant is compiled and judged in a second or two.
namespace daypack::test {

inline void require(bool fact, const std::source_location where = std::source_location::current()) {
    if (fact) return;
    std::printf("%s:%u: %s\n", where.file_name(), static_cast<unsigned>(where.line()), where.function_name());
    std::exit(1);
}

void check_book();       // levels, numbers, what is kept
void check_doubt();      // audit, touch, silence, race of lines, trades
void check_numbering();  // Sync: lines, copies, restarts, joins
void check_states();     // Sync: what is shown meanwhile
void check_worlds();     // Sync between a venue, lines and REST that were drawn

}  // namespace daypack::test
