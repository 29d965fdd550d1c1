/* Nodes that are used again and again, and stay nodes for as long as their structure lives.

   Problem: a lock-free structure reads nodes that somebody else may just have taken out. If a node could become
   something else, or be given back to the system, that read would be a fault.
   Representation: segments that double in size, published by CAS and freed with the pool only (type-stable memory). Each
   thread keeps free nodes in two magazines; full ones go to, and come from, a shared stack of magazines, one CAS for
   LF_MAGAZINE nodes. In a magazine `link` leads to the next node; in the shared stack the first node's `value` leads to
   the next magazine.
   Invariant: every node is inside the structure, or in exactly one magazine, or held by the one thread that took it out.
   Progress: lock-free, except for growth, which asks malloc for a segment. */

#ifndef LF_POOL_H
#define LF_POOL_H

#include "lf_slots.h"

#define LF_MAGAZINE 32u
#define LF_FIRST_SEGMENT 64u
#ifdef LF_PACKED
#define LF_SEGMENTS (LF_INDEX_BITS - 5u)
#define LF_MOST_NODES (((uint64_t)1 << LF_INDEX_BITS) - LF_MAGAZINE)
#else
#define LF_SEGMENTS 34u
#define LF_MOST_NODES ((uint64_t)LF_FIRST_SEGMENT << (LF_SEGMENTS - 1))
#endif

typedef struct {
    alignas(LF_LINE) lf_tagged shared;
    alignas(LF_LINE) lf_u64 carved; /* nodes that were ever made */
    size_t node_size;
    lf_pointer segment[LF_SEGMENTS];
} lf_pool;

static inline unsigned lf_segment_of(uint64_t index)
{
    return index < LF_FIRST_SEGMENT ? 0 : 64u - (unsigned)__builtin_clzll(index / LF_FIRST_SEGMENT);
}

static inline uint64_t lf_segment_start(unsigned segment)
{
    return segment == 0 ? 0 : (uint64_t)LF_FIRST_SEGMENT << (segment - 1);
}

static inline uint64_t lf_segment_length(unsigned segment)
{
    return segment == 0 ? LF_FIRST_SEGMENT : (uint64_t)LF_FIRST_SEGMENT << (segment - 1);
}

/* -- tagged pointers into this pool */

#ifdef LF_PACKED

static inline lf_node *lf_node_at(lf_pool *pool, uint64_t index)
{
    unsigned segment = lf_segment_of(index);
    /* Acquire pairs with the release that published the segment. */
    char *base = lf_load(&pool->segment[segment], acquire);
    return (lf_node *)(void *)(base + (index - lf_segment_start(segment)) * pool->node_size);
}

static inline lf_view lf_tagged_load(lf_pool *pool, lf_tagged *cell)
{
    /* Acquire: the node is read through this word. */
    uint64_t word = lf_load(&cell->word, acquire);
    uint64_t index = word & (((uint64_t)1 << LF_INDEX_BITS) - 1);
    lf_view view = {index == 0 ? NULL : lf_node_at(pool, index - 1), word >> LF_INDEX_BITS};
    return view;
}

static inline uint64_t lf_word(const lf_node *node, uint64_t tag)
{
    return tag << LF_INDEX_BITS | (node == NULL ? 0 : node->index);
}

static inline bool lf_tagged_cas(lf_pool *pool, lf_tagged *cell, lf_view expected, lf_node *node)
{
    (void)pool;
    lf_provoke();
    return lf_u64_cas(&cell->word, lf_word(expected.node, expected.tag), lf_word(node, expected.tag + 1));
}

/* Set a cell that no CAS can succeed on in the meantime. */
static inline void lf_tagged_reset(lf_tagged *cell, lf_node *node)
{
    uint64_t tag = lf_load(&cell->word, relaxed) >> LF_INDEX_BITS;
    lf_store(&cell->word, lf_word(node, tag + 1), relaxed);
}

#else

static inline lf_view lf_tagged_load(lf_pool *pool, lf_tagged *cell)
{
    (void)pool;
    return lf_pair_load(cell);
}

static inline bool lf_tagged_cas(lf_pool *pool, lf_tagged *cell, lf_view expected, lf_node *node)
{
    (void)pool;
    lf_provoke();
    return lf_pair_cas(cell, expected, node);
}

/* Set a cell that no CAS can succeed on in the meantime. The tag goes first: with it every older view is out of date. */
static inline void lf_tagged_reset(lf_tagged *cell, lf_node *node)
{
    lf_store(&cell->tag, lf_load(&cell->tag, relaxed) + 1, relaxed);
    lf_store(&cell->node, node, release);
}

#endif

static inline bool lf_view_same(lf_view one, lf_view other)
{
    return one.node == other.node && one.tag == other.tag;
}

/* -- magazines */

