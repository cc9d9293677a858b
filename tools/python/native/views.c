/* SPDX-License-Identifier: MIT */
/* What the reads return. An object holds the numbers as they lay in the segment, and makes Python's of them where they
 * are asked for: a read costs no more than the copy. */
#include <math.h>
#include <native.h>

typedef struct top_object {
    PyObject_HEAD daypack_top top;
} top_object;

typedef struct book_object {
    PyObject_HEAD daypack_book book;
    daypack_level* levels; /* the bids, then the asks */
} book_object;

/* One side of a book, for memoryview and numpy: rows of price and quantity. */
typedef struct side_object {
    PyObject_HEAD book_object* book;
    daypack_level* levels;
    Py_ssize_t shape[2];
    Py_ssize_t strides[2];
} side_object;

static PyTypeObject *top_type, *book_type, *side_type, *event_type;

/* ---- the best bid and offer, of both types ---- */

static const daypack_top* top_of(PyObject* self) {
    if (Py_TYPE(self) == book_type) return &((book_object*)self)->book.top;
    return &((top_object*)self)->top;
}
static PyObject* get_state(PyObject* self, void* unused) {
    (void)unused;
    return PyUnicode_FromString(daypack_state_name(top_of(self)->state));
}
static PyObject* get_reason(PyObject* self, void* unused) {
    (void)unused;
    return PyUnicode_FromString(daypack_reason_name(top_of(self)->reason));
}
static PyObject* get_live(PyObject* self, void* unused) {
    (void)unused;
    return PyBool_FromLong(top_of(self)->state == DAYPACK_STATE_LIVE);
}

enum { BID_PRICE, BID_QUANTITY, ASK_PRICE, ASK_QUANTITY };
static int64_t mantissa_of(const daypack_top* top, int which, int* exponent) {
    *exponent = which == BID_PRICE || which == ASK_PRICE ? top->price_exponent : top->quantity_exponent;
    switch (which) {
        case BID_PRICE: return top->bid_price;
        case BID_QUANTITY: return top->bid_quantity;
        case ASK_PRICE: return top->ask_price;
        default: return top->ask_quantity;
    }
}
static int is_there(const daypack_top* top, int which) {
    return (which == BID_PRICE || which == BID_QUANTITY ? top->bid_quantity : top->ask_quantity) != 0;
}
static PyObject* get_decimal(PyObject* self, void* which) {
    int exponent;
    const int64_t mantissa = mantissa_of(top_of(self), (int)(intptr_t)which, &exponent);
    if (!is_there(top_of(self), (int)(intptr_t)which)) Py_RETURN_NONE;
    return native_decimal_of(mantissa, exponent);
}
static PyObject* get_float(PyObject* self, void* which) {
    int exponent;
    const int64_t mantissa = mantissa_of(top_of(self), (int)(intptr_t)which, &exponent);
    return PyFloat_FromDouble(is_there(top_of(self), (int)(intptr_t)which) ? native_double_of(mantissa, exponent)
                                                                           : NAN);
}
static PyObject* get_u(PyObject* self, void* unused) {
    (void)unused;
    return PyLong_FromUnsignedLongLong(top_of(self)->u);
}
static PyObject* get_flags(PyObject* self, void* unused) {
    (void)unused;
    return PyLong_FromLong(top_of(self)->flags);
}
static PyObject* get_epoch(PyObject* self, void* unused) {
    (void)unused;
    return PyLong_FromUnsignedLong(top_of(self)->epoch);
}
static PyObject* get_publish_ns(PyObject* self, void* unused) {
    (void)unused;
    return PyLong_FromLongLong(top_of(self)->publish_ns);
}
static PyObject* get_exponents(PyObject* self, void* unused) {
    (void)unused;
    return Py_BuildValue("(ii)", top_of(self)->price_exponent, top_of(self)->quantity_exponent);
}
static PyObject* get_mantissas(PyObject* self, void* unused) {
    const daypack_top* top = top_of(self);
    (void)unused;
    return Py_BuildValue("(LLLL)", (long long)top->bid_price, (long long)top->bid_quantity, (long long)top->ask_price,
                         (long long)top->ask_quantity);
}

