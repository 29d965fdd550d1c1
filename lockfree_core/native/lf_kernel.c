#define _GNU_SOURCE /* affinity */

#include "lf_kernel.h"

#include "lf_counter.h"
#include "lf_plain.h"
#include "lf_queue.h"
#include "lf_ring.h"
#include "lf_stack.h"

#include <pthread.h>
#include <time.h>

#define SEQUENCE_BITS 48

typedef struct {
    bool (*put)(lf_kernel *kernel, lf_kernel_tally *tally, uint64_t value);
    bool (*take)(lf_kernel *kernel, lf_kernel_tally *tally, uint64_t *value);
} operations;

typedef struct {
    alignas(LF_LINE) _Atomic(uint64_t) progress;
    lf_kernel *kernel;
    pthread_t thread;
    unsigned number;
    uint64_t seed;
    lf_kernel_tally tally;
    uint64_t histogram[LF_KERNEL_BUCKETS];
    uint64_t last_seen[LF_KERNEL_THREADS + 1]; /* of each producer; the last one is the prefill */
} worker;

struct lf_kernel {
    union {
        lf_stack stack;
        lf_queue queue;
        lf_ring ring;
        lf_counter counter;
    } free;
    /* The lock and what it guards lie on lines of their own, as the lock-free ones' hot cells do. */
    alignas(LF_LINE) pthread_mutex_t mutex;
    alignas(LF_LINE) _Atomic(bool) spin;
    alignas(LF_LINE) union {
        lf_plain_list list;
        lf_plain_ring ring;
        uint64_t counter;
    } plain;
    lf_kernel_plan plan;
    operations does;
    alignas(LF_LINE) _Atomic(int) phase; /* 0 wait, 1 go, 2 stop */
    _Atomic(unsigned) ready;
    _Atomic(unsigned) done;
    unsigned started;
    worker *workers;
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static uint64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* -- operations: lock-free. They count their attempts themselves. */

static bool free_put(lf_kernel *kernel, lf_kernel_tally *tally, uint64_t value)
{
    (void)tally;
    int64_t made;
    switch (kernel->plan.structure) {
    case LF_KERNEL_STACK:
        return lf_stack_push(&kernel->free.stack, value);
    case LF_KERNEL_QUEUE:
        return lf_queue_put(&kernel->free.queue, value);
    case LF_KERNEL_RING:
        return lf_ring_put(&kernel->free.ring, value);
    default:
        return lf_counter_increment(&kernel->free.counter, &made);
    }
}

static bool free_take(lf_kernel *kernel, lf_kernel_tally *tally, uint64_t *value)
{
    (void)tally;
    switch (kernel->plan.structure) {
    case LF_KERNEL_STACK:
        return lf_stack_pop(&kernel->free.stack, value);
    case LF_KERNEL_QUEUE:
        return lf_queue_take(&kernel->free.queue, value);
    case LF_KERNEL_RING:
        return lf_ring_take(&kernel->free.ring, value);
    default:
        return false;
    }
}

/* -- operations: behind a lock. An attempt is a try for the lock, lost if somebody else has it. */

static bool plain_put(lf_kernel *kernel, uint64_t value)
{
    switch (kernel->plan.structure) {
    case LF_KERNEL_STACK:
        return lf_plain_push(&kernel->plain.list, value);
    case LF_KERNEL_QUEUE:
        return lf_plain_append(&kernel->plain.list, value);
    case LF_KERNEL_RING:
        return lf_plain_ring_put(&kernel->plain.ring, value);
    default:
        kernel->plain.counter++;
        return true;
    }
}

static bool plain_take(lf_kernel *kernel, uint64_t *value)
{
    switch (kernel->plan.structure) {
    case LF_KERNEL_STACK:
    case LF_KERNEL_QUEUE:
        return lf_plain_pop(&kernel->plain.list, value);
    case LF_KERNEL_RING:
        return lf_plain_ring_take(&kernel->plain.ring, value);
    default:
        return false;
    }
}

static void note_lock(lf_kernel_tally *tally, uint64_t losses)
{
    tally->attempts += losses + 1;
    tally->failures += losses;
    tally->longest = losses > tally->longest ? losses : tally->longest;
}

static void lock_mutex(lf_kernel *kernel, lf_kernel_tally *tally)
{
    bool lost = pthread_mutex_trylock(&kernel->mutex) != 0;
    if (lost)
        pthread_mutex_lock(&kernel->mutex);
    note_lock(tally, lost);
}

static bool mutex_put(lf_kernel *kernel, lf_kernel_tally *tally, uint64_t value)
{
    lock_mutex(kernel, tally);
    bool put = plain_put(kernel, value);
    pthread_mutex_unlock(&kernel->mutex);
    return put;
}

static bool mutex_take(lf_kernel *kernel, lf_kernel_tally *tally, uint64_t *value)
{
    lock_mutex(kernel, tally);
    bool taken = plain_take(kernel, value);
    pthread_mutex_unlock(&kernel->mutex);
    return taken;
}

static bool spin_put(lf_kernel *kernel, lf_kernel_tally *tally, uint64_t value)
{
    note_lock(tally, lf_spin_lock(&kernel->spin));
    bool put = plain_put(kernel, value);
    lf_spin_unlock(&kernel->spin);
    return put;
}

static bool spin_take(lf_kernel *kernel, lf_kernel_tally *tally, uint64_t *value)
{
    note_lock(tally, lf_spin_lock(&kernel->spin));
    bool taken = plain_take(kernel, value);
    lf_spin_unlock(&kernel->spin);
    return taken;
}

static const operations guarded[] = {
    [LF_KERNEL_LOCK_FREE] = {free_put, free_take},
    [LF_KERNEL_MUTEX] = {mutex_put, mutex_take},
    [LF_KERNEL_SPINLOCK] = {spin_put, spin_take},
};

/* -- one thread */

static void note_taken(worker *self, uint64_t value)
{
    uint64_t producer = value >> SEQUENCE_BITS, sequence = value & (((uint64_t)1 << SEQUENCE_BITS) - 1);
    self->tally.takes++;
    self->tally.sum_out += value;
    if (producer > LF_KERNEL_THREADS || sequence <= self->last_seen[producer])
        self->tally.disorder++;
    else
        self->last_seen[producer] = sequence;
}

static bool puts_next(worker *self)
{
    const lf_kernel_plan *plan = &self->kernel->plan;
    if (plan->structure == LF_KERNEL_COUNTER)
        return true;
    if (plan->insert_share > 100)
        return self->tally.operations % 2 == 0;
    return lf_random(&self->seed) % 100 < plan->insert_share;
}

static void operate(worker *self)
{
    lf_kernel *kernel = self->kernel;
    uint64_t value;
    if (puts_next(self)) {
        value = (uint64_t)self->number << SEQUENCE_BITS | (self->tally.puts + 1);
        if (kernel->does.put(kernel, &self->tally, value)) {
            self->tally.puts++;
            self->tally.sum_in += value;
        } else {
            self->tally.refused++;
        }
    } else if (kernel->does.take(kernel, &self->tally, &value)) {
        note_taken(self, value);
    } else {
        self->tally.refused++;
    }
    self->tally.operations++;
}

static void operate_timed(worker *self)
{
    uint64_t start = now_ns();
    operate(self);
    self->histogram[lf_kernel_bucket(now_ns() - start)]++;
}

/* The calling thread's statistics; NULL for one of the crowd, which is not counted, and before the first operation. */
static lf_stats *own_statistics(lf_kernel *kernel)
{
    lf_slots *const tables[] = {&kernel->free.stack.slots, &kernel->free.queue.slots, &kernel->free.ring.slots,
                                &kernel->free.counter.slots};
    unsigned index = lf_thread_index();
    bool counts = kernel->plan.guard == LF_KERNEL_LOCK_FREE && index != LF_THREADS;
    lf_slot *slot = counts ? lf_slot_peek(tables[kernel->plan.structure], index) : NULL;
    return slot == NULL ? NULL : &slot->stats;
}

static void read_statistics(worker *self)
{
    lf_stats *stats = own_statistics(self->kernel);
    if (stats != NULL) {
        self->tally.attempts = lf_load(&stats->attempts, relaxed);
        self->tally.failures = lf_load(&stats->failures, relaxed);
        self->tally.longest = lf_load(&stats->longest, relaxed);
    }
}

static void *work(void *argument)
{
    worker *self = argument;
    lf_kernel *kernel = self->kernel;
    const lf_kernel_plan plan = kernel->plan;
    lf_thread_index(); /* take a number before the start: all threads of a kernel have one at once */
    atomic_fetch_add_explicit(&kernel->ready, 1, memory_order_relaxed);
    /* Acquire pairs with the release in lf_kernel_go; relaxed while it runs, since only the number matters. */
    while (atomic_load_explicit(&kernel->phase, memory_order_acquire) == 0)
        sched_yield();
    double start = now();
    /* One operation at the least: on a busy machine the time may be over before a thread gets a processor. */
    while (self->tally.operations == 0 ||
           ((plan.operations == 0 || self->tally.operations < plan.operations) &&
            atomic_load_explicit(&kernel->phase, memory_order_relaxed) != 2)) {
        if (plan.latency)
            operate_timed(self);
        else
            operate(self);
        atomic_store_explicit(&self->progress, self->tally.operations, memory_order_relaxed);
        for (uint32_t pause = 0; pause < plan.think; pause++)
            lf_pause();
    }
    self->tally.seconds = now() - start;
    read_statistics(self);
    atomic_fetch_add_explicit(&kernel->done, 1, memory_order_release);
    return NULL;
}

static void pin_worker(const worker *self)
{
#ifdef __linux__
    cpu_set_t allowed, one;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return;
    unsigned wanted = self->number % (unsigned)CPU_COUNT(&allowed);
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &allowed) && wanted-- == 0) {
            CPU_ZERO(&one);
            CPU_SET(cpu, &one);
            pthread_setaffinity_np(self->thread, sizeof one, &one);
            return;
        }
