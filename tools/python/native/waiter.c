/* SPDX-License-Identifier: MIT */
/* _shm.Waiter: a thread without the GIL that waits for the ring to go on, and then makes a file descriptor readable,
 * which an event loop waits for. It sleeps on the engine's wake file, so that a quiet market costs next to nothing, and
 * wakes the loop no more often than each `interval`, so that a busy one is read in batches. */
#include <native.h>
#include <pthread.h>
#include <sys/eventfd.h>

typedef struct waiter_object {
    PyObject_HEAD daypack_reader reader; /* of the thread alone */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int is_running;
    int event;           /* file descriptor */
    int64_t interval_ns; /* between two wake-ups */
    /* Under the mutex; `turn` alone is also looked at without it. */
    int is_armed;
    uint64_t cursor;
    unsigned turn; /* raised by arm and close: a wait that goes on for longer than that is for nothing */
    int must_end;
} waiter_object;

static void wait_once(waiter_object* self, uint64_t cursor, unsigned turn, int64_t* fired_ns) {
    const uint64_t one = 1;
    while (daypack_wait(&self->reader, cursor, 10) != DAYPACK_OK) {
        if (__atomic_load_n(&self->turn, __ATOMIC_RELAXED) != turn) return;
    }
    const int64_t rest = *fired_ns + self->interval_ns - daypack_monotonic_ns();
    if (rest > 0) {
        const struct timespec pause = {0, (long)(rest < self->interval_ns ? rest : self->interval_ns)};
        nanosleep(&pause, NULL);
    }
    pthread_mutex_lock(&self->mutex);
    if (self->is_armed && self->turn == turn) {
        self->is_armed = 0;
        *fired_ns = daypack_monotonic_ns();
        if (write(self->event, &one, sizeof one) < 0) self->must_end = 1;
    }
    pthread_mutex_unlock(&self->mutex);
}
static void* wait_for_ever(void* argument) {
    waiter_object* self = argument;
    int64_t fired_ns = 0;
    for (;;) {
        pthread_mutex_lock(&self->mutex);
        while (!self->is_armed && !self->must_end) pthread_cond_wait(&self->changed, &self->mutex);
        const int ends = self->must_end;
        const uint64_t cursor = self->cursor;
        const unsigned turn = self->turn;
        pthread_mutex_unlock(&self->mutex);
        if (ends) return NULL;
        wait_once(self, cursor, turn, &fired_ns);
    }
}

/* Ends the thread, which takes some ms at most, and gives everything back. */
static void stop(waiter_object* self) {
    if (!self->is_running) return;
    pthread_mutex_lock(&self->mutex);
    self->must_end = 1;
    self->is_armed = 0;
    __atomic_fetch_add(&self->turn, 1, __ATOMIC_RELAXED);
    pthread_cond_signal(&self->changed);
    pthread_mutex_unlock(&self->mutex);
    Py_BEGIN_ALLOW_THREADS pthread_join(self->thread, NULL);
    Py_END_ALLOW_THREADS self->is_running = 0;
    pthread_cond_destroy(&self->changed);
    pthread_mutex_destroy(&self->mutex);
    daypack_close(&self->reader);
    close(self->event);
    self->event = -1;
}

static int waiter_init(PyObject* object, PyObject* args, PyObject* kwargs) {
    static char* keywords[] = {"instance", "owner", "interval", NULL};
    waiter_object* self = (waiter_object*)object;
    const char *instance, *owner = NULL;
    double interval = 0.0005;
    sigset_t all, before;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s|zd", keywords, &instance, &owner, &interval)) return -1;
    if (self->is_running) {
        PyErr_SetString(PyExc_RuntimeError, "this waiter runs already");
        return -1;
    }
    if (!(interval >= 0 && interval <= 0.5)) {
        PyErr_SetString(PyExc_ValueError, "the interval between two wake-ups is from 0 to 0.5 s");
        return -1;
    }
    self->interval_ns = (int64_t)(interval * 1e9);
    if (native_open(&self->reader, instance, owner) != 0) return -1;
    self->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (self->event < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        daypack_close(&self->reader);
        return -1;
    }
    self->is_armed = self->must_end = 0;
    pthread_mutex_init(&self->mutex, NULL);
    pthread_cond_init(&self->changed, NULL);
    sigfillset(&all); /* signals are for Python's own threads */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failed = pthread_create(&self->thread, NULL, wait_for_ever, self);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        errno = failed;
        PyErr_SetFromErrno(PyExc_OSError);
        pthread_cond_destroy(&self->changed);
        pthread_mutex_destroy(&self->mutex);
        daypack_close(&self->reader);
        close(self->event);
        return -1;
    }
    self->is_running = 1;
    return 0;
}
static PyObject* waiter_arm(PyObject* object, PyObject* argument) {
    waiter_object* self = (waiter_object*)object;
    uint64_t news;
    const unsigned long long cursor = PyLong_AsUnsignedLongLong(argument);
    if (cursor == (unsigned long long)-1 && PyErr_Occurred()) return NULL;
    if (!self->is_running) {
        PyErr_SetString(PyExc_ValueError, "this waiter was closed");
        return NULL;
    }
    pthread_mutex_lock(&self->mutex);
    if (read(self->event, &news, sizeof news) < 0) news = 0; /* of a turn that is over */
    self->is_armed = 1;
    self->cursor = cursor;
    __atomic_fetch_add(&self->turn, 1, __ATOMIC_RELAXED);
    pthread_cond_signal(&self->changed);
    pthread_mutex_unlock(&self->mutex);
    Py_RETURN_NONE;
}
static PyObject* waiter_fileno(PyObject* object, PyObject* unused) {
    waiter_object* self = (waiter_object*)object;
    (void)unused;
    return PyLong_FromLong(self->is_running ? self->event : -1);
}
static PyObject* waiter_close(PyObject* object, PyObject* unused) {
    (void)unused;
    stop((waiter_object*)object);
    Py_RETURN_NONE;
}
static void waiter_dealloc(PyObject* object) {
    PyTypeObject* type = Py_TYPE(object);
    stop((waiter_object*)object);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(object);
    Py_DECREF(type);
}

static PyMethodDef waiter_methods[] = {
    {"arm", waiter_arm, METH_O, "arm(cursor): makes the descriptor readable, once, when the ring has something there"},
    {"fileno", waiter_fileno, METH_NOARGS, "fileno() -> the descriptor to wait for; -1 once it was closed"},
    {"close", waiter_close, METH_NOARGS, "close() ends the thread and closes the descriptor"},
    {NULL, NULL, 0, NULL}};
static PyType_Slot waiter_slots[] = {{Py_tp_init, waiter_init},
                                     {Py_tp_new, PyType_GenericNew},
                                     {Py_tp_dealloc, waiter_dealloc},
                                     {Py_tp_methods, waiter_methods},
                                     {0, NULL}};
static PyType_Spec waiter_spec = {"daypack._shm.Waiter", sizeof(waiter_object), 0, Py_TPFLAGS_DEFAULT, waiter_slots};

int native_add_waiter(PyObject* module) {
    PyObject* type = PyType_FromSpec(&waiter_spec);
    return type == NULL ? -1 : PyModule_AddObjectRef(module, "Waiter", type);
}
