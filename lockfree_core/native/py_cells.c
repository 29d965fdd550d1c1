/* AtomicReference and VersionedReference: names and meaning as in lockfree_core/memory/cells.py. */

#include "py_common.h"
#include "py_slot.h"

typedef struct {
    PyObject_HEAD
    py_slot slot; /* a versioned reference keeps a tuple here: value and version, which are so read together */
} cell;

static py_slot *slot_of(PyObject *self)
{
    return &((cell *)self)->slot;
}

static PyObject *cell_make(PyTypeObject *type, PyObject *owned)
{
    PyObject *self = owned == NULL ? NULL : type->tp_alloc(type, 0);
    if (self == NULL)
        Py_XDECREF(owned);
    else
        py_slot_init(slot_of(self), owned);
    return self;
}

static int cell_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(py_slot_peek(slot_of(self)));
    return 0;
}

static void cell_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    PY_DEALLOC_BEGIN(self, cell_dealloc)
    /* Nobody else can be reading: whoever reads a cell holds a reference to it. */
    Py_XDECREF(py_slot_peek(slot_of(self)));
    type->tp_free(self);
    Py_DECREF(type);
    PY_DEALLOC_END
}

/* -- AtomicReference */

static PyObject *reference_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"value", NULL};
    PyObject *value;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O:AtomicReference", names, &value))
        return NULL;
    return cell_make(type, Py_NewRef(value));
}

/* Each node of a list makes a cell, so the way around a tuple of arguments is worth its lines. */
static PyObject *reference_call(PyObject *type, PyObject *const *arguments, size_t flags, PyObject *names)
{
    if (names != NULL && PyTuple_GET_SIZE(names) != 0 &&
        (PyTuple_GET_SIZE(names) != 1 ||
         PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, 0), "value") != 0)) {
        PyErr_Format(PyExc_TypeError, "AtomicReference takes the keyword value, got %R", names);
        return NULL;
    }
    Py_ssize_t count = PyVectorcall_NARGS(flags) + (names == NULL ? 0 : PyTuple_GET_SIZE(names));
    if (py_check_count("AtomicReference", 1, count) < 0)
        return NULL;
    return cell_make((PyTypeObject *)type, Py_NewRef(arguments[0]));
}

/* What breaks a cycle is None, not NULL: a finalizer may still ask a cleared cell for its value. */
static int reference_clear(PyObject *self)
{
    py_slot_drop(py_slot_exchange(slot_of(self), Py_NewRef(Py_None)));
    return 0;
}

static PyObject *reference_load(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return py_slot_load(slot_of(self));
}

static PyObject *reference_value(PyObject *self, void *Py_UNUSED(closure))
{
    return py_slot_load(slot_of(self));
}

static PyObject *reference_store(PyObject *self, PyObject *value)
{
    py_slot_drop(py_slot_exchange(slot_of(self), Py_NewRef(value)));
    Py_RETURN_NONE;
}

static PyObject *reference_get_and_set(PyObject *self, PyObject *value)
{
    return py_slot_keep(py_slot_exchange(slot_of(self), Py_NewRef(value)));
}

static PyObject *reference_cas(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    if (py_check_count("compare_and_swap", 2, count) < 0)
        return NULL;
    Py_INCREF(arguments[1]);
    if (py_slot_swap(slot_of(self), arguments[0], arguments[1]))
        Py_RETURN_TRUE;
    Py_DECREF(arguments[1]);
    Py_RETURN_FALSE;
}

static PyObject *reference_repr(PyObject *self)
{
    PyObject *name = PyType_GetName(Py_TYPE(self));
    PyObject *value = py_slot_load(slot_of(self));
    PyObject *text = name == NULL ? NULL : PyUnicode_FromFormat("%U(%R)", name, value);
    Py_XDECREF(name);
    Py_DECREF(value);
    return text;
}

static PyMethodDef reference_methods[] = {
    {"load", reference_load, METH_NOARGS, "load($self, /)\n--\n\nThe value now."},
    {"store", reference_store, METH_O, "store($self, value, /)\n--\n\nOverwrite the value, whatever it was."},
    {"compare_and_swap", PY_FAST(reference_cas), METH_FASTCALL,
     "compare_and_swap($self, expected, new, /)\n--\n\n"
     "Store ``new`` if the value *is* ``expected``; say whether it was."},
    {"get_and_set", reference_get_and_set, METH_O,
     "get_and_set($self, new, /)\n--\n\nStore ``new`` and return what was there."},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef reference_properties[] = {
    {"value", reference_value, NULL, "The value now, for people and debuggers.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot reference_slots[] = {
    {Py_tp_doc, "AtomicReference(value)\n--\n\nA reference with compare-and-swap by identity."},
    PY_SLOT(Py_tp_new, reference_new),
    PY_SLOT(Py_tp_dealloc, cell_dealloc),
    PY_SLOT(Py_tp_traverse, cell_traverse),
    PY_SLOT(Py_tp_clear, reference_clear),
    PY_SLOT(Py_tp_repr, reference_repr),
    {Py_tp_methods, reference_methods},
    {Py_tp_getset, reference_properties},
    {0, NULL},
};

static PyType_Spec reference_spec = {
    "lockfree_core.native._native.AtomicReference", sizeof(cell), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, reference_slots,
};

/* -- VersionedReference */

static PyObject *cleared; /* (None, 0) */

static PyObject *pair_of(PyObject *value, PyObject *version)
{
    return version == NULL ? NULL : PyTuple_Pack(2, value, version);
}

static PyObject *versioned_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"value", "version", NULL};
    PyObject *value, *version = NULL;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O|O:VersionedReference", names, &value, &version))
        return NULL;
    int64_t ignored;
    if (version != NULL && py_integer_fits(version, &ignored) < 0)
        return NULL;
    version = version == NULL ? PyLong_FromLong(0) : Py_NewRef(version);
    PyObject *self = cell_make(type, pair_of(value, version));
    Py_XDECREF(version);
    return self;
}

