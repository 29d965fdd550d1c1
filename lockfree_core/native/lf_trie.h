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
   A node or entry has one reference for each slot that leads to it, and those that callers hold. What a node or an entry
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
