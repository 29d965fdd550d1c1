#include "py_container.h"

void *py_core_allocate(size_t size)
{
    void *core = aligned_alloc(LF_LINE, (size + LF_LINE - 1) / LF_LINE * LF_LINE);
    if (core == NULL)
        PyErr_NoMemory();
    else
        memset(core, 0, size);
    return core;
}

PyObject *py_container_make(PyTypeObject *type, void *core, const py_container_kind *kind)
{
    PyObject *self = type->tp_alloc(type, 0);
    if (self == NULL) {
        kind->destroy(core);
        free(core);
        return NULL;
    }
    ((py_container *)self)->core = core;
    ((py_container *)self)->kind = kind;
    py_defer_counting(self);
    return self;
}

int py_container_backoff(PyObject *arguments, PyObject *keywords, const char *format, lf_backoff *backoff)
{
    static char *names[] = {"backoff_base", "backoff_cap", NULL};
    long base = backoff->base, cap = backoff->cap;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, format, names, &base, &cap))
        return -1;
    return py_backoff(base, cap, backoff);
}

/* -- the collector, and the end. The collector has stopped every other thread, none of them inside an operation. */

typedef struct {
    visitproc visit;
    void *arg;
} visitor;

static int visit_one(uint64_t value, void *context)
{
    const visitor *how = context;
    return how->visit((PyObject *)(uintptr_t)value, how->arg);
}

int py_container_traverse(PyObject *self, visitproc visit, void *arg)
{
    const py_container *container = (py_container *)self;
    visitor how = {visit, arg};
    Py_VISIT(Py_TYPE(self));
    return container->core == NULL ? 0 : container->kind->walk(container->core, visit_one, &how);
}

static int count_one(uint64_t value, void *context)
{
    (void)value;
    ++*(size_t *)context;
    return 0;
}

/* One at a time, so that the structure is whole whenever a destructor looks at it; and no more than were inside at the
   beginning, for a destructor that puts something in. */
int py_container_clear(PyObject *self)
{
    const py_container *container = (py_container *)self;
    size_t inside = 0;
    uint64_t value;
    container->kind->walk(container->core, count_one, &inside);
    while (inside-- != 0 && container->kind->take(container->core, &value))
        Py_DECREF(py_container_taken(self, value));
    return 0;
}

void py_container_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    PY_DEALLOC_BEGIN(self, py_container_dealloc)
    py_container *container = (py_container *)self;
    if (container->core != NULL) {
        py_container_clear(self);
        container->kind->destroy(container->core);
        free(container->core);
    }
    type->tp_free(self);
    Py_DECREF(type);
    PY_DEALLOC_END
}

PyObject *py_container_statistics(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    const py_container *container = (py_container *)self;
    return py_statistics(container->kind->slots(container->core));
}

/* -- walks */

#ifdef LF_SERIAL

/* Nothing here runs Python code, so nothing comes in between: the list is what was inside at one moment. */
static int append_one(uint64_t value, void *context)
{
    return PyList_Append(context, (PyObject *)(uintptr_t)value);
}

static PyObject *snapshot(py_container *container)
{
    PyObject *values = PyList_New(0);
    if (values == NULL || container->kind->walk(container->core, append_one, values) == 0)
        return values;
    Py_DECREF(values);
    return NULL;
}

#else

#define MOST_WALKS 1000

enum { CHANGED = 1, FAILED = -1 };

typedef struct {
    py_container *container;
    lf_hazard *hazard;
    PyObject *values;
    uint64_t state;
} walk;

/* See the top of py_container.h for why the reference may be taken. */
static int append_one(uint64_t value, void *context)
{
    walk *how = context;
    PyObject *object = (PyObject *)(uintptr_t)value;
    atomic_store_explicit(&how->hazard->object, object, memory_order_seq_cst);
    if (how->container->kind->state(how->container->core) != how->state)
        return CHANGED;
    Py_INCREF(object);
    int failed = PyList_Append(how->values, object);
    Py_DECREF(object);
    return failed ? FAILED : 0;
}

static int walk_once(py_container *container, PyObject *values)
{
    walk how = {container, lf_hazard_mine(), values, container->kind->state(container->core)};
    int answer = container->kind->walk(container->core, append_one, &how);
    lf_hazard_clear(how.hazard);
    if (answer == 0 && container->kind->state(container->core) != how.state)
        answer = CHANGED; /* the last link that was read may have been that of a free node */
    return answer;
}

static PyObject *snapshot(py_container *container)
{
    PyObject *values = NULL;
    int answer = CHANGED;
    atomic_fetch_add(&container->walkers, 1);
    for (int round = 0; round < MOST_WALKS && answer == CHANGED; round++) {
        Py_XDECREF(values);
        values = PyList_New(0);
        answer = values == NULL ? FAILED : walk_once(container, values);
    }
    atomic_fetch_sub(&container->walkers, 1);
    if (answer == 0)
        return values;
    if (answer == CHANGED)
        PyErr_Format(PyExc_RuntimeError, "the %s kept changing during %d walks through it", container->kind->noun,
                     MOST_WALKS);
    Py_XDECREF(values);
    return NULL;
}

#endif

PyObject *py_container_iterate(PyObject *self)
{
    PyObject *values = snapshot((py_container *)self);
    PyObject *iterator = values == NULL ? NULL : PyObject_GetIter(values);
    Py_XDECREF(values);
    return iterator;
}
