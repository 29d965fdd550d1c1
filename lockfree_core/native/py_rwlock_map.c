/* RWLockMap: a dict under a readers-writer lock (lf_rwlock.h), with the methods of CopyOnWriteMap.

   The lock is waited for without the interpreter's lock, so whoever is inside gets on. Keys' own code runs inside; it may
   come back to the map, within what the lock allows. The destructor of a value that was replaced runs outside. */

#include "py_common.h"

#include "lf_rwlock.h"

typedef struct {
    PyObject_HEAD
    PyObject *dict;
    uint64_t updates; /* read and written inside */
    lf_rwlock lock;
    bool has_lock;
} map;

static PyObject *map_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {NULL};
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, ":RWLockMap", names))
        return NULL;
    PyObject *self = type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    ((map *)self)->dict = PyDict_New();
    if (((map *)self)->dict == NULL || !lf_rwlock_init(&((map *)self)->lock)) {
        Py_DECREF(self);
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    }
    ((map *)self)->has_lock = true;
    py_defer_counting(self);
    return self;
}

static int map_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((map *)self)->dict);
    return 0;
}

/* A finalizer may still use a cleared map. What goes, goes after the map is whole again. */
static int map_clear(PyObject *self)
{
    PyObject *entries = ((map *)self)->dict;
    PyObject *none = PyDict_New();
    if (none == NULL) {
        PyErr_Clear(); /* the next collection will */
        return 0;
    }
    ((map *)self)->dict = none;
    Py_DECREF(entries);
    return 0;
}

static void map_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    PY_DEALLOC_BEGIN(self, map_dealloc)
    Py_XDECREF(((map *)self)->dict);
    if (((map *)self)->has_lock)
        lf_rwlock_destroy(&((map *)self)->lock);
    type->tp_free(self);
    Py_DECREF(type);
    PY_DEALLOC_END
}

/* -- the lock */

static int wait(map *self, lf_rwlock_mode mode)
{
    bool entered;
    Py_BEGIN_ALLOW_THREADS
    entered = lf_rwlock_wait(&self->lock, mode);
    Py_END_ALLOW_THREADS
    if (!entered)
        PyErr_SetString(PyExc_RuntimeError, "the readers-writer lock has no room for another reader");
    return entered ? 0 : -1;
}

/* 1: to be left again. 0: the thread was inside already. -1 with an exception set. */
LF_SELDOM static int enter_otherwise(map *self, lf_rwlock_mode mode, lf_rwlock_answer answer)
{
    if (answer == LF_AGAIN)
        return 0;
    if (answer == LF_BUSY)
        return wait(self, mode) < 0 ? -1 : 1;
    PyErr_SetString(PyExc_RuntimeError,
                    answer == LF_NEVER
                        ? "a thread that is reading this map, in a key's own code, would wait for itself to write it"
                        : "a thread is inside of too many maps at a time, each by a key's own code in the one before");
    return -1;
}

static inline int enter(map *self, lf_rwlock_mode mode)
{
    lf_rwlock_answer answer = lf_rwlock_enter(&self->lock, mode);
    return LF_LIKELY(answer == LF_ENTERED) ? 1 : enter_otherwise(self, mode, answer);
}

static inline void leave(map *self, int entered)
{
    if (LF_LIKELY(entered > 0))
        lf_rwlock_leave(&self->lock);
}

/* -- operations */

/* 1 and a new reference, 0, or -1 with an exception set. */
static int look_up(PyObject *dict, PyObject *key, PyObject **value)
{
#if PY_VERSION_HEX >= 0x030D0000
    return PyDict_GetItemRef(dict, key, value);
#else
    *value = Py_XNewRef(PyDict_GetItemWithError(dict, key));
    return *value != NULL ? 1 : PyErr_Occurred() ? -1 : 0;
#endif
}

static PyObject *map_get(PyObject *self, PyObject *const *arguments, Py_ssize_t count, PyObject *names)
{
    PyObject *value, *fallback = py_key_default("get", arguments, count, names);
    int entered = fallback == NULL ? -1 : enter((map *)self, LF_READ);
    if (LF_UNLIKELY(entered < 0))
        return NULL;
    int found = look_up(((map *)self)->dict, arguments[0], &value);
    leave((map *)self, entered);
    return found != 0 ? value : Py_NewRef(fallback);
}

