/* hazards THREADS OPERATIONS: cells whose objects are counted and freed, under readers and writers.

   An object that is read after it was freed shows its poison here, and a heap error under AddressSanitizer. In the end
   every object that was made has been freed. */

#include "lf_hazard.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define CELLS 3
#define GOOD UINT64_C(0x600D600D600D600D)
#define POISON UINT64_C(0xDEADDEADDEADDEAD)

typedef struct {
    _Atomic(uint64_t) count;
    uint64_t good;
} object;

static lf_shared_pointer cells[CELLS];
static _Atomic(uint64_t) made, freed, wrong;
static unsigned long operations;
static unsigned many;
static _Atomic(unsigned) ready;
static _Atomic(unsigned) finished;
static _Thread_local unsigned turn;

static object *make(void)
{
    object *new = malloc(sizeof *new);
    if (new == NULL)
        abort();
    atomic_init(&new->count, 1);
    new->good = GOOD;
    atomic_fetch_add(&made, 1);
    return new;
}

static void drop(void *pointer)
{
    object *old = pointer;
    if (atomic_fetch_sub_explicit(&old->count, 1, memory_order_acq_rel) != 1)
        return;
    old->good = POISON;
    atomic_fetch_add(&freed, 1);
    free(old);
}

static void read_cell(lf_shared_pointer *cell)
{
    lf_hazard *hazard = lf_hazard_mine();
    object *seen = lf_hazard_protect(hazard, cell);
    if (++turn % 4 == 0)
        sched_yield(); /* between the look and the count, where a writer hurts most */
    atomic_fetch_add_explicit(&seen->count, 1, memory_order_relaxed);
    lf_hazard_clear(hazard);
    if (seen->good != GOOD)
        atomic_fetch_add(&wrong, 1);
    drop(seen);
    lf_hazard_tidy();
}

static void *work(void *seed)
{
    uint64_t state = (uint64_t)(uintptr_t)seed;
    lf_thread_index(); /* take a number, then wait for the others: with too few numbers there is a crowd for certain */
    for (ready++; ready < many;)
        sched_yield();
    for (unsigned long round = 0; round < operations; round++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
        lf_shared_pointer *cell = &cells[(state >> 33) % CELLS];
        if ((state >> 40) % 4 != 0)
            read_cell(cell);
        else
            lf_hazard_retire(atomic_exchange(cell, make()), drop);
    }
    for (finished++; finished < many;) /* a number that was given back early would thin the crowd */
        sched_yield();
    return NULL;
}

int main(int count, char **words)
{
    pthread_t threads[128];
    many = count == 3 ? (unsigned)atoi(words[1]) : 0;
    if (many < 1 || many > 128)
        return 2;
    operations = strtoul(words[2], NULL, 10);
    for (int cell = 0; cell < CELLS; cell++)
        atomic_store(&cells[cell], make());
    for (unsigned thread = 0; thread < many; thread++)
        if (pthread_create(&threads[thread], NULL, work, (void *)(uintptr_t)(thread + 1)) != 0)
            return 2;
    for (unsigned thread = 0; thread < many; thread++)
        pthread_join(threads[thread], NULL);
    for (int cell = 0; cell < CELLS; cell++)
        lf_hazard_retire(atomic_exchange(&cells[cell], NULL), drop);
    printf("%llu made, %llu freed, %llu wrong\n", (unsigned long long)made, (unsigned long long)freed,
           (unsigned long long)wrong);
    return made != freed || wrong != 0;
}
