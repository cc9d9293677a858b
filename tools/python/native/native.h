/* SPDX-License-Identifier: MIT */
/* What the sources of daypack._shm share. It is built once for all Pythons from 3.11 on: the limited API alone. */
#ifndef DAYPACK_NATIVE_H
#define DAYPACK_NATIVE_H
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <daypack/follow.h>
#include <daypack/shm.h>

/* Made when the module is imported, and never given back. */
extern PyObject* native_error;   /* daypack.DaypackError */
extern PyObject* native_decimal; /* decimal.Decimal */
extern PyObject* native_zero;    /* Decimal(0): the size of a level that went */

/* Of values.c: numbers as Python has them. Each returns a new reference, or NULL with an exception. */
PyObject* native_decimal_of(int64_t mantissa, int exponent);
double native_double_of(int64_t mantissa, int exponent);
PyObject* native_pair_of(const daypack_level* level, uint64_t exponents);

/* A small memory of the Decimals that were made last, for mantissas of one exponent; prices and sizes repeat. */
enum { NATIVE_CACHE_SLOTS = 4096 };
typedef struct native_cache {
    int exponent;
    int64_t mantissas[NATIVE_CACHE_SLOTS];
    PyObject* values[NATIVE_CACHE_SLOTS]; /* NULL: none */
} native_cache;
void native_cache_clear(native_cache* cache);
PyObject* native_cache_get(native_cache* cache, int64_t mantissa, int exponent);

/* Sets the exception that a result of <daypack/shm.h> stands for, and returns NULL. */
PyObject* native_fail(const daypack_reader* reader, int result);

/* Opens the segment of an instance; `owner` is NULL or the name of a user. Returns -1 with an exception. */
int native_open(daypack_reader* reader, const char* instance, const char* owner);

/* Of views.c: what the reads return. */
int native_add_views(PyObject* module);
PyObject* native_new_top(const daypack_top* top);
/* Takes the levels, allocated by PyMem_Malloc: the bids, then the asks. */
PyObject* native_new_book(const daypack_book* book, daypack_level* levels);
PyObject* native_new_event(const daypack_record* record, PyObject* symbol);

int native_add_reader(PyObject* module);
int native_add_waiter(PyObject* module);
int native_add_stream(PyObject* module);
int native_add_apply(PyObject* module);
int native_add_texts(PyObject* module);

#endif
