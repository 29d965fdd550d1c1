"""Kernels: lock-free against mutex and spinlock, with no interpreter in between; and what backoff costs in fairness.

All three guards alternate within one run. The numbers are those of the hardware, on any interpreter.
"""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any, Final

from lockfree_core.native.kernels import GUARDS, STRUCTURES, Plan, Result, run
from tests.bench.report import environment, print_table, write_result

__all__ = ["measure"]

THREADS: Final = (1, 2, 4, 8)
ROUNDS: Final = 3
SECONDS: Final = 0.4
# base and cap of the backoff, in pauses: none, and from mild to strong
BACKOFFS: Final = ((0, 0), (16, 256), (16, 4096), (64, 1024), (64, 4096), (64, 16384), (256, 4096), (256, 65536))


def summary(results: list[Result]) -> dict[str, Any]:
    """Medians over the rounds."""
    assert all(result.is_right for result in results)
    return {
        "millions_a_second": statistics.median(result.throughput / 1e6 for result in results),
        "range": [
            min(result.throughput / 1e6 for result in results),
            max(result.throughput / 1e6 for result in results),
        ],
        "retry_rate": statistics.median(result.retry_rate for result in results),
        "fairness": statistics.median(result.fairness for result in results),
        "longest_streak": max(tally.longest_streak for result in results for tally in result.tallies),
    }


def latency_of(plan: Plan) -> dict[str, Any]:
    """A separate sample, since two clock reads cost more than the operation."""
    result = run(plan)
    return {name: result.quantile_ns(share) for name, share in
            (("p50_ns", 0.5), ("p99.9_ns", 0.999), ("p99.99_ns", 0.9999), ("max_ns", 1.0))}  # fmt: skip


def measure_guards() -> list[dict[str, Any]]:
    """Each structure under each guard at each number of threads."""
    cases = []
    for structure in STRUCTURES:
        for threads in THREADS:
            plans = {guard: Plan(structure, guard, threads=threads, seconds=SECONDS, prefill=16) for guard in GUARDS}
            rounds = [{guard: run(plan) for guard, plan in plans.items()} for _ in range(ROUNDS)]
            for guard in GUARDS:
                slow = Plan(structure, guard, threads=threads, operations=200_000 // threads, prefill=16, latency=True)
                cases.append({"structure": structure, "guard": guard, "threads": threads,
                              **summary([each[guard] for each in rounds]), **latency_of(slow)})  # fmt: skip
    return cases


def measure_backoffs() -> list[dict[str, Any]]:
    """Throughput bought with unfairness: the stack at eight threads, by strength of backoff."""
    plans = [
        Plan("stack", threads=8, seconds=1.0, prefill=16, backoff_base=base, backoff_cap=cap) for base, cap in BACKOFFS
    ]
    rounds = [[run(plan) for plan in plans] for _ in range(ROUNDS)]
    return [
        {"base": plan.backoff_base, "cap": plan.backoff_cap, **summary([each[index] for each in rounds])}
        for index, plan in enumerate(plans)
    ]


def measure() -> Path:
    """Guards, then backoffs."""
    before = environment()
    guards, backoffs = measure_guards(), measure_backoffs()
    columns = ["millions_a_second", "retry_rate", "fairness"]
    print_table(
        "Kernels",
        ["structure", "guard", "threads", *columns, "p99.9_ns"],
        [[case[name] for name in ("structure", "guard", "threads", *columns, "p99.9_ns")] for case in guards],
    )
    print_table(
        "Stack, 8 threads: backoff against fairness",
        ["base", "cap", *columns],
        [[case[name] for name in ("base", "cap", *columns)] for case in backoffs],
    )
    return write_result("kernels", before, [], {"guards": guards, "backoffs": backoffs})


if __name__ == "__main__":
    measure()
