/* Nodes and entries of lf_trie.h as Python objects, so that the collector sees each reference once, however many versions
   share a node. Nobody gets to see them. Like tuples they need no tp_clear: no cycle is without something that changes. */

#ifndef PY_TRIE_H
#define PY_TRIE_H

#include "py_common.h"

#define LF_TRIE_HOOKS
#define LF_TRIE_HEADER PyObject_VAR_HEAD

typedef struct {
    PyObject_HEAD
    uint64_t hash; /* mixed */
    PyObject *key;
    PyObject *value;
    bool is_plain; /* the key is an int that is its own hash: two such are equal if their hashes are */
} py_entry;

struct lf_trie *lf_trie_allocate(unsigned length);

static inline uint64_t lf_trie_hash(const void *entry)
{
    return ((const py_entry *)entry)->hash;
}

static inline void lf_trie_keep(void *object)
{
    Py_INCREF((PyObject *)object);
}

static inline void lf_trie_drop(void *object)
{
    Py_DECREF((PyObject *)object);
}

static inline bool lf_trie_alone(void *object)
{
    return Py_REFCNT((PyObject *)object) == 1;
}

/* Until its slots are written the collector must not look at it. */
static inline void lf_trie_ready(struct lf_trie *node)
{
    PyObject_GC_Track(node);
}

#include "lf_map.h"

/* A key on the way to its place, and what is already known of it. Equality of a key's own making is asked once for each
   other key, so that one that changes the map does not make its own call begin again for ever. */
typedef struct {
    PyObject *key;
    Py_hash_t raw;
    uint64_t hash;     /* mixed */
    PyObject *equal;   /* a reference, or NULL */
    PyObject *unequal; /* a list, or NULL */
} py_sought;

/* -1 with the exception that hashing raised. */
static inline int py_seek(PyObject *key, py_sought *sought)
{
    Py_hash_t hash = PyObject_Hash(key);
    *sought = (py_sought){key, hash, lf_trie_mix((uint64_t)hash), NULL, NULL};
    return hash == -1 ? -1 : 0;
}

static inline void py_sought_done(py_sought *sought)
{
    Py_XDECREF(sought->equal);
    Py_XDECREF(sought->unequal);
}

static inline bool py_is_plain(const py_sought *sought)
{
    int overflow;
    return PyLong_CheckExact(sought->key) &&
           PyLong_AsLongLongAndOverflow(sought->key, &overflow) == sought->raw && !overflow;
}

/* Comparing two of that very type runs no code but the interpreter's, and raises nothing. */
static inline bool py_compares_alone(PyObject *key)
{
    return PyUnicode_CheckExact(key) || PyLong_CheckExact(key) || PyBytes_CheckExact(key) || PyFloat_CheckExact(key);
}

/* For lf_trie_find and lf_trie_with. Runs nothing of Python's own; -1 where it would have to. */
static inline int py_same_at_once(void *entry, void *context)
{
    const py_entry *there = entry;
    const py_sought *sought = context;
    if (there->key == sought->key)
        return 1;
    if (there->hash != sought->hash)
        return 0;
    /* The key that is there is not looked at: in a large map it is far away. */
    if (there->is_plain && py_is_plain(sought))
        return 1;
    if (Py_TYPE(there->key) == Py_TYPE(sought->key) && py_compares_alone(sought->key))
        return PyObject_RichCompareBool(there->key, sought->key, Py_EQ);
    return -1;
}

/* The same with whatever it takes; -1 with an exception set. The caller holds the version. */
int py_same(void *entry, void *context);

/* A new reference to the key's value in that version; NULL without an exception if it is not there. */
PyObject *py_trie_value(lf_trie *root, py_sought *sought);

/* A new entry. */
PyObject *py_entry_make(py_sought *sought, PyObject *value);

/* A new reference to the node that is empty maps' root. */
lf_trie *py_trie_empty(void);

PyObject *py_trie_items(lf_trie *root);
PyObject *py_trie_dict(lf_trie *root);

/* An iterator over the keys. */
PyObject *py_trie_iterate(lf_trie *root);

/* A MapSnapshot; takes over the reference to the version. */
PyObject *py_snapshot_make(lf_trie *root);

#endif
