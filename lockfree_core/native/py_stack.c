/* TreiberStack as a Python type; the algorithm is in lf_stack.h. */

#include "py_container.h"

#include "lf_stack.h"

static int stack_walk(void *core, int (*visit)(uint64_t value, void *context), void *context)
{
    return lf_stack_walk(core, visit, context);
}

static uint64_t stack_state(void *core)
{
    return lf_stack_state(core);
}

static bool stack_take(void *core, uint64_t *value)
{
    return lf_stack_pop(core, value);
}

static lf_slots *stack_slots(void *core)
{
    return &((lf_stack *)core)->slots;
}

static void stack_destroy(void *core)
{
    lf_stack_destroy(core);
}

static const py_container_kind kind = {
    "stack", stack_walk, stack_state, stack_take, stack_slots, stack_destroy,
};

static PyObject *stack_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    lf_backoff backoff = LF_BACKOFF_STACK;
    if (py_container_backoff(arguments, keywords, "|$ll:TreiberStack", &backoff) < 0)
        return NULL;
    lf_stack *core = py_core_allocate(sizeof *core);
    if (core == NULL)
        return NULL;
    lf_stack_init(core, backoff);
    return py_container_make(type, core, &kind);
}

static PyObject *stack_push(PyObject *self, PyObject *value)
{
    if (LF_UNLIKELY(!lf_stack_push(py_core(self), (uintptr_t)Py_NewRef(value)))) {
        Py_DECREF(value);
        return PyErr_NoMemory();
    }
    Py_RETURN_NONE;
}

static PyObject *stack_pop(PyObject *self, PyObject *const *arguments, Py_ssize_t count, PyObject *names)
{
    PyObject *fallback = py_default("pop", arguments, count, names);
    uint64_t value;
    if (LF_UNLIKELY(fallback == NULL))
        return NULL;
    return lf_stack_pop(py_core(self), &value) ? py_container_taken(self, value) : Py_NewRef(fallback);
}

static PyMethodDef methods[] = {
    {"push", stack_push, METH_O, "push($self, value, /)\n--\n\nPut ``value`` on top."},
    {"pop", PY_FAST(stack_pop), METH_FASTCALL | METH_KEYWORDS,
     "pop($self, default=None)\n--\n\nTake the top value off, or give ``default`` when the stack is empty."},
    PY_CONTAINER_METHODS,
};

static PyType_Slot slots[] = {
    {Py_tp_doc,
     "TreiberStack(*, backoff_base=384, backoff_cap=6144)\n--\n\n"
     "A lock-free stack on one tagged head pointer (R. K. Treiber, IBM RJ 5118, 1986).\n\n"
     "After a lost compare-and-swap a thread waits, at first up to ``backoff_base`` pauses of the processor, twice as\n"
     "long after every further loss in a row, and at most ``backoff_cap``; 0 and 0 is no backoff. Backoff buys\n"
     "throughput with unfairness. Lock-free, but for growth, which asks malloc. Iterating gives the values from the top\n"
     "at one moment; RuntimeError if, without a global lock, that moment does not come."},
    PY_SLOT(Py_tp_new, stack_new),
    PY_CONTAINER_SLOTS,
    {Py_tp_methods, methods},
    {0, NULL},
};

static PyType_Spec spec = {
    "lockfree_core.native._native.TreiberStack", sizeof(py_container), 0, PY_CONTAINER_FLAGS, slots,
};

int py_add_stack(PyObject *module)
{
    return py_add_type(module, &spec) == NULL ? -1 : 0;
}
