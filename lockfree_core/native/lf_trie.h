/* A persistent hash trie: a change copies the nodes on one path and shares all others with the version before.

   Papers: P. Bagwell: Ideal Hash Trees. EPFL, 2001, for nodes with a bitmap and no empty slots. J. Driscoll,
   N. Sarnak, D. Sleator, R. Tarjan: Making Data Structures Persistent. JCSS 38(1), 1989, for path copying.

   Representation: five bits of the hash choose one of 32 branches of a node, the next five one of the child's. `bitmap`
   says which branches are taken, `leaves` which of these hold an entry; the others hold a child. The slots of the
   branches taken lie side by side, so their place is the number of lower bits in `bitmap`. Entries of one and the same
   hash lie in a node without a bitmap, as near to the root as there is room. `size` counts the entries below a node,
   `version` is the change that it was made for; in a root that is the number of the version. A hash is multiplied by an
   odd number near 2^64 / golden ratio and used from the top, so that small integers spread evenly, and no bit is lost.

   Invariant: nodes and entries are written by the thread that makes them before anybody else sees them, never after. So
   all accesses here are plain ones; what publishes them is the root (lf_map.h).
   A node or entry has one reference for each slot that leads to it, and those that callers hold. Copying a node takes a
   reference to all that is in it, unless the copy takes over those of the original: where nobody else comes in until the
   change is over, and no other version leads to the original, which then goes. Counting is what a change costs most. What a node or an entry
   is beyond that (how it is allocated and counted) is said by whoever defines LF_TRIE_HOOKS; without it they are plain
   memory with an atomic count. */

#ifndef LF_TRIE_H
#define LF_TRIE_H

#include "lf_atomic.h"

#include <stdlib.h>
#include <string.h>

#define LF_TRIE_BITS 5u
#define LF_TRIE_LEVELS 13u /* of 5 bits each, in 64 */

typedef struct lf_trie lf_trie;

#ifndef LF_TRIE_HOOKS

/* At the beginning of every node and every entry. */
typedef struct {
    lf_u64 holders;
    void (*end)(void *self);
} lf_counted;

typedef struct {
    lf_counted counted;
    uint64_t hash;
} lf_entry;

#define LF_TRIE_HEADER lf_counted counted;

static inline uint64_t lf_trie_hash(const void *entry)
{
    return ((const lf_entry *)entry)->hash;
}

/* Relaxed: whoever takes a second reference has a first one, or a hazard, and nothing is published by it. */
static inline void lf_trie_keep(void *object)
{
    (void)lf_u64_fetch_add(&((lf_counted *)object)->holders, 1);
}

/* Release, so that all uses come before the end; acquire, so that the end comes after all uses. */
static inline void lf_trie_drop(void *object)
{
    lf_counted *counted = object;
    uint64_t left;
#ifdef LF_SERIAL
    left = counted->holders--;
#else
    left = atomic_fetch_sub_explicit(&counted->holders, 1, memory_order_acq_rel);
#endif
    if (left == 1)
        counted->end(object);
}

/* Asked only where nobody else comes in. */
static inline bool lf_trie_alone(void *object)
{
    return lf_load(&((lf_counted *)object)->holders, relaxed) == 1;
}

static lf_trie *lf_trie_allocate(unsigned length);

/* Nothing more to do: it is published with its root. */
static inline void lf_trie_ready(lf_trie *node)
{
    (void)node;
}

#endif

struct lf_trie {
    LF_TRIE_HEADER /* with its semicolon */
    uint64_t version;
    uint64_t size;
    uint32_t bitmap;
    uint32_t leaves;
    uint32_t length;
    void *slot[];
};

#ifndef LF_TRIE_HOOKS

static void lf_trie_end(void *self)
{
    lf_trie *node = self;
    for (unsigned at = 0; at < node->length; at++)
        lf_trie_drop(node->slot[at]);
    free(node);
}

