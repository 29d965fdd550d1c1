/* AtomicInteger: 64 bits, names and meaning as in lockfree_core/memory/cells.py, OverflowError where that one grows. */

#include "py_common.h"

typedef struct {
    PyObject_HEAD
    lf_u64 number; /* two's complement */
} integer;

/* Everything here is sequentially consistent: programs reason about several cells at once. */
#ifdef LF_SERIAL
static uint64_t number_exchange(lf_u64 *number, uint64_t next)
{
    uint64_t old = *number;
    *number = next;
    return old;
}
#else
static uint64_t number_exchange(lf_u64 *number, uint64_t next)
{
    return atomic_exchange_explicit(number, next, memory_order_seq_cst);
}
#endif

static bool number_swap(lf_u64 *number, uint64_t expected, uint64_t next)
{
#ifdef LF_SERIAL
    return lf_u64_cas(number, expected, next);
#else
    return atomic_compare_exchange_strong_explicit(number, &expected, next, memory_order_seq_cst, memory_order_seq_cst);
#endif
}

static lf_u64 *number_of(PyObject *self)
{
    return &((integer *)self)->number;
}

static int64_t number_now(PyObject *self)
{
    return (int64_t)lf_load(number_of(self), seq_cst);
}

static PyObject *integer_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"value", NULL};
    PyObject *value = NULL;
    int64_t number = 0;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|O:AtomicInteger", names, &value))
        return NULL;
    if (value != NULL && py_integer(value, &number) < 0)
        return NULL;
    PyObject *self = type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    lf_store(number_of(self), (uint64_t)number, seq_cst);
    py_defer_counting(self);
    return self;
}

static int integer_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static void integer_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *integer_load(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromLongLong(number_now(self));
}

static PyObject *integer_value(PyObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromLongLong(number_now(self));
}

static PyObject *integer_store(PyObject *self, PyObject *value)
{
    int64_t number;
    if (py_integer(value, &number) < 0)
        return NULL;
    lf_store(number_of(self), (uint64_t)number, seq_cst);
    Py_RETURN_NONE;
}

static PyObject *integer_get_and_set(PyObject *self, PyObject *value)
{
    int64_t number;
    if (py_integer(value, &number) < 0)
        return NULL;
    return PyLong_FromLongLong((int64_t)number_exchange(number_of(self), (uint64_t)number));
}

static PyObject *integer_cas(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    int64_t expected, next;
    if (py_check_count("compare_and_swap", 2, count) < 0)
        return NULL;
    int fits = py_integer_fits(arguments[0], &expected);
    if (fits < 0 || py_integer(arguments[1], &next) < 0)
        return NULL;
    /* What has more than 64 bits is not what is here. */
    return PyBool_FromLong(fits && number_swap(number_of(self), (uint64_t)expected, (uint64_t)next));
}

static PyObject *sum_too_large(int64_t value, int64_t amount)
{
    PyErr_Format(PyExc_OverflowError, "an atomic integer has 64 bits, and %lld + %lld has more", (long long)value,
                 (long long)amount);
    return NULL;
}

/* A loop instead of the one instruction: what would overflow must not be written, not even for a moment. */
static PyObject *integer_fetch_add(PyObject *self, PyObject *value)
{
    int64_t amount, old, sum;
    if (py_integer(value, &amount) < 0)
        return NULL;
    do {
        old = number_now(self);
        if (__builtin_add_overflow(old, amount, &sum))
            return sum_too_large(old, amount);
    } while (!number_swap(number_of(self), (uint64_t)old, (uint64_t)sum));
    return PyLong_FromLongLong(old);
}

static PyObject *integer_repr(PyObject *self)
{
    return PyUnicode_FromFormat("AtomicInteger(%lld)", (long long)number_now(self));
}

static PyMethodDef integer_methods[] = {
    {"load", integer_load, METH_NOARGS, "load($self, /)\n--\n\nThe value now."},
    {"store", integer_store, METH_O, "store($self, value, /)\n--\n\nOverwrite the value, whatever it was."},
    {"compare_and_swap", PY_FAST(integer_cas), METH_FASTCALL,
     "compare_and_swap($self, expected, new, /)\n--\n\n"
     "Store ``new`` if the value equals ``expected``; say whether it did."},
    {"get_and_set", integer_get_and_set, METH_O,
     "get_and_set($self, new, /)\n--\n\nStore ``new`` and return what was there."},
    {"fetch_add", integer_fetch_add, METH_O,
     "fetch_add($self, amount, /)\n--\n\nAdd ``amount`` and return what was there before.\n\n"
     "OverflowError where the sum has more than 64 bits; nothing is written then."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef integer_properties[] = {
    {"value", integer_value, NULL, "The value now, for people and debuggers.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot integer_slots[] = {
    {Py_tp_doc, "AtomicInteger(value=0)\n--\n\n"
                "An integer of 64 bits with compare-and-swap by equality, and fetch-and-add.\n\n"
                "TypeError for what is no int, OverflowError for what has more than 64 bits."},
    PY_SLOT(Py_tp_new, integer_new),
    PY_SLOT(Py_tp_dealloc, integer_dealloc),
    PY_SLOT(Py_tp_traverse, integer_traverse),
    PY_SLOT(Py_tp_repr, integer_repr),
    {Py_tp_methods, integer_methods},
    {Py_tp_getset, integer_properties},
    {0, NULL},
};

static PyType_Spec integer_spec = {
    "lockfree_core.native._native.AtomicInteger", sizeof(integer), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, integer_slots,
};

int py_add_integers(PyObject *module)
{
    return py_add_type(module, &integer_spec) == NULL ? -1 : 0;
}
