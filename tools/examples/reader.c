/* SPDX-License-Identifier: MIT */
/* Reads the shared memory of a running engine from C: daypack::shm, header only. Prints the best bid and offer each */
/* time they change, and says when a book may not be traded on. */
/*     reader_c INSTANCE SYMBOL SECONDS */
#include <daypack/shm.h> /* before the system's headers, or compile with -D_GNU_SOURCE */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char** argv) {
    const struct timespec pause = {0, 1000000};
    daypack_reader reader;
    daypack_top top;
    uint64_t seen = 0;
    time_t end;
    int symbol;
    int result;
    if (argc != 4) {
        fputs("usage: reader_c INSTANCE SYMBOL SECONDS\n", stderr);
        return 2;
    }
    result = daypack_open(&reader, argv[1]);
    if (result != DAYPACK_OK) {
        fprintf(stderr, "instance %s: %s\n", argv[1], daypack_result_name(result));
        return 1;
    }
    symbol = daypack_find(&reader, argv[2]);
    end = time(NULL) + atoi(argv[3]);
    while (symbol >= 0 && time(NULL) < end) {
        result = daypack_read_top(&reader, symbol, &top);
        if (result == DAYPACK_OK && top.u != seen) {
            seen = top.u;
            if (top.state == DAYPACK_STATE_LIVE) { /* the only tradable state */
                printf("u=%" PRIu64 " bid %" PRId64 "e%d ask %" PRId64 "e%d\n", top.u, top.bid_price,
                       top.price_exponent, top.ask_price, top.price_exponent);
            } else {
                printf("%s/%s\n", daypack_state_name(top.state), daypack_reason_name(top.reason));
            }
        }
        nanosleep(&pause, NULL); /* a reader that must be fast spins instead */
    }
    daypack_close(&reader);
    return seen != 0 ? 0 : 1;
}
