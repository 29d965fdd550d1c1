/* The bounded ring: a queue of fixed capacity for any number of producers and consumers.

   Source: D. Vyukov: Bounded MPMC queue. 1024cores.net, 2010. Stamps that carry the lap, which make every capacity from
   one up work, are as in crossbeam's ArrayQueue.
   Representation: slots, each with a stamp. A position is lap * stride + index, with stride a power of two above the
   capacity. A slot whose stamp equals a position is free for the put at that position; one more, and its item is there
   for the take at that position. `head` and `tail` are the next positions to take and to put.
   Invariant: head <= tail <= head + one lap. A slot's item belongs to whoever claimed the position by CAS, until that
   thread writes the stamp.
   Progress: NOT lock-free. A thread that stops between its claim and its stamp makes everybody wait who comes to that
   slot, a lap later or from the other side. No lock is held, other slots go on, and nothing is allocated. */

#ifndef LF_RING_H
#define LF_RING_H

#include "lf_slots.h"

typedef struct {
    lf_u64 stamp;
    lf_u64 value;
} lf_cell;

typedef struct {
    alignas(LF_LINE) lf_u64 head;
    alignas(LF_LINE) lf_u64 tail;
    alignas(LF_LINE) lf_cell *cells;
    uint64_t capacity;
    uint64_t stride;
    lf_slots slots;
    lf_backoff backoff;
} lf_ring;

#define LF_RING_MOST ((uint64_t)1 << 32)

/* False where memory is out. The capacity is from 1 to LF_RING_MOST. */
static inline bool lf_ring_init(lf_ring *ring, uint64_t capacity, lf_backoff backoff)
{
    memset(ring, 0, sizeof *ring);
    ring->cells = malloc(capacity * sizeof(lf_cell));
    if (ring->cells == NULL)
        return false;
    for (uint64_t index = 0; index < capacity; index++) {
        lf_store(&ring->cells[index].stamp, index, relaxed); /* not shared yet */
        lf_store(&ring->cells[index].value, 0, relaxed);
    }
    lf_slots_init(&ring->slots);
    ring->capacity = capacity;
    ring->stride = (uint64_t)1 << (64 - __builtin_clzll(capacity));
    ring->backoff = backoff;
    return true;
}

static inline void lf_ring_destroy(lf_ring *ring)
{
    lf_slots_destroy(&ring->slots);
    free(ring->cells);
}

static inline uint64_t lf_ring_after(const lf_ring *ring, uint64_t position)
{
    uint64_t index = position & (ring->stride - 1);
    return index + 1 < ring->capacity ? position + 1 : position - index + ring->stride;
}

/* Items between the two positions. */
static inline uint64_t lf_ring_between(const lf_ring *ring, uint64_t head, uint64_t tail)
{
    uint64_t laps = (tail & ~(ring->stride - 1)) - (head & ~(ring->stride - 1));
    return laps / ring->stride * ring->capacity + (tail & (ring->stride - 1)) - (head & (ring->stride - 1));
}

static inline bool lf_ring_claim(lf_u64 *end, uint64_t position, uint64_t after)
{
    lf_provoke();
#ifdef LF_SERIAL
    return lf_u64_cas(end, position, after);
#else
    return atomic_compare_exchange_strong_explicit(end, &position, after, memory_order_seq_cst, memory_order_relaxed);
#endif
}

/* Somebody claimed the slot and has not stamped it: wait a little, and let them run if that does not help. */
static inline void lf_ring_await(uint64_t *rounds)
{
    if (++*rounds % 64 == 0)
        sched_yield();
    else
        lf_pause();
}

