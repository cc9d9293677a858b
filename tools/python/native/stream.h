/* SPDX-License-Identifier: MIT */
/* The insides of _shm.Stream, for its two sources. */
#ifndef DAYPACK_STREAM_H
#define DAYPACK_STREAM_H
#include <market.h>
#include <native.h>

/* What a market is asked for. */
enum { WANTS_BOOK = 1, WANTS_TRADES = 2, WANTS_TOP = 4, WANTS_FIGURES = 8 };

typedef struct followed {
    market_book market;
    unsigned wants;
    native_cache prices, quantities;
} followed;

typedef struct stream_object {
    PyObject_HEAD daypack_reader reader;
    int is_open;
    uint64_t inode;
    uint64_t cursor;
    uint64_t lost; /* records that were written over unread, in all */
    followed** markets;
    int count;
    int* by_index; /* directory -> markets, -1: nobody asked; of `by_index_room` symbols */
    uint32_t by_index_room;
    PyObject *bid, *ask, *buy, *sell; /* keys of a delta, sides of a trade */
} stream_object;

/* Of items.c: what a record makes, as a new tuple, or NULL with an exception. */
int items_begin(void);
PyObject* items_tuple(Py_ssize_t count, PyObject** fields); /* of new references, any of which may be NULL */
PyObject* items_time(int64_t us);                           /* seconds, or None for 0 */
double items_seconds(int64_t ns);
PyObject* items_update(stream_object* self, int number, const daypack_record* record);
PyObject* items_trade(stream_object* self, int number, const daypack_record* record);
PyObject* items_top(stream_object* self, int number, const daypack_record* record);
PyObject* items_figure(stream_object* self, int number, const daypack_record* record);

#endif
