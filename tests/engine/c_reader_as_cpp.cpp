// SPDX-License-Identifier: MIT
// The C headers in a C++ program of any standard from C++11 on: both compile without a warning, and nothing of them
// is used here but by name.
#include "engine/include/daypack/follow.h"
#include "engine/include/daypack/shm.h"

static_assert(sizeof(daypack_header) == 1024, "the same layout as in C");

int read_as_cpp(const char* instance);  // a function of its own, so that the inline ones are not merely parsed

int read_as_cpp(const char* instance) {
    daypack_reader reader;
    if (daypack_open(&reader, instance) != DAYPACK_OK) return 1;
    daypack_book book;
    daypack_level levels[2];
    daypack_perp perp;
    daypack_record record;
    uint64_t cursor = daypack_cursor(&reader);
    uint64_t lost = 0;
    const int symbol = daypack_find(&reader, "BTC-USDC");
    const int result = daypack_read_book(&reader, symbol, &book, levels, 1, levels + 1, 1) |
                       daypack_read_perp(&reader, symbol, &perp) |
                       daypack_read_record(&reader, &cursor, &record, &lost);
    daypack_close(&reader);
    return result;
}
