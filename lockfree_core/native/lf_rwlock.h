/* A readers-writer lock that its holder may enter again.

   It is the system's. Where that can be chosen (glibc) writers are not starved: while one waits, no new reader comes in.
   Elsewhere it is as the system has it. What is added: each thread knows which locks it is inside of, so that it does not
   wait for itself. A writer may enter again in either way, a reader again as a reader; a reader that wants to write is
   told so instead of waiting for ever.
   Progress: blocking. If whoever is inside is stopped, nobody ever gets on. In a forked child the lock is as some thread
   of the parent left it, which is not there to leave it. */

#ifndef LF_RWLOCK_H
#define LF_RWLOCK_H

#if !defined(_XOPEN_SOURCE) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* for pthread_rwlock_t under strict C11 */
#endif

#include "lf_threads.h"

#include <pthread.h>

#define LF_RWLOCK_INSIDE 8u /* locks that one thread can be inside of at a time */

typedef struct {
    pthread_rwlock_t system;
} lf_rwlock;

typedef enum { LF_READ, LF_WRITE } lf_rwlock_mode;

/* How entering came out. BUSY: somebody else is inside; wait with lf_rwlock_wait. AGAIN: this thread was inside already,
   and leaves it as it is. NEVER: it reads, and would wait for itself. FULL: it is inside of too many others. */
typedef enum { LF_ENTERED, LF_AGAIN, LF_BUSY, LF_NEVER, LF_FULL } lf_rwlock_answer;

typedef struct {
    const lf_rwlock *lock;
    lf_rwlock_mode mode;
} lf_rwlock_holding;

typedef struct {
    lf_rwlock_holding holding[LF_RWLOCK_INSIDE];
    unsigned count;
} lf_rwlock_holdings;

extern LF_THREAD_LOCAL lf_rwlock_holdings lf_rwlock_mine;

bool lf_rwlock_init(lf_rwlock *lock);

static inline void lf_rwlock_destroy(lf_rwlock *lock)
{
    pthread_rwlock_destroy(&lock->system);
}

static inline lf_rwlock_holding *lf_rwlock_find(const lf_rwlock *lock)
{
    for (unsigned at = lf_rwlock_mine.count; at-- != 0;)
        if (lf_rwlock_mine.holding[at].lock == lock)
            return &lf_rwlock_mine.holding[at];
    return NULL;
}

static inline void lf_rwlock_hold(const lf_rwlock *lock, lf_rwlock_mode mode)
{
    lf_rwlock_mine.holding[lf_rwlock_mine.count++] = (lf_rwlock_holding){lock, mode};
}

static inline int lf_rwlock_try(lf_rwlock *lock, lf_rwlock_mode mode)
{
    return mode == LF_READ ? pthread_rwlock_tryrdlock(&lock->system) : pthread_rwlock_trywrlock(&lock->system);
}

/* Enter if that can be done at once. */
static inline lf_rwlock_answer lf_rwlock_enter(lf_rwlock *lock, lf_rwlock_mode mode)
{
    if (LF_UNLIKELY(lf_rwlock_mine.count != 0)) {
        const lf_rwlock_holding *mine = lf_rwlock_find(lock);
        if (mine != NULL)
            return mine->mode == LF_READ && mode == LF_WRITE ? LF_NEVER : LF_AGAIN;
        if (lf_rwlock_mine.count == LF_RWLOCK_INSIDE)
            return LF_FULL;
    }
    if (LF_UNLIKELY(lf_rwlock_try(lock, mode) != 0))
        return LF_BUSY;
    lf_rwlock_hold(lock, mode);
    return LF_ENTERED;
}

/* After BUSY: enter as soon as that can be done. False where the system has no room for one more. */
bool lf_rwlock_wait(lf_rwlock *lock, lf_rwlock_mode mode);

/* After ENTERED. Threads may switch stacks inside, so the last one that came in need not be the first to leave. */
static inline void lf_rwlock_leave(lf_rwlock *lock)
{
    lf_rwlock_holding *mine = lf_rwlock_find(lock);
    *mine = lf_rwlock_mine.holding[--lf_rwlock_mine.count];
    pthread_rwlock_unlock(&lock->system);
}

#endif
