/* SPDX-License-Identifier: MIT */
/* Reads one book by the C header alone, and prints it: what a program in C needs to see a live book. */
#include "engine/include/daypack/follow.h"
#include "engine/include/daypack/shm.h"

enum { LEVELS = 4 };

/* A time or a count for printf. */
static unsigned long long number(uint64_t word) {
    return (unsigned long long)word;
}

static void print_side(const char* name, const daypack_level* levels, uint32_t count) {
    uint32_t i;
    for (i = 0; i < count; ++i) {
        printf("%s %lld %lld\n", name, (long long)levels[i].price, (long long)levels[i].quantity);
    }
}

/* What stands beside the book, and the counters: the last of each list, and one that no engine has yet. */
static void print_market(daypack_reader* reader, int symbol) {
    daypack_perp perp;
    daypack_writer writer;
    const unsigned last = DAYPACK_SYMBOL_COUNTER_COUNT - 1;
    if (daypack_read_perp(reader, symbol, &perp) != DAYPACK_OK) return;
    if (perp.known & DAYPACK_PERP_MARK) printf("mark %lld e%d\n", (long long)perp.mark_price, perp.mark_exponent);
    if (perp.known & DAYPACK_PERP_FUNDING) {
        printf("funding %lld e%d at %lld\n", (long long)perp.funding_rate, perp.funding_exponent,
               (long long)perp.next_funding_us);
    }
    daypack_read_writer(reader, &writer);
    printf("lines %u, %s %llu %llu, clock %s\n", daypack_lines(reader), daypack_symbol_counter_name(last),
           number(daypack_symbol_counter(reader, (unsigned)symbol, last)),
           number(daypack_symbol_counter(reader, (unsigned)symbol, 4000)), daypack_clock_name(writer.clock_state));
}

static int print_records(daypack_reader* reader) {
    uint64_t cursor = 0;
    uint64_t lost = 0;
    daypack_record record;
    int result = daypack_read_record(reader, &cursor, &record, &lost);
    for (; result != DAYPACK_EMPTY; result = daypack_read_record(reader, &cursor, &record, &lost)) {
        if (result == DAYPACK_LOST) {
            printf("lost %llu\n", number(lost));
        } else {
            printf("record %s %llu\n", daypack_kind_name(daypack_record_kind(&record)), number(record.last_id));
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
    if (argc != 3 && argc != 4) return 2;
    result = daypack_open(&reader, argv[1]);
    if (result == DAYPACK_OK) {
        const int symbol = daypack_find(&reader, argv[2]);
        do result = daypack_read_book(&reader, symbol, &book, bids, LEVELS, asks, LEVELS);
        while (result == DAYPACK_BUSY);
    }
    if (result < 0) {
        char words[256];
        printf("%s\n", daypack_explain(&reader, result, words, sizeof words));
        return 1;
    }
    printf("%s %s u %llu exponents %d %d\n", daypack_state_name(book.top.state), daypack_reason_name(book.top.reason),
           number(book.top.u), book.top.price_exponent, book.top.quantity_exponent);
    print_side("bid", bids, book.bids);
    print_side("ask", asks, book.asks);
    if (argc == 4) print_market(&reader, daypack_find(&reader, argv[2]));
    print_records(&reader);
    daypack_close(&reader);
    return 0;
}