#define TOP_GETTERS                                                                                                 \
    {"state", get_state, NULL, "'LIVE' and others; only LIVE is tradable", NULL},                                   \
        {"reason", get_reason, NULL, "why it is in that state, 'none' of a LIVE one", NULL},                        \
        {"live", get_live, NULL, "True where the state is LIVE", NULL},                                             \
        {"u", get_u, NULL, "the venue's id of the last update in it", NULL},                                        \
        {"flags", get_flags, NULL, "DAYPACK_FLAG_... bits: 1 unconfirmed, 2 behind, 4 crossed, 8 partial", NULL},   \
        {"epoch", get_epoch, NULL, "of the engine that published it; each start raises it", NULL},                  \
        {"publish_ns", get_publish_ns, NULL, "ns since the Unix epoch, of this machine", NULL},                     \
        {"exponents", get_exponents, NULL, "(of prices, of quantities)", NULL},                                     \
        {"mantissas", get_mantissas, NULL, "(bid price, bid quantity, ask price, ask quantity), times 10^exponent", \
         NULL},                                                                                                     \
        {"bid_price", get_decimal, NULL, "Decimal; None: there is no bid", (void*)BID_PRICE},                       \
        {"bid_quantity", get_decimal, NULL, "Decimal; None: there is no bid", (void*)BID_QUANTITY},                 \
        {"ask_price", get_decimal, NULL, "Decimal; None: there is no ask", (void*)ASK_PRICE},                       \
        {"ask_quantity", get_decimal, NULL, "Decimal; None: there is no ask", (void*)ASK_QUANTITY},                 \
        {"bid", get_float, NULL, "the best bid as a float; nan: there is none", (void*)BID_PRICE},                  \
        {"ask", get_float, NULL, "the best ask as a float; nan: there is none", (void*)ASK_PRICE},                  \
        {"bid_size", get_float, NULL, "its quantity as a float", (void*)BID_QUANTITY}, {                            \
        "ask_size", get_float, NULL, "its quantity as a float", (void*)ASK_QUANTITY                                 \
    }

static PyObject* top_repr(PyObject* self) {
    const daypack_top* top = top_of(self);
    PyObject* bid = get_decimal(self, (void*)BID_PRICE);
    PyObject* ask = get_decimal(self, (void*)ASK_PRICE);
    PyObject* text = NULL;
    if (bid != NULL && ask != NULL) {
        text = PyUnicode_FromFormat("<daypack.%s %s/%s u=%llu bid=%S ask=%S>",
                                    Py_TYPE(self) == book_type ? "Book" : "Top", daypack_state_name(top->state),
                                    daypack_reason_name(top->reason), (unsigned long long)top->u, bid, ask);
    }
    Py_XDECREF(bid);
    Py_XDECREF(ask);
    return text;
}
static void top_dealloc(PyObject* self) {
    PyTypeObject* type = Py_TYPE(self);
    PyObject_Free(self);
    Py_DECREF(type);
}
PyObject* native_new_top(const daypack_top* top) {
    top_object* self = PyObject_New(top_object, top_type);
    if (self != NULL) self->top = *top;
    return (PyObject*)self;
}

static PyGetSetDef top_getters[] = {TOP_GETTERS, {NULL, NULL, NULL, NULL, NULL}};
static PyType_Slot top_slots[] = {{Py_tp_dealloc, top_dealloc},
                                  {Py_tp_getset, top_getters},
                                  {Py_tp_repr, top_repr},
                                  {Py_tp_doc, "The best bid and offer of a symbol at one moment."},
                                  {0, NULL}};
static PyType_Spec top_spec = {"daypack.Top", sizeof(top_object), 0,
                               Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, top_slots};

/* ---- a book ---- */

