/* payload THREADS OPERATIONS: what a producer wrote before it put is what the consumer reads after it took.

   The payload is plain memory, so ThreadSanitizer reports any put and take that do not synchronize. Each thread puts and
   takes by turns, so whoever takes is hardly ever whoever put; a payload is freed by whoever took it. */

#include "lf_queue.h"
#include "lf_ring.h"
#include "lf_stack.h"

#include <pthread.h>
#include <stdio.h>

typedef struct {
    uint64_t value;
    uint64_t doubled;
} payload;

static lf_stack stack;
static lf_queue queue;
static lf_ring ring;
static unsigned long operations;
static unsigned many;
static _Atomic(unsigned) ready;
static _Atomic(unsigned) finished;
static _Atomic(uint64_t) put_in, taken_out, wrong;

static bool put_stack(uint64_t value)
{
    return lf_stack_push(&stack, value);
}

static bool take_stack(uint64_t *value)
{
    return lf_stack_pop(&stack, value);
}

static bool put_queue(uint64_t value)
{
    return lf_queue_put(&queue, value);
}

static bool take_queue(uint64_t *value)
{
    return lf_queue_take(&queue, value);
}

static bool put_ring(uint64_t value)
{
    return lf_ring_put(&ring, value);
}

static bool take_ring(uint64_t *value)
{
    return lf_ring_take(&ring, value);
}

typedef struct {
    const char *name;
    bool (*put)(uint64_t value);
    bool (*take)(uint64_t *value);
} face;

static const face faces[] = {
    {"stack", put_stack, take_stack},
    {"queue", put_queue, take_queue},
    {"ring", put_ring, take_ring},
};

static void take_one(const face *face)
{
    uint64_t word;
    if (!face->take(&word))
        return;
    payload *got = (payload *)(uintptr_t)word;
    if (got->doubled != got->value * 2)
        atomic_fetch_add(&wrong, 1);
    got->doubled = 0;
    free(got);
    atomic_fetch_add(&taken_out, 1);
}

static void *work(void *argument)
{
    const face *face = argument;
    lf_thread_index(); /* take a number, then wait for the others: with too few numbers there is a crowd for certain */
    for (ready++; ready < many;)
        sched_yield();
    for (unsigned long round = 0; round < operations; round++) {
        payload *new = malloc(sizeof *new);
        if (new == NULL)
            abort();
        new->value = round;
        new->doubled = round * 2;
        if (face->put((uintptr_t)new))
            atomic_fetch_add(&put_in, 1);
        else
            free(new);
        take_one(face);
    }
    for (finished++; finished < many;) /* a number that was given back early would thin the crowd */
        sched_yield();
    return NULL;
}

int main(int count, char **words)
{
    pthread_t threads[128];
    many = count == 3 ? (unsigned)atoi(words[1]) : 0;
    lf_backoff backoff = {8, 64};
    if (many < 1 || many > 128)
        return 2;
    operations = strtoul(words[2], NULL, 10);
    lf_stack_init(&stack, backoff);
    if (!lf_queue_init(&queue, backoff) || !lf_ring_init(&ring, 3, backoff))
        return 2;
    for (int which = 0; which < 3; which++) {
        const face *face = &faces[which];
        ready = 0;
        finished = 0;
        for (unsigned thread = 0; thread < many; thread++)
            if (pthread_create(&threads[thread], NULL, work, (void *)(uintptr_t)face) != 0)
                return 2;
        for (unsigned thread = 0; thread < many; thread++)
            pthread_join(threads[thread], NULL);
        while (taken_out != put_in)
            take_one(face);
        printf("%s: %llu payloads, %llu wrong\n", face->name, (unsigned long long)put_in, (unsigned long long)wrong);
    }
    printf("%llu pushes and pops by the crowd\n", (unsigned long long)stack.slots.crowd.stats.attempts);
    lf_stack_destroy(&stack);
    lf_queue_destroy(&queue);
    lf_ring_destroy(&ring);
    return wrong != 0;
}
