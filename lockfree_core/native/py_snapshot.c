/* MapSnapshot: one version of a map, as a collections.abc.Mapping. */

#include "py_trie.h"

typedef struct {
    PyObject_HEAD
    lf_trie *root; /* never written after it was made */
} snapshot;

static PyTypeObject *snapshot_type;
static PyObject *mapping, *keys_view, *items_view, *values_view; /* of collections.abc */

static lf_trie *root_of(PyObject *self)
{
    return ((snapshot *)self)->root;
}

PyObject *py_snapshot_make(lf_trie *root)
{
    PyObject *self = snapshot_type->tp_alloc(snapshot_type, 0);
    if (self == NULL)
        lf_trie_drop(root);
    else
        ((snapshot *)self)->root = root;
    return self;
}

/* What is in it is older than it, so a cycle through it goes through something that changes, and breaks there. */
static int snapshot_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT((PyObject *)root_of(self));
    return 0;
}

static void snapshot_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    PY_DEALLOC_BEGIN(self, snapshot_dealloc)
    Py_XDECREF((PyObject *)root_of(self));
    type->tp_free(self);
    Py_DECREF(type);
    PY_DEALLOC_END
}

/* A new reference, or NULL, with an exception set if one was raised. */
static PyObject *value_of(PyObject *self, PyObject *key)
{
    py_sought sought;
    return py_seek(key, &sought) < 0 ? NULL : py_trie_value(root_of(self), &sought);
}

static PyObject *snapshot_subscript(PyObject *self, PyObject *key)
{
    PyObject *value = value_of(self, key);
    if (value == NULL && !PyErr_Occurred()) {
        PyObject *arguments = PyTuple_Pack(1, key); /* a key that is a tuple must not be taken for the arguments */
        if (arguments != NULL)
            PyErr_SetObject(PyExc_KeyError, arguments);
        Py_XDECREF(arguments);
    }
    return value;
}

static PyObject *snapshot_get(PyObject *self, PyObject *const *arguments, Py_ssize_t count, PyObject *names)
{
    PyObject *fallback = py_key_default("get", arguments, count, names);
    PyObject *value = fallback == NULL ? NULL : value_of(self, arguments[0]);
    return value != NULL || PyErr_Occurred() ? value : Py_NewRef(fallback);
}

static int snapshot_contains(PyObject *self, PyObject *key)
{
    PyObject *value = value_of(self, key);
    Py_XDECREF(value);
    return value != NULL ? 1 : PyErr_Occurred() ? -1 : 0;
}

static Py_ssize_t snapshot_length(PyObject *self)
{
    return (Py_ssize_t)root_of(self)->size;
}

static PyObject *snapshot_iterate(PyObject *self)
{
    return py_trie_iterate(root_of(self));
}

static PyObject *snapshot_keys(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyObject_CallOneArg(keys_view, self);
}

static PyObject *snapshot_items(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyObject_CallOneArg(items_view, self);
}

static PyObject *snapshot_values(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyObject_CallOneArg(values_view, self);
}

static PyObject *snapshot_version(PyObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLongLong(root_of(self)->version);
}

/* Any mapping as a dict. */
static PyObject *dict_of(PyObject *other)
{
    if (Py_IS_TYPE(other, snapshot_type))
        return py_trie_dict(root_of(other));
    PyObject *dict = PyDict_New();
    if (dict != NULL && PyDict_Update(dict, other) < 0)
        Py_CLEAR(dict);
    return dict;
}

/* As for every mapping: equal if it has the same entries. */
static PyObject *snapshot_compare(PyObject *self, PyObject *other, int how)
{
    int comparable = how == Py_EQ || how == Py_NE ? PyObject_IsInstance(other, mapping) : 0;
    if (comparable <= 0)
        return comparable < 0 ? NULL : Py_NewRef(Py_NotImplemented);
    PyObject *mine = dict_of(self);
    PyObject *theirs = mine == NULL ? NULL : dict_of(other);
    PyObject *answer = theirs == NULL ? NULL : PyObject_RichCompare(mine, theirs, how);
    Py_XDECREF(mine);
    Py_XDECREF(theirs);
    return answer;
}

static PyObject *snapshot_repr(PyObject *self)
{
    if (Py_ReprEnter(self) != 0) /* it may be inside itself, by something that changes */
        return PyErr_Occurred() ? NULL : PyUnicode_FromString("MapSnapshot(...)");
    PyObject *entries = py_trie_dict(root_of(self));
    PyObject *text = entries == NULL ? NULL : PyUnicode_FromFormat("MapSnapshot(%R)", entries);
    Py_XDECREF(entries);
    Py_ReprLeave(self);
    return text;
}

static PyMethodDef methods[] = {
    {"get", PY_FAST(snapshot_get), METH_FASTCALL | METH_KEYWORDS,
     "get($self, key, /, default=None)\n--\n\nThe value of ``key``."},
    {"keys", snapshot_keys, METH_NOARGS, "keys($self, /)\n--\n\nA set-like view of the keys."},
    {"items", snapshot_items, METH_NOARGS, "items($self, /)\n--\n\nA set-like view of the entries."},
    {"values", snapshot_values, METH_NOARGS, "values($self, /)\n--\n\nA view of the values."},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef properties[] = {
    {"version", snapshot_version, NULL, "The number of changes that led to it.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "One version of a map. It never changes, whatever becomes of the map."},
    PY_SLOT(Py_tp_dealloc, snapshot_dealloc),
    PY_SLOT(Py_tp_traverse, snapshot_traverse),
    PY_SLOT(Py_tp_iter, snapshot_iterate),
    PY_SLOT(Py_tp_repr, snapshot_repr),
    PY_SLOT(Py_tp_richcompare, snapshot_compare),
    PY_SLOT(Py_tp_hash, PyObject_HashNotImplemented),
    PY_SLOT(Py_mp_subscript, snapshot_subscript),
    PY_SLOT(Py_mp_length, snapshot_length),
    PY_SLOT(Py_sq_contains, snapshot_contains),
    {Py_tp_methods, methods},
    {Py_tp_getset, properties},
    {0, NULL},
};

static PyType_Spec spec = {
    "lockfree_core.native._native.MapSnapshot", sizeof(snapshot), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots,
};

/* Its views, and the word of the standard library that it is a mapping. */
static int take_from_library(void)
{
    PyObject *library = PyImport_ImportModule("collections.abc");
    if (library == NULL)
        return -1;
    PyObject **const places[] = {&mapping, &keys_view, &items_view, &values_view};
    const char *const names[] = {"Mapping", "KeysView", "ItemsView", "ValuesView"};
    int failed = 0;
    for (size_t each = 0; each < 4 && !failed; each++)
        failed = (*places[each] = PyObject_GetAttrString(library, names[each])) == NULL;
    Py_DECREF(library);
    return failed ? -1 : 0;
}

int py_add_snapshot(PyObject *module)
{
    snapshot_type = py_add_type(module, &spec);
    if (snapshot_type == NULL || take_from_library() < 0)
        return -1;
    PyObject *answer = PyObject_CallMethod(mapping, "register", "O", (PyObject *)snapshot_type);
    Py_XDECREF(answer);
    return answer == NULL ? -1 : 0;
}
