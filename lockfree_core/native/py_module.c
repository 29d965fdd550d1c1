/* The extension module. Everything in it works without the others knowing; what each adds stands in its own file. */

#include "py_common.h"
#include "lf_hazard.h"

#include <pthread.h>

#if defined(__x86_64__)
#include <cpuid.h>

static bool has_what_it_takes(void)
{
    unsigned eax, ebx, ecx = 0, edx;
    return __get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & bit_CMPXCHG16B) && (ecx & bit_POPCNT);
}
#else
static bool has_what_it_takes(void)
{
    return true; /* not used */
}
#endif

/* What is once a process here (thread numbers, hazard pointers, types) belongs to the main interpreter. */
static int refuse(void)
{
    if (PyInterpreterState_Get() != PyInterpreterState_Main())
        PyErr_SetString(PyExc_ImportError, "the extension works in the main interpreter only, not in a subinterpreter");
    else if (!has_what_it_takes())
        PyErr_SetString(PyExc_ImportError, "the extension needs a processor with cmpxchg16b and popcnt");
    return PyErr_Occurred() ? -1 : 0;
}

/* Hazard pointers are not used where a global lock is held. */
static int prepare_fork(PyObject *module)
{
    (void)module;
#ifndef LF_SERIAL
    if (pthread_atfork(NULL, NULL, lf_hazard_after_fork) != 0) {
        PyErr_NoMemory();
        return -1;
    }
#endif
    return 0;
}

static int add_constants(PyObject *module)
{
#ifdef LF_SERIAL
    const char *how = "the interpreter's lock";
#else
    const char *how = "hardware atomics";
#endif
#ifdef LF_PACKED
    long tag_bits = 38;
#else
    long tag_bits = 64;
#endif
    if (PyModule_AddStringConstant(module, "ATOMICITY", how) < 0)
        return -1;
    return PyModule_AddIntConstant(module, "TAG_BITS", tag_bits);
}

static int execute(PyObject *module)
{
    static int (*const parts[])(PyObject *) = {
        prepare_fork, add_constants, py_add_names, py_add_statistics, py_add_cells, py_add_integers,
        py_add_counters, py_add_stack, py_add_queue, py_add_ring, py_add_trie, py_add_map, py_add_snapshot,
        py_add_rwlock_map, py_add_kernels, py_add_shared,
    };
    int failed = refuse();
    for (size_t part = 0; part < sizeof parts / sizeof *parts && !failed; part++)
        failed = parts[part](module);
    return failed;
}

static PyModuleDef_Slot slots[] = {
    PY_SLOT(Py_mod_exec, execute),
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
#endif
#if PY_VERSION_HEX >= 0x030D0000
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "lockfree_core.native._native",
    .m_doc = "Cells and structures in C11. See lockfree_core.native.",
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__native(void)
{
    return PyModuleDef_Init(&definition);
}
