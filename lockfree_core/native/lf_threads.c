#include "lf_threads.h"

#include <pthread.h>

#define WORDS (LF_THREADS / 64)

LF_THREAD_LOCAL unsigned lf_thread_number;

static _Atomic(uint64_t) taken[WORDS];
static _Atomic(unsigned) bound;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t at_exit;
static bool has_key;

/* Release: whoever takes the number next sees all that this thread left under it. */
static void give_back(void *number)
{
    unsigned index = (unsigned)(uintptr_t)number - 1;
    lf_thread_number = 0;
    atomic_fetch_and_explicit(&taken[index / 64], ~((uint64_t)1 << index % 64), memory_order_release);
}

static void make_key(void)
{
    has_key = pthread_key_create(&at_exit, give_back) == 0;
}

/* Acquire on success pairs with the release in give_back. */
static unsigned take_lowest(void)
{
    for (unsigned word = 0; word < WORDS; word++) {
        uint64_t bits = atomic_load_explicit(&taken[word], memory_order_relaxed);
        while (~bits != 0) {
            unsigned bit = (unsigned)__builtin_ctzll(~bits);
            if (atomic_compare_exchange_weak_explicit(&taken[word], &bits, bits | (uint64_t)1 << bit,
                                                      memory_order_acquire, memory_order_relaxed))
                return word * 64 + bit;
        }
    }
    return LF_THREADS;
}

/* Sequentially consistent, as the hazard pointers are: a scan that begins after a hazard was published sees its number. */
static void raise_bound(unsigned index)
{
    unsigned seen = atomic_load(&bound);
    while (seen <= index && !atomic_compare_exchange_weak(&bound, &seen, index + 1))
        ;
}

unsigned lf_thread_enrol(void)
{
    pthread_once(&once, make_key);
    if (!has_key)
        return LF_THREADS;
    unsigned index = take_lowest();
    raise_bound(index);
    if (index == LF_THREADS)
        return index;
    if (pthread_setspecific(at_exit, (void *)(uintptr_t)(index + 1)) != 0) {
        give_back((void *)(uintptr_t)(index + 1));
        return LF_THREADS;
    }
    lf_thread_number = index + 1;
    return index;
}

unsigned lf_thread_bound(void)
{
    return atomic_load(&bound);
}
