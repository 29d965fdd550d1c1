/* How a version of a persistent hash trie (lf_trie.h) is made of another one: by copies of the nodes on one path.

   A copy takes a reference to all that is in it. But where nobody else comes in until the change is over (a global lock),
   and no other version leads to the original, which goes then, the copy takes over the references of the original
   instead: counting is most of what a change costs. Until the change is settled, both are in the same slots. */

#ifndef LF_TRIE_CHANGE_H
#define LF_TRIE_CHANGE_H

#include "lf_trie.h"

#define LF_TRIE_NONE UINT32_MAX

/* A node and its copy, which took over all references but those to what is in one place. */
typedef struct {
    lf_trie *old;
    lf_trie *made;
    uint32_t old_place; /* of what the copy does not have, or LF_TRIE_NONE */
    uint32_t made_place;
} lf_trie_heir;

/* What is put in where, what is known of the comparison (`told`: -1 if it could not be made), and which copies took over
   what was the original's; none where `may_move` is false. */
typedef struct {
    void *entry;
    lf_trie_same same;
    void *context;
    uint64_t version;
    bool may_move;
    int told;
    unsigned moved;
    lf_trie_heir heirs[LF_TRIE_LEVELS + 1];
} lf_trie_change;

/* Leave a node nothing but what is in one place: it is about to go. */
static inline void lf_trie_strip(lf_trie *node, uint32_t place)
{
    node->length = place != LF_TRIE_NONE;
    if (place != LF_TRIE_NONE)
        node->slot[0] = node->slot[place];
}

/* Once it is known whether the new version counts: what was taken over stays the copies', or is the originals' again. */
static inline void lf_trie_settle(lf_trie_change *change, bool won)
{
    for (unsigned at = 0; at < change->moved; at++) {
        const lf_trie_heir *heir = &change->heirs[at];
        lf_trie_strip(won ? heir->old : heir->made, won ? heir->old_place : heir->made_place);
    }
    change->moved = 0;
}

/* -- making nodes. Each takes a reference to whatever it puts into a slot; NULL where memory is short. */

static inline lf_trie *lf_trie_new(unsigned length, uint32_t bitmap, uint32_t leaves, uint64_t size, uint64_t version)
{
    lf_trie *node = lf_trie_allocate(length);
    if (node == NULL)
        return NULL;
    node->version = version;
    node->size = size;
    node->bitmap = bitmap;
    node->leaves = leaves;
    node->length = length;
    return node;
}

static inline void lf_trie_put(lf_trie *node, unsigned place, void *object)
{
    lf_trie_keep(object);
    node->slot[place] = object;
}

static inline void lf_trie_copy(lf_trie *to, unsigned place, const lf_trie *from, unsigned begin, unsigned end)
{
    for (unsigned at = begin; at < end; at++)
        lf_trie_put(to, place + at - begin, from->slot[at]);
}

/* A copy of `old`, but for what is in one place: its slots before that, and behind it those from `rest` on, which is the
   place itself or the next one. */
static inline void lf_trie_fill(lf_trie *node, lf_trie *old, unsigned place, unsigned rest, void *object, bool move,
                                lf_trie_change *change)
{
    if (move) {
        memcpy(node->slot, old->slot, (rest > place ? old->length : place) * sizeof(void *));
        if (rest == place)
            memcpy(node->slot + place + 1, old->slot + place, (old->length - place) * sizeof(void *));
        uint32_t left = rest > place ? place : LF_TRIE_NONE;
        change->heirs[change->moved++] = (lf_trie_heir){old, node, left, place};
    } else {
        lf_trie_copy(node, 0, old, 0, place);
        lf_trie_copy(node, place + 1, old, rest, old->length);
    }
    lf_trie_put(node, place, object);
    lf_trie_ready(node);
}

/* A copy with another object in one slot; `leaves` and `size` are the copy's. */
static lf_trie *lf_trie_replace(lf_trie *old, unsigned place, void *object, uint32_t leaves, uint64_t size, bool move,
                                lf_trie_change *change)
{
    lf_trie *node = lf_trie_new(old->length, old->bitmap, leaves, size, change->version);
    if (node != NULL)
        lf_trie_fill(node, old, place, place + 1, object, move, change);
    return node;
}

/* A copy with the entry in one more slot; `branch` is 0 where all have one hash. */
static lf_trie *lf_trie_insert(lf_trie *old, unsigned place, uint32_t branch, bool move, lf_trie_change *change)
{
    lf_trie *node =
        lf_trie_new(old->length + 1, old->bitmap | branch, old->leaves | branch, old->size + 1, change->version);
    if (node != NULL)
        lf_trie_fill(node, old, place, place, change->entry, move, change);
    return node;
}

/* Two objects in the order of their branches; both 0: two entries of one hash. */
static lf_trie *lf_trie_pair(void *one, uint32_t branch, void *other, uint32_t other_branch, uint32_t leaves,
                             uint64_t size, uint64_t version)
{
    lf_trie *node = lf_trie_new(2, branch | other_branch, leaves, size, version);
    if (node == NULL)
        return NULL;
    lf_trie_put(node, branch > other_branch, one);
    lf_trie_put(node, branch <= other_branch, other);
    lf_trie_ready(node);
    return node;
}

