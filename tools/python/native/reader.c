/* SPDX-License-Identifier: MIT */
/* _shm.Reader: the reads of <daypack/shm.h>. It belongs to one thread at a time; wait() lets other threads run, and
 * whoever uses the same reader meanwhile is refused. */
#include <native.h>

typedef struct reader_object {
    PyObject_HEAD daypack_reader reader;
    int is_open;
    int is_waiting;
    uint64_t inode;    /* of the segment that the names are of */
    PyObject* names;   /* list: index -> normalised name */
    PyObject* indices; /* dict: name of either kind -> index */
} reader_object;

static int usable(reader_object* self) {
    if (!self->is_open) {
        PyErr_SetString(PyExc_ValueError, "this reader was closed");
        return 0;
    }
    if (self->is_waiting) {
        PyErr_SetString(PyExc_RuntimeError, "another thread waits with this reader: give each thread its own");
        return 0;
    }
    return 1;
}

/* Takes in the symbols that the directory has by now. Returns -1 with an exception. */
static int learn_names(reader_object* self) {
    if (self->inode != self->reader.inode) {
        self->inode = self->reader.inode;
        PyDict_Clear(self->indices);
        if (PyList_SetSlice(self->names, 0, PyList_Size(self->names), NULL) != 0) return -1;
    }
    uint32_t count = daypack_symbols(&self->reader);
    for (uint32_t i = (uint32_t)PyList_Size(self->names); i < count; ++i) {
        daypack_entry entry;
        daypack_read_entry(&self->reader, i, &entry);
        PyObject* name = PyUnicode_DecodeUTF8(entry.symbol, (Py_ssize_t)strlen(entry.symbol), "backslashreplace");
        PyObject* native = PyUnicode_DecodeUTF8(entry.native, (Py_ssize_t)strlen(entry.native), "backslashreplace");
        PyObject* index = PyLong_FromUnsignedLong(i);
        int failed = name == NULL || native == NULL || index == NULL ||
                     PyDict_SetItem(self->indices, native, index) != 0 ||
                     PyDict_SetItem(self->indices, name, index) != 0 || PyList_Append(self->names, name) != 0;
        Py_XDECREF(name);
        Py_XDECREF(native);
        Py_XDECREF(index);
        if (failed) return -1;
    }
    return 0;
}

/* Returns the index of a symbol, or -1 with an exception. */
static int index_of(reader_object* self, PyObject* symbol) {
    if (self->inode != self->reader.inode && learn_names(self) != 0) return -1;
    PyObject* index = PyDict_GetItemWithError(self->indices, symbol);
    if (index == NULL && !PyErr_Occurred()) {
        daypack_follow(&self->reader);
        if (learn_names(self) != 0) return -1;
        index = PyDict_GetItemWithError(self->indices, symbol);
    }
    if (index != NULL) return (int)PyLong_AsLong(index);
    if (!PyErr_Occurred())
        PyErr_Format(PyExc_KeyError, "%S is not listed by this engine; symbols() lists what is", symbol);
    return -1;
}

static int reader_init(PyObject* object, PyObject* args, PyObject* kwargs) {
    static char* keywords[] = {"instance", "owner", NULL};
    reader_object* self = (reader_object*)object;
    const char *instance = NULL, *owner = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|zz", keywords, &instance, &owner)) return -1;
    if (instance == NULL) instance = getenv("DAYPACK_INSTANCE");
    if (instance == NULL || instance[0] == '\0') instance = "default";
    if (self->names != NULL) {
        PyErr_SetString(PyExc_RuntimeError, "a reader is opened once");
        return -1;
    }
    self->indices = PyDict_New();
    if (self->indices == NULL || (self->names = PyList_New(0)) == NULL) return -1;
    if (native_open(&self->reader, instance, owner) != 0) return -1;
    self->is_open = 1;
    return learn_names(self);
}
static PyObject* reader_close(PyObject* object, PyObject* unused) {
    reader_object* self = (reader_object*)object;
    (void)unused;
    if (self->is_waiting && !usable(self)) return NULL;
    if (self->is_open) daypack_close(&self->reader);
    self->is_open = 0;
    Py_RETURN_NONE;
}
static void reader_dealloc(PyObject* object) {
    reader_object* self = (reader_object*)object;
    PyTypeObject* type = Py_TYPE(object);
    if (self->is_open) daypack_close(&self->reader);
    Py_XDECREF(self->names);
    Py_XDECREF(self->indices);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(object);
    Py_DECREF(type);
}

static PyObject* reader_symbols(PyObject* object, PyObject* unused) {
    reader_object* self = (reader_object*)object;
    (void)unused;
    if (!usable(self)) return NULL;
    daypack_follow(&self->reader);
    if (learn_names(self) != 0) return NULL;
    return PyList_GetSlice(self->names, 0, PyList_Size(self->names));
}
static PyObject* reader_native(PyObject* object, PyObject* symbol) {
    reader_object* self = (reader_object*)object;
    daypack_entry entry;
    int index;
    if (!usable(self) || (index = index_of(self, symbol)) < 0) return NULL;
    daypack_read_entry(&self->reader, (uint32_t)index, &entry);
    return PyUnicode_DecodeUTF8(entry.native, (Py_ssize_t)strlen(entry.native), "backslashreplace");
}

