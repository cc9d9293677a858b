/* SPDX-License-Identifier: MIT */
/* Reads one book by the C header alone, and prints it: what a program in C needs to see a live book. */
#include "engine/include/daypack/shm.h"

enum { LEVELS = 4 };

static void print_side(const char* name, const daypack_level* levels, uint32_t count) {
    uint32_t i;
    for (i = 0; i < count; ++i) {
        printf("%s %lld %lld\n", name, (long long)levels[i].price, (long long)levels[i].quantity);
    }
}

static int print_records(daypack_reader* reader) {
    uint64_t cursor = 0;
    uint64_t lost = 0;
    daypack_record record;
    int result = daypack_read_record(reader, &cursor, &record, &lost);
    for (; result != DAYPACK_EMPTY; result = daypack_read_record(reader, &cursor, &record, &lost)) {
        if (result == DAYPACK_LOST) {
            printf("lost %llu\n", (unsigned long long)lost);
        } else {
            printf("record %s %llu\n", daypack_kind_name(daypack_record_kind(&record)),
                   (unsigned long long)record.last_id);
        }
    }
    return 0;
}

int main(int argc, char** argv) {
    daypack_reader reader;
    daypack_book book;
    daypack_level bids[LEVELS];
    daypack_level asks[LEVELS];
    int result;
    if (argc != 3) return 2;
    result = daypack_open(&reader, argv[1]);
    if (result == DAYPACK_OK) {
        const int symbol = daypack_find(&reader, argv[2]);
        do result = daypack_read_book(&reader, symbol, &book, bids, LEVELS, asks, LEVELS);
        while (result == DAYPACK_BUSY);
    }
    if (result < 0) {
        printf("%s\n", daypack_result_name(result));
        return 1;
    }
    printf("%s %s u %llu exponents %d %d\n", daypack_state_name(book.top.state), daypack_reason_name(book.top.reason),
           (unsigned long long)book.top.u, book.top.price_exponent, book.top.quantity_exponent);
    print_side("bid", bids, book.bids);
    print_side("ask", asks, book.asks);
    print_records(&reader);
    daypack_close(&reader);
    return 0;
}
