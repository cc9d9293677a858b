/* SPDX-License-Identifier: MIT */
/* Keeps a whole book, deeper than what is published of it, from C: daypack::shm, header only. The engine's
 * configuration */
/* has to set image_levels. Prints what has changed ten times a second, and what is waited for while there is no book.
 */
/*     follower INSTANCE SYMBOL SECONDS */
#include <daypack/follow.h> /* before the system's headers, or compile with -D_GNU_SOURCE */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROOM = 8192 }; /* levels a side; of a side that has more, the best are kept */

static daypack_level bids[ROOM], asks[ROOM];

/* How much rests within so many of the best levels. */
static int64_t quantity_of(const daypack_follower* book, unsigned side, uint32_t levels) {
    const uint32_t known = daypack_follow_levels(book, side);
    int64_t sum = 0;
    uint32_t i;
    for (i = 0; i < levels && i < known; ++i) sum += daypack_follow_level(book, side, i).quantity;
    return sum;
}

static void print(const daypack_follower* book) {
    const daypack_top* top = &book->top;
    if (top->state != DAYPACK_STATE_LIVE) { /* the only tradable state */
        printf("%s/%s\n", daypack_state_name(top->state), daypack_reason_name(top->reason));
        return;
    }
    printf("u=%" PRIu64 " %u bids from %" PRId64 "e%d, %u asks from %" PRId64 "e%d, of 100 levels %" PRId64
           "e%d and %" PRId64 "e%d\n",
           book->u, daypack_follow_levels(book, DAYPACK_SIDE_BID), top->bid_price, top->price_exponent,
           daypack_follow_levels(book, DAYPACK_SIDE_ASK), top->ask_price, top->price_exponent,
           quantity_of(book, DAYPACK_SIDE_BID, 100), top->quantity_exponent, quantity_of(book, DAYPACK_SIDE_ASK, 100),
           top->quantity_exponent);
}

int main(int argc, char** argv) {
    daypack_reader reader;
    daypack_follower book;
    char words[400];
    int64_t next_ns = 0;
    int waited_for = DAYPACK_FOLLOW_WAITS_NOTHING;
    time_t end;
    int result;
    if (argc != 4) {
        fputs("usage: follower INSTANCE SYMBOL SECONDS\n", stderr);
        return 2;
    }
    result = daypack_open(&reader, argv[1]);
    if (result != DAYPACK_OK) {
        fprintf(stderr, "%s\n", daypack_explain(&reader, result, words, sizeof words));
        return 1;
    }
    daypack_follow_begin(&book, &reader, argv[2], bids, asks, ROOM); /* listed already, or not */
    end = time(NULL) + atoi(argv[3]);
    while (time(NULL) < end) {
        result = daypack_follow_poll(&book);
        if (result == DAYPACK_OK && daypack_monotonic_ns() >= next_ns) {
            print(&book);
            next_ns = daypack_monotonic_ns() + 100000000;
        }
        if (book.waits_for != waited_for) {
            waited_for = book.waits_for;
            puts(daypack_follow_explain(&book, words, sizeof words));
        }
        daypack_wait(&reader, book.cursor, 100);
    }
    daypack_close(&reader);
    return book.joins != 0 ? 0 : 1;
}
