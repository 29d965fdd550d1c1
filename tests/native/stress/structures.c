/* structures THREADS OPERATIONS: every structure under every guard, checked by what went in and what came out.

   Run under a sanitizer, the sizes are the caller's to choose: small ones provoke more races than large ones. */

#include "lf_kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const structures[] = {"stack", "queue", "ring", "counter"};
static const char *const guards[] = {"lock-free", "mutex", "spinlock"};

typedef struct {
    uint64_t puts, takes, left, sum;
    uint64_t disorder, operations, failures;
} account;

static bool run(const lf_kernel_plan *plan, account *total)
{
    uint64_t left_sum;
    lf_kernel *kernel = lf_kernel_make(plan);
    if (kernel == NULL)
        return false;
    lf_kernel_go(kernel);
    while (!lf_kernel_wait(kernel, 1.0))
        ;
    lf_kernel_join(kernel, &total->left, &left_sum);
    total->sum = -left_sum;
    for (unsigned thread = 0; thread < plan->threads; thread++) {
        const lf_kernel_tally *tally = lf_kernel_tally_of(kernel, thread);
        total->puts += tally->puts;
        total->takes += tally->takes;
        total->operations += tally->operations;
        total->sum += tally->sum_in - tally->sum_out;
        total->disorder += tally->disorder;
        total->failures += tally->failures;
    }
    lf_kernel_free(kernel);
    return true;
}

static bool is_right(const lf_kernel_plan *plan, const account *total)
{
    bool fifo = plan->structure == LF_KERNEL_QUEUE || plan->structure == LF_KERNEL_RING;
    if (total->operations != plan->threads * plan->operations)
        return false;
    if (plan->structure == LF_KERNEL_COUNTER)
        return total->left == total->puts && total->puts == total->operations;
    return total->puts + plan->prefill == total->takes + total->left && total->sum == 0 &&
           (!fifo || total->disorder == 0);
}

int main(int count, char **words)
{
    if (count != 3)
        return 2;
    static const unsigned mixes[] = {101, 50, 90};
    int wrong = 0;
    for (int structure = 0; structure < 4; structure++)
        for (int guard = 0; guard < 3; guard++)
            for (int mix = 0; mix < 3; mix++) {
                lf_kernel_plan plan = {
                    .structure = (lf_kernel_structure)structure,
                    .guard = (lf_kernel_guard)guard,
                    .threads = (unsigned)atoi(words[1]),
                    .operations = strtoull(words[2], NULL, 10),
                    .insert_share = mixes[mix],
                    .prefill = mix == 1 ? 3 : 0,
                    .capacity = 5,
                    .backoff = {mix == 2 ? 0 : 8, mix == 2 ? 0 : 64},
                    .latency = mix == 1,
                    .seed = 20251,
                };
                account total = {0};
                bool right = run(&plan, &total) && is_right(&plan, &total);
                wrong += !right;
                printf("%-8s %-9s mix %3u: %llu put, %llu taken, %llu left, %llu out of order, %llu lost attempts%s\n",
                       structures[structure], guards[guard], plan.insert_share, (unsigned long long)total.puts,
                       (unsigned long long)total.takes, (unsigned long long)total.left,
                       (unsigned long long)total.disorder, (unsigned long long)total.failures,
                       right ? "" : "  WRONG");
            }
    return wrong != 0;
}
