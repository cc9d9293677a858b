/* SPDX-License-Identifier: MIT */
/* _shm.Stream: what a feed reads. It groups the ring's records to updates of the markets that were asked for, keeps
 * their books, and makes Python's objects of what changed. It belongs to one thread. */
#include <stream.h>

static int usable(const stream_object* self) {
    if (!self->is_open) PyErr_SetString(PyExc_ValueError, "this stream was closed");
    return self->is_open;
}
static followed* market_of(stream_object* self, PyObject* number) {
    const long at = PyLong_AsLong(number);
    if (at == -1 && PyErr_Occurred()) return NULL;
    if (at >= 0 && at < self->count) return self->markets[at];
    PyErr_SetString(PyExc_IndexError, "no such market was added");
    return NULL;
}

/* Maps the directory to the markets again: for symbols that came, and after another segment was opened. The ring of
 * that goes on where the last one ended, or begins anew where the file was removed by hand: then at its end, so that no
 * record is passed over once books are joined. */
static int index_markets(stream_object* self) {
    const uint32_t symbols = daypack_symbols(&self->reader);
    const int replaced = self->inode != self->reader.inode;
    self->inode = self->reader.inode;
    if (replaced && self->cursor > daypack_cursor(&self->reader)) self->cursor = daypack_cursor(&self->reader);
    if (self->by_index_room < symbols) {
        int* more = realloc(self->by_index, symbols * sizeof *more);
        if (more == NULL) return -1;
        self->by_index = more;
        self->by_index_room = symbols;
    }
    for (uint32_t i = 0; i < self->by_index_room; ++i) self->by_index[i] = -1;
    for (int i = 0; i < self->count; ++i) {
        market_book* market = &self->markets[i]->market;
        if (replaced) market_forget_segment(market);
        if (market->index < 0) market->index = daypack_find(&self->reader, market->name);
        if (market->index >= 0 && (uint32_t)market->index < self->by_index_room) self->by_index[market->index] = i;
    }
    return 0;
}
/* After a call that may have led to another segment. Returns -1 with an exception. */
static int keep_to_segment(stream_object* self) {
    if (self->inode == self->reader.inode || index_markets(self) == 0) return 0;
    PyErr_NoMemory();
    return -1;
}
static void lose_all(stream_object* self) {
    for (int i = 0; i < self->count; ++i) market_lose(&self->markets[i]->market);
}

/* Returns the item that a record makes, None where it makes none, NULL with an exception. */
static PyObject* item_of(stream_object* self, int number, uint64_t at, const daypack_record* record) {
    followed* of = self->markets[number];
    int ends;
    switch (daypack_record_kind(record)) {
        case DAYPACK_KIND_DELTA:
        case DAYPACK_KIND_ADVANCE:
        case DAYPACK_KIND_STATE:
        case DAYPACK_KIND_SNAPSHOT:
            if (!(of->wants & WANTS_BOOK)) break;
            ends = market_take(&of->market, at, record);
            if (ends < 0) return PyErr_NoMemory();
            if (!ends) break;
            PyObject* item = of->market.change_count != 0 ? items_update(self, number, record) : Py_NewRef(Py_None);
            of->market.change_count = 0;
            return item;
        case DAYPACK_KIND_TRADE:
            if (of->wants & WANTS_TRADES) return items_trade(self, number, record);
            break;
        case DAYPACK_KIND_TOP:
            if (of->wants & WANTS_TOP) return items_top(self, number, record);
            break;
        case DAYPACK_KIND_MARK_PRICE:
        case DAYPACK_KIND_FUNDING:
        case DAYPACK_KIND_LIQUIDATION:
        case DAYPACK_KIND_TICKER:
        case DAYPACK_KIND_OPEN_INTEREST:
            if (of->wants & WANTS_FIGURES) return items_figure(self, number, record);
            break;
        default: break;
    }
    Py_RETURN_NONE;
}

