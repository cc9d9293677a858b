/* SPDX-License-Identifier: MIT */
/* What a stream hands to Python: a tuple an update, a trade, a change of the best bid and offer, a figure. */
#include <stream.h>

static PyObject* kinds[16]; /* what stands first in an item */
static const char* const kind_names[16] = {
    "",        "update",      "",       "trade",         "top", "", "", "mark_price",
    "funding", "liquidation", "ticker", "open_interest", "",    "", "", ""};

int items_begin(void) {
    for (int i = 0; i < 16; ++i) {
        kinds[i] = PyUnicode_InternFromString(kind_names[i]);
        if (kinds[i] == NULL) return -1;
    }
    return 0;
}

static PyObject* price_of(followed* of, const daypack_record* record, int64_t price) {
    return native_cache_get(&of->prices, price, daypack_price_exponent(record->exponents));
}
static PyObject* quantity_of(followed* of, const daypack_record* record, int64_t quantity) {
    if (quantity == 0) return Py_NewRef(native_zero);
    return native_cache_get(&of->quantities, quantity, daypack_quantity_exponent(record->exponents));
}
static double seconds_of_us(int64_t us) {
    return (double)us / 1e6;
}
double items_seconds(int64_t ns) {
    return (double)ns / 1e9;
}
PyObject* items_time(int64_t us) {
    return us == 0 ? Py_NewRef(Py_None) : PyFloat_FromDouble(seconds_of_us(us));
}
/* Makes a tuple of `count` new references, of which any may be NULL: then all are given back. */
PyObject* items_tuple(Py_ssize_t count, PyObject** fields) {
    PyObject* tuple = PyTuple_New(count);
    for (Py_ssize_t i = 0; i < count; ++i) {
        if (fields[i] == NULL) Py_CLEAR(tuple);
        if (tuple != NULL) {
            PyTuple_SetItem(tuple, i, fields[i]);
        } else {
            Py_XDECREF(fields[i]);
        }
    }
    return tuple;
}

/* {BID: [(price, size), ...], ASK: [...]}: what changed, in the order of the update; size 0 deletes. */
static PyObject* delta_of(stream_object* self, followed* of, const daypack_record* record) {
    PyObject* lists[2] = {PyList_New(0), PyList_New(0)};
    PyObject* delta = PyDict_New();
    int failed = lists[0] == NULL || lists[1] == NULL || delta == NULL;
    for (uint32_t i = 0; !failed && i < of->market.change_count; ++i) {
        const market_change* change = &of->market.changes[i];
        PyObject* fields[2] = {price_of(of, record, change->price), quantity_of(of, record, change->quantity)};
        PyObject* pair = items_tuple(2, fields);
        failed = pair == NULL || PyList_Append(lists[change->side], pair) != 0;
        Py_XDECREF(pair);
    }
    if (!failed) {
        failed = PyDict_SetItem(delta, self->bid, lists[DAYPACK_SIDE_BID]) != 0 ||
                 PyDict_SetItem(delta, self->ask, lists[DAYPACK_SIDE_ASK]) != 0;
    }
    Py_XDECREF(lists[0]);
    Py_XDECREF(lists[1]);
    if (failed) Py_CLEAR(delta);
    return delta;
}
/* ("update", market, delta, u, timestamp, receipt timestamp) */
PyObject* items_update(stream_object* self, int number, const daypack_record* record) {
    PyObject* fields[] = {Py_NewRef(kinds[1]),
                          PyLong_FromLong(number),
                          delta_of(self, self->markets[number], record),
                          PyLong_FromUnsignedLongLong(record->last_id),
                          items_time(record->venue_match_us),
                          PyFloat_FromDouble(items_seconds(record->receive_ns))};
    return items_tuple(6, fields);
}
static PyObject* text_of_number(uint64_t number) {
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    return PyUnicode_FromString(text);
}
/* ("trade", market, side of the aggressor, amount, price, id, timestamp, receipt timestamp) */
PyObject* items_trade(stream_object* self, int number, const daypack_record* record) {
    followed* of = self->markets[number];
    PyObject* fields[] = {Py_NewRef(kinds[3]),
                          PyLong_FromLong(number),
                          Py_NewRef(daypack_record_side(record) == DAYPACK_SIDE_BID ? self->buy : self->sell),
                          quantity_of(of, record, record->quantity),
                          price_of(of, record, record->price),
                          text_of_number(record->first_id),
                          PyFloat_FromDouble(seconds_of_us(record->venue_match_us)),
                          PyFloat_FromDouble(items_seconds(record->receive_ns))};
    return items_tuple(8, fields);
}
/* ("top", market, bid price, bid size, ask price, ask size, timestamp, receipt timestamp) */
PyObject* items_top(stream_object* self, int number, const daypack_record* record) {
    followed* of = self->markets[number];
    PyObject* fields[] = {Py_NewRef(kinds[4]),
                          PyLong_FromLong(number),
                          price_of(of, record, record->price),
                          quantity_of(of, record, record->quantity),
                          price_of(of, record, record->price2),
                          quantity_of(of, record, record->quantity2),
                          PyFloat_FromDouble(seconds_of_us(record->venue_match_us)),
                          PyFloat_FromDouble(items_seconds(record->receive_ns))};
    return items_tuple(8, fields);
}
/* (kind, market, price, price2, quantity, quantity2, side, id_a, timestamp, receipt timestamp) */
PyObject* items_figure(stream_object* self, int number, const daypack_record* record) {
    const int64_t us = record->venue_match_us != 0 ? record->venue_match_us : record->venue_send_us;
    const uint64_t exponents = record->exponents;
    PyObject* fields[] = {Py_NewRef(kinds[daypack_record_kind(record)]),
                          PyLong_FromLong(number),
                          native_decimal_of(record->price, daypack_exponent(exponents, 0)),
                          native_decimal_of(record->price2, daypack_exponent(exponents, 2)),
                          native_decimal_of(record->quantity, daypack_exponent(exponents, 1)),
                          native_decimal_of(record->quantity2, daypack_exponent(exponents, 3)),
                          Py_NewRef(daypack_record_side(record) == DAYPACK_SIDE_BID ? self->buy : self->sell),
                          PyLong_FromUnsignedLongLong(record->id_a),
                          PyFloat_FromDouble(us != 0 ? seconds_of_us(us) : items_seconds(record->receive_ns)),
                          PyFloat_FromDouble(items_seconds(record->receive_ns))};
    return items_tuple(10, fields);
}
