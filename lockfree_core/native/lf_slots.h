/* A structure's table of what belongs to each thread: node cache, statistics, seed, stripe.

   Representation: chunks that double in size (8, 8, 16, 32 ...), made when the first thread of their range comes and
   published by one CAS; so a structure that few threads use stays small.
   Invariant: only the thread with a number writes the slot under it; anybody may read its statistics.
   Progress: finding the slot is wait-free, except for making a chunk (malloc) and for the crowd, which spins. */

#ifndef LF_SLOTS_H
#define LF_SLOTS_H

#include "lf_backoff.h"
#include "lf_threads.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define LF_FIRST_CHUNK 8u
#define LF_CHUNKS 10u /* 8 * 2^9 = 4096 numbers, the most that LF_THREADS may be */

/* Decisive attempts, how many of them were lost, and the most that one operation lost in a row. */
typedef struct {
    lf_u64 attempts;
    lf_u64 failures;
    lf_u64 longest;
} lf_stats;

/* Free nodes at hand: one magazine in use, one full in reserve (see lf_pool.h). */
typedef struct {
    lf_node *current;
    lf_node *spare;
    uint64_t count;
} lf_cache;

typedef struct {
    alignas(LF_LINE) lf_cache cache;
    lf_stats stats;
    lf_u64 stripe;
    uint64_t seed;
} lf_slot;

typedef struct {
    lf_pointer chunk[LF_CHUNKS];
#ifdef LF_SERIAL
    lf_slot *last;
    unsigned last_number;
#else
    lf_u64 crowd_lock;
#endif
    lf_slot crowd;
} lf_slots;

static inline unsigned lf_chunk_of(unsigned index)
{
    return index < LF_FIRST_CHUNK ? 0 : 32u - (unsigned)__builtin_clz(index / LF_FIRST_CHUNK);
}

static inline unsigned lf_chunk_start(unsigned chunk)
{
    return chunk == 0 ? 0 : LF_FIRST_CHUNK << (chunk - 1);
}

static inline unsigned lf_chunk_length(unsigned chunk)
{
    return chunk == 0 ? LF_FIRST_CHUNK : LF_FIRST_CHUNK << (chunk - 1);
}

LF_SELDOM static lf_slot *lf_chunk_make(lf_slots *slots, unsigned chunk)
{
    unsigned length = lf_chunk_length(chunk);
    lf_slot *made = aligned_alloc(LF_LINE, length * sizeof(lf_slot));
    if (made == NULL)
        return NULL;
    memset(made, 0, length * sizeof(lf_slot));
    for (unsigned offset = 0; offset < length; offset++)
        made[offset].seed = lf_seed(lf_chunk_start(chunk) + offset);
    void *winner = NULL;
    if (lf_pointer_cas(&slots->chunk[chunk], &winner, made))
        return made;
    free(made);
    return winner;
}

/* The slot under that number, made where it must be; NULL for one of the crowd and where memory is short. */
static inline lf_slot *lf_slot_at(lf_slots *slots, unsigned index)
{
    if (LF_UNLIKELY(index >= LF_THREADS))
        return NULL;
    unsigned chunk = lf_chunk_of(index);
    /* Acquire pairs with the release of the CAS that published the chunk. */
    lf_slot *base = lf_load(&slots->chunk[chunk], acquire);
    if (LF_UNLIKELY(base == NULL) && (base = lf_chunk_make(slots, chunk)) == NULL)
        return NULL;
    return base + (index - lf_chunk_start(chunk));
}

#ifdef LF_SERIAL

LF_SELDOM static lf_slot *lf_slot_change(lf_slots *slots)
{
    lf_slot *slot = lf_slot_at(slots, lf_thread_index());
    slots->last_number = lf_thread_number;
    return slots->last = slot != NULL ? slot : &slots->crowd;
}

/* Nobody else is inside, so the crowd needs no lock, and who came last, who mostly is who comes now, can be kept. */
static inline lf_slot *lf_slot_enter(lf_slots *slots)
{
    unsigned number = lf_thread_number;
    return LF_LIKELY(number != 0 && number == slots->last_number) ? slots->last : lf_slot_change(slots);
}

static inline void lf_slot_leave(lf_slots *slots, lf_slot *slot)
{
    (void)slots;
    (void)slot;
}

#else

LF_SELDOM static lf_slot *lf_crowd_enter(lf_slots *slots)
{
    while (!lf_u64_cas(&slots->crowd_lock, 0, 1))
        sched_yield();
    return &slots->crowd;
}

/* The calling thread's slot; the crowd's, locked, for a thread without one. To be given back with lf_slot_leave. */
static inline lf_slot *lf_slot_enter(lf_slots *slots)
{
    lf_slot *slot = lf_slot_at(slots, lf_thread_index());
    return LF_LIKELY(slot != NULL) ? slot : lf_crowd_enter(slots);
}

static inline void lf_slot_leave(lf_slots *slots, lf_slot *slot)
{
    if (LF_UNLIKELY(slot == &slots->crowd))
        lf_store(&slots->crowd_lock, 0, release); /* hands the crowd's slot on as this thread leaves it */
}

#endif

/* An operation ends without a win after that many lost attempts. The slot has one writer. Attempts come first, losses
   behind them and the longest streak last, by release: a reader who goes the other way (lf_stats_read) never sees more
   losses than attempts, nor a streak that is not among them. On x86 that is free. */
static inline void lf_stats_lost(lf_stats *stats, uint64_t losses)
{
    if (LF_LIKELY(losses == 0))
        return;
    lf_store(&stats->attempts, lf_load(&stats->attempts, relaxed) + losses, relaxed);
    lf_store(&stats->failures, lf_load(&stats->failures, relaxed) + losses, release);
    if (losses > lf_load(&stats->longest, relaxed))
        lf_store(&stats->longest, losses, release);
}

/* Anybody's look at them, without stopping anyone: attempts, losses, longest streak. */
static inline void lf_stats_read(lf_stats *stats, uint64_t numbers[3])
{
    numbers[2] = lf_load(&stats->longest, acquire);
    numbers[1] = lf_load(&stats->failures, acquire);
    numbers[0] = lf_load(&stats->attempts, relaxed);
}

/* An operation wins after that many lost attempts. */
static inline void lf_stats_note(lf_stats *stats, uint64_t losses)
{
    lf_store(&stats->attempts, lf_load(&stats->attempts, relaxed) + 1, relaxed);
    lf_stats_lost(stats, losses);
}

/* For looking at: the slot under that number if its chunk exists, the crowd's for LF_THREADS, else NULL. */
static inline lf_slot *lf_slot_peek(lf_slots *slots, unsigned index)
{
    if (index >= LF_THREADS)
        return &slots->crowd;
    lf_slot *base = lf_load(&slots->chunk[lf_chunk_of(index)], acquire);
    return base == NULL ? NULL : base + (index - lf_chunk_start(lf_chunk_of(index)));
}

static inline void lf_slots_init(lf_slots *slots)
{
    memset(slots, 0, sizeof *slots);
    slots->crowd.seed = lf_seed(LF_THREADS);
}

static inline void lf_slots_destroy(lf_slots *slots)
{
    for (unsigned chunk = 0; chunk < LF_CHUNKS; chunk++)
        free(lf_load(&slots->chunk[chunk], relaxed)); /* nobody else is left */
}

#endif
