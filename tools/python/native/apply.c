/* SPDX-License-Identifier: MIT */
/* What an update does to a book of Python's: the one thing that happens for each level of each update. */
#include <native.h>

/* Notes a price that came (True) or went (False), for who keeps prices in order. */
static int note(PyObject* noted, PyObject* price, PyObject* came) {
    PyObject* pair = PyTuple_Pack(2, price, came);
    const int failed = pair == NULL || PyList_Append(noted, pair) != 0;
    Py_XDECREF(pair);
    return failed ? -1 : 0;
}

static int apply_one(PyObject* levels, PyObject* price, PyObject* size, PyObject* noted) {
    const int stays = size == native_zero ? 0 : PyObject_IsTrue(size);
    if (stays < 0) return -1;
    if (!stays) {
        if (PyObject_DelItem(levels, price) != 0) return -1;
        return noted != NULL ? note(noted, price, Py_False) : 0;
    }
    if (noted != NULL) {
        const int is_known = PySequence_Contains(levels, price);
        if (is_known < 0 || (!is_known && note(noted, price, Py_True) != 0)) return -1;
    }
    return PyObject_SetItem(levels, price, size);
}

/* REQUIRES: two or three arguments. */
static PyObject* apply(PyObject* module, PyObject* const* args, Py_ssize_t count) {
    PyObject* noted = count == 3 ? args[2] : NULL;
    (void)module;
    if (count < 2 || count > 3 || !PyList_Check(args[1]) || (noted != NULL && !PyList_Check(noted))) {
        PyErr_SetString(PyExc_TypeError, "apply(levels, changes, noted): a mapping, a list of pairs, a list");
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyList_Size(args[1]); ++i) {
        PyObject* change = Py_NewRef(PyList_GetItem(args[1], i)); /* a mapping of Python's may change the list */
        PyObject* price = PyTuple_GetItem(change, 0);
        PyObject* size = price != NULL ? PyTuple_GetItem(change, 1) : NULL;
        const int failed = size == NULL || apply_one(args[0], price, size, noted) != 0;
        Py_DECREF(change);
        if (failed) return NULL;
    }
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"apply", (PyCFunction)(void (*)(void))apply, METH_FASTCALL,
     "apply(levels, changes, noted=...): levels[price] = size for each (price, size), and del where size is 0; (price, "
     "True) or (price, False) is appended to `noted` for those that came or went"},
    {NULL, NULL, 0, NULL}};

int native_add_apply(PyObject* module) {
    return PyModule_AddFunctions(module, functions);
}
