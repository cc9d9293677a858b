// SPDX-License-Identifier: MIT
#include "tests/mutants/checker.h"

#include <exception>

// Exits with 0 if every fact holds; otherwise it prints the first that does not.
int main() {
    try {
        daypack::core::test::check_joins();
        daypack::core::test::check_numbering();
        daypack::core::test::check_chance();
        daypack::core::test::check_states();
        daypack::core::test::check_book();
        daypack::core::test::check_doubt();
        daypack::core::test::check_worlds();
    } catch (const std::exception& error) {
        std::puts(error.what());
        return 1;
    }
    return 0;
}