static int versioned_clear(PyObject *self)
{
    py_slot_drop(py_slot_exchange(slot_of(self), Py_NewRef(cleared)));
    return 0;
}

static PyObject *versioned_get(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return py_slot_load(slot_of(self));
}

static PyObject *versioned_item(PyObject *self, Py_ssize_t index)
{
    PyObject *pair = py_slot_load(slot_of(self));
    PyObject *item = Py_NewRef(PyTuple_GET_ITEM(pair, index));
    Py_DECREF(pair);
    return item;
}

static PyObject *versioned_value(PyObject *self, void *Py_UNUSED(closure))
{
    return versioned_item(self, 0);
}

static PyObject *versioned_version(PyObject *self, void *Py_UNUSED(closure))
{
    return versioned_item(self, 1);
}

static PyObject *next_version(PyObject *version)
{
    PyObject *one = PyLong_FromLong(1);
    PyObject *next = one == NULL ? NULL : PyNumber_Add(version, one);
    Py_XDECREF(one);
    return next;
}

/* 1 swapped, 0 not, -1 with an exception set. The pair is held, so its address tells whether it is still the same; with
   that the swap is exact, although value and version are compared one after the other. */
static int versioned_swap(PyObject *self, PyObject *pair, PyObject *const *arguments)
{
    if (PyTuple_GET_ITEM(pair, 0) != arguments[0])
        return 0;
    int same = PyObject_RichCompareBool(PyTuple_GET_ITEM(pair, 1), arguments[1], Py_EQ);
    if (same <= 0)
        return same;
    PyObject *version = next_version(PyTuple_GET_ITEM(pair, 1));
    PyObject *next = pair_of(arguments[2], version);
    Py_XDECREF(version);
    if (next == NULL)
        return -1;
    if (py_slot_swap(slot_of(self), pair, next))
        return 1;
    Py_DECREF(next);
    return 0;
}

static PyObject *versioned_cas(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    if (py_check_count("compare_and_swap", 3, count) < 0)
        return NULL;
    PyObject *pair = py_slot_load(slot_of(self));
    int swapped = versioned_swap(self, pair, arguments);
    Py_DECREF(pair);
    return swapped < 0 ? NULL : PyBool_FromLong(swapped);
}

static PyObject *versioned_repr(PyObject *self)
{
    PyObject *pair = py_slot_load(slot_of(self));
    PyObject *text = PyUnicode_FromFormat("VersionedReference(%R, version=%S)", PyTuple_GET_ITEM(pair, 0),
                                          PyTuple_GET_ITEM(pair, 1));
    Py_DECREF(pair);
    return text;
}

static PyMethodDef versioned_methods[] = {
    {"get", versioned_get, METH_NOARGS, "get($self, /)\n--\n\nValue and version, read together."},
    {"compare_and_swap", PY_FAST(versioned_cas), METH_FASTCALL,
     "compare_and_swap($self, expected, expected_version, new_value, /)\n--\n\n"
     "Store ``new_value`` and raise the version if the value *is* ``expected`` and the version the expected one."},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef versioned_properties[] = {
    {"value", versioned_value, NULL, "The value now, for people and debuggers.", NULL},
    {"version", versioned_version, NULL, "The version now, for people and debuggers.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot versioned_slots[] = {
    {Py_tp_doc, "VersionedReference(value, version=0)\n--\n\n"
                "A reference with a version, which grows with each change: a value that came back is noticed."},
    PY_SLOT(Py_tp_new, versioned_new),
    PY_SLOT(Py_tp_dealloc, cell_dealloc),
    PY_SLOT(Py_tp_traverse, cell_traverse),
    PY_SLOT(Py_tp_clear, versioned_clear),
    PY_SLOT(Py_tp_repr, versioned_repr),
    {Py_tp_methods, versioned_methods},
    {Py_tp_getset, versioned_properties},
    {0, NULL},
};

static PyType_Spec versioned_spec = {
    "lockfree_core.native._native.VersionedReference", sizeof(cell), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, versioned_slots,
};

int py_add_cells(PyObject *module)
{
    PyObject *zero = PyLong_FromLong(0);
    cleared = pair_of(Py_None, zero);
    Py_XDECREF(zero);
    PyTypeObject *reference = cleared == NULL ? NULL : py_add_type(module, &reference_spec);
    if (reference == NULL)
        return -1;
    reference->tp_vectorcall = reference_call;
    return py_add_type(module, &versioned_spec) == NULL ? -1 : 0;
}
