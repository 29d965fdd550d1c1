/* RingQueue as a Python type; the algorithm is in lf_ring.h. */

#include "py_container.h"

#include "lf_ring.h"

static int ring_walk(void *core, int (*visit)(uint64_t value, void *context), void *context)
{
    return lf_ring_walk(core, visit, context);
}

static uint64_t ring_state(void *core)
{
    return lf_ring_state(core);
}

static bool ring_take(void *core, uint64_t *value)
{
    return lf_ring_take(core, value);
}

static lf_slots *ring_slots(void *core)
{
    return &((lf_ring *)core)->slots;
}

static void ring_destroy(void *core)
{
    lf_ring_destroy(core);
}

static const py_container_kind kind = {
    "ring", ring_walk, ring_state, ring_take, ring_slots, ring_destroy,
};

static int check_capacity(PyObject *value, uint64_t *capacity)
{
    if (!PyLong_Check(value)) {
        PyErr_Format(PyExc_TypeError, "a capacity is an int, got %s", Py_TYPE(value)->tp_name);
        return -1;
    }
    int overflow;
    long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (overflow != 0 || number < 1 || (uint64_t)number > LF_RING_MOST) {
        PyErr_Format(PyExc_ValueError, "a capacity is from 1 to %lld, got %S", (long long)LF_RING_MOST, value);
        return -1;
    }
    *capacity = (uint64_t)number;
    return 0;
}

static PyObject *ring_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"capacity", "backoff_base", "backoff_cap", NULL};
    lf_backoff backoff = LF_BACKOFF_RING;
    long base = backoff.base, cap = backoff.cap;
    PyObject *wanted;
    uint64_t capacity;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O|$ll:RingQueue", names, &wanted, &base, &cap) ||
        check_capacity(wanted, &capacity) < 0 || py_backoff(base, cap, &backoff) < 0)
        return NULL;
    lf_ring *core = py_core_allocate(sizeof *core);
    if (core == NULL)
        return NULL;
    if (!lf_ring_init(core, capacity, backoff)) {
        free(core);
        return PyErr_NoMemory();
    }
    return py_container_make(type, core, &kind);
}

static PyObject *ring_try_put(PyObject *self, PyObject *value)
{
    if (lf_ring_put(py_core(self), (uintptr_t)Py_NewRef(value)))
        Py_RETURN_TRUE;
    Py_DECREF(value);
    Py_RETURN_FALSE;
}

static PyObject *ring_try_get(PyObject *self, PyObject *const *arguments, Py_ssize_t count, PyObject *names)
{
    PyObject *fallback = py_default("try_get", arguments, count, names);
    uint64_t value;
    if (LF_UNLIKELY(fallback == NULL))
        return NULL;
    return lf_ring_take(py_core(self), &value) ? py_container_taken(self, value) : Py_NewRef(fallback);
}

static Py_ssize_t ring_length(PyObject *self)
{
    return (Py_ssize_t)lf_ring_length(py_core(self));
}

static PyObject *ring_capacity(PyObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLongLong(((lf_ring *)py_core(self))->capacity);
}

static PyMethodDef methods[] = {
    {"try_put", ring_try_put, METH_O,
     "try_put($self, value, /)\n--\n\nPut ``value`` at the end; say whether there was room."},
    {"try_get", PY_FAST(ring_try_get), METH_FASTCALL | METH_KEYWORDS,
     "try_get($self, default=None)\n--\n\nTake the oldest value, or give ``default`` when the ring is empty."},
    PY_CONTAINER_METHODS,
};

static PyGetSetDef properties[] = {
    {"capacity", ring_capacity, NULL, "How many values there is room for.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc,
     "RingQueue(capacity, *, backoff_base=512, backoff_cap=8192)\n--\n\n"
     "A bounded queue for any number of producers and consumers (D. Vyukov, 2010). It is not lock-free.\n\n"
     "A thread that stops between its claim of a slot and its stamp on it makes all others wait who come to that slot.\n"
     "Nothing is allocated after the beginning."},
    PY_SLOT(Py_tp_new, ring_new),
    PY_CONTAINER_SLOTS,
    PY_SLOT(Py_sq_length, ring_length),
    {Py_tp_methods, methods},
    {Py_tp_getset, properties},
    {0, NULL},
};

static PyType_Spec spec = {
    "lockfree_core.native._native.RingQueue", sizeof(py_container), 0, PY_CONTAINER_FLAGS, slots,
};

int py_add_ring(PyObject *module)
{
    return py_add_type(module, &spec) == NULL ? -1 : 0;
}
