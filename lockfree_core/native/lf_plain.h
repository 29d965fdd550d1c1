/* The same structures for one thread at a time, and the two locks that let one in: what the kernels compare with.

   Plain lists with a free list of their own, an array, an integer: no atomics inside, since the lock has them. */

#ifndef LF_PLAIN_H
#define LF_PLAIN_H

#include "lf_atomic.h"

#include <sched.h>
#include <stdlib.h>

typedef struct lf_plain_node {
    struct lf_plain_node *next;
    uint64_t value;
} lf_plain_node;

/* A list from first to last; a stack uses the first end only, a queue both. Freed nodes wait to be used again. */
typedef struct {
    lf_plain_node *first;
    lf_plain_node *last;
    lf_plain_node *unused;
} lf_plain_list;

static inline lf_plain_node *lf_plain_node_take(lf_plain_list *list, uint64_t value)
{
    lf_plain_node *node = list->unused;
    if (node != NULL)
        list->unused = node->next;
    else if ((node = malloc(sizeof *node)) == NULL)
        return NULL;
    node->value = value;
    return node;
}

static inline bool lf_plain_push(lf_plain_list *list, uint64_t value)
{
    lf_plain_node *node = lf_plain_node_take(list, value);
    if (node == NULL)
        return false;
    node->next = list->first;
    list->first = node;
    return true;
}

static inline bool lf_plain_append(lf_plain_list *list, uint64_t value)
{
    lf_plain_node *node = lf_plain_node_take(list, value);
    if (node == NULL)
        return false;
    node->next = NULL;
    if (list->first == NULL)
        list->first = node;
    else
        list->last->next = node;
    list->last = node;
    return true;
}

static inline bool lf_plain_pop(lf_plain_list *list, uint64_t *value)
{
    lf_plain_node *node = list->first;
    if (node == NULL)
        return false;
    list->first = node->next;
    *value = node->value;
    node->next = list->unused;
    list->unused = node;
    return true;
}

static inline void lf_plain_list_destroy(lf_plain_list *list)
{
    lf_plain_node *ends[] = {list->first, list->unused};
    for (int end = 0; end < 2; end++)
        for (lf_plain_node *next, *node = ends[end]; node != NULL; node = next) {
            next = node->next;
            free(node);
        }
}

typedef struct {
    uint64_t *values;
    uint64_t capacity;
    uint64_t head;
    uint64_t count;
} lf_plain_ring;

static inline bool lf_plain_ring_put(lf_plain_ring *ring, uint64_t value)
{
    if (ring->count == ring->capacity)
        return false;
    uint64_t index = ring->head + ring->count++;
    ring->values[index < ring->capacity ? index : index - ring->capacity] = value;
    return true;
}

static inline bool lf_plain_ring_take(lf_plain_ring *ring, uint64_t *value)
{
    if (ring->count == 0)
        return false;
    *value = ring->values[ring->head];
    ring->head = ring->head + 1 == ring->capacity ? 0 : ring->head + 1;
    ring->count--;
    return true;
}

/* Test and test-and-set: waiters read their own copy until the lock looks free, and make room for others now and then,
   since with more threads than processors the holder may be waiting for one. Returns how often it looked taken. */
static inline uint64_t lf_spin_lock(_Atomic(bool) *lock)
{
    uint64_t losses = 0;
    /* Acquire pairs with the release in unlock: what the last holder did is visible. */
    while (atomic_exchange_explicit(lock, true, memory_order_acquire)) {
        losses++;
        for (unsigned round = 1; atomic_load_explicit(lock, memory_order_relaxed); round++)
            if (round % 1024 == 0)
                sched_yield();
            else
                lf_pause();
    }
    return losses;
}

static inline void lf_spin_unlock(_Atomic(bool) *lock)
{
    atomic_store_explicit(lock, false, memory_order_release);
}

#endif