/* Reads one record. Returns the item, or None; `*is_over` where there is none. */
static PyObject* next_item(stream_object* self, int* is_over) {
    daypack_record record;
    uint64_t lost = 0;
    const uint64_t at = self->cursor;
    const int result = daypack_read_record(&self->reader, &self->cursor, &record, &lost);
    if (keep_to_segment(self) != 0) return NULL;
    if (result == DAYPACK_EMPTY) {
        *is_over = 1;
        Py_RETURN_NONE;
    }
    if (result == DAYPACK_LOST) {
        self->lost += lost;
        lose_all(self);
        Py_RETURN_NONE;
    }
    if (daypack_record_kind(&record) == DAYPACK_KIND_NONE)
        lose_all(self); /* of a writer that died, of whatever symbol */
    const uint32_t index = daypack_record_symbol(&record);
    if (index >= self->by_index_room && index < daypack_symbols(&self->reader) && index_markets(self) != 0)
        return PyErr_NoMemory();
    const int number = index < self->by_index_room ? self->by_index[index] : -1;
    if (number < 0) Py_RETURN_NONE;
    return item_of(self, number, at, &record);
}

static PyObject* stream_read(PyObject* object, PyObject* args) {
    stream_object* self = (stream_object*)object;
    unsigned long most = 2000;
    int is_over = 0;
    if (!PyArg_ParseTuple(args, "|k", &most) || !usable(self)) return NULL;
    PyObject* items = PyList_New(0);
    while (items != NULL && most-- > 0 && !is_over) {
        PyObject* item = next_item(self, &is_over);
        if (item == NULL || (item != Py_None && PyList_Append(items, item) != 0)) Py_CLEAR(items);
        Py_XDECREF(item);
    }
    return items;
}

/* ---- books ---- */

static PyObject* side_dict(followed* of, unsigned number) {
    const market_side* side = &of->market.sides[number];
    PyObject* levels = PyDict_New();
    for (uint32_t i = side->count; levels != NULL && i-- > 0;) {
        PyObject* price =
            native_cache_get(&of->prices, side->levels[i].price, daypack_price_exponent(of->market.exponents));
        PyObject* size = native_cache_get(&of->quantities, side->levels[i].quantity,
                                          daypack_quantity_exponent(of->market.exponents));
        if (price == NULL || size == NULL || PyDict_SetItem(levels, price, size) != 0) Py_CLEAR(levels);
        Py_XDECREF(price);
        Py_XDECREF(size);
    }
    return levels;
}
/* (bids, asks, u, timestamp, receipt timestamp, is whole) */
static PyObject* snapshot_of(followed* of) {
    PyObject* fields[] = {side_dict(of, DAYPACK_SIDE_BID),
                          side_dict(of, DAYPACK_SIDE_ASK),
                          PyLong_FromUnsignedLongLong(of->market.u),
                          items_time(of->market.venue_match_us),
                          PyFloat_FromDouble(items_seconds(of->market.receive_ns)),
                          PyBool_FromLong(of->market.whole)};
    return items_tuple(6, fields);
}
static PyObject* stream_join(PyObject* object, PyObject* args) {
    stream_object* self = (stream_object*)object;
    PyObject* number;
    int only_whole = 0;
    if (!PyArg_ParseTuple(args, "O|p", &number, &only_whole) || !usable(self)) return NULL;
    followed* of = market_of(self, number);
    if (of == NULL) return NULL;
    const int before = of->market.index;
    const int joined = market_join(&of->market, &self->reader, only_whole);
    if (joined < 0) return PyErr_NoMemory();
    if (keep_to_segment(self) != 0) return NULL;
    if (of->market.index != before && index_markets(self) != 0) return PyErr_NoMemory();
    if (joined == 0 || !of->market.joined) Py_RETURN_NONE;
    return snapshot_of(of);
}
static PyObject* stream_levels(PyObject* object, PyObject* number) {
    stream_object* self = (stream_object*)object;
    if (!usable(self)) return NULL;
    followed* of = market_of(self, number);
    if (of == NULL) return NULL;
    if (!of->market.joined) Py_RETURN_NONE;
    return snapshot_of(of);
}
/* The numbers of the markets whose book is missing, and of those that are cut where an image may make them whole. */
static PyObject* stream_missing(PyObject* object, PyObject* unused) {
    stream_object* self = (stream_object*)object;
    PyObject* lists[2] = {PyList_New(0), PyList_New(0)};
    (void)unused;
    for (int i = 0; i < self->count && lists[0] != NULL && lists[1] != NULL; ++i) {
        const followed* of = self->markets[i];
        if (!(of->wants & WANTS_BOOK)) continue;
        const int is_missing = !of->market.joined || of->market.thin;
        if (!is_missing && (of->market.whole || of->market.is_of_image || !daypack_has_images(&self->reader))) continue;
        PyObject* number = PyLong_FromLong(i);
        if (number == NULL || PyList_Append(lists[is_missing ? 0 : 1], number) != 0) Py_CLEAR(lists[0]);
        Py_XDECREF(number);
    }
    return items_tuple(2, lists);
}

