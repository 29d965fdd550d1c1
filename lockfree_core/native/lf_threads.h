/* Numbers for threads, small and used again, and one hazard pointer for each.

   A structure keeps what belongs to a thread (node cache, statistics) in a table under the thread's number. A number is
   given back when its thread ends, and whoever gets it next takes over what lies under it: nothing of a dead thread is
   lost, and nothing has to be handed over. A thread for which no number is left is one of the crowd; the crowd shares one
   place behind a spinlock. In a forked child the numbers of the parent's other threads stay taken. */

#ifndef LF_THREADS_H
#define LF_THREADS_H

#include "lf_atomic.h"

#ifndef LF_THREADS
#define LF_THREADS 4096u /* a multiple of 64; stress programs take fewer, to have a crowd */
#endif

/* glibc keeps room for a few such variables of modules that are loaded late; it spares a call for every access. */
#if defined(__GLIBC__) && defined(__ELF__)
#define LF_THREAD_LOCAL __attribute__((tls_model("initial-exec"))) _Thread_local
#else
#define LF_THREAD_LOCAL _Thread_local
#endif

/* The number plus one; 0 while the thread has none. */
extern LF_THREAD_LOCAL unsigned lf_thread_number;

unsigned lf_thread_enrol(void);

/* The calling thread's number, or LF_THREADS for one of the crowd. */
static inline unsigned lf_thread_index(void)
{
    unsigned number = lf_thread_number;
    return LF_LIKELY(number != 0) ? number - 1 : lf_thread_enrol();
}

/* No number that was ever given is this high. */
unsigned lf_thread_bound(void);

#endif