/* A node for what was in a slot (an entry, or a node of entries of one hash) and an entry of another hash, with as many
   above it as they have branches in common. */
static lf_trie *lf_trie_fork(void *old, bool is_entry, uint64_t old_bits, void *entry, uint64_t bits, uint64_t size,
                             uint64_t version)
{
    uint32_t branch = lf_trie_branch(bits), other = lf_trie_branch(old_bits);
    if (branch != other)
        return lf_trie_pair(entry, branch, old, other, branch | (is_entry ? other : 0), size, version);
    lf_trie *below =
        lf_trie_fork(old, is_entry, old_bits << LF_TRIE_BITS, entry, bits << LF_TRIE_BITS, size, version);
    lf_trie *node = below == NULL ? NULL : lf_trie_new(1, branch, 0, size, version);
    if (node != NULL) {
        lf_trie_put(node, 0, below);
        lf_trie_ready(node);
    }
    if (below != NULL)
        lf_trie_drop(below);
    return node;
}

/* -- the version with one more entry, or with another one for its key */

/* A copy of a node of entries of one hash. Its level is where it would be if it were a node as the others. */
static lf_trie *lf_trie_change_collided(lf_trie *node, unsigned level, bool move, lf_trie_change *change)
{
    uint64_t hash = lf_trie_hash(change->entry), theirs = lf_trie_hash(node->slot[0]);
    if (hash != theirs)
        return lf_trie_fork(node, false, theirs << LF_TRIE_BITS * level, change->entry, hash << LF_TRIE_BITS * level,
                            node->size + 1, change->version);
    int at = change->told = lf_trie_scan(node, change->same, change->context);
    if (at < 0)
        return NULL;
    if ((unsigned)at < node->length)
        return lf_trie_replace(node, (unsigned)at, change->entry, 0, node->size, move, change);
    return lf_trie_insert(node, (unsigned)at, 0, move, change);
}

/* A copy of a node in which another entry is where this one belongs. */
static lf_trie *lf_trie_change_leaf(lf_trie *node, unsigned level, uint32_t branch, bool move, lf_trie_change *change)
{
    unsigned place = lf_trie_place(node, branch);
    void *there = node->slot[place], *entry = change->entry;
    if ((change->told = change->same(there, change->context)) < 0)
        return NULL;
    if (change->told)
        return lf_trie_replace(node, place, entry, node->leaves, node->size, move, change);
    uint64_t hash = lf_trie_hash(entry), theirs = lf_trie_hash(there);
    unsigned shift = LF_TRIE_BITS * (level + 1);
    lf_trie *below = hash == theirs
                         ? lf_trie_pair(there, 0, entry, 0, 0, 2, change->version)
                         : lf_trie_fork(there, true, theirs << shift, entry, hash << shift, 2, change->version);
    if (below == NULL)
        return NULL;
    lf_trie *made = lf_trie_replace(node, place, below, node->leaves & ~branch, node->size + 1, move, change);
    lf_trie_drop(below);
    return made;
}

/* The copy of the node where the entry belongs. */
static lf_trie *lf_trie_change_last(lf_trie *node, unsigned level, uint32_t branch, bool move, lf_trie_change *change)
{
    if (lf_trie_collided(node))
        return lf_trie_change_collided(node, level, move, change);
    if (node->leaves & branch)
        return lf_trie_change_leaf(node, level, branch, move, change);
    return lf_trie_insert(node, lf_trie_place(node, branch), branch, move, change);
}

/* A root with one reference, in which the entry is. NULL where memory is short, or `told` is -1. To be settled before it
   is dropped, or what it was made from. */
static inline lf_trie *lf_trie_with(lf_trie *root, lf_trie_change *change)
{
    lf_trie *above[LF_TRIE_LEVELS], *node = root;
    unsigned places[LF_TRIE_LEVELS], level = 0;
    unsigned lone = change->may_move && lf_trie_alone(root); /* so many nodes of the path, from the root on */
    uint64_t bits = lf_trie_hash(change->entry);
    uint32_t branch = lf_trie_branch(bits);
    change->told = 0;
    change->moved = 0;
    while (node->bitmap & ~node->leaves & branch) {
        above[level] = node;
        places[level] = lf_trie_place(node, branch);
        node = node->slot[places[level++]];
        lone += lone == level && lf_trie_alone(node);
        bits <<= LF_TRIE_BITS;
        branch = lf_trie_branch(bits);
    }
    lf_trie *made = lf_trie_change_last(node, level, branch, lone > level, change);
    uint64_t grown = made == NULL ? 0 : made->size - node->size;
    while (made != NULL && level-- != 0) {
        lf_trie *below = made, *old = above[level];
        made = lf_trie_replace(old, places[level], below, old->leaves, old->size + grown, lone > level, change);
        if (LF_UNLIKELY(made == NULL))
            lf_trie_settle(change, false);
        lf_trie_drop(below);
    }
    return made;
}

#endif
