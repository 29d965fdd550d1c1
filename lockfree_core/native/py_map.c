/* CopyOnWriteMap as a Python type; the algorithm is in lf_map.h. */

#include "py_container.h"
#include "py_trie.h"

typedef struct {
    PyObject_HEAD
    lf_map *core;
} map;

static lf_map *core_of(PyObject *self)
{
    return ((map *)self)->core;
}

static PyObject *map_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    lf_backoff backoff = {LF_BACKOFF_BASE, LF_BACKOFF_CAP};
    if (py_container_backoff(arguments, keywords, "|$ll:CopyOnWriteMap", &backoff) < 0)
        return NULL;
    lf_map *core = py_core_allocate(sizeof *core);
    PyObject *self = core == NULL ? NULL : type->tp_alloc(type, 0);
    if (self == NULL) {
        free(core);
        return NULL;
    }
    lf_map_init(core, py_trie_empty(), backoff);
    ((map *)self)->core = core;
    py_defer_counting(self);
    return self;
}

/* The collector has stopped every other thread, none of them inside an operation. */
static int map_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    if (core_of(self) != NULL)
        Py_VISIT((PyObject *)lf_load(&core_of(self)->root, relaxed));
    return 0;
}

static int map_clear(PyObject *self)
{
    lf_map_reset(core_of(self), py_trie_empty());
    return 0;
}

static void map_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    PY_DEALLOC_BEGIN(self, map_dealloc)
    if (core_of(self) != NULL) {
        lf_map_destroy(core_of(self));
        free(core_of(self));
    }
    type->tp_free(self);
    Py_DECREF(type);
    PY_DEALLOC_END
}

/* -- reading */

/* Where keys must be asked whether they are equal, the version is held by a reference, as that runs foreign code. */
LF_SELDOM static PyObject *get_asking(PyObject *self, py_sought *sought)
{
    lf_trie *root = lf_map_take(core_of(self));
    PyObject *value = py_trie_value(root, sought);
    lf_trie_drop(root);
    return value;
}

static PyObject *map_get(PyObject *self, PyObject *const *arguments, Py_ssize_t count, PyObject *names)
{
    PyObject *fallback = py_key_default("get", arguments, count, names);
    py_sought sought;
    if (LF_UNLIKELY(fallback == NULL || py_seek(arguments[0], &sought) < 0))
        return NULL;
    lf_map_view view = lf_map_enter(core_of(self));
    void *entry = NULL;
    int found = lf_trie_find(view.root, sought.hash, py_same_at_once, &sought, &entry);
    PyObject *value = found > 0 ? Py_NewRef(((py_entry *)entry)->value) : NULL;
    lf_map_leave(&view);
    if (LF_UNLIKELY(found < 0))
        value = get_asking(self, &sought);
    return value != NULL || (found < 0 && PyErr_Occurred()) ? value : Py_NewRef(fallback);
}

static Py_ssize_t map_length(PyObject *self)
{
    lf_map_view view = lf_map_enter(core_of(self));
    uint64_t size = view.root->size;
    lf_map_leave(&view);
    return (Py_ssize_t)size;
}

static PyObject *map_updates(PyObject *self, void *Py_UNUSED(closure))
{
    lf_map_view view = lf_map_enter(core_of(self));
    uint64_t version = view.root->version;
    lf_map_leave(&view);
    return PyLong_FromUnsignedLongLong(version);
}

static PyObject *of_newest(PyObject *self, PyObject *(*make)(lf_trie *root))
{
    lf_trie *root = lf_map_take(core_of(self));
    PyObject *made = make(root);
    lf_trie_drop(root);
    return made;
}

static PyObject *map_items(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return of_newest(self, py_trie_items);
}

static PyObject *map_iterate(PyObject *self)
{
    return of_newest(self, py_trie_iterate);
}

static PyObject *map_snapshot(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return py_snapshot_make(lf_map_take(core_of(self)));
}

/* -- changing */

/* Keys must be asked whether they are equal. That runs foreign code, so the version is held by a reference. */
LF_SELDOM static lf_trie *with_asking(lf_map_view *view, lf_trie_change *change)
{
    lf_map_keep(view);
    *change = lf_map_change(view, change->entry, py_same, change->context);
    return lf_trie_with(view->root, change);
}

