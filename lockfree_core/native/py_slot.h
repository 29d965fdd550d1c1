/* A place for one reference to a Python object, read and swapped by any thread.

   Under a global lock plain reads and writes are enough, as long as the old reference is dropped last: dropping may run
   anything. Without one, a load that races with the drop of the last reference is guarded by a hazard pointer. */

#ifndef PY_SLOT_H
#define PY_SLOT_H

#include "py_compat.h"

#include "lf_hazard.h"

#ifdef LF_SERIAL

typedef PyObject *py_slot;

/* A new reference to what is there. */
static inline PyObject *py_slot_load(py_slot *slot)
{
    return Py_NewRef(*slot);
}

/* Take the reference to `object` over; the caller gets the old one and must hand it to py_slot_drop. */
static inline PyObject *py_slot_exchange(py_slot *slot, PyObject *object)
{
    PyObject *old = *slot;
    *slot = object;
    return old;
}

/* By identity. Where it succeeds, the reference to `object` is taken over and that to `expected` dropped. */
static inline bool py_slot_swap(py_slot *slot, PyObject *expected, PyObject *object)
{
    if (*slot != expected)
        return false;
    *slot = object;
    Py_DECREF(expected);
    return true;
}

static inline PyObject *py_slot_peek(py_slot *slot)
{
    return *slot;
}

static inline void py_slot_drop(PyObject *object)
{
    Py_XDECREF(object);
}

/* A second reference to an object that left a slot, given to the caller. */
static inline PyObject *py_slot_keep(PyObject *object)
{
    return object;
}

#else

typedef lf_shared_pointer py_slot;

static inline void py_slot_release(void *object)
{
    Py_DECREF((PyObject *)object);
}

static inline PyObject *py_slot_load(py_slot *slot)
{
    lf_hazard *hazard = lf_hazard_mine();
    PyObject *object = Py_NewRef((PyObject *)lf_hazard_protect(hazard, slot));
    lf_hazard_clear(hazard);
    lf_hazard_tidy();
    return object;
}

/* Sequentially consistent, as the hazard protocol asks. */
static inline PyObject *py_slot_exchange(py_slot *slot, PyObject *object)
{
    return atomic_exchange_explicit(slot, object, memory_order_seq_cst);
}

/* The caller holds a reference to `expected`, so its address is not used for another object meanwhile. */
static inline bool py_slot_swap(py_slot *slot, PyObject *expected, PyObject *object)
{
    void *seen = expected;
    if (!atomic_compare_exchange_strong_explicit(slot, &seen, object, memory_order_seq_cst, memory_order_relaxed))
        return false;
    lf_hazard_retire(expected, py_slot_release);
    return true;
}

/* For the collector, which has stopped the world, and for the last owner. */
static inline PyObject *py_slot_peek(py_slot *slot)
{
    return atomic_load_explicit(slot, memory_order_relaxed);
}

static inline void py_slot_drop(PyObject *object)
{
    if (object != NULL)
        lf_hazard_retire(object, py_slot_release);
}

static inline PyObject *py_slot_keep(PyObject *object)
{
    Py_INCREF(object);
    lf_hazard_retire(object, py_slot_release);
    return object;
}

#endif

static inline void py_slot_init(py_slot *slot, PyObject *object)
{
    (void)py_slot_exchange(slot, object);
}

#endif
