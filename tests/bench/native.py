"""The native core against the standard library and its peers: ``make bench-native``.

All candidates alternate within one run on one interpreter: round by round, each candidate in a process of its own. What
is reported is the median, and the median and quartiles of the ratio to the family's first candidate in the same round;
by the wall's clock, and by processor time, which a busy machine disturbs less.
Under a global lock threads take turns, so more of them show what a call costs, not contention; for that there are the
kernels (``tests.bench.kernels``) and free-threaded interpreters.
"""

from __future__ import annotations

import multiprocessing
import statistics
import sys
import sysconfig
import time
from pathlib import Path
from typing import Any, Final

from lockfree_core.shared_memory import SharedAtomicCounter, SharedMemoryCounter
from tests.bench.native_candidates import CANDIDATES, LATENCY, available
from tests.bench.report import Target, environment, fresh_process, print_table, spread, write_result

__all__ = ["measure"]

SAMPLE: Final = "tests.bench.native_candidates"
THREADS: Final = (1, 2, 4, 8)
ROUNDS: Final = 3
PROCESSES: Final = 4
SECONDS: Final = 0.4


def tag() -> str:
    """Which interpreter this is, for the name of the result."""
    return f"cpython{sys.version_info.major}{sys.version_info.minor}{'t' if is_free_threaded() else ''}"


def is_free_threaded() -> bool:
    return bool(sysconfig.get_config_var("Py_GIL_DISABLED"))


def measure_family(family: str, names: list[str]) -> list[dict[str, Any]]:
    """Each candidate at each number of threads."""
    cases = []
    for threads in THREADS:
        rounds = [{name: fresh_process(SAMPLE, "throughput", name, threads) for name in names} for _ in range(ROUNDS)]
        for name in names:
            cases.append(
                {
                    "family": family,
                    "name": name,
                    "threads": threads,
                    "millions_a_second": spread([each[name][0] for each in rounds]),
                    "ratio_to_first": spread([each[name][0] / each[names[0]][0] for each in rounds]),
                    "cpu_ns": spread([each[name][1] for each in rounds]),
                    "cpu_ratio_to_first": spread([each[names[0]][1] / each[name][1] for each in rounds]),
                }
            )
    return cases


def measure_latency(names: list[str]) -> list[dict[str, Any]]:
    """Microseconds of one pair at eight threads; the median of each figure over the rounds."""
    rounds = [{name: fresh_process(SAMPLE, "latency", name, THREADS[-1]) for name in names} for _ in range(3)]
    return [
        {"name": name, **{word: statistics.median(each[name][word] for each in rounds) for word in rounds[0][name]}}
        for name in names
    ]


def count_until(counter: Any, end: float, counts: Any) -> None:
    """What each process does."""
    increment, count = counter.increment, 0
    while time.time() < end:
        for _ in range(100):
            increment()
        count += 100
    counts.put(count)


def count_together(counter: Any) -> float:
    """Millions of increments a second, of all processes together."""
    context: Any = multiprocessing.get_context("spawn")
    counts = context.SimpleQueue()
    begin = time.time() + 1.5  # all of them are at work by then, or the figure is too low for every candidate
    processes = [context.Process(target=count_late, args=(counter, begin, counts)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    total = sum(counts.get() for _ in processes)
    for process in processes:
        process.join()
    counter.cleanup()
    return total / SECONDS / 1e6


def count_late(counter: Any, begin: float, counts: Any) -> None:
    """Begin together."""
    time.sleep(max(0.0, begin - time.time()))
    count_until(counter, begin + SECONDS, counts)


def measure_processes() -> list[dict[str, Any]]:
    """The counters between processes, by turns."""
    makers: dict[str, Any] = {
        "multiprocessing.Value": lambda: SharedAtomicCounter(context=multiprocessing.get_context("spawn")),
        "compare-and-swap loop": lambda: SharedMemoryCounter("cas"),
        "fetch-and-add": lambda: SharedMemoryCounter("fetch-add"),
    }
    rounds = [{name: count_together(make()) for name, make in makers.items()} for _ in range(ROUNDS)]
    first = next(iter(makers))
    return [
        {"name": name, "processes": PROCESSES, "millions_a_second": spread([each[name] for each in rounds]),
         "ratio_to_first": spread([each[name] / each[first] for each in rounds])}
        for name in makers
    ]  # fmt: skip


def table(title: str, cases: list[dict[str, Any]]) -> None:
    """A row a candidate: medians at each number of threads, and the ratios."""
    rows = []
    for name in dict.fromkeys(case["name"] for case in cases):
        mine = [case for case in cases if case["name"] == name]
        figures = ("millions_a_second", "ratio_to_first", "cpu_ratio_to_first")
        rows.append([name, *(case[figure]["median"] for figure in figures for case in mine)])
    columns = [f"{word} {count}" for word in ("M/s", "ratio", "by cpu") for count in THREADS]
    print_table(title, ["", *columns], rows)


def targets_of(cases: list[dict[str, Any]], processes: list[dict[str, Any]]) -> list[Target]:
    """What the native ones are to reach."""
    medians = {(case["name"], case["threads"]): case["millions_a_second"]["median"] for case in cases}
    wanted = [("native TreiberStack", "deque"), ("native MichaelScottQueue", "deque, as a queue")]
    targets = [
        Target.at_least(
            f"{mine} to {rival}, threads: {threads}", 0.95, medians[mine, threads] / medians[rival, threads]
        )
        for mine, rival in wanted
        for threads in THREADS
    ]
    counter = medians["native StripedCounter", 2] / medians["native AtomicCounter", 2]
    if is_free_threaded():
        targets.append(Target.at_least("StripedCounter to AtomicCounter, threads: 2", 5.0, counter))
    ratio = processes[-1]["ratio_to_first"]["median"]
    return [*targets, Target.at_least("fetch-and-add to multiprocessing.Value, processes: 4", 10.0, ratio)]


def measure() -> Path:
    """Everything that Python sees of the native core."""
    before = environment()
    cases: list[dict[str, Any]] = []
    for family, candidates in CANDIDATES.items():
        found = measure_family(family, [name for name in candidates if available(name)])
        table(f"{family}: millions a second (median of {ROUNDS} processes), and ratios to the first", found)
        cases += found
    latencies = measure_latency(list(LATENCY))
    print_table(
        f"One pair, {THREADS[-1]} threads: microseconds",
        list(latencies[0]),
        [list(case.values()) for case in latencies],
    )
    processes = measure_processes()
    print_table(
        f"Counters between {PROCESSES} processes",
        ["", "millions a second", "ratio"],
        [[case["name"], case["millions_a_second"]["median"], case["ratio_to_first"]["median"]] for case in processes],
    )
    figures = {"results": cases, "latency_us": latencies, "processes": processes}
    return write_result(f"native_{tag()}", before, targets_of(cases, processes), figures)


if __name__ == "__main__":
    measure()
