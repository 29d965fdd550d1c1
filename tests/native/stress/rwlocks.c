/* rwlocks THREADS OPERATIONS: writers are alone inside, readers see no half of a change, and nobody waits for itself.

   What the locks guard is plain memory, so ThreadSanitizer reports whoever is inside with a writer. */

#include "lf_rwlock.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#define LOCKS (LF_RWLOCK_INSIDE + 1)

static lf_rwlock locks[LOCKS];
static uint64_t one[LOCKS], other[LOCKS];
static unsigned long operations;
static _Atomic(uint64_t) wrong;

static void expect(bool right)
{
    if (!right)
        atomic_fetch_add(&wrong, 1);
}

static void enter(unsigned at, lf_rwlock_mode mode)
{
    lf_rwlock_answer answer = lf_rwlock_enter(&locks[at], mode);
    if (answer == LF_BUSY)
        expect(lf_rwlock_wait(&locks[at], mode));
    else
        expect(answer == LF_ENTERED);
}

static void write_one(unsigned at)
{
    enter(at, LF_WRITE);
    one[at]++;
    expect(lf_rwlock_enter(&locks[at], LF_WRITE) == LF_AGAIN && lf_rwlock_enter(&locks[at], LF_READ) == LF_AGAIN);
    sched_yield(); /* in the middle of the change */
    other[at]++;
    lf_rwlock_leave(&locks[at]);
}

static void read_one(unsigned at)
{
    enter(at, LF_READ);
    expect(one[at] == other[at]);
    expect(lf_rwlock_enter(&locks[at], LF_READ) == LF_AGAIN && lf_rwlock_enter(&locks[at], LF_WRITE) == LF_NEVER);
    lf_rwlock_leave(&locks[at]);
}

/* Always upwards, so that nobody waits in a circle; and out again in the same order, which need not be the reverse. */
static void read_as_many_as_fit(void)
{
    for (unsigned at = 0; at < LF_RWLOCK_INSIDE; at++)
        enter(at, LF_READ);
    expect(lf_rwlock_enter(&locks[LF_RWLOCK_INSIDE], LF_READ) == LF_FULL);
    for (unsigned at = 0; at < LF_RWLOCK_INSIDE; at++)
        lf_rwlock_leave(&locks[at]);
}

static void *work(void *argument)
{
    unsigned thread = (unsigned)(uintptr_t)argument;
    for (unsigned long number = 0; number < operations; number++) {
        write_one((unsigned)(number + thread) % LOCKS);
        read_one((unsigned)(number * 3 + thread) % LOCKS);
        if (number % 16 == 0)
            read_as_many_as_fit();
    }
    return NULL;
}

int main(int count, char **words)
{
    pthread_t threads[128];
    unsigned many = count == 3 ? (unsigned)atoi(words[1]) : 0;
    uint64_t sum = 0;
    if (many < 1 || many > 128)
        return 2;
    operations = strtoul(words[2], NULL, 10);
    for (unsigned at = 0; at < LOCKS; at++)
        if (!lf_rwlock_init(&locks[at]))
            return 2;
    for (unsigned thread = 0; thread < many; thread++)
        if (pthread_create(&threads[thread], NULL, work, (void *)(uintptr_t)thread) != 0)
            return 2;
    for (unsigned thread = 0; thread < many; thread++)
        pthread_join(threads[thread], NULL);
    for (unsigned at = 0; at < LOCKS; at++) {
        expect(one[at] == other[at]);
        sum += one[at];
        lf_rwlock_destroy(&locks[at]);
    }
    expect(sum == many * operations);
    printf("%llu writes, %llu wrong\n", (unsigned long long)sum, (unsigned long long)wrong);
    return wrong != 0;
}