#else
    (void)self;
#endif
}

/* -- the whole */

static bool make_structure(lf_kernel *kernel)
{
    const lf_kernel_plan *plan = &kernel->plan;
    if (plan->structure == LF_KERNEL_RING && plan->guard != LF_KERNEL_LOCK_FREE) {
        kernel->plain.ring.capacity = plan->capacity;
        kernel->plain.ring.values = malloc(plan->capacity * sizeof(uint64_t));
        return kernel->plain.ring.values != NULL;
    }
    if (plan->guard != LF_KERNEL_LOCK_FREE)
        return true;
    if (plan->structure == LF_KERNEL_STACK)
        lf_stack_init(&kernel->free.stack, plan->backoff);
    else if (plan->structure == LF_KERNEL_COUNTER)
        lf_counter_init(&kernel->free.counter, 0, plan->backoff);
    else if (plan->structure == LF_KERNEL_QUEUE)
        return lf_queue_init(&kernel->free.queue, plan->backoff);
    else
        return lf_ring_init(&kernel->free.ring, plan->capacity, plan->backoff);
    return true;
}

static void destroy_structure(lf_kernel *kernel)
{
    const lf_kernel_plan *plan = &kernel->plan;
    if (plan->guard != LF_KERNEL_LOCK_FREE) {
        if (plan->structure == LF_KERNEL_RING)
            free(kernel->plain.ring.values);
        else if (plan->structure != LF_KERNEL_COUNTER)
            lf_plain_list_destroy(&kernel->plain.list);
    } else if (plan->structure == LF_KERNEL_STACK) {
        lf_stack_destroy(&kernel->free.stack);
    } else if (plan->structure == LF_KERNEL_QUEUE) {
        lf_queue_destroy(&kernel->free.queue);
    } else if (plan->structure == LF_KERNEL_RING) {
        lf_ring_destroy(&kernel->free.ring);
    } else {
        lf_counter_destroy(&kernel->free.counter);
    }
}

