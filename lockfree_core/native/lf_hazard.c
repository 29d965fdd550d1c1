#include "lf_hazard.h"

#include <stdlib.h>

lf_hazard lf_hazards[LF_THREADS + 1];
_Atomic(bool) lf_crowd_hazard_taken;
lf_shared_pointer lf_retired;

typedef struct entry {
    struct entry *next;
    void *object;
    void (*drop)(void *);
} entry;

/* Sequentially consistent: see the header. The bound is raised before its thread publishes its first hazard. */
static bool is_named(const void *object)
{
    unsigned bound = lf_thread_bound();
    for (unsigned index = 0; index < bound; index++)
        if (atomic_load_explicit(&lf_hazards[index].object, memory_order_seq_cst) == object)
            return true;
    return false;
}

/* Release publishes the entries. Nobody takes a single one, so the list has no ABA problem. */
static void put_back(entry *first, entry *last)
{
    void *top = atomic_load_explicit(&lf_retired, memory_order_relaxed);
    do
        last->next = top;
    while (!atomic_compare_exchange_weak_explicit(&lf_retired, &top, first, memory_order_release, memory_order_relaxed));
}

/* The one thread that is left was forking, so it is not in the middle of a load itself. */
void lf_hazard_after_fork(void)
{
    unsigned bound = lf_thread_bound();
    for (unsigned index = 0; index < bound; index++)
        atomic_store(&lf_hazards[index].object, NULL);
    atomic_store(&lf_crowd_hazard_taken, false);
}

void lf_hazard_await(const void *object)
{
    while (is_named(object))
        sched_yield();
}

void lf_hazard_drain(void)
{
    entry *kept = NULL, *last_kept = NULL, *free_now = NULL;
    entry *next, *each = atomic_exchange_explicit(&lf_retired, NULL, memory_order_acquire);
    for (; each != NULL; each = next) {
        next = each->next;
        if (is_named(each->object)) {
            each->next = kept;
            kept = each;
            last_kept = last_kept == NULL ? each : last_kept;
        } else {
            each->next = free_now;
            free_now = each;
        }
    }
    if (kept != NULL)
        put_back(kept, last_kept);
    for (; free_now != NULL; free_now = next) {
        next = free_now->next;
        free_now->drop(free_now->object);
        free(free_now);
    }
}

void lf_hazard_retire(void *object, void (*drop)(void *))
{
    if (LF_UNLIKELY(is_named(object))) {
        entry *made = malloc(sizeof *made);
        if (made != NULL) {
            *made = (entry){NULL, object, drop};
            put_back(made, made);
            return;
        }
        lf_hazard_await(object);
    }
    drop(object);
    lf_hazard_tidy();
}
