/* Atomic cells and the tagged pointer, as the structures use them.

   One source, two meanings. Where `LF_SERIAL` is defined, somebody else (an interpreter's global lock) already lets one
   thread at a time in, and every access is a plain one. Otherwise each is the C11 atomic of that order. A translation
   unit is wholly one or wholly the other, and never hands a structure to a unit of the other kind.

   Tagged pointer: a node and a number that grows with every change, compared and swapped together, so that a node that
   left and came back is told apart (ABA). On x86-64 the pair has 128 bits (cmpxchg16b), and the tag never wraps: at 10^9
   changes a second it lasts 584 years. Elsewhere, and with LF_NO_CAS16, one word holds 26 bits of node index and 38 bits
   of tag: at most 67,108,863 nodes, and the tag wraps after 2.7 * 10^11 changes, 2.8 hours at 27 million a second. A
   thread that sleeps for exactly a multiple of that, between its load and its CAS, is not protected. */

#ifndef LF_ATOMIC_H
#define LF_ATOMIC_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LF_LIKELY(condition) __builtin_expect(!!(condition), 1)
#define LF_UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* For what is seldom needed: kept out of the way of what is, which then needs fewer registers. */
#define LF_SELDOM __attribute__((noinline, cold, unused))

/* Two cache lines: x86 fetches lines in pairs, so neighbours 64 bytes apart still disturb each other. */
#define LF_LINE 128

#ifdef LF_SERIAL
#define LF_ATOMIC(type) type
#define lf_load(cell, order) (*(cell))
#define lf_store(cell, value, order) ((void)(*(cell) = (value)))
#else
#define LF_ATOMIC(type) _Atomic(type)
#define lf_load(cell, order) atomic_load_explicit((cell), memory_order_##order)
#define lf_store(cell, value, order) atomic_store_explicit((cell), (value), memory_order_##order)
#endif

typedef LF_ATOMIC(uint64_t) lf_u64;
typedef LF_ATOMIC(void *) lf_pointer;

/* Acquire and release on success, because a won CAS both publishes what its thread wrote before and takes over what the
   previous winner published. Relaxed on failure: every caller loads again, with its own order, before it looks. */
static inline bool lf_u64_cas(lf_u64 *cell, uint64_t expected, uint64_t desired)
{
#ifdef LF_SERIAL
    bool won = *cell == expected;
    *cell = won ? desired : *cell;
    return won;
#else
    return atomic_compare_exchange_strong_explicit(cell, &expected, desired, memory_order_acq_rel, memory_order_relaxed);
#endif
}

/* Release on success publishes the block behind the pointer; acquire on failure, because the loser uses the winner's. */
static inline bool lf_pointer_cas(lf_pointer *cell, void **expected, void *desired)
{
#ifdef LF_SERIAL
    bool won = *cell == *expected;
    if (won)
        *cell = desired;
    else
        *expected = *cell;
    return won;
#else
    return atomic_compare_exchange_strong_explicit(cell, expected, desired, memory_order_acq_rel, memory_order_acquire);
#endif
}

/* Relaxed: used for tickets and tallies, which publish nothing but themselves. */
static inline uint64_t lf_u64_fetch_add(lf_u64 *cell, uint64_t amount)
{
#ifdef LF_SERIAL
    uint64_t old = *cell;
    *cell = old + amount;
    return old;
#else
    return atomic_fetch_add_explicit(cell, amount, memory_order_relaxed);
#endif
}

/* Tells the processor that this is a wait, so that the sibling thread gets the pipeline. */
static inline void lf_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("isb" ::: "memory");
#endif
}

/* Where a stress program wants others to come in between: before the CAS, after all that it is based on was read. */
#ifdef LF_PROVOKE
#include <sched.h>
static inline void lf_provoke(void)
{
    static _Thread_local unsigned turn;
    if (++turn % LF_PROVOKE == 0)
        sched_yield();
}
#else
#define lf_provoke() ((void)0)
#endif

/* -- nodes and tagged pointers */

#if !defined(LF_SERIAL) && (!defined(__x86_64__) || defined(LF_NO_CAS16))
#define LF_PACKED 1
#define LF_INDEX_BITS 26
#endif

typedef struct lf_node lf_node;

struct lf_node {
    LF_ATOMIC(lf_node *) link;
    lf_u64 value;
#ifdef LF_PACKED
    uint64_t index; /* from 1; written once, when the node's segment is carved up */
#endif
};

/* What a load of a tagged pointer gives, and what a CAS expects. */
typedef struct {
    lf_node *node;
    uint64_t tag;
} lf_view;

#ifdef LF_PACKED

typedef struct {
    lf_u64 word;
} lf_tagged;

#else

typedef struct {
    alignas(16) LF_ATOMIC(lf_node *) node;
    lf_u64 tag;
} lf_tagged;

/* The tag is read first and the node second, each with acquire, so the second read does not move before the first. If
   somebody changes the pair in between, the view mixes an old tag with a new node; the CAS that follows compares both,
   and since no tag comes back, it succeeds only if the pair was exactly the view from before the first read on. */
static inline lf_view lf_pair_load(lf_tagged *cell)
{
    lf_view view;
    view.tag = lf_load(&cell->tag, acquire);
    view.node = lf_load(&cell->node, acquire);
    return view;
}

#if defined(__SANITIZE_THREAD__)
#define LF_SANITIZED_THREADS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LF_SANITIZED_THREADS 1
#endif
#endif

/* Swap node and tag together. A full barrier, which covers the acquire and the release that the callers argue with. */
static inline bool lf_pair_cas(lf_tagged *cell, lf_view expected, lf_node *node)
{
#if defined(LF_SERIAL)
    /* Nobody came in between since the view was taken, so it holds, and no tag has to tell. */
    (void)expected;
    cell->node = node;
    return true;
#elif defined(LF_SANITIZED_THREADS)
    /* The sanitizer sees builtins and does not see assembly. */
    __extension__ typedef unsigned __int128 __attribute__((may_alias)) pair;
    pair old = (pair)expected.tag << 64 | (uintptr_t)expected.node;
    pair new = (pair)(expected.tag + 1) << 64 | (uintptr_t)node;
    return __sync_bool_compare_and_swap((pair *)cell, old, new);
#else
    bool won;
    __asm__ __volatile__("lock cmpxchg16b %1"
                         : "=@ccz"(won), "+m"(*cell), "+a"(expected.node), "+d"(expected.tag)
                         : "b"(node), "c"(expected.tag + 1)
                         : "memory");
    return won;
#endif
}

#endif /* LF_PACKED */

/* After a won CAS, before a load that must not be read earlier. On x86 the CAS is a full barrier already. */
static inline void lf_fence_after_cas(void)
{
#if defined(LF_SERIAL) || defined(__x86_64__)
    atomic_signal_fence(memory_order_seq_cst);
#else
    atomic_thread_fence(memory_order_seq_cst);
#endif
}

#endif
