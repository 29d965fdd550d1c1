/* See py_trie.h. */

#include "py_trie.h"

static lf_trie *empty;

/* -- nodes. Their type, and that of entries, is static, and so not counted with each of them. */

static PyTypeObject node_type;

lf_trie *lf_trie_allocate(unsigned length)
{
    return PyObject_GC_NewVar(lf_trie, &node_type, (Py_ssize_t)length);
}

static int node_traverse(PyObject *self, visitproc visit, void *arg)
{
    const lf_trie *node = (lf_trie *)self;
    for (unsigned at = 0; at < node->length; at++)
        Py_VISIT((PyObject *)node->slot[at]);
    return 0;
}

static void node_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    PY_DEALLOC_BEGIN(self, node_dealloc)
    const lf_trie *node = (lf_trie *)self;
    for (unsigned at = 0; at < node->length; at++)
        Py_DECREF((PyObject *)node->slot[at]);
    PyObject_GC_Del(self);
    PY_DEALLOC_END
}

static PyTypeObject node_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "lockfree_core.native._native.MapNode",
    .tp_doc = "A node of one or more versions of a map.",
    .tp_basicsize = offsetof(lf_trie, slot),
    .tp_itemsize = sizeof(void *),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_dealloc = node_dealloc,
    .tp_traverse = node_traverse,
};

lf_trie *py_trie_empty(void)
{
    return (lf_trie *)Py_NewRef((PyObject *)empty);
}

/* -- entries */

static PyTypeObject entry_type;

PyObject *py_entry_make(py_sought *sought, PyObject *value)
{
    py_entry *entry = PyObject_GC_New(py_entry, &entry_type);
    if (entry == NULL)
        return NULL;
    entry->hash = sought->hash;
    entry->key = Py_NewRef(sought->key);
    entry->value = Py_NewRef(value);
    entry->is_plain = py_is_plain(sought);
    /* Strings and numbers are in no cycle, and an entry never changes. */
    if (PyObject_IS_GC(sought->key) || PyObject_IS_GC(value))
        PyObject_GC_Track(entry);
    return (PyObject *)entry;
}

static int entry_traverse(PyObject *self, visitproc visit, void *arg)
{
    const py_entry *entry = (py_entry *)self;
    Py_VISIT(entry->key);
    Py_VISIT(entry->value);
    return 0;
}

static void entry_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    PY_DEALLOC_BEGIN(self, entry_dealloc)
    Py_DECREF(((py_entry *)self)->key);
    Py_DECREF(((py_entry *)self)->value);
    PyObject_GC_Del(self);
    PY_DEALLOC_END
}

static PyTypeObject entry_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "lockfree_core.native._native.MapEntry",
    .tp_doc = "An entry of a map.",
    .tp_basicsize = sizeof(py_entry),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_dealloc = entry_dealloc,
    .tp_traverse = entry_traverse,
};

/* -- keys */

/* Whether the key is among those that were found to be others. */
static bool is_known_unequal(const py_sought *sought, const PyObject *key)
{
    for (Py_ssize_t at = sought->unequal == NULL ? 0 : PyList_GET_SIZE(sought->unequal); at-- != 0;)
        if (PyList_GET_ITEM(sought->unequal, at) == key)
            return true;
    return false;
}

static int note_unequal(py_sought *sought, PyObject *key)
{
    if (sought->unequal == NULL && (sought->unequal = PyList_New(0)) == NULL)
        return -1;
    return PyList_Append(sought->unequal, key);
}

int py_same(void *entry, void *context)
{
    py_sought *sought = context;
    PyObject *key = ((py_entry *)entry)->key;
    int answer = py_same_at_once(entry, context);
    if (answer >= 0 || key == sought->equal)
        return answer < 0 ? 1 : answer;
    if (is_known_unequal(sought, key))
        return 0;
    answer = PyObject_RichCompareBool(key, sought->key, Py_EQ);
    if (answer > 0)
        Py_XSETREF(sought->equal, Py_NewRef(key));
    return answer != 0 ? answer : note_unequal(sought, key);
}

PyObject *py_trie_value(lf_trie *root, py_sought *sought)
{
    void *entry = NULL;
    int found = lf_trie_find(root, sought->hash, py_same, sought, &entry);
    PyObject *value = found > 0 ? Py_NewRef(((py_entry *)entry)->value) : NULL;
    py_sought_done(sought);
    return value;
}

/* -- everything in a version */

typedef struct {
    PyObject *into;
    Py_ssize_t count;
} collection;

static int put_item(void *entry, void *context)
{
    collection *all = context;
    PyObject *item = PyTuple_Pack(2, ((py_entry *)entry)->key, ((py_entry *)entry)->value);
    if (item == NULL)
        return -1;
    PyTuple_SET_ITEM(all->into, all->count++, item);
    return 0;
}

static int put_key(void *entry, void *context)
{
    collection *all = context;
    PyTuple_SET_ITEM(all->into, all->count++, Py_NewRef(((py_entry *)entry)->key));
    return 0;
}

/* May ask keys whether they are equal, if their hashes are. */
static int put_into_dict(void *entry, void *context)
{
    return PyDict_SetItem(((collection *)context)->into, ((py_entry *)entry)->key, ((py_entry *)entry)->value);
}

static PyObject *collected(lf_trie *root, PyObject *into, int (*put)(void *, void *))
{
    collection all = {into, 0};
    if (into == NULL || lf_trie_walk(root, put, &all) == 0)
        return into;
    Py_DECREF(into);
    return NULL;
}

PyObject *py_trie_items(lf_trie *root)
{
    return collected(root, PyTuple_New((Py_ssize_t)root->size), put_item);
}

PyObject *py_trie_dict(lf_trie *root)
{
    return collected(root, PyDict_New(), put_into_dict);
}

PyObject *py_trie_iterate(lf_trie *root)
{
    PyObject *keys = collected(root, PyTuple_New((Py_ssize_t)root->size), put_key);
    PyObject *iterator = keys == NULL ? NULL : PyObject_GetIter(keys);
    Py_XDECREF(keys);
    return iterator;
}

int py_add_trie(PyObject *module)
{
    (void)module;
    if (PyType_Ready(&node_type) < 0 || PyType_Ready(&entry_type) < 0)
        return -1;
    empty = lf_trie_new(0, 0, 0, 0, 0);
    return empty == NULL ? -1 : 0;
}
