/* MichaelScottQueue as a Python type; the algorithm is in lf_queue.h. */

#include "py_container.h"

#include "lf_queue.h"

static int queue_walk(void *core, int (*visit)(uint64_t value, void *context), void *context)
{
    return lf_queue_walk(core, visit, context);
}

static uint64_t queue_state(void *core)
{
    return lf_queue_state(core);
}

static bool queue_take(void *core, uint64_t *value)
{
    return lf_queue_take(core, value);
}

static lf_slots *queue_slots(void *core)
{
    return &((lf_queue *)core)->slots;
}

static void queue_destroy(void *core)
{
    lf_queue_destroy(core);
}

static const py_container_kind kind = {
    "queue", queue_walk, queue_state, queue_take, queue_slots, queue_destroy,
};

static PyObject *queue_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    lf_backoff backoff = LF_BACKOFF_QUEUE;
    if (py_container_backoff(arguments, keywords, "|$ll:MichaelScottQueue", &backoff) < 0)
        return NULL;
    lf_queue *core = py_core_allocate(sizeof *core);
    if (core == NULL)
        return NULL;
    if (!lf_queue_init(core, backoff)) {
        free(core);
        return PyErr_NoMemory();
    }
    return py_container_make(type, core, &kind);
}

static PyObject *queue_enqueue(PyObject *self, PyObject *value)
{
    if (LF_UNLIKELY(!lf_queue_put(py_core(self), (uintptr_t)Py_NewRef(value)))) {
        Py_DECREF(value);
        return PyErr_NoMemory();
    }
    Py_RETURN_NONE;
}

static PyObject *queue_dequeue(PyObject *self, PyObject *const *arguments, Py_ssize_t count, PyObject *names)
{
    PyObject *fallback = py_default("dequeue", arguments, count, names);
    uint64_t value;
    if (LF_UNLIKELY(fallback == NULL))
        return NULL;
    return lf_queue_take(py_core(self), &value) ? py_container_taken(self, value) : Py_NewRef(fallback);
}

static PyMethodDef methods[] = {
    {"enqueue", queue_enqueue, METH_O, "enqueue($self, value, /)\n--\n\nPut ``value`` at the end."},
    {"dequeue", PY_FAST(queue_dequeue), METH_FASTCALL | METH_KEYWORDS,
     "dequeue($self, default=None)\n--\n\nTake the oldest value, or give ``default`` when the queue is empty."},
    PY_CONTAINER_METHODS,
};

static PyType_Slot slots[] = {
    {Py_tp_doc,
     "MichaelScottQueue(*, backoff_base=1024, backoff_cap=16384)\n--\n\n"
     "An unbounded lock-free queue with a dummy node and helping (M. M. Michael, M. L. Scott, PODC 1996).\n\n"
     "Backoff as for the stack. Lock-free, but for growth, which asks malloc. Iterating gives the values, oldest first,\n"
     "at one moment; RuntimeError if, without a global lock, that moment does not come."},
    PY_SLOT(Py_tp_new, queue_new),
    PY_CONTAINER_SLOTS,
    {Py_tp_methods, methods},
    {0, NULL},
};

static PyType_Spec spec = {
    "lockfree_core.native._native.MichaelScottQueue", sizeof(py_container), 0, PY_CONTAINER_FLAGS, slots,
};

int py_add_queue(PyObject *module)
{
    return py_add_type(module, &spec) == NULL ? -1 : 0;
}
