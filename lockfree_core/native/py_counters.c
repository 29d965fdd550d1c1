/* AtomicCounter and StripedCounter as Python types; the algorithms are in lf_counter.h. */

#include "py_container.h"

#include "lf_counter.h"

typedef struct {
    PyObject_HEAD
    void *core; /* lf_counter or lf_slots */
    void (*destroy)(void *core);
} counter;

static void *core_of(PyObject *self)
{
    return ((counter *)self)->core;
}

static PyObject *make(PyTypeObject *type, void *core, void (*destroy)(void *))
{
    PyObject *self = type->tp_alloc(type, 0);
    if (self == NULL) {
        free(core);
        return NULL;
    }
    ((counter *)self)->core = core;
    ((counter *)self)->destroy = destroy;
    py_defer_counting(self);
    return self;
}

static int counter_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static void counter_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    if (core_of(self) != NULL) {
        ((counter *)self)->destroy(core_of(self));
        free(core_of(self));
    }
    type->tp_free(self);
    Py_DECREF(type);
}

/* -- AtomicCounter */

static void destroy_counter(void *core)
{
    lf_counter_destroy(core);
}

static PyObject *atomic_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"initial", "backoff_base", "backoff_cap", NULL};
    PyObject *given = NULL;
    long base = LF_BACKOFF_BASE, cap = LF_BACKOFF_CAP;
    int64_t initial = 0;
    lf_backoff backoff;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|O$ll:AtomicCounter", names, &given, &base, &cap) ||
        (given != NULL && py_integer(given, &initial) < 0) || py_backoff(base, cap, &backoff) < 0)
        return NULL;
    lf_counter *core = py_core_allocate(sizeof *core);
    if (core == NULL)
        return NULL;
    lf_counter_init(core, initial, backoff);
    return make(type, core, destroy_counter);
}

static PyObject *atomic_increment(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    int64_t number;
    if (LF_LIKELY(lf_counter_increment(core_of(self), &number)))
        return PyLong_FromLongLong(number);
    PyErr_Format(PyExc_OverflowError, "a counter has 64 bits, and %lld + 1 has more", (long long)INT64_MAX);
    return NULL;
}

static PyObject *atomic_get(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromLongLong(lf_counter_get(core_of(self)));
}

static PyObject *atomic_value(PyObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromLongLong(lf_counter_get(core_of(self)));
}

static PyObject *atomic_statistics(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return py_statistics(&((lf_counter *)core_of(self))->slots);
}

static PyMethodDef atomic_methods[] = {
    {"increment", atomic_increment, METH_NOARGS,
     "increment($self, /)\n--\n\nAdd one; return the number that this call made it.\n\n"
     "OverflowError where that has more than 64 bits; the counter stays as it is then."},
    {"get", atomic_get, METH_NOARGS, "get($self, /)\n--\n\nThe value now."},
    {"statistics", atomic_statistics, METH_NOARGS, PY_STATISTICS_DOC},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef atomic_properties[] = {
    {"value", atomic_value, NULL, "The value now, for people and debuggers.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot atomic_slots[] = {
    {Py_tp_doc, "AtomicCounter(initial=0, *, backoff_base=64, backoff_cap=4096)\n--\n\n"
                "A lock-free counter of 64 bits, by compare-and-swap loop. Backoff as for the stack."},
    PY_SLOT(Py_tp_new, atomic_new),
    PY_SLOT(Py_tp_dealloc, counter_dealloc),
    PY_SLOT(Py_tp_traverse, counter_traverse),
    {Py_tp_methods, atomic_methods},
    {Py_tp_getset, atomic_properties},
    {0, NULL},
};

static PyType_Spec atomic_spec = {
    "lockfree_core.native._native.AtomicCounter", sizeof(counter), 0, PY_CONTAINER_FLAGS, atomic_slots,
};

/* -- StripedCounter */

static void destroy_stripes(void *core)
{
    lf_slots_destroy(core);
}

static PyObject *striped_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {NULL};
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, ":StripedCounter", names))
        return NULL;
    lf_slots *core = py_core_allocate(sizeof *core);
    if (core == NULL)
        return NULL;
    lf_slots_init(core);
    return make(type, core, destroy_stripes);
}

static PyObject *striped_overflow(void)
{
    PyErr_SetString(PyExc_OverflowError, "a thread's stripe has 64 bits, and the sum has more");
    return NULL;
}

static PyObject *striped_increment(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    if (LF_UNLIKELY(!lf_stripe_add(core_of(self), 1)))
        return striped_overflow();
    Py_RETURN_NONE;
}

static PyObject *striped_add(PyObject *self, PyObject *value)
{
    int64_t amount;
    if (py_integer(value, &amount) < 0)
        return NULL;
    if (LF_UNLIKELY(!lf_stripe_add(core_of(self), amount)))
        return striped_overflow();
    Py_RETURN_NONE;
}

static PyObject *add_stripe(PyObject *sum, lf_slot *slot)
{
    PyObject *stripe = PyLong_FromLongLong((int64_t)lf_load(&slot->stripe, relaxed));
    PyObject *next = stripe == NULL ? NULL : PyNumber_Add(sum, stripe);
    Py_XDECREF(stripe);
    Py_DECREF(sum);
    return next;
}

static PyObject *striped_sum(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    lf_slots *stripes = core_of(self);
    unsigned bound = lf_thread_bound();
    PyObject *sum = PyLong_FromLong(0);
    for (unsigned index = 0; index < bound && sum != NULL; index++) {
        lf_slot *slot = lf_slot_peek(stripes, index);
        if (slot != NULL)
            sum = add_stripe(sum, slot);
    }
    /* The crowd's stripe also takes what found no memory for a slot. */
    return sum == NULL || bound > LF_THREADS ? sum : add_stripe(sum, &stripes->crowd);
}

static PyMethodDef striped_methods[] = {
    {"increment", striped_increment, METH_NOARGS,
     "increment($self, /)\n--\n\nAdd one to the calling thread's stripe. Returns nothing: no stripe knows the sum."},
    {"add", striped_add, METH_O, "add($self, amount, /)\n--\n\nAdd ``amount`` to the calling thread's stripe."},
    {"sum", striped_sum, METH_NOARGS,
     "sum($self, /)\n--\n\nAll stripes together. Exact while nobody adds; else each addition that runs meanwhile is in\n"
     "it or not, and one that is in it may be younger than one that is not."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot striped_slots[] = {
    {Py_tp_doc, "StripedCounter()\n--\n\n"
                "A counter with a stripe for each thread: adding contends with nobody, summing reads all stripes."},
    PY_SLOT(Py_tp_new, striped_new),
    PY_SLOT(Py_tp_dealloc, counter_dealloc),
    PY_SLOT(Py_tp_traverse, counter_traverse),
    {Py_tp_methods, striped_methods},
    {0, NULL},
};

static PyType_Spec striped_spec = {
    "lockfree_core.native._native.StripedCounter", sizeof(counter), 0, PY_CONTAINER_FLAGS, striped_slots,
};

int py_add_counters(PyObject *module)
{
    return py_add_type(module, &atomic_spec) == NULL || py_add_type(module, &striped_spec) == NULL ? -1 : 0;
}
