/* The Treiber stack.

   Problem: a last-in-first-out list that any number of threads push to and pop from, without a lock.
   Paper: R. K. Treiber: Systems Programming: Coping with Parallelism. IBM Almaden, RJ 5118, 1986.
   Representation: a singly linked list of pooled nodes; `head` is a tagged pointer.
   Invariant: following `link` from `head` visits every item, newest first. The `link` of a node that is inside is not
   written. Every change of `head` raises its tag.
   Progress: lock-free: a CAS on `head` fails only if another one succeeded since the load. Growing the pool asks malloc.

   ABA: a pop that sleeps between its loads and its CAS may wake when the same node is on top again above another one.
   The tag tells. Its read of `link` meanwhile may see anything, since the node may be in a magazine, but it is still a
   node (lf_pool.h), so the read is harmless and the CAS fails. */

#ifndef LF_STACK_H
#define LF_STACK_H

#include "lf_pool.h"

typedef struct {
    alignas(LF_LINE) lf_tagged head;
    lf_pool pool;
    lf_slots slots;
    lf_backoff backoff;
} lf_stack;

static inline void lf_stack_init(lf_stack *stack, lf_backoff backoff)
{
    memset(stack, 0, sizeof *stack);
    lf_pool_init(&stack->pool, sizeof(lf_node));
    lf_slots_init(&stack->slots);
    stack->backoff = backoff;
}

static inline void lf_stack_destroy(lf_stack *stack)
{
    lf_slots_destroy(&stack->slots);
    lf_pool_destroy(&stack->pool);
}

static inline void lf_stack_publish(lf_stack *stack, lf_slot *slot, lf_node *node)
{
    uint64_t losses = 0;
    for (;;) {
        lf_view old_head = lf_tagged_load(&stack->pool, &stack->head);
        /* Relaxed: the node is this thread's, and the CAS publishes it. */
        lf_store(&node->link, old_head.node, relaxed);
        /* Winning publishes the node (release); losing means that another push or pop succeeded since the load. */
        if (LF_LIKELY(lf_tagged_cas(&stack->pool, &stack->head, old_head, node)))
            break;
        lf_backoff_wait(stack->backoff, ++losses, &slot->seed);
    }
    lf_stats_note(&slot->stats, losses);
}

/* False where memory is out; the stack is then as it was. */
static inline bool lf_stack_push(lf_stack *stack, uint64_t value)
{
    lf_slot *slot = lf_slot_enter(&stack->slots);
    lf_node *node = lf_node_take(&stack->pool, &slot->cache);
    if (LF_LIKELY(node != NULL)) {
        /* Relaxed, as the link. Atomic, because a magazine's link lies here and may be read by who lost it. */
        lf_store(&node->value, value, relaxed);
        lf_stack_publish(stack, slot, node);
    }
    lf_slot_leave(&stack->slots, slot);
    return node != NULL;
}

/* False where the stack is empty. */
static inline bool lf_stack_pop(lf_stack *stack, uint64_t *value)
{
    lf_slot *slot = lf_slot_enter(&stack->slots);
    uint64_t losses = 0;
    lf_view old_head;
    for (;;) {
        /* Acquire: pairs with the push that published the node. All changes of `head` are read-modify-writes, so reading
           a later one still synchronizes with every push before it: the nodes further down are visible as well. */
        old_head = lf_tagged_load(&stack->pool, &stack->head);
        if (old_head.node == NULL)
            break;
        /* Acquire only for the second look below; the CAS tells whether the link was that of the node on top. */
        lf_node *new_head = lf_load(&old_head.node->link, acquire);
#ifdef LF_PACKED
        if (!lf_view_same(old_head, lf_tagged_load(&stack->pool, &stack->head)))
            continue; /* packing reads the node below, which must be one */
#endif
        /* Winning makes the node this thread's alone; losing means that another push or pop succeeded since the load. */
        if (LF_LIKELY(lf_tagged_cas(&stack->pool, &stack->head, old_head, new_head)))
            break;
        lf_backoff_wait(stack->backoff, ++losses, &slot->seed);
    }
    bool found = old_head.node != NULL;
    if (found) {
        *value = lf_load(&old_head.node->value, relaxed); /* ordered by the acquire above */
        lf_node_give(&stack->pool, &slot->cache, old_head.node);
        lf_stats_note(&slot->stats, losses);
    } else {
        lf_stats_lost(&slot->stats, losses);
    }
    lf_slot_leave(&stack->slots, slot);
    return found;
}

/* -- looking at it

   A walk reads nodes that others may take out meanwhile, so the values that it meets may be stale. They are what is inside
   if the state is the same after as before; `visit` may stop the walk by returning something other than 0. */

static inline uint64_t lf_stack_state(lf_stack *stack)
{
#ifdef LF_PACKED
    return lf_load(&stack->head.word, seq_cst);
#else
    return lf_load(&stack->head.tag, seq_cst);
#endif
}

static inline int lf_stack_walk(lf_stack *stack, int (*visit)(uint64_t value, void *context), void *context)
{
    int answer = 0;
    lf_node *node = lf_tagged_load(&stack->pool, &stack->head).node;
    while (node != NULL && answer == 0) {
        answer = visit(lf_load(&node->value, acquire), context);
        node = lf_load(&node->link, acquire);
    }
    return answer;
}

#endif
