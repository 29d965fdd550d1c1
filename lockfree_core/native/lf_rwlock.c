#include "lf_rwlock.h"

LF_THREAD_LOCAL lf_rwlock_holdings lf_rwlock_mine;

bool lf_rwlock_init(lf_rwlock *lock)
{
    pthread_rwlockattr_t how;
    if (pthread_rwlockattr_init(&how) != 0)
        return false;
#if defined(__GLIBC__)
    /* The one without NONRECURSIVE in its name prefers readers all the same. */
    pthread_rwlockattr_setkind_np(&how, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
#endif
    bool made = pthread_rwlock_init(&lock->system, &how) == 0;
    pthread_rwlockattr_destroy(&how);
    return made;
}

bool lf_rwlock_wait(lf_rwlock *lock, lf_rwlock_mode mode)
{
    int failed = mode == LF_READ ? pthread_rwlock_rdlock(&lock->system) : pthread_rwlock_wrlock(&lock->system);
    if (failed)
        return false;
    lf_rwlock_hold(lock, mode);
    return true;
}
