/* payload THREADS OPERATIONS: what a producer wrote before it put is what the consumer reads after it took.

   The payload is plain memory, so ThreadSanitizer reports any put and take that do not synchronize. Each thread puts and
   takes by turns, so whoever takes is hardly ever whoever put; a payload is freed by whoever took it. Meanwhile somebody
   reads the statistics, which never say of more losses than attempts. A counter's number announces what was written
   before it was made. */

#include "lf_counter.h"
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

/* -- statistics, read while they grow */

static void *watch(void *argument)
{
    lf_slots *tables[] = {&stack.slots, &queue.slots, &ring.slots};
    (void)argument;
    for (; finished < many; sched_yield())
        for (unsigned which = 0; which < 3; which++)
            for (unsigned index = 0; index < lf_thread_bound(); index++) {
                lf_slot *slot = lf_slot_peek(tables[which], index);
                uint64_t numbers[3] = {0};
                if (slot != NULL)
                    lf_stats_read(&slot->stats, numbers);
                if (numbers[1] > numbers[0] || numbers[2] > numbers[1])
                    atomic_fetch_add(&wrong, 1);
            }
    return NULL;
}

/* -- a counter that announces */

static lf_counter counter;
static uint64_t *announced;

static void *announce(void *argument)
{
    (void)argument;
    int64_t made;
    for (unsigned long round = 0; round < operations; round++) {
        announced[round] = round + 1;
        lf_counter_increment(&counter, &made);
    }
    return NULL;
}

static bool follow(void)
{
    pthread_t thread;
    announced = calloc(operations, sizeof *announced);
    lf_counter_init(&counter, 0, (lf_backoff){0, 0});
    if (announced == NULL || pthread_create(&thread, NULL, announce, NULL) != 0)
        return false;
    for (unsigned long seen = 0; seen < operations; seen = (unsigned long)lf_counter_get(&counter))
        if (seen != 0 && announced[seen - 1] != seen)
            atomic_fetch_add(&wrong, 1);
    pthread_join(thread, NULL);
    printf("counter: %lu announced, %llu wrong\n", operations, (unsigned long long)wrong);
    lf_counter_destroy(&counter);
    free(announced);
    return true;
}

int main(int count, char **words)
{
    pthread_t threads[128], watcher;
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
        if (pthread_create(&watcher, NULL, watch, NULL) != 0)
            return 2;
        for (unsigned thread = 0; thread < many; thread++)
            pthread_join(threads[thread], NULL);
        pthread_join(watcher, NULL);
        while (taken_out != put_in)
            take_one(face);
        printf("%s: %llu payloads, %llu wrong\n", face->name, (unsigned long long)put_in, (unsigned long long)wrong);
    }
    printf("%llu pushes and pops by the crowd\n", (unsigned long long)stack.slots.crowd.stats.attempts);
    lf_stack_destroy(&stack);
    lf_queue_destroy(&queue);
    lf_ring_destroy(&ring);
    return !follow() || wrong != 0;
}