/* False where the ring is full. */
static inline bool lf_ring_put(lf_ring *ring, uint64_t value)
{
    lf_slot *slot = lf_slot_enter(&ring->slots);
    uint64_t losses = 0, rounds = 0;
    bool put = false;
    for (;;) {
        /* Sequentially consistent, as the load of head below and the CASes on both: that the ring was full is concluded
           from two positions, so all threads must agree on the order in which those moved. */
        uint64_t tail = lf_load(&ring->tail, seq_cst);
        lf_cell *cell = &ring->cells[tail & (ring->stride - 1)];
        /* Acquire pairs with the taker's release: its read of the old value comes before the write of the new one. */
        uint64_t stamp = lf_load(&cell->stamp, acquire);
        if (LF_LIKELY(stamp == tail)) {
            /* Winning claims the slot; losing means that another put claimed it. */
            if (LF_LIKELY(lf_ring_claim(&ring->tail, tail, lf_ring_after(ring, tail)))) {
                lf_store(&cell->value, value, relaxed);
                lf_store(&cell->stamp, tail + 1, release); /* publishes the value to the taker */
                put = true;
                break;
            }
            lf_backoff_wait(ring->backoff, ++losses, &slot->seed);
        } else {
            uint64_t head = lf_load(&ring->head, seq_cst);
            if (tail == lf_load(&ring->tail, seq_cst)) {
                if (head + ring->stride == tail)
                    break; /* a whole lap ahead: full at the load of head */
                lf_ring_await(&rounds);
            }
        }
    }
    if (put)
        lf_stats_note(&slot->stats, losses);
    else
        lf_stats_lost(&slot->stats, losses);
    lf_slot_leave(&ring->slots, slot);
    return put;
}

/* False where the ring is empty. */
static inline bool lf_ring_take(lf_ring *ring, uint64_t *value)
{
    lf_slot *slot = lf_slot_enter(&ring->slots);
    uint64_t losses = 0, rounds = 0;
    bool taken = false;
    for (;;) {
        uint64_t head = lf_load(&ring->head, seq_cst); /* as the load of tail in a put */
        lf_cell *cell = &ring->cells[head & (ring->stride - 1)];
        /* Acquire pairs with the putter's release: the value is there. */
        uint64_t stamp = lf_load(&cell->stamp, acquire);
        if (LF_LIKELY(stamp == head + 1)) {
            /* Winning claims the item; losing means that another take claimed it. */
            if (LF_LIKELY(lf_ring_claim(&ring->head, head, lf_ring_after(ring, head)))) {
                *value = lf_load(&cell->value, relaxed);
                lf_store(&cell->stamp, head + ring->stride, release); /* the read above is over: free for the next lap */
                taken = true;
                break;
            }
            lf_backoff_wait(ring->backoff, ++losses, &slot->seed);
        } else {
            uint64_t tail = lf_load(&ring->tail, seq_cst);
            if (head == lf_load(&ring->head, seq_cst)) {
                if (head == tail)
                    break; /* empty at the load of tail */
                lf_ring_await(&rounds);
            }
        }
    }
    if (taken)
        lf_stats_note(&slot->stats, losses);
    else
        lf_stats_lost(&slot->stats, losses);
    lf_slot_leave(&ring->slots, slot);
    return taken;
}

/* -- looking at it: as for the stack. The state is that of the head, since puts take nothing out. */

static inline uint64_t lf_ring_state(lf_ring *ring)
{
    return lf_load(&ring->head, seq_cst);
}

static inline int lf_ring_walk(lf_ring *ring, int (*visit)(uint64_t value, void *context), void *context)
{
    int answer = 0;
    uint64_t position = lf_load(&ring->head, seq_cst), tail = lf_load(&ring->tail, seq_cst);
    for (; position != tail && answer == 0; position = lf_ring_after(ring, position)) {
        lf_cell *cell = &ring->cells[position & (ring->stride - 1)];
        if (lf_load(&cell->stamp, acquire) != position + 1)
            break; /* claimed, and not there yet or already gone */
        answer = visit(lf_load(&cell->value, acquire), context);
    }
    return answer;
}

/* Items inside; while others operate, some number that was right in between. */
static inline uint64_t lf_ring_length(lf_ring *ring)
{
    for (;;) {
        uint64_t tail = lf_load(&ring->tail, seq_cst), head = lf_load(&ring->head, seq_cst);
        if (tail == lf_load(&ring->tail, seq_cst))
            return lf_ring_between(ring, head, tail);
    }
}

#endif