/* 1 won, 0 lost, -1 with an exception set. Runs nothing foreign, and drops nothing, while the version is only in view:
   before CPython 3.12 allocating may run the collector, and that anything. */
static int try_once(lf_map *core, PyObject *entry, py_sought *sought)
{
    int collecting = py_collector_pause();
    lf_map_view view = lf_map_enter(core);
    lf_trie_change change = lf_map_change(&view, entry, py_same_at_once, sought);
    lf_trie *next = lf_trie_with(view.root, &change);
    if (LF_UNLIKELY(change.told < 0)) {
        py_collector_resume(collecting);
        collecting = 0;
        next = with_asking(&view, &change);
    }
    lf_trie *old = view.root;
    bool won = false;
    if (LF_LIKELY(next != NULL))
        won = lf_map_swing(core, &view, next, &change);
    else
        lf_map_leave(&view);
    py_collector_resume(collecting);
    if (LF_LIKELY(won))
        lf_map_retire(old);
    else if (next != NULL)
        lf_trie_drop(next);
    return next == NULL ? -1 : won;
}

static PyObject *map_set(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    py_sought sought;
    if (py_check_count("set", 2, count) < 0 || py_seek(arguments[0], &sought) < 0)
        return NULL;
    lf_map *core = core_of(self);
    PyObject *entry = py_entry_make(&sought, arguments[1]);
    uint64_t losses = 0;
    int won = entry == NULL ? -1 : 0;
    while (won == 0 && (won = try_once(core, entry, &sought)) == 0)
        lf_map_wait(core, ++losses);
    if (LF_LIKELY(won > 0))
        lf_map_note(core, losses);
    Py_XDECREF(entry);
    py_sought_done(&sought);
    if (LF_LIKELY(won > 0))
        Py_RETURN_NONE;
    return NULL;
}

static PyObject *map_statistics(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return py_statistics(&core_of(self)->slots);
}

static PyMethodDef methods[] = {
    {"get", PY_FAST(map_get), METH_FASTCALL | METH_KEYWORDS,
     "get($self, key, /, default=None)\n--\n\nThe value of ``key`` in the version that is the newest now."},
    {"set", PY_FAST(map_set), METH_FASTCALL,
     "set($self, key, value, /)\n--\n\nPublish a version in which ``key`` has that value."},
    {"items", map_items, METH_NOARGS, "items($self, /)\n--\n\nAll entries of one version, as a tuple of pairs."},
    {"snapshot", map_snapshot, METH_NOARGS, "snapshot($self, /)\n--\n\nThe version that is the newest now, to keep."},
    {"statistics", map_statistics, METH_NOARGS, PY_STATISTICS_DOC},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef properties[] = {
    {"updates", map_updates, NULL, "How many changes led to the version now.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc,
     "CopyOnWriteMap(*, backoff_base=64, backoff_cap=1024)\n--\n\n"
     "A map whose readers never wait and whose snapshots cost nothing: a persistent hash trie under one atomic root.\n\n"
     "Keys are hashable, and in no order. A change copies the nodes on the way to its key, at most 14 of at most 32\n"
     "places, and publishes the version by compare-and-swap. Lock-free, but for the allocation of nodes. Backoff as for\n"
     "the stack. Iterating gives the keys of the version that is the newest when it begins."},
    PY_SLOT(Py_tp_new, map_new),
    PY_SLOT(Py_tp_dealloc, map_dealloc),
    PY_SLOT(Py_tp_traverse, map_traverse),
    PY_SLOT(Py_tp_clear, map_clear),
    PY_SLOT(Py_tp_iter, map_iterate),
    PY_SLOT(Py_sq_length, map_length),
    {Py_tp_methods, methods},
    {Py_tp_getset, properties},
    {0, NULL},
};

static PyType_Spec spec = {
    "lockfree_core.native._native.CopyOnWriteMap", sizeof(map), 0, PY_CONTAINER_FLAGS, slots,
};

int py_add_map(PyObject *module)
{
    return py_add_type(module, &spec) == NULL ? -1 : 0;
}
