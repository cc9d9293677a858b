/* SPDX-License-Identifier: MIT */
/*
 * One market as a feed follows it: a book of its own, made from the slot or from the image of a whole book, and kept by
 * the records of the ring. Nothing here knows Python.
 *
 * Invariant: while `joined`, the book is the venue's at `u`, inside known_to. An update is applied whole or not at all.
 */
#ifndef DAYPACK_MARKET_H
#define DAYPACK_MARKET_H
#include <daypack/follow.h>
#include <daypack/shm.h>

typedef struct market_side {
    daypack_level* levels; /* best last: updates are mostly near the best */
    uint32_t count, room;
    int64_t known_to; /* 0: the whole side is known */
    uint32_t least;   /* with fewer levels than that, a side that is cut is read again; 0: it is whole */
} market_side;

typedef struct market_change { /* one level of an update */
    uint8_t side;
    int64_t price, quantity;
} market_change;

typedef struct market_book {
    char name[DAYPACK_NAME_BYTES];
    int index;          /* in the directory; -1: not listed yet */
    uint32_t max_depth; /* levels that somebody looks at; 0: all */
    int joined;
    int whole;       /* the book has as many levels as somebody looks at */
    int is_of_image; /* no wholer one is to be had */
    int thin;        /* it has lost so many that it is to be read again */
    uint64_t from;   /* place in the ring: what lies before is in the book */
    uint64_t u;
    uint64_t exponents;
    uint32_t epoch;
    int64_t venue_match_us, receive_ns; /* of the snapshot */
    market_side sides[2];               /* by DAYPACK_SIDE_... */
    market_change* changes;             /* of the update that is being read */
    uint32_t change_count, change_room;
    daypack_follower* follower; /* where the slot is too shallow; NULL until it is needed */
    daypack_level* scratch;     /* for reads of the slot, and for the follower */
    uint64_t scratch_room;
} market_book;

void market_free(market_book* market);
/* Gives up the book. */
void market_lose(market_book* market);
/* Forgets everything that belongs to a segment. */
void market_forget_segment(market_book* market);

/* Returns 1 where a book in that state may be shown: right at its u. */
int market_may_show(unsigned state);

/* Tries to make a book. Returns 1 where there is one now, 0 where there is none to be had yet, -1 without memory. With
 * `only_whole`, a book that is cut is left as it is until a whole one can be had. */
int market_join(market_book* market, daypack_reader* reader, int only_whole);

/* Takes a DELTA, ADVANCE, STATE or SNAPSHOT record of this market at a place in the ring. Returns 1 where it ends an
 * update, which is in `changes` and applied; 0 where it does not; -1 without memory. Where the book is lost by it,
 * `joined` is 0 afterwards. */
int market_take(market_book* market, uint64_t at, const daypack_record* record);

#endif
