/* What the types of the extension share. */

#ifndef PY_COMMON_H
#define PY_COMMON_H

#include "py_compat.h"

#include "lf_slots.h"

/* Each adds its types or functions to the module; -1 with an exception set. */
int py_add_names(PyObject *module);
int py_add_cells(PyObject *module);
int py_add_integers(PyObject *module);
int py_add_counters(PyObject *module);
int py_add_stack(PyObject *module);
int py_add_queue(PyObject *module);
int py_add_ring(PyObject *module);
int py_add_trie(PyObject *module);
int py_add_map(PyObject *module);
int py_add_snapshot(PyObject *module);
int py_add_rwlock_map(PyObject *module);
int py_add_statistics(PyObject *module);
int py_add_kernels(PyObject *module);
int py_add_shared(PyObject *module);

/* A new heap type, added to the module under its last name; a borrowed reference. */
PyTypeObject *py_add_type(PyObject *module, PyType_Spec *spec);

/* An int of 64 bits. -1 with TypeError or OverflowError set, naming what came. */
int py_integer(PyObject *value, int64_t *integer);

/* 1 if it is one, 0 if it is an int of more than 64 bits, -1 with TypeError set. */
int py_integer_fits(PyObject *value, int64_t *integer);

int py_too_large(PyObject *value);

/* The number of arguments must be that; -1 with TypeError set. */
int py_check_count(const char *name, Py_ssize_t wanted, Py_ssize_t got);

PyObject *py_given_default(const char *name, PyObject *const *arguments, Py_ssize_t count, PyObject *names);

extern PyObject *py_default_name; /* the interned "default", which is what a call in a program names it by */

/* `default`, by position or name, None if it is not given; NULL with TypeError set. Borrowed. */
static inline PyObject *py_default(const char *name, PyObject *const *arguments, Py_ssize_t count, PyObject *names)
{
    if (names == NULL && count <= 1)
        return count == 0 ? Py_None : arguments[0];
    if (count == 0 && PyTuple_GET_SIZE(names) == 1 && PyTuple_GET_ITEM(names, 0) == py_default_name)
        return arguments[0];
    return py_given_default(name, arguments, count, names);
}

/* The same after a first argument that must be there. */
PyObject *py_key_given_default(const char *name, PyObject *const *arguments, Py_ssize_t count, PyObject *names);

static inline PyObject *py_key_default(const char *name, PyObject *const *arguments, Py_ssize_t count, PyObject *names)
{
    return LF_LIKELY(count == 1 && names == NULL) ? Py_None : py_key_given_default(name, arguments, count, names);
}

/* 0 <= base <= cap; -1 with ValueError set. */
int py_backoff(long base, long cap, lf_backoff *backoff);

/* A list with what each thread attempted and lost. */
PyObject *py_statistics(lf_slots *slots);

#define PY_FAST(function) ((PyCFunction)(void (*)(void))(function))

#define PY_STATISTICS_DOC \
    "statistics($self, /)\n--\n\n" \
    "What each thread attempted and lost so far, read without stopping anyone: a list of ThreadStatistics.\n\n" \
    "A thread's number is used again after it has ended, and its tallies go on. -1 stands for all beyond 4096."

#endif
