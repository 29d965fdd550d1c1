/* Exponential backoff: what a thread does between a lost CAS and its next try.

   Losing means that somebody else got on; trying again at once takes the cache line away from whoever is about to. A
   random wait that doubles with every loss lets a crowd dissolve (T. Anderson: The Performance of Spin Lock
   Alternatives for Shared-Memory Multiprocessors. IEEE TPDS 1(1), 1990). It buys throughput with unfairness: the winner
   of a round goes on alone while the others wait. Both limits are counted in pauses of the processor. */

#ifndef LF_BACKOFF_H
#define LF_BACKOFF_H

#include "lf_atomic.h"

/* The defaults are points of curves that `tests.bench backoff` draws, with 2 to 8 threads on a free-threaded interpreter:
   each where more backoff buys little more throughput, Jain's index over 100 ms is still about 0.8, and p99.9 of a stack
   stays below 10 microseconds. The kernels' curve (`tests.bench kernels`) is that of a bare CAS loop; with an interpreter
   around it, threads meet at other distances. A queue has two pointers to lose at, and asks for more patience. */
#define LF_BACKOFF_BASE 64u
#define LF_BACKOFF_CAP 1024u
#define LF_BACKOFF_STACK {384u, 6144u}
#define LF_BACKOFF_QUEUE {1024u, 16384u}
#define LF_BACKOFF_RING {512u, 8192u}
#define LF_BACKOFF_MOST 16777216u

typedef struct {
    uint32_t base; /* 0: no backoff */
    uint32_t cap;
} lf_backoff;

static inline uint64_t lf_seed(uint64_t number)
{
    return (number + 1) * UINT64_C(0x9E3779B97F4A7C15);
}

/* G. Marsaglia: Xorshift RNGs. Journal of Statistical Software 8(14), 2003. The state is never 0. */
static inline uint64_t lf_random(uint64_t *seed)
{
    uint64_t state = *seed;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return *seed = state;
}

/* Wait after the given loss of an operation, counted from 1: from half to the whole of base * 2^(losses - 1), capped. */
LF_SELDOM static void lf_backoff_wait(lf_backoff policy, uint64_t losses, uint64_t *seed)
{
    if (policy.base == 0)
        return;
    uint64_t limit = (uint64_t)policy.base << (losses > 24 ? 24 : losses - 1);
    limit = limit > policy.cap ? policy.cap : limit;
    uint64_t pauses = limit / 2 + lf_random(seed) % (limit / 2 + 1);
    while (pauses-- != 0)
        lf_pause();
}

#endif
