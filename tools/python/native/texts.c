/* SPDX-License-Identifier: MIT */
/* _shm.Texts: the news of an account, each a line of JSON, from the private shared memory that an engine keeps of it.
 * It belongs to one thread. */
#include <native.h>

/* A record of such a ring is a part of a text: its head says whether the text begins or ends in it, and how long it is.
 */
#define TEXT_RECORD 0x80
#define TEXT_BEGINS ((uint64_t)1 << 17)
#define TEXT_ENDS ((uint64_t)1 << 16)
enum { TEXT_BYTES = sizeof(daypack_record) - 8, TEXT_MOST = 8192 };

typedef struct texts_object {
    PyObject_HEAD daypack_reader reader;
    int is_open;
    int is_whole;   /* since the last one that began */
    uint64_t inode; /* of the segment that `text` is of */
    uint64_t cursor;
    size_t size;
    char text[TEXT_MOST];
} texts_object;

/* Adds a record to the text. Returns 1 where that ends it. */
static int take(texts_object* self, const daypack_record* record) {
    size_t size = daypack_record_symbol(record);
    if (daypack_record_kind(record) != TEXT_RECORD) return self->is_whole = 0;
    if (record->head & TEXT_BEGINS) {
        self->is_whole = 1;
        self->size = 0;
    }
    if (size > TEXT_BYTES) size = TEXT_BYTES;
    if (!self->is_whole || self->size + size > TEXT_MOST) return self->is_whole = 0;
    memcpy(self->text + self->size, (const char*)record + sizeof record->head, size);
    self->size += size;
    return (record->head & TEXT_ENDS) != 0;
}

static PyObject* texts_read(PyObject* object, PyObject* unused) {
    texts_object* self = (texts_object*)object;
    uint64_t lost = 0, lost_now;
    daypack_record record;
    int result;
    (void)unused;
    if (!self->is_open) return PyErr_Format(PyExc_ValueError, "this reader was closed");
    PyObject* texts = PyList_New(0);
    while (texts != NULL &&
           (result = daypack_read_record(&self->reader, &self->cursor, &record, &lost_now)) != DAYPACK_EMPTY) {
        lost += lost_now;
        if (result != DAYPACK_OK || self->inode != self->reader.inode) self->is_whole = 0;
        self->inode = self->reader.inode;
        if (result != DAYPACK_OK || !take(self, &record)) continue;
        PyObject* text = PyUnicode_DecodeUTF8(self->text, (Py_ssize_t)self->size, "backslashreplace");
        if (text == NULL || PyList_Append(texts, text) != 0) Py_CLEAR(texts);
        Py_XDECREF(text);
    }
    return texts == NULL ? NULL : Py_BuildValue("(NK)", texts, (unsigned long long)lost);
}

static int texts_init(PyObject* object, PyObject* args, PyObject* kwargs) {
    static char* keywords[] = {"instance", "account", NULL};
    texts_object* self = (texts_object*)object;
    const char *instance, *account;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "ss", keywords, &instance, &account)) return -1;
    if (self->is_open || strchr(instance, '/') != NULL || strchr(account, '/') != NULL) {
        PyErr_SetString(PyExc_ValueError, "it is opened once, and names have no '/'");
        return -1;
    }
    memset(&self->reader, 0, sizeof self->reader);
    self->reader.fd = -1;
    self->reader.owner = DAYPACK_NO_OWNER; /* an account is for its own user and root alone */
    self->reader.spin_ns = DAYPACK_SPIN_NS;
    const int length =
        snprintf(self->reader.path, sizeof self->reader.path, "/dev/shm/daypack-account.%s.%s", instance, account);
    const int result =
        length > 0 && (size_t)length < sizeof self->reader.path ? daypack_map(&self->reader) : DAYPACK_NO_SEGMENT;
    if (result != DAYPACK_OK) {
        native_fail(&self->reader, result);
        return -1;
    }
    self->is_open = 1;
    self->is_whole = 0;
    self->inode = self->reader.inode;
    self->cursor = daypack_cursor(&self->reader);
    return 0;
}
static PyObject* texts_close(PyObject* object, PyObject* unused) {
    texts_object* self = (texts_object*)object;
    (void)unused;
    if (self->is_open) daypack_close(&self->reader);
    self->is_open = 0;
    Py_RETURN_NONE;
}
static void texts_dealloc(PyObject* object) {
    PyTypeObject* type = Py_TYPE(object);
    if (((texts_object*)object)->is_open) daypack_close(&((texts_object*)object)->reader);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(object);
    Py_DECREF(type);
}

static PyMethodDef texts_methods[] = {
    {"read", texts_read, METH_NOARGS, "read() -> (texts that came since, how many records were written over unread)"},
    {"close", texts_close, METH_NOARGS, "close() gives the mapping back"},
    {NULL, NULL, 0, NULL}};
static PyType_Slot texts_slots[] = {{Py_tp_init, texts_init},
                                    {Py_tp_new, PyType_GenericNew},
                                    {Py_tp_dealloc, texts_dealloc},
                                    {Py_tp_methods, texts_methods},
                                    {0, NULL}};
static PyType_Spec texts_spec = {"daypack._shm.Texts", sizeof(texts_object), 0, Py_TPFLAGS_DEFAULT, texts_slots};

int native_add_texts(PyObject* module) {
    PyObject* type = PyType_FromSpec(&texts_spec);
    return type == NULL ? -1 : PyModule_AddObjectRef(module, "Texts", type);
}