/* A node with one reference, whose slots are not yet written; NULL where memory is short. */
static lf_trie *lf_trie_allocate(unsigned length)
{
    lf_trie *node = malloc(sizeof *node + length * sizeof(void *));
    if (node == NULL)
        return NULL;
    lf_store(&node->counted.holders, 1, relaxed); /* not shared yet */
    node->counted.end = lf_trie_end;
    node->length = length;
    return node;
}

#endif

/* Every processor with cmpxchg16b but the very first has the instruction; the extension asks before it is used. */
static inline unsigned lf_count_ones(uint32_t word)
{
#if defined(__x86_64__) && !defined(__POPCNT__)
    unsigned ones;
    __asm__("popcntl %1, %0" : "=r"(ones) : "r"(word) : "cc");
    return ones;
#else
    return (unsigned)__builtin_popcount(word);
#endif
}

static inline uint64_t lf_trie_mix(uint64_t hash)
{
    return hash * UINT64_C(0x9E3779B97F4A7C15);
}

static inline uint32_t lf_trie_branch(uint64_t bits)
{
    return UINT32_C(1) << (bits >> (64 - LF_TRIE_BITS));
}

static inline unsigned lf_trie_place(const lf_trie *node, uint32_t branch)
{
    return lf_count_ones(node->bitmap & (branch - 1));
}

/* Entries of one hash. (The empty root has no bitmap either, but no entries.) */
static inline bool lf_trie_collided(const lf_trie *node)
{
    return node->bitmap == 0 && node->length != 0;
}

/* Whether an entry has the key that `context` is about: 1 yes, 0 no, -1 it could not be told. */
typedef int (*lf_trie_same)(void *entry, void *context);

/* The place of the key among entries of one hash, or their number; -1 if it could not be told. */
static inline int lf_trie_scan(lf_trie *node, lf_trie_same same, void *context)
{
    unsigned at = 0;
    for (int answer; at < node->length; at++)
        if ((answer = same(node->slot[at], context)) != 0)
            return answer < 0 ? answer : (int)at;
    return (int)at;
}

/* 1 and the entry with that key, 0 if there is none, -1 if it could not be told. No reference is taken. */
static inline int lf_trie_find(lf_trie *node, uint64_t hash, lf_trie_same same, void *context, void **entry)
{
    uint64_t bits = hash;
    uint32_t branch;
    while (LF_LIKELY(node->bitmap & (branch = lf_trie_branch(bits)))) {
        void *found = node->slot[lf_trie_place(node, branch)];
        if (node->leaves & branch) {
            *entry = found;
            return same(found, context);
        }
        node = found;
        bits <<= LF_TRIE_BITS;
    }
    if (LF_LIKELY(!lf_trie_collided(node)) || lf_trie_hash(node->slot[0]) != hash)
        return 0;
    int at = lf_trie_scan(node, same, context);
    if (at >= 0 && (unsigned)at < node->length)
        *entry = node->slot[at];
    return at < 0 ? -1 : (unsigned)at < node->length;
}

/* -- a change */

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

/* Once it is known whether the new version counts: what was taken over is the copies' for good, or the originals' again. */
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
    unsigned places[LF_TRIE_LEVELS], level = 0, lone = change->may_move && lf_trie_alone(root); /* so many, from the root */
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

/* Every entry below a node, until `visit` gives something else than 0; what it gave. */
static inline int lf_trie_walk(lf_trie *node, int (*visit)(void *entry, void *context), void *context)
{
    uint32_t branches = node->bitmap;
    int answer = 0;
    for (unsigned at = 0; at < node->length && answer == 0; at++) {
        uint32_t branch = branches & (0u - branches);
        branches ^= branch;
        answer = branch != 0 && !(node->leaves & branch) ? lf_trie_walk(node->slot[at], visit, context)
                                                         : visit(node->slot[at], context);
    }
    return answer;
}

#endif
