/* SharedInteger: 64 bits in a buffer that other processes have mapped too.

   No interpreter's lock reaches across processes, so these are hardware atomics in every build. Each access is one
   instruction, or a loop of which one instruction takes effect: a process that is killed in between leaves the integer as
   it was or as it was to be.

   Letting go of the buffer may unmap it, so nobody may be in an access then. Under a global lock nobody is. Without one an
   access names the integer by its thread's hazard pointer (lf_hazard.h), and whoever releases it takes the address away
   first, and waits until nobody names it: a few instructions. */

#include "py_common.h"

#include "lf_hazard.h"

typedef struct {
    PyObject_HEAD
    Py_buffer buffer;
    lf_shared_pointer address; /* of the integer; NULL once released */
} shared;

typedef _Atomic(uint64_t) shared_number;

/* An access: where the integer is, and what keeps it there. */
typedef struct {
    shared_number *number;
    lf_hazard *hazard;
} number_access;

/* Beyond these, an addition takes the slow way, which can refuse. Nobody adds 2^62 in the time between look and add. */
#define FAR ((int64_t)1 << 62)

static shared *shared_of(PyObject *self)
{
    return (shared *)self;
}

static void leave(const number_access *at)
{
    if (at->hazard != NULL)
        lf_hazard_clear(at->hazard);
}

/* What is done until `leave` runs nothing of Python's. False with an exception set once it was released. */
static bool enter(PyObject *self, number_access *at)
{
#ifdef LF_SERIAL
    at->hazard = NULL;
    at->number = atomic_load_explicit(&shared_of(self)->address, memory_order_relaxed);
#else
    at->hazard = lf_hazard_mine();
    at->number = lf_hazard_protect(at->hazard, &shared_of(self)->address);
#endif
    if (LF_LIKELY(at->number != NULL))
        return true;
    leave(at);
    PyErr_SetString(PyExc_ValueError, "the shared integer was released");
    return false;
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
    atomic_store(&shared_of(self)->address, (char *)buffer->buf + offset);
    return self;
}

/* Of several threads that release it, one finds the address and lets go. */
static PyObject *shared_release(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    void *address = atomic_exchange(&shared_of(self)->address, NULL);
    if (address != NULL) {
        lf_hazard_await(address);
        PyBuffer_Release(&shared_of(self)->buffer);
    }
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
    number_access at;
    if (!enter(self, &at))
        return NULL;
    uint64_t value = atomic_load(at.number);
    leave(&at);
    return PyLong_FromLongLong((int64_t)value);
}

static PyObject *shared_store(PyObject *self, PyObject *value)
{
    int64_t next;
    number_access at;
    if (py_integer(value, &next) < 0 || !enter(self, &at))
        return NULL;
    atomic_store(at.number, (uint64_t)next);
    leave(&at);
    Py_RETURN_NONE;
}

static PyObject *shared_cas(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    int64_t expected, next;
    number_access at;
    if (py_check_count("compare_and_swap", 2, count) < 0)
        return NULL;
    int fits = py_integer_fits(arguments[0], &expected);
    if (fits < 0 || py_integer(arguments[1], &next) < 0 || !enter(self, &at))
        return NULL;
    uint64_t seen = (uint64_t)expected;
    bool swapped = fits && atomic_compare_exchange_strong(at.number, &seen, (uint64_t)next);
    leave(&at);
    return PyBool_FromLong(swapped);
}

/* By loop: read, add, swap if nobody came in between. False where the sum has more than 64 bits. What was there before. */
static bool add_by_swapping(shared_number *number, int64_t amount, uint64_t *before)
{
    int64_t sum;
    *before = atomic_load(number);
    do {
        if (__builtin_add_overflow((int64_t)*before, amount, &sum))
            return false;
    } while (!atomic_compare_exchange_weak(number, before, (uint64_t)sum));
    return true;
}

/* By one instruction, where that cannot overflow. */
static bool add_at_once(shared_number *number, int64_t amount, uint64_t *before)
{
    int64_t seen = (int64_t)atomic_load(number);
    if (seen > FAR || seen < -FAR || amount > INT32_MAX || amount < -(int64_t)INT32_MAX)
        return add_by_swapping(number, amount, before);
    *before = atomic_fetch_add(number, (uint64_t)amount);
    return true;
}

static inline PyObject *add(PyObject *self, PyObject *value,
                            bool (*how)(shared_number *number, int64_t amount, uint64_t *before))
{
    int64_t amount;
    uint64_t before;
    number_access at;
    if (py_integer(value, &amount) < 0 || !enter(self, &at))
        return NULL;
    bool fits = how(at.number, amount, &before);
    leave(&at);
    if (LF_LIKELY(fits))
        return PyLong_FromLongLong((int64_t)before);
    PyErr_Format(PyExc_OverflowError, "a shared integer has 64 bits, and %lld + %lld has more", (long long)before,
                 (long long)amount);
    return NULL;
}

static PyObject *shared_swap_add(PyObject *self, PyObject *value)
{
    return add(self, value, add_by_swapping);
}

static PyObject *shared_fetch_add(PyObject *self, PyObject *value)
{
    return add(self, value, add_at_once);
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