static PyObject* pairs_of(book_object* self, const daypack_level* levels, uint32_t count) {
    const uint64_t exponents =
        (uint64_t)(uint8_t)self->book.top.price_exponent | (uint64_t)(uint8_t)self->book.top.quantity_exponent << 8;
    PyObject* list = PyList_New(count);
    uint32_t i;
    for (i = 0; list != NULL && i < count; ++i) {
        PyObject* pair = native_pair_of(levels + i, exponents);
        if (pair == NULL) {
            Py_CLEAR(list);
        } else {
            PyList_SetItem(list, i, pair);
        }
    }
    return list;
}
static PyObject* get_bids(PyObject* self, void* unused) {
    book_object* book = (book_object*)self;
    (void)unused;
    return pairs_of(book, book->levels, book->book.bids);
}
static PyObject* get_asks(PyObject* self, void* unused) {
    book_object* book = (book_object*)self;
    (void)unused;
    return pairs_of(book, book->levels + book->book.bids, book->book.asks);
}
static PyObject* get_side(PyObject* self, void* is_ask) {
    book_object* book = (book_object*)self;
    side_object* side = PyObject_New(side_object, side_type);
    if (side == NULL) return NULL;
    side->book = (book_object*)Py_NewRef(self);
    side->levels = book->levels + (is_ask != NULL ? book->book.bids : 0);
    side->shape[0] = is_ask != NULL ? book->book.asks : book->book.bids;
    side->shape[1] = 2;
    side->strides[0] = sizeof(daypack_level);
    side->strides[1] = 8;
    PyObject* view = PyMemoryView_FromObject((PyObject*)side);
    Py_DECREF(side);
    return view;
}
static PyObject* get_time(PyObject* self, void* which) {
    const daypack_book* book = &((book_object*)self)->book;
    switch ((int)(intptr_t)which) {
        case 0: return PyLong_FromLongLong(book->venue_match_us);
        case 1: return PyLong_FromLongLong(book->venue_send_us);
        default: return PyLong_FromLongLong(book->receive_ns);
    }
}
static PyObject* get_known_to(PyObject* self, void* unused) {
    const daypack_book* book = &((book_object*)self)->book;
    PyObject* bid =
        book->known_to_bid != 0 ? native_decimal_of(book->known_to_bid, book->top.price_exponent) : Py_NewRef(Py_None);
    PyObject* ask =
        book->known_to_ask != 0 ? native_decimal_of(book->known_to_ask, book->top.price_exponent) : Py_NewRef(Py_None);
    PyObject* both = bid != NULL && ask != NULL ? PyTuple_Pack(2, bid, ask) : NULL;
    (void)unused;
    Py_XDECREF(bid);
    Py_XDECREF(ask);
    return both;
}
static PyObject* book_numpy(PyObject* self, PyObject* unused) {
    PyObject* numpy = PyImport_ImportModule("numpy");
    PyObject *bids = NULL, *asks = NULL, *both = NULL;
    (void)unused;
    if (numpy == NULL) return NULL;
    PyObject* views[2] = {get_side(self, NULL), get_side(self, (void*)1)};
    if (views[0] != NULL && views[1] != NULL) {
        bids = PyObject_CallMethod(numpy, "asarray", "O", views[0]);
        asks = PyObject_CallMethod(numpy, "asarray", "O", views[1]);
        if (bids != NULL && asks != NULL) both = PyTuple_Pack(2, bids, asks);
    }
    Py_XDECREF(bids);
    Py_XDECREF(asks);
    Py_XDECREF(views[0]);
    Py_XDECREF(views[1]);
    Py_DECREF(numpy);
    return both;
}
static void book_dealloc(PyObject* self) {
    PyMem_Free(((book_object*)self)->levels);
    top_dealloc(self);
}
PyObject* native_new_book(const daypack_book* book, daypack_level* levels) {
    book_object* self = PyObject_New(book_object, book_type);
    if (self == NULL) {
        PyMem_Free(levels);
        return NULL;
    }
    self->book = *book;
    self->levels = levels;
    return (PyObject*)self;
}

static PyGetSetDef book_getters[] = {
    TOP_GETTERS,
    {"bids", get_bids, NULL, "[(price, quantity), ...] in Decimals, best first", NULL},
    {"asks", get_asks, NULL, "[(price, quantity), ...] in Decimals, best first", NULL},
    {"bid_levels", get_side, NULL, "memoryview of int64 rows (price, quantity), times 10^exponent; nothing is copied",
     NULL},
    {"ask_levels", get_side, NULL, "memoryview of int64 rows (price, quantity), times 10^exponent; nothing is copied",
     (void*)1},
    {"known_to", get_known_to, NULL, "(bid, ask): no level beyond is known; None: the whole side is", NULL},
    {"venue_match_us", get_time, NULL, "venue's clock, us since the Unix epoch; 0: it sent none", (void*)0},
    {"venue_send_us", get_time, NULL, "venue's clock, us since the Unix epoch; 0: it sent none", (void*)1},
    {"receive_ns", get_time, NULL, "this machine's clock, ns since the Unix epoch", (void*)2},
    {NULL, NULL, NULL, NULL, NULL}};
static PyMethodDef book_methods[] = {
    {"numpy", book_numpy, METH_NOARGS,
     "numpy() -> (bids, asks), arrays of int64 of shape (n, 2) over this book's own memory"},
    {NULL, NULL, 0, NULL}};
static PyType_Slot book_slots[] = {{Py_tp_dealloc, book_dealloc},
                                   {Py_tp_getset, book_getters},
                                   {Py_tp_methods, book_methods},
                                   {Py_tp_repr, top_repr},
                                   {Py_tp_doc, "The book of a symbol at one moment, all at the same u."},
                                   {0, NULL}};
static PyType_Spec book_spec = {"daypack.Book", sizeof(book_object), 0,
                                Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, book_slots};

