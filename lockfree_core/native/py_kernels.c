/* Kernels for Python: the global lock is released while they run. What the arguments may be is checked by kernels.py. */

#include "py_common.h"

#include "lf_kernel.h"

static int add_integer(PyObject *row, Py_ssize_t index, uint64_t number)
{
    PyObject *item = PyLong_FromUnsignedLongLong(number);
    if (item == NULL)
        return -1;
    PyTuple_SET_ITEM(row, index, item);
    return 0;
}

static PyObject *tuple_of(const uint64_t *numbers, Py_ssize_t count)
{
    PyObject *row = PyTuple_New(count);
    for (Py_ssize_t index = 0; row != NULL && index < count; index++)
        if (add_integer(row, index, numbers[index]) < 0)
            Py_CLEAR(row);
    return row;
}

/* Takes `item` over. */
static int append(PyObject *list, PyObject *item)
{
    int failed = item == NULL ? -1 : PyList_Append(list, item);
    Py_XDECREF(item);
    return failed;
}

/* The operations of each thread in the window that has just ended. */
static PyObject *window_of(const lf_kernel *kernel, unsigned threads, uint64_t *before)
{
    uint64_t grown[LF_KERNEL_THREADS];
    for (unsigned thread = 0; thread < threads; thread++) {
        uint64_t progress = lf_kernel_progress(kernel, thread);
        grown[thread] = progress - before[thread];
        before[thread] = progress;
    }
    return tuple_of(grown, threads);
}

static int drive(lf_kernel *kernel, const lf_kernel_plan *plan, double seconds, double window, PyObject *windows)
{
    uint64_t before[LF_KERNEL_THREADS] = {0};
    bool over = false;
    int failed = 0;
    Py_BEGIN_ALLOW_THREADS
    lf_kernel_go(kernel);
    Py_END_ALLOW_THREADS
    for (double left = seconds; !over && !failed; left -= window) {
        Py_BEGIN_ALLOW_THREADS
        over = lf_kernel_wait(kernel, window);
        Py_END_ALLOW_THREADS
        if (!over)
            failed = append(windows, window_of(kernel, plan->threads, before)) || PyErr_CheckSignals();
        over = over || (plan->operations == 0 && left <= window * 1.5);
    }
    lf_kernel_stop(kernel);
    return failed;
}

static PyObject *tally_row(const lf_kernel_tally *tally)
{
    const uint64_t numbers[] = {
        tally->operations, tally->puts, tally->takes, tally->refused, tally->sum_in, tally->sum_out,
        tally->disorder, tally->attempts, tally->failures, tally->longest, (uint64_t)(tally->seconds * 1e9),
    };
    return tuple_of(numbers, sizeof numbers / sizeof *numbers);
}

static int add_buckets(const lf_kernel *kernel, unsigned threads, PyObject *buckets)
{
    int failed = 0;
    for (unsigned bucket = 0; bucket < LF_KERNEL_BUCKETS && !failed; bucket++) {
        uint64_t pair[] = {lf_kernel_bucket_start(bucket), 0};
        for (unsigned thread = 0; thread < threads; thread++)
            pair[1] += lf_kernel_histogram(kernel, thread)[bucket];
        if (pair[1] != 0)
            failed = append(buckets, tuple_of(pair, 2));
    }
    return failed;
}

static PyObject *result_of(lf_kernel *kernel, const lf_kernel_plan *plan, PyObject *windows)
{
    uint64_t left, left_sum;
    Py_BEGIN_ALLOW_THREADS
    lf_kernel_join(kernel, &left, &left_sum);
    Py_END_ALLOW_THREADS
    PyObject *tallies = PyList_New(0), *buckets = PyList_New(0), *result = NULL;
    int failed = tallies == NULL || buckets == NULL || add_buckets(kernel, plan->threads, buckets);
    for (unsigned thread = 0; thread < plan->threads && !failed; thread++)
        failed = append(tallies, tally_row(lf_kernel_tally_of(kernel, thread)));
    if (!failed)
        result = Py_BuildValue("OOOKK", tallies, buckets, windows, (unsigned long long)left,
                               (unsigned long long)left_sum);
    Py_XDECREF(tallies);
    Py_XDECREF(buckets);
    return result;
}

static PyObject *run_plan(const lf_kernel_plan *plan, double seconds, double window)
{
    PyObject *windows = PyList_New(0), *result = NULL;
    lf_kernel *kernel = NULL;
    if (windows != NULL) {
        Py_BEGIN_ALLOW_THREADS
        kernel = lf_kernel_make(plan);
        Py_END_ALLOW_THREADS
        if (kernel == NULL)
            PyErr_SetString(PyExc_MemoryError, "no memory, or no threads, for the kernel");
        else if (drive(kernel, plan, seconds, window, windows) == 0)
            result = result_of(kernel, plan, windows);
    }
    if (kernel != NULL) {
        Py_BEGIN_ALLOW_THREADS
        lf_kernel_free(kernel);
        Py_END_ALLOW_THREADS
    }
    Py_XDECREF(windows);
    return result;
}

static PyObject *run_kernel(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    int structure, guard, pin, latency;
    unsigned long long operations, prefill, capacity, seed;
    unsigned think, base, cap;
    double seconds, window;
    lf_kernel_plan plan;
    if (!PyArg_ParseTuple(arguments, "iiIKdIKKIIIppKd", &structure, &guard, &plan.threads, &operations, &seconds,
                          &plan.insert_share, &prefill, &capacity, &think, &base, &cap, &pin, &latency, &seed, &window))
        return NULL;
    plan.structure = (lf_kernel_structure)structure;
    plan.guard = (lf_kernel_guard)guard;
    plan.operations = operations;
    plan.prefill = prefill;
    plan.capacity = capacity;
    plan.think = think;
    plan.backoff = (lf_backoff){base, cap};
    plan.pin = pin;
    plan.latency = latency;
    plan.seed = seed;
    return run_plan(&plan, seconds, window);
}

static PyMethodDef functions[] = {
    {"run_kernel", run_kernel, METH_VARARGS, "See lockfree_core.native.kernels, which checks what it is given."},
    {NULL, NULL, 0, NULL},
};

int py_add_kernels(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}