/* The writer is faster for a moment only: a slot is written in microseconds. */
#define READ_UNTIL_RIGHT(result, call)                    \
    do {                                                  \
        int attempts = 1000;                              \
        do result = (call);                               \
        while (result == DAYPACK_BUSY && --attempts > 0); \
    } while (0)

/* Returns 1 where a read led to another segment: an index that was asked for before it may be another symbol's there,
 * since a segment that was removed by hand is followed by one with an order of its own. */
static int was_replaced(const reader_object* self) {
    return self->inode != self->reader.inode;
}

static PyObject* reader_top(PyObject* object, PyObject* symbol) {
    reader_object* self = (reader_object*)object;
    daypack_top top;
    int index, result;
    if (!usable(self)) return NULL;
    do {
        if ((index = index_of(self, symbol)) < 0) return NULL;
        READ_UNTIL_RIGHT(result, daypack_read_top(&self->reader, index, &top));
    } while (was_replaced(self));
    if (result != DAYPACK_OK) return native_fail(&self->reader, result);
    return native_new_top(&top);
}

static PyObject* reader_book(PyObject* object, PyObject* args, PyObject* kwargs) {
    static char* keywords[] = {"symbol", "levels", NULL};
    reader_object* self = (reader_object*)object;
    PyObject* symbol;
    unsigned long wanted = 0;
    daypack_book book;
    daypack_level* sides = NULL;
    uint32_t levels;
    int index, result;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|k", keywords, &symbol, &wanted) || !usable(self)) return NULL;
    do {
        PyMem_Free(sides);
        if ((index = index_of(self, symbol)) < 0) return NULL;
        levels = (uint32_t)(wanted == 0 || wanted > self->reader.depth ? self->reader.depth : wanted);
        if ((sides = PyMem_Malloc(2 * (size_t)levels * sizeof *sides)) == NULL) return PyErr_NoMemory();
        READ_UNTIL_RIGHT(result, daypack_read_book(&self->reader, index, &book, sides, levels, sides + levels, levels));
    } while (was_replaced(self));
    if (result != DAYPACK_OK) {
        PyMem_Free(sides);
        return native_fail(&self->reader, result);
    }
    memmove(sides + book.bids, sides + levels, book.asks * sizeof *sides);
    return native_new_book(&book, sides);
}