static void prefill(lf_kernel *kernel)
{
    lf_kernel_tally *tally = &kernel->workers[0].tally;
    for (uint64_t number = 1; number <= kernel->plan.prefill; number++) {
        uint64_t value = (uint64_t)LF_KERNEL_THREADS << SEQUENCE_BITS | number;
        if (kernel->plan.structure != LF_KERNEL_COUNTER && kernel->does.put(kernel, tally, value))
            tally->sum_in += value;
    }
    tally->attempts = tally->failures = tally->longest = 0;
}

static bool start_workers(lf_kernel *kernel)
{
    for (unsigned number = 0; number < kernel->plan.threads; number++) {
        worker *self = &kernel->workers[number];
        self->kernel = kernel;
        self->number = number;
        self->seed = lf_seed(kernel->plan.seed + number);
        self->seed += self->seed == 0;
    }
    prefill(kernel);
    for (; kernel->started < kernel->plan.threads; kernel->started++) {
        worker *self = &kernel->workers[kernel->started];
        if (pthread_create(&self->thread, NULL, work, self) != 0)
            return false;
        if (kernel->plan.pin)
            pin_worker(self);
    }
    return true;
}

lf_kernel *lf_kernel_make(const lf_kernel_plan *plan)
{
    lf_kernel *kernel = aligned_alloc(LF_LINE, sizeof *kernel);
    if (kernel == NULL)
        return NULL;
    memset(kernel, 0, sizeof *kernel);
    kernel->plan = *plan;
    kernel->does = guarded[plan->guard];
    kernel->workers = aligned_alloc(LF_LINE, plan->threads * sizeof(worker));
    if (kernel->workers == NULL || !make_structure(kernel)) {
        free(kernel->workers);
        free(kernel);
        return NULL;
    }
    memset(kernel->workers, 0, plan->threads * sizeof(worker));
    pthread_mutex_init(&kernel->mutex, NULL);
    if (start_workers(kernel))
        return kernel;
    lf_kernel_stop(kernel);
    lf_kernel_free(kernel);
    return NULL;
}

