/* SPDX-License-Identifier: MIT */
/* Numbers of the segment as Python's: mantissa x 10^exponent is a Decimal, exactly, or a float, nearly. */
#include <native.h>

PyObject* native_decimal_of(int64_t mantissa, int exponent) {
    char text[64 + 128];
    int length = snprintf(text, 64, "%lld", (long long)mantissa);
    PyObject *string, *value;
    if (exponent > 0 && mantissa != 0) { /* 50, not 5E+1: that is how a venue writes it */
        memset(text + length, '0', (size_t)exponent);
        length += exponent;
    } else if (exponent < 0 && mantissa != 0) {
        length += snprintf(text + length, 16, "E%d", exponent);
    }
    string = PyUnicode_FromStringAndSize(text, length);
    if (string == NULL) return NULL;
    value = PyObject_CallFunctionObjArgs(native_decimal, string, NULL);
    Py_DECREF(string);
    return value;
}

double native_double_of(int64_t mantissa, int exponent) {
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const int size = exponent < 0 ? -exponent : exponent;
    if (size <= 22) { /* both parts are exact below 2^53, so that this is the nearest double */
        return exponent < 0 ? (double)mantissa / powers[size] : (double)mantissa * powers[size];
    }
    char text[48];
    snprintf(text, sizeof text, "%llde%d", (long long)mantissa, exponent);
    return strtod(text, NULL);
}

PyObject* native_pair_of(const daypack_level* level, uint64_t exponents) {
    PyObject* price = native_decimal_of(level->price, daypack_price_exponent(exponents));
    PyObject* quantity = native_decimal_of(level->quantity, daypack_quantity_exponent(exponents));
    PyObject* pair = price != NULL && quantity != NULL ? PyTuple_Pack(2, price, quantity) : NULL;
    Py_XDECREF(price);
    Py_XDECREF(quantity);
    return pair;
}

void native_cache_clear(native_cache* cache) {
    unsigned i;
    for (i = 0; i < NATIVE_CACHE_SLOTS; ++i) Py_CLEAR(cache->values[i]);
}

PyObject* native_cache_get(native_cache* cache, int64_t mantissa, int exponent) {
    const unsigned place = (unsigned)((uint64_t)mantissa * 0x9e3779b97f4a7c15ull >> 52);
    PyObject* value;
    if (cache->exponent != exponent) {
        native_cache_clear(cache);
        cache->exponent = exponent;
    }
    value = cache->values[place];
    if (value != NULL && cache->mantissas[place] == mantissa) return Py_NewRef(value);
    value = native_decimal_of(mantissa, exponent);
    if (value == NULL) return NULL;
    Py_XDECREF(cache->values[place]);
    cache->values[place] = Py_NewRef(value);
    cache->mantissas[place] = mantissa;
    return value;
}

PyObject* native_fail(const daypack_reader* reader, int result) {
    char text[512];
    PyObject *error, *number;
    daypack_explain(reader, result, text, sizeof text);
    error = PyObject_CallFunction(native_error, "s", text);
    number = error != NULL ? PyLong_FromLong(result) : NULL;
    if (number != NULL && PyObject_SetAttrString(error, "result", number) == 0) PyErr_SetObject(native_error, error);
    Py_XDECREF(number);
    Py_XDECREF(error);
    return NULL;
}

int native_open(daypack_reader* reader, const char* instance, const char* owner) {
    uint32_t user = daypack_environment_owner();
    int result;
    if (owner != NULL) {
        user = daypack_user_id(owner);
        if (user == DAYPACK_NO_OWNER) {
            PyErr_Format(PyExc_ValueError, "owner '%s' is no user of this machine", owner);
            return -1;
        }
    }
    result = daypack_open_as(reader, instance, user);
    if (result == DAYPACK_OK) return 0;
    native_fail(reader, result);
    return -1;
}