static int side_getbuffer(PyObject* object, Py_buffer* view, int flags) {
    side_object* self = (side_object*)object;
    if (flags & PyBUF_WRITABLE) {
        PyErr_SetString(PyExc_BufferError, "a book is read-only");
        view->obj = NULL;
        return -1;
    }
    view->obj = Py_NewRef(object);
    view->buf = self->levels;
    view->len = self->shape[0] * (Py_ssize_t)sizeof(daypack_level);
    view->readonly = 1;
    view->itemsize = 8;
    view->format = "q";
    view->ndim = 2;
    view->shape = self->shape;
    view->strides = self->strides;
    view->suboffsets = NULL;
    view->internal = NULL;
    return 0;
}
static void side_dealloc(PyObject* self) {
    Py_DECREF(((side_object*)self)->book);
    top_dealloc(self);
}
static PyType_Slot side_slots[] = {{Py_tp_dealloc, side_dealloc}, {Py_bf_getbuffer, side_getbuffer}, {0, NULL}};
static PyType_Spec side_spec = {"daypack._shm.Side", sizeof(side_object), 0,
                                Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, side_slots};

/* ---- a record of the ring ---- */

static PyStructSequence_Field event_fields[] = {
    {"kind", "'DELTA', 'TRADE', 'TOP', 'STATE', 'SNAPSHOT' and the other names of <daypack/shm.h>"},
    {"symbol", "normalised: BTC-USDC"},
    {"side", "'bid' or 'ask'; of a trade the aggressor's: 'bid' bought"},
    {"price", "mantissa; times 10^price_exponent"},
    {"quantity", "mantissa; times 10^quantity_exponent; 0 deletes the level of a DELTA"},
    {"price2", "of the ask of a TOP; the index price of a MARK_PRICE"},
    {"quantity2", "of the ask of a TOP"},
    {"price_exponent", NULL},
    {"quantity_exponent", NULL},
    {"first_id", "U of an update, or the id of a trade"},
    {"last_id", "u of an update"},
    {"last", "True at the last record of an update: before it, none of the update counts"},
    {"venue_match_us", "venue's clock, us since the Unix epoch"},
    {"receive_ns", "this machine's clock, ns since the Unix epoch"},
    {"publish_ns", "this machine's clock, ns since the Unix epoch"},
    {"state", "of the symbol when the record was written"},
    {"reason", "of that state"},
    {"id_a", "see <daypack/shm.h>"},
    {NULL, NULL}};
static PyStructSequence_Desc event_description = {"daypack.Event", "One record of the ring.", event_fields, 18};

static PyObject* interned(PyObject** names, const char* name) {
    if (*names == NULL) *names = PyUnicode_InternFromString(name);
    return Py_XNewRef(*names);
}

PyObject* native_new_event(const daypack_record* record, PyObject* symbol) {
    static PyObject *kinds[256], *states[256], *reasons[256], *sides[2];
    const unsigned kind = daypack_record_kind(record), side = daypack_record_side(record) & 1;
    const daypack_status status = daypack_record_status(record);
    PyObject* event = PyStructSequence_New(event_type);
    int i;
    if (event == NULL) return NULL;
    PyObject* fields[18] = {
        interned(&kinds[kind], daypack_kind_name(kind)),
        Py_NewRef(symbol),
        interned(&sides[side], side == DAYPACK_SIDE_BID ? "bid" : "ask"),
        PyLong_FromLongLong(record->price),
        PyLong_FromLongLong(record->quantity),
        PyLong_FromLongLong(record->price2),
        PyLong_FromLongLong(record->quantity2),
        PyLong_FromLong(daypack_price_exponent(record->exponents)),
        PyLong_FromLong(daypack_quantity_exponent(record->exponents)),
        PyLong_FromUnsignedLongLong(record->first_id),
        PyLong_FromUnsignedLongLong(record->last_id),
        PyBool_FromLong((long)daypack_record_last(record)),
        PyLong_FromLongLong(record->venue_match_us),
        PyLong_FromLongLong(record->receive_ns),
        PyLong_FromLongLong(record->publish_ns),
        interned(&states[status.state], daypack_state_name(status.state)),
        interned(&reasons[status.reason], daypack_reason_name(status.reason)),
        PyLong_FromUnsignedLongLong(record->id_a),
    };
    for (i = 0; i < 18; ++i) {
        if (fields[i] == NULL) Py_CLEAR(event);
        if (event != NULL) {
            PyStructSequence_SetItem(event, i, fields[i]);
        } else {
            Py_XDECREF(fields[i]);
        }
    }
    return event;
}

int native_add_views(PyObject* module) {
    top_type = (PyTypeObject*)PyType_FromSpec(&top_spec);
    book_type = (PyTypeObject*)PyType_FromSpec(&book_spec);
    side_type = (PyTypeObject*)PyType_FromSpec(&side_spec);
    event_type = PyStructSequence_NewType(&event_description);
    if (top_type == NULL || book_type == NULL || side_type == NULL || event_type == NULL) return -1;
    if (PyModule_AddObjectRef(module, "Top", (PyObject*)top_type) != 0) return -1;
    if (PyModule_AddObjectRef(module, "Book", (PyObject*)book_type) != 0) return -1;
    return PyModule_AddObjectRef(module, "Event", (PyObject*)event_type);
}
