/* Counters: one by CAS loop, one with a stripe for each thread.

   Paper: M. Herlihy: Wait-Free Synchronization. ACM TOPLAS 13(1), 1991, for the loop: read, compute, swing if nothing
   came in between. The striped one is the old trick of statistics counters: what is never read in a hurry need not lie
   in one place.
   Progress: the loop is lock-free, not wait-free. The stripe is wait-free for a thread that has a number, and its sum is
   exact when nobody adds: stripes are read one after another, so an addition that runs meanwhile is counted whole or not
   at all, and one that is counted may be younger than one that is not. */

#ifndef LF_COUNTER_H
#define LF_COUNTER_H

#include "lf_slots.h"

typedef struct {
    alignas(LF_LINE) lf_u64 value; /* two's complement */
    alignas(LF_LINE) lf_slots slots;
    lf_backoff backoff;
} lf_counter;

static inline void lf_counter_init(lf_counter *counter, int64_t initial, lf_backoff backoff)
{
    lf_slots_init(&counter->slots);
    lf_store(&counter->value, (uint64_t)initial, relaxed); /* not shared yet */
    counter->backoff = backoff;
}

static inline void lf_counter_destroy(lf_counter *counter)
{
    lf_slots_destroy(&counter->slots);
}

/* The load is relaxed: what it says is not used unless the CAS confirms it. That one acquires and releases, and
   lf_counter_get acquires, so whoever sees a number also sees what its increment came after. On x86 both are free. */
static inline bool lf_counter_increment(lf_counter *counter, int64_t *made)
{
    lf_slot *slot = lf_slot_enter(&counter->slots);
    uint64_t losses = 0;
    int64_t next = 0;
    bool fits;
    for (;;) {
        uint64_t value = lf_load(&counter->value, relaxed);
        fits = !__builtin_add_overflow((int64_t)value, (int64_t)1, &next);
        /* Losing means that another increment succeeded since the load. */
        if (!fits || LF_LIKELY(lf_u64_cas(&counter->value, value, (uint64_t)next)))
            break;
        lf_backoff_wait(counter->backoff, ++losses, &slot->seed);
    }
    if (fits)
        lf_stats_note(&slot->stats, losses);
    else
        lf_stats_lost(&slot->stats, losses);
    lf_slot_leave(&counter->slots, slot);
    *made = next;
    return fits;
}

static inline int64_t lf_counter_get(lf_counter *counter)
{
    return (int64_t)lf_load(&counter->value, acquire);
}

/* False where the calling thread's stripe would leave 64 bits; it is then as it was. */
static inline bool lf_stripe_add(lf_slots *slots, int64_t amount)
{
    lf_slot *slot = lf_slot_enter(slots);
    int64_t sum;
    /* Load and store instead of a read-modify-write: nobody else writes this stripe. Relaxed: a sum that is to say
       something needs that all have come to rest, and what tells that orders them. */
    bool fits = !__builtin_add_overflow((int64_t)lf_load(&slot->stripe, relaxed), amount, &sum);
    if (LF_LIKELY(fits))
        lf_store(&slot->stripe, (uint64_t)sum, relaxed);
    lf_slot_leave(slots, slot);
    return fits;
}

#endif