static inline void lf_magazine_give(lf_pool *pool, lf_node *first)
{
    for (;;) {
        lf_view top = lf_tagged_load(pool, &pool->shared);
        /* Relaxed: published by the CAS below. Atomic, since a thread that lost this magazine may still read it. */
        lf_store(&first->value, (uint64_t)(uintptr_t)top.node, relaxed);
        /* Winning hands over the whole magazine; losing means that another one came or went. */
        if (lf_tagged_cas(pool, &pool->shared, top, first))
            return;
    }
}

static inline lf_node *lf_magazine_take(lf_pool *pool)
{
    for (;;) {
        lf_view top = lf_tagged_load(pool, &pool->shared);
        if (top.node == NULL)
            return NULL;
        /* May be an item by now, if somebody took this magazine; then the tag has changed and the CAS fails. Acquire
           keeps the second look below behind this read. */
        lf_node *below = (lf_node *)(uintptr_t)lf_load(&top.node->value, acquire);
#ifdef LF_PACKED
        /* Packing reads the node below, so what is none must be found out first. */
        if (!lf_view_same(top, lf_tagged_load(pool, &pool->shared)))
            continue;
#endif
        if (lf_tagged_cas(pool, &pool->shared, top, below))
            return top.node;
    }
}

LF_SELDOM static char *lf_segment_make(lf_pool *pool, unsigned segment)
{
    /* calloc aligns to 16, which is all that a tagged pointer needs, and takes large blocks as zero pages. */
    char *made = calloc((size_t)lf_segment_length(segment), pool->node_size);
    if (made == NULL)
        return NULL;
    void *winner = NULL;
    if (lf_pointer_cas(&pool->segment[segment], &winner, made))
        return made;
    free(made);
    return winner;
}

/* A magazine of nodes that were never used; NULL where memory or the numbers are out. */
static inline lf_node *lf_magazine_carve(lf_pool *pool)
{
    if (lf_load(&pool->carved, relaxed) >= LF_MOST_NODES)
        return NULL;
    uint64_t first = lf_u64_fetch_add(&pool->carved, LF_MAGAZINE);
    if (first + LF_MAGAZINE > LF_MOST_NODES)
        return NULL;
    /* Segments begin at multiples of LF_FIRST_SEGMENT, so a magazine lies in one of them. */
    unsigned segment = lf_segment_of(first);
    char *base = lf_load(&pool->segment[segment], acquire);
    if (base == NULL && (base = lf_segment_make(pool, segment)) == NULL)
        return NULL;
    base += (first - lf_segment_start(segment)) * pool->node_size;
    lf_node *chain = NULL;
    for (unsigned offset = LF_MAGAZINE; offset-- > 0;) {
        lf_node *node = (lf_node *)(void *)(base + offset * pool->node_size);
#ifdef LF_PACKED
        node->index = first + offset + 1;
#endif
        lf_store(&node->link, chain, relaxed);
        chain = node;
    }
    return chain;
}

/* -- nodes */

LF_SELDOM static bool lf_cache_fill(lf_pool *pool, lf_cache *cache)
{
    lf_node *magazine = cache->spare;
    cache->spare = NULL;
    if (magazine == NULL)
        magazine = lf_magazine_take(pool);
    if (magazine == NULL)
        magazine = lf_magazine_carve(pool);
    cache->current = magazine;
    cache->count = magazine == NULL ? 0 : LF_MAGAZINE;
    return magazine != NULL;
}

/* A node for the calling thread alone; NULL where memory is out. */
static inline lf_node *lf_node_take(lf_pool *pool, lf_cache *cache)
{
    if (LF_UNLIKELY(cache->current == NULL) && !lf_cache_fill(pool, cache))
        return NULL;
    lf_node *node = cache->current;
    cache->current = lf_load(&node->link, relaxed); /* this thread's own list */
    cache->count--;
    return node;
}

/* The magazine in use is full. */
LF_SELDOM static void lf_cache_spill(lf_pool *pool, lf_cache *cache)
{
    if (cache->spare != NULL)
        lf_magazine_give(pool, cache->spare);
    cache->spare = cache->current;
    cache->current = NULL;
    cache->count = 0;
}

/* The calling thread took the node out of the structure, and nobody else can any more. Others may still read it. */
static inline void lf_node_give(lf_pool *pool, lf_cache *cache, lf_node *node)
{
    if (LF_UNLIKELY(cache->count == LF_MAGAZINE))
        lf_cache_spill(pool, cache);
    lf_store(&node->link, cache->current, relaxed);
    cache->current = node;
    cache->count++;
}

static inline void lf_pool_init(lf_pool *pool, size_t node_size)
{
    memset(pool, 0, sizeof *pool);
    pool->node_size = node_size;
}

static inline void lf_pool_destroy(lf_pool *pool)
{
    for (unsigned segment = 0; segment < LF_SEGMENTS; segment++)
        free(lf_load(&pool->segment[segment], relaxed)); /* nobody else is left */
}

#endif
