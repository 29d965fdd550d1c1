/* What stack, queue and ring have in common as Python types.

   A structure holds one strong reference for each item: putting gives it, taking gets it, and no other thread touches
   that count. Only a walk (iteration) takes references to what it does not own. Under a global lock nothing comes in
   between. Without one, a walk announces itself, publishes each value as a hazard, and looks whether the structure has
   lost anything since it began; whoever takes an item out while a walk is announced has the item's reference outlive the
   hazard (py_slot.h). Winning the CAS comes before the look at `walkers` there, and announcing before the look at the
   head here, all sequentially consistent: either the taker sees the walk, or the walk sees that something was taken. */

#ifndef PY_CONTAINER_H
#define PY_CONTAINER_H

#include "py_common.h"
#include "py_slot.h"

typedef struct {
    const char *noun;
    int (*walk)(void *core, int (*visit)(uint64_t value, void *context), void *context);
    uint64_t (*state)(void *core);
    bool (*take)(void *core, uint64_t *value);
    lf_slots *(*slots)(void *core);
    void (*destroy)(void *core);
} py_container_kind;

typedef struct {
    PyObject_HEAD
    void *core;
    const py_container_kind *kind;
    lf_u64 walkers;
} py_container;

static inline void *py_core(PyObject *self)
{
    return ((py_container *)self)->core;
}

/* The reference that came out of the structure. */
static inline PyObject *py_container_taken(PyObject *self, uint64_t value)
{
    PyObject *object = (PyObject *)(uintptr_t)value;
#ifndef LF_SERIAL
    lf_fence_after_cas();
    if (LF_UNLIKELY(lf_load(&((py_container *)self)->walkers, seq_cst) != 0))
        return py_slot_keep(object);
#else
    (void)self;
#endif
    return object;
}

/* An aligned block for a core, all zeros; NULL with MemoryError set. */
void *py_core_allocate(size_t size);

/* A new container around the core, which is destroyed where that fails. */
PyObject *py_container_make(PyTypeObject *type, void *core, const py_container_kind *kind);

/* backoff_base and backoff_cap, by name only, in the place of the defaults that stand there; -1 with an exception set. */
int py_container_backoff(PyObject *arguments, PyObject *keywords, const char *format, lf_backoff *backoff);

int py_container_traverse(PyObject *self, visitproc visit, void *arg);
int py_container_clear(PyObject *self);
void py_container_dealloc(PyObject *self);
PyObject *py_container_iterate(PyObject *self);
PyObject *py_container_statistics(PyObject *self, PyObject *ignored);

#define PY_CONTAINER_SLOTS \
    PY_SLOT(Py_tp_dealloc, py_container_dealloc), PY_SLOT(Py_tp_traverse, py_container_traverse), \
        PY_SLOT(Py_tp_clear, py_container_clear), PY_SLOT(Py_tp_iter, py_container_iterate)

#define PY_CONTAINER_METHODS \
    {"statistics", py_container_statistics, METH_NOARGS, PY_STATISTICS_DOC}, \
        {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, NULL}, {NULL, NULL, 0, NULL}

#define PY_CONTAINER_FLAGS (Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC)

#endif