/* ---- life ---- */

static PyObject* stream_add(PyObject* object, PyObject* args) {
    stream_object* self = (stream_object*)object;
    const char* name;
    unsigned wants;
    unsigned long max_depth = 0;
    if (!PyArg_ParseTuple(args, "sI|k", &name, &wants, &max_depth) || !usable(self)) return NULL;
    if (strlen(name) >= DAYPACK_NAME_BYTES) return PyErr_Format(PyExc_ValueError, "%s is too long for a symbol", name);
    followed** more = realloc(self->markets, (size_t)(self->count + 1) * sizeof *more);
    if (more == NULL) return PyErr_NoMemory();
    self->markets = more;
    followed* of = calloc(1, sizeof *of);
    if (of == NULL) return PyErr_NoMemory();
    snprintf(of->market.name, sizeof of->market.name, "%s", name);
    of->market.index = -1;
    of->market.max_depth = (uint32_t)max_depth;
    of->wants = wants;
    self->markets[self->count++] = of;
    if (index_markets(self) != 0) return PyErr_NoMemory();
    return PyLong_FromLong(self->count - 1);
}
static PyObject* stream_listed(PyObject* object, PyObject* number) {
    stream_object* self = (stream_object*)object;
    if (!usable(self)) return NULL;
    followed* of = market_of(self, number);
    if (of == NULL) return NULL;
    if (of->market.index < 0 && index_markets(self) != 0) return PyErr_NoMemory();
    return PyBool_FromLong(of->market.index >= 0);
}
static PyObject* stream_fresh(PyObject* object, PyObject* unused) {
    stream_object* self = (stream_object*)object;
    (void)unused;
    if (!usable(self)) return NULL;
    daypack_follow(&self->reader);
    if (keep_to_segment(self) != 0) return NULL;
    return PyBool_FromLong(daypack_beat_is_fresh(&self->reader));
}
static void close_stream(stream_object* self) {
    if (self->is_open) daypack_close(&self->reader);
    self->is_open = 0;
    for (int i = 0; i < self->count; ++i) {
        native_cache_clear(&self->markets[i]->prices);
        native_cache_clear(&self->markets[i]->quantities);
        market_free(&self->markets[i]->market);
        free(self->markets[i]);
    }
    free(self->markets);
    free(self->by_index);
    self->markets = NULL;
    self->by_index = NULL;
    self->count = 0;
    self->by_index_room = 0;
}
static PyObject* stream_close(PyObject* object, PyObject* unused) {
    (void)unused;
    close_stream((stream_object*)object);
    Py_RETURN_NONE;
}
static int stream_init(PyObject* object, PyObject* args, PyObject* kwargs) {
    static char* keywords[] = {"instance", "owner", "bid", "ask", "buy", "sell", NULL};
    stream_object* self = (stream_object*)object;
    const char *instance, *owner = NULL, *bid = "bid", *ask = "ask", *buy = "buy", *sell = "sell";
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s|zssss", keywords, &instance, &owner, &bid, &ask, &buy, &sell))
        return -1;
    if (self->is_open || self->bid != NULL) {
        PyErr_SetString(PyExc_RuntimeError, "a stream is opened once");
        return -1;
    }
    if (native_open(&self->reader, instance, owner) != 0) return -1;
    self->is_open = 1;
    self->inode = self->reader.inode;
    self->cursor = daypack_cursor(&self->reader);
    self->bid = PyUnicode_InternFromString(bid);
    self->ask = PyUnicode_InternFromString(ask);
    self->buy = PyUnicode_InternFromString(buy);
    self->sell = PyUnicode_InternFromString(sell);
    return self->bid != NULL && self->ask != NULL && self->buy != NULL && self->sell != NULL ? 0 : -1;
}
static void stream_dealloc(PyObject* object) {
    stream_object* self = (stream_object*)object;
    PyTypeObject* type = Py_TYPE(object);
    close_stream(self);
    Py_XDECREF(self->bid);
    Py_XDECREF(self->ask);
    Py_XDECREF(self->buy);
    Py_XDECREF(self->sell);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(object);
    Py_DECREF(type);
}
static PyObject* get_cursor(PyObject* object, void* unused) {
    (void)unused;
    return PyLong_FromUnsignedLongLong(((stream_object*)object)->cursor);
}
static PyObject* get_lost(PyObject* object, void* unused) {
    (void)unused;
    return PyLong_FromUnsignedLongLong(((stream_object*)object)->lost);
}
static PyObject* get_has_news(PyObject* object, void* unused) {
    const stream_object* self = (stream_object*)object;
    (void)unused;
    return PyBool_FromLong(self->is_open && daypack_has_news(&self->reader, self->cursor));
}
static PyObject* get_has_images(PyObject* object, void* unused) {
    const stream_object* self = (stream_object*)object;
    (void)unused;
    return PyBool_FromLong(self->is_open && daypack_has_images(&self->reader));
}

