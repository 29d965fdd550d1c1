/* Hazard pointers, one a thread: how to take a reference from a cell while somebody else drops the last one.

   Problem: reading a pointer and then taking a reference to what it points at are two steps. In between a writer may
   exchange the pointer and drop the reference that the cell held, which may have been the last.
   Paper: M. M. Michael: Hazard Pointers: Safe Memory Reclamation for Lock-Free Objects. IEEE TPDS 15(6), 2004.
   Protocol: a reader publishes the pointer it read, and looks at the cell again. If the cell still holds it, the
   reference of the cell has not been dropped yet, and will not be until the hazard is cleared. A writer exchanges, then
   scans all hazards; it drops the reference at once if none names the object, else it puts it on the list of the
   retired. The list is one for the process, so nothing is stranded when a thread ends. Whoever finds it not empty takes
   it whole, keeps what is still named, and only then drops the rest, since dropping runs foreign code.
   Why it holds: publishing and looking again, exchanging and scanning are sequentially consistent. If the scan missed
   the hazard, it was published after the scan, thus after the exchange, and the second look finds the cell changed. (If
   the same object has come back into the cell, the cell has a reference of its own again.)
   Progress: the writer is wait-free but for malloc; if that fails it waits for the reader, whose section is a few
   instructions long. The reader is lock-free: it looks again only if a writer got on.

   Objects that were retired stay alive until somebody uses a cell again. These atomics are real ones in every build. */

#ifndef LF_HAZARD_H
#define LF_HAZARD_H

#include "lf_threads.h"

#include <sched.h>

typedef struct {
    alignas(64) _Atomic(void *) object;
} lf_hazard;

typedef _Atomic(void *) lf_shared_pointer;

extern lf_hazard lf_hazards[LF_THREADS + 1];
extern _Atomic(bool) lf_crowd_hazard_taken;
extern lf_shared_pointer lf_retired;

/* The calling thread's hazard; the crowd shares one, behind a spinlock. To be given back with lf_hazard_clear. */
static inline lf_hazard *lf_hazard_mine(void)
{
    unsigned index = lf_thread_index();
    if (LF_UNLIKELY(index == LF_THREADS))
        while (atomic_exchange_explicit(&lf_crowd_hazard_taken, true, memory_order_acquire))
            sched_yield();
    return &lf_hazards[index];
}

/* What the cell holds, kept alive until the hazard is cleared. */
static inline void *lf_hazard_protect(lf_hazard *hazard, lf_shared_pointer *cell)
{
    /* Acquire: what the object was when it was stored is visible to whoever loads it. */
    void *seen = atomic_load_explicit(cell, memory_order_acquire);
    for (;;) {
        atomic_store_explicit(&hazard->object, seen, memory_order_seq_cst);
        void *again = atomic_load_explicit(cell, memory_order_seq_cst);
        if (LF_LIKELY(again == seen))
            return seen;
        seen = again;
    }
}

/* Release: the reference was taken before the hazard is seen to be gone. */
static inline void lf_hazard_clear(lf_hazard *hazard)
{
    atomic_store_explicit(&hazard->object, NULL, memory_order_release);
    if (LF_UNLIKELY(hazard == &lf_hazards[LF_THREADS]))
        atomic_store_explicit(&lf_crowd_hazard_taken, false, memory_order_release);
}

/* A reference to the object has left a cell by a sequentially consistent exchange: drop it, as soon as nobody is about
   to take another one through that cell. */
void lf_hazard_retire(void *object, void (*drop)(void *));

/* The object was taken out of the one cell that it is read from: return when nobody names it any more. */
void lf_hazard_await(const void *object);

/* Drop what was retired and is not named any more. */
void lf_hazard_drain(void);

/* In a forked child: the hazards of threads that are not there protect nothing any more. */
void lf_hazard_after_fork(void);

/* Cheap enough for every access. Relaxed: whoever misses an entry leaves it to the next one. */
static inline void lf_hazard_tidy(void)
{
    if (LF_UNLIKELY(atomic_load_explicit(&lf_retired, memory_order_relaxed) != NULL))
        lf_hazard_drain();
}

#endif
