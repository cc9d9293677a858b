// SPDX-License-Identifier: MIT
#include "tests/mutants/checker.h"

#include <exception>

// Exits with 0 if every fact holds; otherwise it prints the first that does not.
int main() {
    try {
        daypack::test::check_joins();
        daypack::test::check_numbering();
        daypack::test::check_chance();
        daypack::test::check_states();
        daypack::test::check_book();
        daypack::test::check_doubt();
        daypack::test::check_worlds();
    } catch (const std::exception& error) {
        std::puts(error.what());
        return 1;
    }
    return 0;
}
