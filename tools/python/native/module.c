/* SPDX-License-Identifier: MIT */
/* daypack._shm: <daypack/shm.h> and <daypack/follow.h> for Python. */
#include <native.h>

PyObject* native_error;
PyObject* native_decimal;
PyObject* native_zero;

static int add_everything(PyObject* module) {
    PyObject* decimal = PyImport_ImportModule("decimal");
    if (decimal == NULL) return -1;
    native_decimal = PyObject_GetAttrString(decimal, "Decimal");
    Py_DECREF(decimal);
    native_error = PyErr_NewExceptionWithDoc(
        "daypack.DaypackError",
        "A segment could not be read; the text says what to do, `result` which daypack_result it is.", NULL, NULL);
    if (native_decimal == NULL || native_error == NULL) return -1;
    native_zero = native_decimal_of(0, 0);
    if (native_zero == NULL || native_add_apply(module) != 0 || native_add_texts(module) != 0) return -1;
    if (PyModule_AddObjectRef(module, "DaypackError", native_error) != 0) return -1;
    if (PyModule_AddIntConstant(module, "LAYOUT_VERSION", DAYPACK_LAYOUT_VERSION) != 0) return -1;
    if (native_add_views(module) != 0 || native_add_reader(module) != 0) return -1;
    return native_add_waiter(module) != 0 || native_add_stream(module) != 0 ? -1 : 0;
}

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "daypack._shm", "Shared memory of daypack, from C.", -1, NULL, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__shm(void) {
    PyObject* module = PyModule_Create(&definition);
    if (module != NULL && add_everything(module) != 0) Py_CLEAR(module);
    return module;
}
