/* The copy-on-write map: a persistent hash trie (lf_trie.h) under one atomic root.

   Problem: a map that any number of threads read and change, in which a reader sees one whole state of affairs for as
   long as it likes, and never waits.
   Representation: `root` points at the newest version. A change makes the version with one entry more, or another one,
   and swings the root to it by compare-and-swap; if somebody else got on meanwhile, its copies are waste.
   Invariant: the root is swung from a version to one that differs from it in one key and has the next number. The root
   has one reference to its node. No root comes back: a node is published once.
   Protection: a reader walks from the root without taking a reference, so the reference of the root, and by it all that
   the version leads to, must stay until it is done. Under a global lock nothing comes in between; otherwise it names the
   root by its hazard pointer (lf_hazard.h), and whoever swings the root retires the old one. Whoever runs foreign code in
   between takes a reference first: foreign code may use the hazard, and lets others in.
   Progress: lock-free, but for malloc. A reader walks at most 14 nodes; it looks at the root again only if a writer got
   on. A writer loses only to another writer who won. */

#ifndef LF_MAP_H
#define LF_MAP_H

#include "lf_hazard.h"
#include "lf_slots.h"
#include "lf_trie_change.h"

typedef struct {
    alignas(LF_LINE) lf_pointer root;
    alignas(LF_LINE) lf_slots slots;
    lf_backoff backoff;
} lf_map;

/* A version that stays what it is while somebody looks at it. */
typedef struct {
    lf_trie *root;
    lf_hazard *hazard;
    bool kept;
} lf_map_view;

/* Takes over the reference to an empty node. */
static inline void lf_map_init(lf_map *map, lf_trie *empty, lf_backoff backoff)
{
    lf_slots_init(&map->slots);
    lf_store(&map->root, empty, relaxed); /* not shared yet */
    map->backoff = backoff;
}

/* The newest version. Whatever is done until lf_map_leave must neither run foreign code nor drop anything, unless
   lf_map_keep comes first. */
static inline lf_map_view lf_map_enter(lf_map *map)
{
#ifdef LF_SERIAL
    return (lf_map_view){map->root, NULL, false};
#else
    lf_hazard *hazard = lf_hazard_mine();
    /* Acquire, and sequentially consistent against the exchange of a writer: in lf_hazard_protect. */
    return (lf_map_view){lf_hazard_protect(hazard, &map->root), hazard, false};
#endif
}

static inline void lf_map_clear(lf_map_view *view)
{
#ifndef LF_SERIAL
    if (view->hazard != NULL)
        lf_hazard_clear(view->hazard);
#endif
    view->hazard = NULL;
}

/* Hold the version by a reference from here on. */
static inline void lf_map_keep(lf_map_view *view)
{
    if (view->kept)
        return;
    lf_trie_keep(view->root);
    view->kept = true;
    lf_map_clear(view);
}

static inline void lf_map_drop(void *root)
{
    lf_trie_drop(root);
}

/* May run foreign code, if it is the last to hold the version. */
static inline void lf_map_leave(lf_map_view *view)
{
    lf_map_clear(view);
    if (view->kept)
        lf_trie_drop(view->root);
#ifndef LF_SERIAL
    lf_hazard_tidy();
#endif
}

/* Swing the root from the version in view to `next`, whose reference is then the root's; say whether it was still the
   newest. The view ends either way; then one of the two is to be let go: lf_map_retire the old version, or drop `next`.
   Sequentially consistent, as the hazard protocol asks: that covers the release which publishes the new nodes. Relaxed on
   failure, since the caller looks at nothing but whether. The version in view is held, so its address is not used for
   another node meanwhile. */
static inline bool lf_map_swing(lf_map *map, lf_map_view *view, lf_trie *next, lf_trie_change *change)
{
    lf_provoke();
#ifdef LF_SERIAL
    bool won = map->root == view->root;
    if (won)
        map->root = next;
    lf_trie_settle(change, won);
#else
    (void)change; /* others may be inside, so nothing was moved */
    void *seen = view->root;
    bool won =
        atomic_compare_exchange_strong_explicit(&map->root, &seen, next, memory_order_seq_cst, memory_order_relaxed);
#endif
    lf_map_leave(view);
    return won;
}

/* The root's reference to a version that it does not lead to any more. May run foreign code. */
static inline void lf_map_retire(lf_trie *old)
{
#ifdef LF_SERIAL
    lf_trie_drop(old);
#else
    lf_hazard_retire(old, lf_map_drop);
#endif
}

/* How a change begins. Copies may take over what is the original's if nobody comes in before the root is swung. */
static inline lf_trie_change lf_map_change(const lf_map_view *view, void *entry, lf_trie_same same, void *context)
{
#ifdef LF_SERIAL
    bool may_move = !view->kept;
#else
    bool may_move = false;
#endif
    lf_trie_change change;
    change.entry = entry;
    change.same = same;
    change.context = context;
    change.version = view->root->version + 1;
    change.may_move = may_move;
    return change;
}

/* The newest version, with a reference for the caller. */
static inline lf_trie *lf_map_take(lf_map *map)
{
    lf_map_view view = lf_map_enter(map);
    lf_map_keep(&view);
    return view.root;
}

/* Put another version in, whatever was there: for the collector, which breaks a cycle so. */
static inline void lf_map_reset(lf_map *map, lf_trie *empty)
{
#ifdef LF_SERIAL
    lf_trie *old = map->root;
    map->root = empty;
#else
    lf_trie *old = atomic_exchange_explicit(&map->root, empty, memory_order_seq_cst);
#endif
    lf_map_retire(old);
}

/* After an operation that won: the calling thread's tallies. */
static inline void lf_map_note(lf_map *map, uint64_t losses)
{
    lf_slot *slot = lf_slot_enter(&map->slots);
    lf_stats_note(&slot->stats, losses);
    lf_slot_leave(&map->slots, slot);
}

static inline void lf_map_wait(lf_map *map, uint64_t losses)
{
    lf_slot *slot = lf_slot_enter(&map->slots);
    lf_backoff_wait(map->backoff, losses, &slot->seed);
    lf_slot_leave(&map->slots, slot);
}

/* Nobody else is left. The root's reference goes with it. */
static inline void lf_map_destroy(lf_map *map)
{
    lf_slots_destroy(&map->slots);
    lf_trie *root = lf_load(&map->root, relaxed);
    lf_trie_drop(root);
}

#endif