static PyObject *map_set(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    map *mine = (map *)self;
    int entered = py_check_count("set", 2, count) < 0 ? -1 : enter(mine, LF_WRITE);
    if (LF_UNLIKELY(entered < 0))
        return NULL;
    PyObject *old = NULL;
    int failed = look_up(mine->dict, arguments[0], &old);
    failed = failed < 0 ? -1 : PyDict_SetItem(mine->dict, arguments[0], arguments[1]);
    mine->updates += failed == 0;
    leave(mine, entered);
    Py_XDECREF(old); /* it may be the last reference, and its destructor long */
    return failed ? NULL : Py_NewRef(Py_None);
}

/* What `make` makes of the dict. It allocates, which must not run foreign code here: that would find itself inside. */
static PyObject *made_inside(PyObject *self, PyObject *(*make)(PyObject *dict))
{
    int entered = enter((map *)self, LF_READ);
    if (entered < 0)
        return NULL;
    int collecting = py_collector_pause();
    PyObject *made = make(((map *)self)->dict);
    py_collector_resume(collecting);
    leave((map *)self, entered);
    return made;
}

static PyObject *tuple_of_items(PyObject *dict)
{
    PyObject *pairs = PyDict_Items(dict);
    PyObject *items = pairs == NULL ? NULL : PyList_AsTuple(pairs);
    Py_XDECREF(pairs);
    return items;
}

static PyObject *map_items(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return made_inside(self, tuple_of_items);
}

static PyObject *map_snapshot(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return made_inside(self, PyDict_Copy);
}

static PyObject *map_iterate(PyObject *self)
{
    PyObject *keys = made_inside(self, PyDict_Keys);
    PyObject *iterator = keys == NULL ? NULL : PyObject_GetIter(keys);
    Py_XDECREF(keys);
    return iterator;
}

static Py_ssize_t map_length(PyObject *self)
{
    int entered = enter((map *)self, LF_READ);
    if (entered < 0)
        return -1;
    Py_ssize_t length = PyDict_GET_SIZE(((map *)self)->dict);
    leave((map *)self, entered);
    return length;
}

static PyObject *map_updates(PyObject *self, void *Py_UNUSED(closure))
{
    int entered = enter((map *)self, LF_READ);
    if (entered < 0)
        return NULL;
    uint64_t updates = ((map *)self)->updates;
    leave((map *)self, entered);
    return PyLong_FromUnsignedLongLong(updates);
}

static PyMethodDef methods[] = {
    {"get", PY_FAST(map_get), METH_FASTCALL | METH_KEYWORDS,
     "get($self, key, /, default=None)\n--\n\nThe value of ``key`` now."},
    {"set", PY_FAST(map_set), METH_FASTCALL,
     "set($self, key, value, /)\n--\n\nGive ``key`` that value, as soon as nobody is inside."},
    {"items", map_items, METH_NOARGS,
     "items($self, /)\n--\n\nAll entries of one moment, as a tuple of pairs. Writers wait until it is done."},
    {"snapshot", map_snapshot, METH_NOARGS, "snapshot($self, /)\n--\n\nA copy of all entries, as a dict."},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef properties[] = {
    {"updates", map_updates, NULL, "How many changes were made.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc,
     "RWLockMap()\n--\n\n"
     "A dict under the system's readers-writer lock, with the methods of CopyOnWriteMap. It is blocking.\n\n"
     "Readers are inside together, a writer alone. With glibc writers are not starved: while one waits, no reader comes\n"
     "in. The interpreter's lock is released while a thread waits. A key's own code runs inside: it may read the map, and\n"
     "change it if its thread came in to change it; else RuntimeError, since it would wait for itself. In a forked child\n"
     "the lock stays taken if another thread was inside."},
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
    "lockfree_core.native._native.RWLockMap", sizeof(map), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots,
};

int py_add_rwlock_map(PyObject *module)
{
    return py_add_type(module, &spec) == NULL ? -1 : 0;
}
