/* What differs between interpreters, and everything here that CPython calls unstable.

   An interpreter with a global lock lets one thread at a time into the extension, so the structures are compiled
   serially there: each access is a plain one, and atomic to every other thread. A free-threaded one gets the atomics. */

#ifndef PY_COMPAT_H
#define PY_COMPAT_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#ifndef Py_GIL_DISABLED
#define LF_SERIAL 1
#endif

#if PY_VERSION_HEX < 0x030B0000
#error "Lockfree Lab needs Python 3.11 or newer"
#endif

/* ISO C knows no conversion from a function pointer to the void pointer that a slot takes; POSIX does. */
#define PY_SLOT(slot, function) {slot, (void *)(uintptr_t)(function)}

/* From 3.14 on, a shared object whose methods many threads call need not have its reference count fought over. It is then
   freed by the collector only. */
static inline void py_defer_counting(PyObject *object)
{
#if defined(Py_GIL_DISABLED) && PY_VERSION_HEX >= 0x030E0000
    PyUnstable_Object_EnableDeferredRefcount(object);
#else
    (void)object;
#endif
}

/* Before 3.12 allocating may run the collector at once, and with it any finalizer; since then it runs between bytecodes.
   Between these two it does not. Whether it was on, to be handed back. */
static inline int py_collector_pause(void)
{
#if PY_VERSION_HEX < 0x030C0000
    return PyGC_Disable();
#else
    return 0;
#endif
}

static inline void py_collector_resume(int was_on)
{
    if (was_on)
        PyGC_Enable();
}

/* Long chains of containers must not overflow the C stack when they die. Where the macros are gone, the interpreter
   does this for every type by itself. */
#ifdef Py_TRASHCAN_BEGIN
#define PY_DEALLOC_BEGIN(self, function) Py_TRASHCAN_BEGIN(self, function)
#define PY_DEALLOC_END Py_TRASHCAN_END
#else
#define PY_DEALLOC_BEGIN(self, function)
#define PY_DEALLOC_END
#endif

#endif