static int set_number(PyObject* into, const char* name, PyObject* value) {
    int failed = value == NULL || PyDict_SetItemString(into, name, value) != 0;
    Py_XDECREF(value);
    return failed;
}
static PyObject* reader_figures(PyObject* object, PyObject* symbol) {
    reader_object* self = (reader_object*)object;
    daypack_perp perp;
    int index, result, failed = 0;
    if (!usable(self)) return NULL;
    do {
        if ((index = index_of(self, symbol)) < 0) return NULL;
        READ_UNTIL_RIGHT(result, daypack_read_perp(&self->reader, index, &perp));
    } while (was_replaced(self));
    if (result != DAYPACK_OK) return native_fail(&self->reader, result);
    PyObject* into = PyDict_New();
    if (into == NULL) return NULL;
#define NUMBER(bit, name, exponent) \
    if (perp.known & (bit)) failed |= set_number(into, #name, native_decimal_of(perp.name, perp.exponent))
    NUMBER(DAYPACK_PERP_MARK, mark_price, mark_exponent);
    NUMBER(DAYPACK_PERP_INDEX, index_price, index_exponent);
    NUMBER(DAYPACK_PERP_FUNDING, funding_rate, funding_exponent);
    NUMBER(DAYPACK_PERP_OPEN_INTEREST, open_interest, open_interest_exponent);
    NUMBER(DAYPACK_PERP_LAST, last_price, last_exponent);
    NUMBER(DAYPACK_PERP_VOLUME, volume, volume_exponent);
    NUMBER(DAYPACK_PERP_QUOTE_VOLUME, quote_volume, quote_volume_exponent);
    if (perp.next_funding_us != 0)
        failed |= set_number(into, "next_funding_us", PyLong_FromLongLong(perp.next_funding_us));
    if (failed) Py_CLEAR(into);
    return into;
}

static PyObject* reader_cursor(PyObject* object, PyObject* unused) {
    reader_object* self = (reader_object*)object;
    (void)unused;
    if (!usable(self)) return NULL;
    return PyLong_FromUnsignedLongLong(daypack_cursor(&self->reader));
}
static PyObject* reader_wait(PyObject* object, PyObject* args) {
    reader_object* self = (reader_object*)object;
    unsigned long long cursor;
    double seconds = -1;
    int result;
    if (!PyArg_ParseTuple(args, "K|d", &cursor, &seconds) || !usable(self)) return NULL;
    const int most = seconds >= 0 && seconds < 0.1 ? (int)(seconds * 1000) : 100; /* signals are looked at in between */
    self->is_waiting = 1;
    Py_BEGIN_ALLOW_THREADS result = daypack_wait(&self->reader, cursor, most);
    Py_END_ALLOW_THREADS self->is_waiting = 0;
    return PyBool_FromLong(result == DAYPACK_OK);
}
static PyObject* reader_read(PyObject* object, PyObject* args) {
    reader_object* self = (reader_object*)object;
    unsigned long long at;
    unsigned long most = 1000;
    uint64_t cursor, lost = 0, lost_now;
    daypack_record record;
    if (!PyArg_ParseTuple(args, "K|k", &at, &most) || !usable(self)) return NULL;
    cursor = at;
    PyObject* events = PyList_New(0);
    while (events != NULL && most-- > 0) {
        const int result = daypack_read_record(&self->reader, &cursor, &record, &lost_now);
        if (result == DAYPACK_EMPTY) break;
        lost += lost_now;
        if (result == DAYPACK_LOST) break; /* so that the caller is told before it sees what came after */
        const uint32_t index = daypack_record_symbol(&record);
        if ((self->inode != self->reader.inode || index >= (uint32_t)PyList_Size(self->names)) &&
            learn_names(self) != 0) {
            Py_CLEAR(events);
            break;
        }
        PyObject* symbol = index < (uint32_t)PyList_Size(self->names) ? PyList_GetItem(self->names, index) : Py_None;
        PyObject* event = native_new_event(&record, symbol);
        if (event == NULL || PyList_Append(events, event) != 0) Py_CLEAR(events);
        Py_XDECREF(event);
    }
    if (events == NULL) return NULL;
    return Py_BuildValue("(NKK)", events, (unsigned long long)cursor, (unsigned long long)lost);
}

static PyObject* reader_alive(PyObject* object, PyObject* unused) {
    reader_object* self = (reader_object*)object;
    (void)unused;
    if (!usable(self)) return NULL;
    daypack_follow(&self->reader);
    return PyBool_FromLong(daypack_beat_is_fresh(&self->reader) || daypack_writer_lives(&self->reader));
}
static PyObject* reader_get_depth(PyObject* object, void* unused) {
    (void)unused;
    return PyLong_FromUnsignedLongLong(((reader_object*)object)->reader.depth);
}
static PyObject* reader_get_image_levels(PyObject* object, void* unused) {
    const daypack_reader* reader = &((reader_object*)object)->reader;
    (void)unused;
    return PyLong_FromUnsignedLongLong(reader->image_bytes != 0 ? reader->image_levels : 0);
}

static PyGetSetDef reader_getters[] = {
    {"depth", reader_get_depth, NULL, "levels a side that a slot has room for", NULL},
    {"image_levels", reader_get_image_levels, NULL, "levels a side of the images of whole books; 0: there are none",
     NULL},
    {NULL, NULL, NULL, NULL, NULL}};
static PyMethodDef reader_methods[] = {
    {"symbols", reader_symbols, METH_NOARGS, "symbols() -> the normalised names that the engine lists"},
    {"native", reader_native, METH_O, "native(symbol) -> the venue's name of it"},
    {"top", reader_top, METH_O, "top(symbol) -> Top, the best bid and offer"},
    {"book", (PyCFunction)(void (*)(void))reader_book, METH_VARARGS | METH_KEYWORDS,
     "book(symbol, levels=0) -> Book, best levels first; 0: all that the slot has"},
    {"figures", reader_figures, METH_O,
     "figures(symbol) -> dict of mark price, funding, open interest, ticker: those that are known"},
    {"cursor", reader_cursor, METH_NOARGS, "cursor() -> where the ring ends now"},
    {"wait", reader_wait, METH_VARARGS,
     "wait(cursor, seconds=0.1) -> True where the ring has something there; lets other threads run, 0.1 s at most"},
    {"read", reader_read, METH_VARARGS,
     "read(cursor, most=1000) -> (events, cursor of the next, how many were written over unread)"},
    {"alive", reader_alive, METH_NOARGS, "alive() -> True while the engine runs"},
    {"close", reader_close, METH_NOARGS, "close() gives the mapping back"},
    {NULL, NULL, 0, NULL}};
static PyType_Slot reader_slots[] = {{Py_tp_init, reader_init},       {Py_tp_new, PyType_GenericNew},
                                     {Py_tp_dealloc, reader_dealloc}, {Py_tp_methods, reader_methods},
                                     {Py_tp_getset, reader_getters},  {0, NULL}};
static PyType_Spec reader_spec = {"daypack._shm.Reader", sizeof(reader_object), 0,
                                  Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, reader_slots};

int native_add_reader(PyObject* module) {
    PyObject* type = PyType_FromSpec(&reader_spec);
    return type == NULL ? -1 : PyModule_AddObjectRef(module, "Reader", type);
}
