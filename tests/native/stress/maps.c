/* maps THREADS OPERATIONS (one thread where LF_SERIAL is defined): every change is in the map, every version was whole, nothing is freed early or kept.

   Each thread sets keys of its own, each to the number of times that it was set; so the values of any version add up to
   its number. Keys share hashes in pairs. Entries are plain memory, so ThreadSanitizer reports a version that is not
   published whole, and AddressSanitizer one that is used after its end. */

#include "lf_map.h"

#include <pthread.h>
#include <stdio.h>

#define KEYS 200u /* of each thread */

typedef struct {
    lf_entry entry;
    uint64_t key;
    uint64_t value;
} binding;

static lf_map map;
static unsigned long operations;
static unsigned many;
static _Atomic(unsigned) ready;
static _Atomic(unsigned) finished;
static _Atomic(uint64_t) wrong;
static _Atomic(int64_t) alive;

static void end_binding(void *self)
{
    binding *end = self;
    end->value = UINT64_MAX;
    free(end);
    atomic_fetch_sub(&alive, 1);
}

static binding *bind(uint64_t key, uint64_t value)
{
    binding *made = malloc(sizeof *made);
    if (made == NULL)
        abort();
    lf_store(&made->entry.counted.holders, 1, relaxed);
    made->entry.counted.end = end_binding;
    made->entry.hash = lf_trie_mix(key / 2);
    made->key = key;
    made->value = value;
    atomic_fetch_add(&alive, 1);
    return made;
}

static int same(void *entry, void *context)
{
    return ((binding *)entry)->key == *(uint64_t *)context;
}

static void set(uint64_t key, uint64_t value)
{
    binding *made = bind(key, value);
    for (uint64_t losses = 1;; losses++) {
        lf_map_view view = lf_map_enter(&map);
        lf_trie_change change = lf_map_change(&view, made, same, &key);
        lf_trie *next = lf_trie_with(view.root, &change);
        if (next == NULL)
            abort();
        lf_trie *old = view.root;
        if (lf_map_swing(&map, &view, next, &change)) {
            lf_map_retire(old);
            lf_map_note(&map, losses - 1);
            break;
        }
        lf_trie_drop(next);
        lf_map_wait(&map, losses);
    }
    lf_trie_drop(made);
}

/* 0 where it was never set. */
static uint64_t get(uint64_t key)
{
    lf_map_view view = lf_map_enter(&map);
    void *entry = NULL;
    bool found = lf_trie_find(view.root, lf_trie_mix(key / 2), same, &key, &entry) > 0;
    uint64_t value = found ? ((binding *)entry)->value : 0;
    lf_map_leave(&view);
    return value;
}

static int add_up(void *entry, void *context)
{
    *(uint64_t *)context += ((binding *)entry)->value;
    return 0;
}

/* One version, kept while it is walked through. */
static void look(void)
{
    lf_trie *root = lf_map_take(&map);
    uint64_t sum = 0;
    lf_trie_walk(root, add_up, &sum);
    if (sum != root->version)
        atomic_fetch_add(&wrong, 1);
    lf_trie_drop(root);
}

/* Versions that somebody holds for a while: what they lead to must not move away from them. */
static _Thread_local lf_trie *held[3];
static _Thread_local unsigned turn;

static void let_go(unsigned at)
{
    lf_trie *root = held[at];
    uint64_t sum = 0;
    held[at] = NULL;
    if (root == NULL)
        return;
    lf_trie_walk(root, add_up, &sum);
    if (sum != root->version)
        atomic_fetch_add(&wrong, 1);
    lf_trie_drop(root);
}

static void keep_one(void)
{
    unsigned at = turn++ % 3;
    let_go(at);
    held[at] = lf_map_take(&map);
}

static void *work(void *argument)
{
    unsigned thread = (unsigned)(uintptr_t)argument;
    uint64_t times[KEYS] = {0}, last = 0;
    lf_thread_index(); /* take a number, then wait for the others: with too few numbers there is a crowd for certain */
    for (ready++; ready < many;)
        sched_yield();
    for (unsigned long number = 0; number < operations; number++) {
        unsigned mine = (unsigned)(number * 7 % KEYS);
        set(thread * KEYS + mine, ++times[mine]);
        uint64_t other = (thread + 1) % many * KEYS, seen = get(other);
        if (seen < last || get(thread * KEYS + mine) != times[mine] || get(many * KEYS) != 0)
            atomic_fetch_add(&wrong, 1);
        last = seen;
        if (number % 128 == 0)
            look();
        if (number % 32 == 0)
            keep_one();
    }
    for (unsigned at = 0; at < 3; at++)
        let_go(at);
    for (finished++; finished < many;) /* a number that was given back early would thin the crowd */
        sched_yield();
    return NULL;
}

static uint64_t noted(void)
{
    uint64_t won = 0;
    for (unsigned index = 0; index <= LF_THREADS; index++) {
        lf_slot *slot = lf_slot_peek(&map.slots, index);
        won += slot == NULL ? 0 : lf_load(&slot->stats.attempts, relaxed) - lf_load(&slot->stats.failures, relaxed);
    }
    return won;
}

int main(int count, char **arguments)
{
    if (count != 3)
        return 2;
    many = (unsigned)atoi(arguments[1]);
    operations = strtoul(arguments[2], NULL, 10);
    lf_map_init(&map, lf_trie_new(0, 0, 0, 0, 0), (lf_backoff){LF_BACKOFF_BASE, LF_BACKOFF_CAP});
    pthread_t *threads = calloc(many, sizeof *threads);
    for (unsigned thread = 0; thread < many; thread++)
        pthread_create(&threads[thread], NULL, work, (void *)(uintptr_t)thread);
    for (unsigned thread = 0; thread < many; thread++)
        pthread_join(threads[thread], NULL);
    look();
    lf_hazard_drain();
    lf_trie *root = lf_load(&map.root, relaxed);
    uint64_t changes = (uint64_t)many * operations;
    uint64_t keys = many * (operations < KEYS ? operations : KEYS);
    if (root->version != changes || noted() != changes || root->size != keys || (uint64_t)atomic_load(&alive) != keys)
        atomic_fetch_add(&wrong, 1);
    printf("%llu changes, %llu keys, %lld entries alive\n", (unsigned long long)root->version,
           (unsigned long long)root->size, (long long)atomic_load(&alive));
    printf("%llu changes by the crowd\n", (unsigned long long)lf_load(&map.slots.crowd.stats.attempts, relaxed));
    lf_map_destroy(&map);
    if (atomic_load(&alive) != 0 || atomic_load(&wrong) != 0)
        printf("WRONG: %llu times, %lld entries left\n", (unsigned long long)atomic_load(&wrong),
               (long long)atomic_load(&alive));
    free(threads);
    return atomic_load(&wrong) != 0 || atomic_load(&alive) != 0;
}
