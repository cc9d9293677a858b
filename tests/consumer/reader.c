/* SPDX-License-Identifier: MIT */
/* Prints the book of a symbol as `daypack cat --json` does, from its update id on: "u":N "bids":[...] "asks":[...] */
/* INSTANCE and SYMBOL are its arguments. Compiled as C and as C++, by what is installed alone. */
#include <daypack/shm.h>
#include <inttypes.h>
#include <stdio.h>

enum { LEVELS = 64 };

/* mantissa * 10^exponent, with as many decimals as the exponent has. */
static void print_number(int64_t mantissa, int exponent) {
    char digits[32];
    int length = snprintf(digits, sizeof digits, "%" PRId64, mantissa);
    int decimals = exponent < 0 ? -exponent : 0;
    int i;
    putchar('"');
    if (length <= decimals) {
        printf("0.");
        for (i = length; i < decimals; ++i) putchar('0');
        printf("%s", digits);
    } else {
        printf("%.*s", length - decimals, digits);
        if (decimals > 0) printf(".%s", digits + length - decimals);
    }
    for (i = 0; i < exponent; ++i) putchar('0');
    putchar('"');
}

static void print_side(const char* name, const daypack_level* levels, uint32_t count, const daypack_top* top) {
    uint32_t i;
    printf("\"%s\":[", name);
    for (i = 0; i < count; ++i) {
        printf(i == 0 ? "[" : ",[");
        print_number(levels[i].price, top->price_exponent);
        putchar(',');
        print_number(levels[i].quantity, top->quantity_exponent);
        putchar(']');
    }
    putchar(']');
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
    if (result != DAYPACK_OK) {
        fprintf(stderr, "%s\n", daypack_result_name(result));
        return 1;
    }
    printf("\"u\":%" PRIu64 " ", book.top.u);
    print_side("bids", bids, book.bids, &book.top);
    putchar(' ');
    print_side("asks", asks, book.asks, &book.top);
    putchar('\n');
    daypack_close(&reader);
    return 0;
}
