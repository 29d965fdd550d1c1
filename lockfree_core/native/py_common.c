#include "py_common.h"

#include "lf_backoff.h"

PyTypeObject *py_add_type(PyObject *module, PyType_Spec *spec)
{
    PyTypeObject *type = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
    if (type == NULL)
        return NULL;
    int failed = PyModule_AddType(module, type);
    Py_DECREF(type); /* the module holds it */
    return failed ? NULL : type;
}

int py_integer_fits(PyObject *value, int64_t *integer)
{
    if (!PyLong_Check(value)) {
        PyErr_Format(PyExc_TypeError, "an atomic integer takes an int, got %s", Py_TYPE(value)->tp_name);
        return -1;
    }
    int overflow;
    *integer = PyLong_AsLongLongAndOverflow(value, &overflow);
    return overflow == 0;
}

int py_too_large(PyObject *value)
{
    PyObject *text = PyObject_Repr(value);
    if (text == NULL) { /* so large that the interpreter refuses to print it */
        PyErr_Clear();
        PyErr_SetString(PyExc_OverflowError, "an atomic integer has 64 bits, got an int of thousands of digits");
        return -1;
    }
    PyErr_Format(PyExc_OverflowError, "an atomic integer has 64 bits, got %U", text);
    Py_DECREF(text);
    return -1;
}

int py_integer(PyObject *value, int64_t *integer)
{
    int fits = py_integer_fits(value, integer);
    return fits > 0 ? 0 : fits < 0 ? -1 : py_too_large(value);
}

int py_check_count(const char *name, Py_ssize_t wanted, Py_ssize_t got)
{
    if (wanted == got)
        return 0;
    PyErr_Format(PyExc_TypeError, "%s takes %zd arguments, got %zd", name, wanted, got);
    return -1;
}

PyObject *py_default_name;

int py_add_names(PyObject *module)
{
    (void)module;
    py_default_name = PyUnicode_InternFromString("default");
    return py_default_name == NULL ? -1 : 0;
}

PyObject *py_given_default(const char *name, PyObject *const *arguments, Py_ssize_t count, PyObject *names)
{
    Py_ssize_t named = names == NULL ? 0 : PyTuple_GET_SIZE(names);
    if (count + named != 1) {
        PyErr_Format(PyExc_TypeError, "%s takes at most 1 argument, got %zd", name, count + named);
        return NULL;
    }
    if (named && PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, 0), "default") != 0) {
        PyErr_Format(PyExc_TypeError, "%s takes the keyword default, got %R", name, PyTuple_GET_ITEM(names, 0));
        return NULL;
    }
    return arguments[0];
}

PyObject *py_key_given_default(const char *name, PyObject *const *arguments, Py_ssize_t count, PyObject *names)
{
    if (count >= 1)
        return py_default(name, arguments + 1, count - 1, names);
    PyErr_Format(PyExc_TypeError, "%s takes a key, by position, and at most a default", name);
    return NULL;
}

int py_backoff(long base, long cap, lf_backoff *backoff)
{
    if (base < 0 || cap < base || cap > LF_BACKOFF_MOST) {
        PyErr_Format(PyExc_ValueError, "a backoff needs 0 <= base <= cap <= %ld, got base %ld and cap %ld",
                     (long)LF_BACKOFF_MOST, base, cap);
        return -1;
    }
    backoff->base = (uint32_t)base;
    backoff->cap = (uint32_t)cap;
    return 0;
}

/* -- statistics */

static PyTypeObject *statistics_type;

static PyStructSequence_Field statistics_fields[] = {
    {"thread", "the thread's number, from 0"},
    {"attempts", "compare-and-swaps whose result decided the operation"},
    {"failures", "how many of them were lost"},
    {"longest_streak", "the most that one operation lost in a row"},
    {NULL, NULL},
};

static PyStructSequence_Desc statistics_description = {
    "lockfree_core.native._native.ThreadStatistics",
    "What one thread attempted on a structure, and lost.",
    statistics_fields,
    4,
};

int py_add_statistics(PyObject *module)
{
    statistics_type = PyStructSequence_NewType(&statistics_description);
    return statistics_type == NULL ? -1 : PyModule_AddObjectRef(module, "ThreadStatistics", (PyObject *)statistics_type);
}

static int append_row(PyObject *rows, long thread, lf_stats *stats)
{
    uint64_t numbers[3];
    lf_stats_read(stats, numbers);
    if (numbers[0] == 0)
        return 0;
    PyObject *row = PyStructSequence_New(statistics_type);
    if (row == NULL)
        return -1;
    PyStructSequence_SetItem(row, 0, PyLong_FromLong(thread));
    for (Py_ssize_t field = 0; field < 3; field++)
        PyStructSequence_SetItem(row, field + 1, PyLong_FromUnsignedLongLong(numbers[field]));
    int failed = PyErr_Occurred() ? -1 : PyList_Append(rows, row);
    Py_DECREF(row);
    return failed;
}

PyObject *py_statistics(lf_slots *slots)
{
    PyObject *rows = PyList_New(0);
    unsigned bound = rows == NULL ? 0 : lf_thread_bound();
    int failed = rows == NULL ? -1 : 0;
    for (unsigned index = 0; index < bound && !failed; index++) {
        lf_slot *slot = lf_slot_peek(slots, index);
        if (slot != NULL)
            failed = append_row(rows, index < LF_THREADS ? (long)index : -1, &slot->stats);
    }
    if (!failed)
        return rows;
    Py_XDECREF(rows);
    return NULL;
}
