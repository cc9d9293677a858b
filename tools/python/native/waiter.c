/* SPDX-License-Identifier: MIT */
/* _shm.Waiter: a thread without the GIL that waits for the ring to go on, and then makes a file descriptor readable,
 * which an event loop waits for. It sleeps on the engine's wake file, so that a quiet market costs next to nothing, and
 * wakes the loop no more often than each `interval`, so that a busy one is read in batches.
 *
 * Invariant: after each record there is a moment at which the descriptor becomes readable, or is so already. So no
 * record is overslept by a loop that takes the event, reads the ring to its end, and only then waits.
 */
#include <native.h>
#include <pthread.h>
#include <sys/eventfd.h>

/* So long the thread sleeps at most, and looks then by itself: where the engine wakes it, and where it is not known to.
 */
#define WOKEN_SLEEP_NS 50000000
#define MOST_SLEEP_NS 10000000

typedef struct waiter_object {
    PyObject_HEAD daypack_reader reader; /* of the thread alone, from its begin on */
    pid_t process;                       /* that has the thread; 0: none was begun */
    pthread_t thread;
    int is_running;
    int event;           /* file descriptor */
    int64_t interval_ns; /* between two wake-ups */
    uint64_t cursor;     /* of the thread: what comes from there on was not told yet */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int is_raised; /* the descriptor is readable, and nobody took that yet; under the mutex */
    int must_end;  /* set under the mutex, also looked at without it */
} waiter_object;

static int must_end(const waiter_object* self) {
    return __atomic_load_n(&self->must_end, __ATOMIC_RELAXED);
}

/* Sleeps once. An update each 20 ms is a low rate: by then daypack_wait, which whoever reads shared memory for himself
 * has, would have looked twice for nothing, and that costs more than to be woken. */
static void sleep_once(waiter_object* self, int64_t slept_ns) {
    daypack_reader* reader = &self->reader;
    if (reader->wake == NULL || !reader->wake_works) {
        daypack_sleep_for_news(reader, self->cursor, slept_ns, MOST_SLEEP_NS);
        return;
    }
    const uint32_t word = __atomic_load_n(reader->wake, __ATOMIC_ACQUIRE);
    if (daypack_has_news(reader, self->cursor) || must_end(self)) return;
    daypack_sleep(reader, word, WOKEN_SLEEP_NS);
    if (__atomic_load_n(reader->wake, __ATOMIC_RELAXED) == word && daypack_has_news(reader, self->cursor))
        reader->wake_works = 0; /* the next engine has made another file: daypack_sleep_for_news finds that out */
}
/* As daypack_wait, without its spin: to wake a loop takes far longer than what that could save. Returns 0 where the
 * thread is to end. */
static int wait_for_news(waiter_object* self, int64_t fired_ns) {
    const int64_t begin_ns = daypack_monotonic_ns();
    for (;;) {
        daypack_follow(&self->reader);
        if (daypack_has_news(&self->reader, self->cursor)) break;
        if (must_end(self)) return 0;
        sleep_once(self, daypack_monotonic_ns() - begin_ns);
    }
    for (;;) {
        const int64_t rest = fired_ns + self->interval_ns - daypack_monotonic_ns();
        if (must_end(self)) return 0;
        if (rest <= 0) return 1;
        const struct timespec pause = {0, (long)(rest < MOST_SLEEP_NS ? rest : MOST_SLEEP_NS)};
        nanosleep(&pause, NULL);
    }
}
/* A loop that is busy has not taken the last event: then this thread sleeps until it has. */
static void raise_event(waiter_object* self) {
    const uint64_t one = 1;
    pthread_mutex_lock(&self->mutex);
    while (self->is_raised && !self->must_end) pthread_cond_wait(&self->changed, &self->mutex);
    self->cursor = daypack_cursor(&self->reader); /* before the event: what comes after it is told by the next one */
    self->is_raised = write(self->event, &one, sizeof one) == (ssize_t)sizeof one;
    pthread_mutex_unlock(&self->mutex);
}
static void* wait_for_ever(void* argument) {
    waiter_object* self = argument;
    int64_t fired_ns = 0;
    while (wait_for_news(self, fired_ns)) {
        raise_event(self);
        fired_ns = daypack_monotonic_ns();
    }
    return NULL;
}