static PyGetSetDef stream_getters[] = {
    {"cursor", get_cursor, NULL, "place in the ring up to which it was read", NULL},
    {"lost", get_lost, NULL, "records that were written over before they were read", NULL},
    {"has_news", get_has_news, NULL, "True where the ring has something that was not read", NULL},
    {"has_images", get_has_images, NULL, "True where the engine leaves images of whole books", NULL},
    {NULL, NULL, NULL, NULL, NULL}};
static PyMethodDef stream_methods[] = {
    {"add", stream_add, METH_VARARGS, "add(symbol, wants, max_depth=0) -> number of the market"},
    {"read", stream_read, METH_VARARGS, "read(most=2000) -> items of as many records at most"},
    {"join", stream_join, METH_VARARGS, "join(number, only_whole=False) -> the book as it is now, or None"},
    {"levels", stream_levels, METH_O, "levels(number) -> the book as it was followed, or None"},
    {"missing", stream_missing, METH_NOARGS, "missing() -> (markets without a right book, markets whose book is cut)"},
    {"listed", stream_listed, METH_O, "listed(number) -> True where the engine has that market"},
    {"fresh", stream_fresh, METH_NOARGS, "fresh() -> True while the engine's beat is fresh"},
    {"close", stream_close, METH_NOARGS, "close() gives the mapping and the books back"},
    {NULL, NULL, 0, NULL}};
static PyType_Slot stream_slots[] = {{Py_tp_init, stream_init},       {Py_tp_new, PyType_GenericNew},
                                     {Py_tp_dealloc, stream_dealloc}, {Py_tp_methods, stream_methods},
                                     {Py_tp_getset, stream_getters},  {0, NULL}};
static PyType_Spec stream_spec = {"daypack._shm.Stream", sizeof(stream_object), 0, Py_TPFLAGS_DEFAULT, stream_slots};

int native_add_stream(PyObject* module) {
    if (items_begin() != 0) return -1;
    PyObject* type = PyType_FromSpec(&stream_spec);
    if (type == NULL || PyModule_AddObjectRef(module, "Stream", type) != 0) return -1;
    if (PyModule_AddIntConstant(module, "WANTS_BOOK", WANTS_BOOK) != 0) return -1;
    if (PyModule_AddIntConstant(module, "WANTS_TRADES", WANTS_TRADES) != 0) return -1;
    if (PyModule_AddIntConstant(module, "WANTS_TOP", WANTS_TOP) != 0) return -1;
    return PyModule_AddIntConstant(module, "WANTS_FIGURES", WANTS_FIGURES);
}