/* Release: the threads see the prefilled structure. */
void lf_kernel_go(lf_kernel *kernel)
{
    while (atomic_load_explicit(&kernel->ready, memory_order_relaxed) < kernel->plan.threads)
        sched_yield();
    atomic_store_explicit(&kernel->phase, 1, memory_order_release);
}

void lf_kernel_stop(lf_kernel *kernel)
{
    atomic_store_explicit(&kernel->phase, 2, memory_order_release);
}

bool lf_kernel_wait(lf_kernel *kernel, double seconds)
{
    const struct timespec nap = {0, 1000000};
    for (double end = now() + seconds;;) {
        /* Acquire pairs with the release at the end of each thread. */
        if (atomic_load_explicit(&kernel->done, memory_order_acquire) == kernel->plan.threads)
            return true;
        if (now() >= end)
            return false;
        nanosleep(&nap, NULL);
    }
}

uint64_t lf_kernel_progress(const lf_kernel *kernel, unsigned thread)
{
    return atomic_load_explicit(&kernel->workers[thread].progress, memory_order_relaxed);
}

static void join_workers(lf_kernel *kernel)
{
    for (; kernel->started > 0; kernel->started--)
        pthread_join(kernel->workers[kernel->started - 1].thread, NULL);
}

void lf_kernel_join(lf_kernel *kernel, uint64_t *left, uint64_t *left_sum)
{
    lf_kernel_tally ignored = {0};
    uint64_t value;
    join_workers(kernel);
    *left = *left_sum = 0;
    while (kernel->does.take(kernel, &ignored, &value)) {
        *left += 1;
        *left_sum += value;
    }
    if (kernel->plan.structure == LF_KERNEL_COUNTER)
        *left = kernel->plan.guard == LF_KERNEL_LOCK_FREE ? (uint64_t)lf_counter_get(&kernel->free.counter)
                                                          : kernel->plain.counter;
}

const lf_kernel_tally *lf_kernel_tally_of(const lf_kernel *kernel, unsigned thread)
{
    return &kernel->workers[thread].tally;
}

const uint64_t *lf_kernel_histogram(const lf_kernel *kernel, unsigned thread)
{
    return kernel->workers[thread].histogram;
}

void lf_kernel_free(lf_kernel *kernel)
{
    join_workers(kernel);
    destroy_structure(kernel);
    pthread_mutex_destroy(&kernel->mutex);
    free(kernel->workers);
    free(kernel);
}