/* Waits for the end of the thread, and wakes it for that: also on a file that is mapped read-only. Whoever else sleeps
 * there looks once more. */
static void join(waiter_object* self) {
    struct timespec soon;
    do {
        const uint32_t* wake = __atomic_load_n(&self->reader.wake, __ATOMIC_RELAXED);
        if (wake != NULL) syscall(SYS_futex, wake, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
        clock_gettime(CLOCK_REALTIME, &soon);
        soon.tv_nsec += 1000000;
        if (soon.tv_nsec >= 1000000000) soon.tv_nsec -= 1000000000, ++soon.tv_sec;
    } while (pthread_timedjoin_np(self->thread, NULL, &soon) == ETIMEDOUT);
}

/* Ends the thread, which takes some ms, and gives everything back. A process that was forked has
 * no such thread: what is asked of it there would never be answered. */
static void stop(waiter_object* self) {
    if (!self->is_running) return;
    self->is_running = 0; /* whoever closes it meanwhile, in another thread of Python, has nothing left to do */
    if (self->process == getpid()) {
        pthread_mutex_lock(&self->mutex);
        __atomic_store_n(&self->must_end, 1, __ATOMIC_RELAXED);
        pthread_cond_signal(&self->changed);
        pthread_mutex_unlock(&self->mutex);
        Py_BEGIN_ALLOW_THREADS join(self);
        Py_END_ALLOW_THREADS pthread_cond_destroy(&self->changed);
        pthread_mutex_destroy(&self->mutex);
    }
    daypack_close(&self->reader);
    close(self->event);
    self->event = -1;
}

/* Signals are for Python's own threads. Returns an error number, or 0. */
static int begin_thread(waiter_object* self) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_mutex_init(&self->mutex, NULL);
    pthread_cond_init(&self->changed, NULL);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failed = pthread_create(&self->thread, NULL, wait_for_ever, self);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed == 0) return 0;
    pthread_cond_destroy(&self->changed);
    pthread_mutex_destroy(&self->mutex);
    return failed;
}
static int waiter_init(PyObject* object, PyObject* args, PyObject* kwargs) {
    static char* keywords[] = {"instance", "owner", "interval", NULL};
    waiter_object* self = (waiter_object*)object;
    const char *instance, *owner = NULL;
    double interval = 0.0005;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s|zd", keywords, &instance, &owner, &interval)) return -1;
    if (self->process != 0) {
        PyErr_SetString(PyExc_RuntimeError, "a waiter is opened once");
        return -1;
    }
    if (!(interval >= 0 && interval <= 0.5)) {
        PyErr_SetString(PyExc_ValueError, "the interval between two wake-ups is from 0 to 0.5 s");
        return -1;
    }
    self->interval_ns = (int64_t)(interval * 1e9);
    if (native_open(&self->reader, instance, owner) != 0) return -1;
    self->cursor = daypack_cursor(&self->reader);
    self->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    errno = self->event < 0 ? errno : begin_thread(self);
    if (errno != 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        daypack_close(&self->reader);
        if (self->event >= 0) close(self->event);
        return -1;
    }
    self->process = getpid();
    self->is_running = 1;
    return 0;
}
static PyObject* waiter_take(PyObject* object, PyObject* unused) {
    waiter_object* self = (waiter_object*)object;
    uint64_t news;
    (void)unused;
    if (!self->is_running || self->process != getpid()) {
        PyErr_SetString(PyExc_ValueError, "this waiter was closed, or is of the process that this one was forked from");
        return NULL;
    }
    pthread_mutex_lock(&self->mutex);
    const int was_raised = self->is_raised;
    if (was_raised && read(self->event, &news, sizeof news) == (ssize_t)sizeof news) self->is_raised = 0;
    pthread_cond_signal(&self->changed);
    pthread_mutex_unlock(&self->mutex);
    return PyBool_FromLong(was_raised);
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
    {"take", waiter_take, METH_NOARGS,
     "take() -> True where the descriptor was readable, and is no more until the ring goes on: read the ring to its "
     "end "
     "before you wait"},
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
