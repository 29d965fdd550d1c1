/* The Michael-Scott queue.

   Problem: a first-in-first-out list that any number of threads add to at one end and take from at the other, without a
   lock.
   Paper: M. M. Michael, M. L. Scott: Simple, Fast, and Practical Non-Blocking and Blocking Concurrent Queue Algorithms.
   PODC 1996.
   Representation: pooled nodes, linked by tagged pointers from `head` to the last one. The first is a dummy, whose value
   was taken already. `tail` points at the last node, or lags behind it by nodes that are linked but not yet announced.
   Invariant: `tail` is reachable from `head`, and never behind it. A node's `next` leaves null once a life, by CAS.
   Progress: lock-free: whoever finds the tail behind swings it on instead of waiting. Growing the pool asks malloc.

   ABA: all four kinds of cell are tagged. A node's tag goes up again when the node starts a new life, so a view of an
   earlier one matches nothing. The second look at `tail` or `head` (its tag, so exact) tells that what was read in
   between belongs to a node that was the last, or the first, all the while. Loads are acquire, so none of them moves
   before the one in front of it. */

#ifndef LF_QUEUE_H
#define LF_QUEUE_H

#include "lf_pool.h"

typedef struct {
    lf_node node; /* first, so that a pointer to it is a pointer to the whole */
    lf_tagged next;
} lf_queue_node;

typedef struct {
    alignas(LF_LINE) lf_tagged head;
    alignas(LF_LINE) lf_tagged tail;
    lf_pool pool;
    lf_slots slots;
    lf_backoff backoff;
} lf_queue;

static inline lf_tagged *lf_next_of(lf_node *node)
{
    return &((lf_queue_node *)(void *)node)->next;
}

static inline void lf_queue_destroy(lf_queue *queue)
{
    lf_slots_destroy(&queue->slots);
    lf_pool_destroy(&queue->pool);
}

/* False where there is no memory for the dummy. */
static inline bool lf_queue_init(lf_queue *queue, lf_backoff backoff)
{
    memset(queue, 0, sizeof *queue);
    lf_pool_init(&queue->pool, sizeof(lf_queue_node));
    lf_slots_init(&queue->slots);
    queue->backoff = backoff;
    lf_slot *slot = lf_slot_enter(&queue->slots);
    lf_node *dummy = lf_node_take(&queue->pool, &slot->cache);
    lf_slot_leave(&queue->slots, slot);
    if (dummy == NULL) {
        lf_queue_destroy(queue);
        return false;
    }
    lf_tagged_reset(&queue->head, dummy);
    lf_tagged_reset(&queue->tail, dummy);
    return true;
}

static inline void lf_queue_link(lf_queue *queue, lf_slot *slot, lf_node *node)
{
    uint64_t losses = 0;
    for (;;) {
        lf_view tail = lf_tagged_load(&queue->pool, &queue->tail);
        lf_view next = lf_tagged_load(&queue->pool, lf_next_of(tail.node));
        if (!lf_view_same(tail, lf_tagged_load(&queue->pool, &queue->tail)))
            continue;
        if (next.node != NULL) {
            /* The tail is behind: help whoever linked. Losing means that somebody already did. */
            lf_tagged_cas(&queue->pool, &queue->tail, tail, next.node);
            continue;
        }
        /* Winning links the node (release publishes its value): from here on the item is inside. Losing means that
           another enqueuer linked first. */
        if (LF_LIKELY(lf_tagged_cas(&queue->pool, lf_next_of(tail.node), next, node))) {
            /* Losing this one means that somebody helped. */
            lf_tagged_cas(&queue->pool, &queue->tail, tail, node);
            break;
        }
        lf_backoff_wait(queue->backoff, ++losses, &slot->seed);
    }
    lf_stats_note(&slot->stats, losses);
}

/* False where memory is out; the queue is then as it was. */
static inline bool lf_queue_put(lf_queue *queue, uint64_t value)
{
    lf_slot *slot = lf_slot_enter(&queue->slots);
    lf_node *node = lf_node_take(&queue->pool, &slot->cache);
    if (LF_LIKELY(node != NULL)) {
        lf_store(&node->value, value, relaxed); /* published by the CAS that links it */
        lf_tagged_reset(lf_next_of(node), NULL);
        lf_queue_link(queue, slot, node);
    }
    lf_slot_leave(&queue->slots, slot);
    return node != NULL;
}

/* False where the queue is empty. */
static inline bool lf_queue_take(lf_queue *queue, uint64_t *value)
{
    lf_slot *slot = lf_slot_enter(&queue->slots);
    uint64_t losses = 0;
    bool found = false;
    for (;;) {
        lf_view head = lf_tagged_load(&queue->pool, &queue->head);
        lf_view tail = lf_tagged_load(&queue->pool, &queue->tail);
        lf_view next = lf_tagged_load(&queue->pool, lf_next_of(head.node));
        if (!lf_view_same(head, lf_tagged_load(&queue->pool, &queue->head)))
            continue;
        if (next.node == NULL)
            break; /* head was first and last when next was read: empty at that moment */
        if (head.node == tail.node) {
            /* Not empty, but the tail is behind: help, or head would overtake it. */
            lf_tagged_cas(&queue->pool, &queue->tail, tail, next.node);
            continue;
        }
        /* Before the swing, since afterwards the node is somebody else's dummy. Relaxed and atomic: if another dequeuer
           was faster the node may hold anything by now, and the CAS fails. Ordered by the acquire load of next. */
        *value = lf_load(&next.node->value, relaxed);
        /* Winning takes the value and makes its node the new dummy; losing means that another dequeuer did. */
        if (LF_LIKELY(lf_tagged_cas(&queue->pool, &queue->head, head, next.node))) {
            lf_node_give(&queue->pool, &slot->cache, head.node);
            found = true;
            break;
        }
        lf_backoff_wait(queue->backoff, ++losses, &slot->seed);
    }
    if (found)
        lf_stats_note(&slot->stats, losses);
    else
        lf_stats_lost(&slot->stats, losses);
    lf_slot_leave(&queue->slots, slot);
    return found;
}

/* -- looking at it: as for the stack. The state is that of the head, since enqueues take nothing out. */

static inline uint64_t lf_queue_state(lf_queue *queue)
{
#ifdef LF_PACKED
    return lf_load(&queue->head.word, seq_cst);
#else
    return lf_load(&queue->head.tag, seq_cst);
#endif
}

static inline int lf_queue_walk(lf_queue *queue, int (*visit)(uint64_t value, void *context), void *context)
{
    int answer = 0;
    lf_node *node = lf_tagged_load(&queue->pool, &queue->head).node;
    while (answer == 0 && (node = lf_tagged_load(&queue->pool, lf_next_of(node)).node) != NULL)
        answer = visit(lf_load(&node->value, acquire), context);
    return answer;
}

#endif
