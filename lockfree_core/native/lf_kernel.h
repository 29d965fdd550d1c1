/* Kernels: threads that work on one structure in C, to show what the hardware does when nothing is in between.

   Every value says who put it in and in which order, and every thread keeps sums, so each run also checks itself: what
   went in must have come out or still be inside, and of one producer's values each consumer must see them in order. */

#ifndef LF_KERNEL_H
#define LF_KERNEL_H

#include "lf_backoff.h"

#define LF_KERNEL_THREADS 256u
#define LF_KERNEL_STEPS 16u                     /* of the histogram, in each doubling */
#define LF_KERNEL_BUCKETS (40u * LF_KERNEL_STEPS) /* up to 2^40 ns, 18 minutes */

typedef enum { LF_KERNEL_STACK, LF_KERNEL_QUEUE, LF_KERNEL_RING, LF_KERNEL_COUNTER } lf_kernel_structure;
typedef enum { LF_KERNEL_LOCK_FREE, LF_KERNEL_MUTEX, LF_KERNEL_SPINLOCK } lf_kernel_guard;

typedef struct {
    lf_kernel_structure structure;
    lf_kernel_guard guard;
    unsigned threads;     /* 1 to LF_KERNEL_THREADS */
    uint64_t operations;  /* of each thread; 0: until lf_kernel_stop */
    unsigned insert_share; /* percent of operations that put; more than 100: put and take by turns */
    uint64_t prefill;
    uint64_t capacity; /* of a ring */
    uint32_t think;    /* pauses of the processor after each operation */
    lf_backoff backoff;
    bool pin;     /* thread n to the n-th processor that the process may use */
    bool latency; /* take the time of each operation: two clock reads more */
    uint64_t seed;
} lf_kernel_plan;

/* One thread's account. */
typedef struct {
    uint64_t operations, puts, takes, refused; /* refused: full or empty */
    uint64_t sum_in, sum_out;
    uint64_t disorder; /* values that came after a later one of the same producer */
    uint64_t attempts, failures, longest;
    double seconds;
} lf_kernel_tally;

typedef struct lf_kernel lf_kernel;

/* Make the structure and the threads; they wait for lf_kernel_go. NULL where that fails. */
lf_kernel *lf_kernel_make(const lf_kernel_plan *plan);

void lf_kernel_go(lf_kernel *kernel);
void lf_kernel_stop(lf_kernel *kernel);

/* Wait that long, or shorter if all threads are done before; true when they are. */
bool lf_kernel_wait(lf_kernel *kernel, double seconds);

/* Operations that the thread has done so far. */
uint64_t lf_kernel_progress(const lf_kernel *kernel, unsigned thread);

/* After all threads are done: join them, and empty the structure. What was left inside, its sum, and its number. */
void lf_kernel_join(lf_kernel *kernel, uint64_t *left, uint64_t *left_sum);

const lf_kernel_tally *lf_kernel_tally_of(const lf_kernel *kernel, unsigned thread);
const uint64_t *lf_kernel_histogram(const lf_kernel *kernel, unsigned thread);
void lf_kernel_free(lf_kernel *kernel);

/* The bucket that a time in nanoseconds falls into, and the first time of a bucket. Exact below LF_KERNEL_STEPS, within a
   sixteenth above. */
static inline unsigned lf_kernel_bucket(uint64_t ns)
{
    if (ns < LF_KERNEL_STEPS)
        return (unsigned)ns;
    unsigned power = 63u - (unsigned)__builtin_clzll(ns); /* at least 4 */
    unsigned bucket = (power - 3) * LF_KERNEL_STEPS + (unsigned)(ns >> (power - 4) & (LF_KERNEL_STEPS - 1));
    return bucket < LF_KERNEL_BUCKETS ? bucket : LF_KERNEL_BUCKETS - 1;
}

static inline uint64_t lf_kernel_bucket_start(unsigned bucket)
{
    if (bucket < LF_KERNEL_STEPS)
        return bucket;
    unsigned power = bucket / LF_KERNEL_STEPS + 3;
    return (uint64_t)(LF_KERNEL_STEPS + bucket % LF_KERNEL_STEPS) << (power - 4);
}

#endif
