/* SharedInteger: 64 bits in a buffer that other processes have mapped too.

   No interpreter's lock reaches across processes, so these are hardware atomics in every build. Each access is one
   instruction, or a loop of which one instruction takes effect: a process that is killed in between leaves the integer as
   it was or as it was to be. */

#include "py_common.h"

typedef struct {
    PyObject_HEAD
    Py_buffer buffer;
    _Atomic(uint64_t) *number; /* NULL once released */
} shared;

/* Beyond these, an addition takes the slow way, which can refuse. Nobody adds 2^62 in the time between look and add. */
#define FAR ((int64_t)1 << 62)

static shared *shared_of(PyObject *self)
{
    return (shared *)self;
}

static _Atomic(uint64_t) *number_of(PyObject *self)
{
    if (shared_of(self)->number == NULL)
        PyErr_SetString(PyExc_ValueError, "the shared integer was released");
    return shared_of(self)->number;
}

static PyObject *shared_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"buffer", "offset", NULL};
    PyObject *source;
    Py_ssize_t offset = 0;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O|n:SharedInteger", names, &source, &offset))
        return NULL;
    PyObject *self = type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    Py_buffer *buffer = &shared_of(self)->buffer;
    if (PyObject_GetBuffer(source, buffer, PyBUF_WRITABLE) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    if (offset < 0 || offset > buffer->len - 8 || ((uintptr_t)buffer->buf + (size_t)offset) % 8 != 0) {
        PyErr_Format(PyExc_ValueError, "8 aligned bytes are needed at offset %zd of a buffer of %zd", offset, buffer->len);
        PyBuffer_Release(buffer);
        Py_DECREF(self);
        return NULL;
    }
    shared_of(self)->number = (_Atomic(uint64_t) *)(void *)((char *)buffer->buf + offset);
    return self;
}

static PyObject *shared_release(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    shared_of(self)->number = NULL;
    PyBuffer_Release(&shared_of(self)->buffer); /* does nothing the second time */
    Py_RETURN_NONE;
}

static int shared_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(shared_of(self)->buffer.obj);
    return 0;
}

static void shared_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    PyBuffer_Release(&shared_of(self)->buffer);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *shared_load(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    _Atomic(uint64_t) *number = number_of(self);
    return number == NULL ? NULL : PyLong_FromLongLong((int64_t)atomic_load(number));
}

static PyObject *shared_store(PyObject *self, PyObject *value)
{
    int64_t next;
    _Atomic(uint64_t) *number = number_of(self);
    if (number == NULL || py_integer(value, &next) < 0)
        return NULL;
    atomic_store(number, (uint64_t)next);
    Py_RETURN_NONE;
}

static PyObject *shared_cas(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    int64_t expected, next;
    _Atomic(uint64_t) *number = number_of(self);
    if (number == NULL || py_check_count("compare_and_swap", 2, count) < 0)
        return NULL;
    int fits = py_integer_fits(arguments[0], &expected);
    if (fits < 0 || py_integer(arguments[1], &next) < 0)
        return NULL;
    uint64_t seen = (uint64_t)expected;
    return PyBool_FromLong(fits && atomic_compare_exchange_strong(number, &seen, (uint64_t)next));
}

static PyObject *too_large(int64_t value, int64_t amount)
{
    PyErr_Format(PyExc_OverflowError, "a shared integer has 64 bits, and %lld + %lld has more", (long long)value,
                 (long long)amount);
    return NULL;
}

/* By loop: read, add, swap if nobody came in between. What was there before. */
static PyObject *add_by_swapping(_Atomic(uint64_t) *number, int64_t amount)
{
    uint64_t seen = atomic_load(number);
    int64_t sum;
    do {
        if (__builtin_add_overflow((int64_t)seen, amount, &sum))
            return too_large((int64_t)seen, amount);
    } while (!atomic_compare_exchange_weak(number, &seen, (uint64_t)sum));
    return PyLong_FromLongLong((int64_t)seen);
}

static PyObject *shared_swap_add(PyObject *self, PyObject *value)
{
    int64_t amount;
    _Atomic(uint64_t) *number = number_of(self);
    if (number == NULL || py_integer(value, &amount) < 0)
        return NULL;
    return add_by_swapping(number, amount);
}

static PyObject *shared_fetch_add(PyObject *self, PyObject *value)
{
    int64_t amount;
    _Atomic(uint64_t) *number = number_of(self);
    if (number == NULL || py_integer(value, &amount) < 0)
        return NULL;
    int64_t seen = (int64_t)atomic_load(number);
    if (seen > FAR || seen < -FAR || amount > INT32_MAX || amount < -(int64_t)INT32_MAX)
        return add_by_swapping(number, amount);
    return PyLong_FromLongLong((int64_t)atomic_fetch_add(number, (uint64_t)amount));
}

static PyMethodDef methods[] = {
    {"load", shared_load, METH_NOARGS, "load($self, /)\n--\n\nThe value now."},
    {"store", shared_store, METH_O, "store($self, value, /)\n--\n\nOverwrite the value, whatever it was."},
    {"compare_and_swap", PY_FAST(shared_cas), METH_FASTCALL,
     "compare_and_swap($self, expected, new, /)\n--\n\n"
     "Store ``new`` if the value equals ``expected``; say whether it did."},
    {"swap_add", shared_swap_add, METH_O,
     "swap_add($self, amount, /)\n--\n\nAdd by compare-and-swap loop; return what was there before."},
    {"fetch_add", shared_fetch_add, METH_O,
     "fetch_add($self, amount, /)\n--\n\nAdd by one instruction; return what was there before."},
    {"release", shared_release, METH_NOARGS, "release($self, /)\n--\n\nLet go of the buffer; no access after that."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "SharedInteger(buffer, offset=0)\n--\n\nAn integer of 64 bits in shared memory, with hardware atomics."},
    PY_SLOT(Py_tp_new, shared_new),
    PY_SLOT(Py_tp_dealloc, shared_dealloc),
    PY_SLOT(Py_tp_traverse, shared_traverse),
    {Py_tp_methods, methods},
    {0, NULL},
};

static PyType_Spec spec = {
    "lockfree_core.native._native.SharedInteger", sizeof(shared), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots,
};

int py_add_shared(PyObject *module)
{
    return py_add_type(module, &spec) == NULL ? -1 : 0;
}
