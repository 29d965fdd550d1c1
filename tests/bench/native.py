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
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from lockfree_core import native
from lockfree_core.shared_memory import SharedAtomicCounter, SharedMemoryCounter
from tests.bench.native_candidates import CANDIDATES, LATENCY
from tests.bench.report import Target, environment, fresh_process, print_table, spread, write_result

__all__ = [
    "ROUNDS",
    "THREADS",
    "find_there",
    "is_free_threaded",
    "measure",
    "measure_family",
    "note_on",
    "table",
    "tag",
]

SAMPLE: Final = "tests.bench.native_candidates"
THREADS: Final = (1, 2, 4, 8)
ROUNDS: Final = 3
PROCESSES: Final = 4
SECONDS: Final = 0.4
CALLS: Final = 500_000
CALL_ROUNDS: Final = 7
LIMIT: Final = (
    "Where methods are looked up at each call, stack and queue stay at 0.85 of deque under a lock of the interpreter: "
    "its short way for methods without arguments is not for those that take a default, which costs some 3 ns a pair; "
    "bound once, they are ahead (see calls). Tried: the name default compared by its address (2.4 ns less where it is "
    "named). Without such a lock the stack is ahead by what it is with one thread, and loses nothing to more of them: "
    "1.3 times would take a quicker call. A striped counter takes little more than an empty call in each thread, so on "
    "two cores it cannot be five times a peer that needs an atomic instruction for it, and no more."
)
PEERS: Final = ("ft_utils", "cereggii", "atomicshm")


def tag() -> str:
    """Which interpreter this is, for the name of the result."""
    return f"cpython{sys.version_info.major}{sys.version_info.minor}{'t' if is_free_threaded() else ''}"


def is_free_threaded() -> bool:
    return bool(sysconfig.get_config_var("Py_GIL_DISABLED"))


def measure_family(family: str, names: list[str], counts: Sequence[int] = THREADS) -> list[dict[str, Any]]:
    """Each candidate at each number of threads."""
    cases = []
    for threads in counts:
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


def call_costs() -> list[dict[str, Any]]:
    """Nanoseconds of a put and a take in one thread: methods looked up at each call, and bound once.

    The interpreter has a short way for looked-up methods without arguments (``deque.pop``), and a longer one for those
    that take a default. Bound, both go the same way: what is left then is the structure itself.
    """
    pairs = {"deque": (deque(), "append", "pop"), "native TreiberStack": (native.TreiberStack(), "push", "pop"),
             "deque, as a queue": (deque(), "append", "popleft"),
             "native MichaelScottQueue": (native.MichaelScottQueue(), "enqueue", "dequeue")}  # fmt: skip
    loops: dict[tuple[str, str], Callable[[int], None]] = {}
    for name, (structure, put, take) in pairs.items():
        for number in range(16):
            getattr(structure, put)(number)
        loops[name, "looked_up"] = timed_loop(f"s.{put}(1); s.{take}()", s=structure)
        loops[name, "bound"] = timed_loop("put(1); take()", put=getattr(structure, put), take=getattr(structure, take))
    best = dict.fromkeys(loops, float("inf"))
    for _ in range(CALL_ROUNDS):
        for key, loop in loops.items():
            begin = time.perf_counter_ns()
            loop(CALLS)
            best[key] = min(best[key], (time.perf_counter_ns() - begin) / CALLS)
    return [{"name": name, "looked_up_ns": best[name, "looked_up"], "bound_ns": best[name, "bound"]} for name in pairs]


def timed_loop(line: str, **names: Any) -> Callable[[int], None]:
    """A loop around that line, the names in local variables."""
    arguments = "".join(f", {name}={name}" for name in names)
    exec(f"def body(count{arguments}):\n    for _ in range(count):\n        {line}\n", names)
    body: Callable[[int], None] = names["body"]
    return body


def count_for_a_while(counter: Any, gate: Any, results: Any) -> None:
    """What each process does: how many increments, and when it began and ended."""
    increment, count = counter.increment, 0
    gate.wait()
    begin = time.monotonic()
    while not count or time.monotonic() < begin + SECONDS:
        for _ in range(100):
            increment()
        count += 100
    results.put((count, begin, time.monotonic()))


def count_together(counter: Any) -> float:
    """Millions of increments a second, of all processes together."""
    context: Any = multiprocessing.get_context("spawn")
    gate, queue = context.Barrier(PROCESSES), context.SimpleQueue()
    processes = [context.Process(target=count_for_a_while, args=(counter, gate, queue)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    results = [queue.get() for _ in processes]
    for process in processes:
        process.join()
    counter.cleanup()
    wall = max(end for _, _, end in results) - min(begin for _, begin, _ in results)
    return float(sum(count for count, _, _ in results)) / wall / 1e6


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


def table(family: str, cases: list[dict[str, Any]]) -> None:
    """A row a candidate: medians at each number of threads, and the ratios."""
    title = f"{family}: millions a second (median of {ROUNDS} processes), and ratios to the first"
    rows = []
    for name in dict.fromkeys(case["name"] for case in cases):
        mine = [case for case in cases if case["name"] == name]
        figures = ("millions_a_second", "ratio_to_first", "cpu_ratio_to_first")
        rows.append([name, *(case[figure]["median"] for figure in figures for case in mine)])
    counts = sorted({case["threads"] for case in cases})
    columns = [f"{word} {count}" for word in ("M/s", "ratio", "by cpu") for count in counts]
    print_table(title, ["", *columns], rows)


def targets_of(cases: list[dict[str, Any]], processes: list[dict[str, Any]]) -> list[Target]:
    """What the native ones are to reach.

    Under a global lock threads take turns, so there processor time is the measure; without one, the wall's clock.
    """
    clock = "ratio_to_first" if is_free_threaded() else "cpu_ratio_to_first"
    ratios = {(case["name"], case["threads"]): case[clock]["median"] for case in cases}
    targets = []
    for name, limit in (
        ("native TreiberStack", 0.95),
        ("native MichaelScottQueue", 0.95),
        ("native AtomicCounter", 2.0),
    ):
        first = next(next(iter(family)) for family in CANDIDATES.values() if name in family)
        for count in THREADS:
            targets.append(Target.at_least(f"{name} to {first}, threads: {count}", limit, ratios[name, count]))
    for case in processes[1:]:
        ratio = case["ratio_to_first"]["median"]
        targets.append(
            Target.at_least(f"{case['name']} to {processes[0]['name']}, processes: {PROCESSES}", 10.0, ratio)
        )
    return targets


def peer_targets(cases: list[dict[str, Any]]) -> list[Target]:
    """AtomicCounter level with the best peer; StripedCounter five times every one at two threads without a lock."""
    clock = "millions_a_second" if is_free_threaded() else "cpu_ratio_to_first"
    rates = {(case["name"], case["threads"]): case[clock]["median"] for case in cases if case["family"] == "counter"}
    peers = [name for name, count in rates if name.startswith(PEERS) and count == 1]
    targets = []
    for count in THREADS if peers else ():
        best = max(peers, key=lambda name: rates[name, count])
        level = rates["native AtomicCounter", count] / rates[best, count]
        targets.append(Target.at_least(f"native AtomicCounter to {best}, threads: {count}", 0.95, level))
        if count == 2 and is_free_threaded():
            times = rates["native StripedCounter", count] / rates[best, count]
            targets.append(Target.at_least(f"native StripedCounter to {best}, threads: {count}", 5.0, times))
    return targets


def find_there(families: Mapping[str, Iterable[str]]) -> tuple[dict[str, list[str]], dict[str, str]]:
    """The names of each family that can be measured here, and why the others cannot."""
    there: dict[str, list[str]] = {}
    skipped: dict[str, str] = {}
    for family, candidates in families.items():
        for name in candidates:
            is_peer = name.startswith(PEERS)
            reason = fresh_process(SAMPLE, "unavailable", name, 1) if is_peer else None
            there.setdefault(family, []).extend([name] if reason is None else [])
            if reason is not None:
                skipped[name] = reason
                print(f"  skipped {name}: {reason}")
    return there, skipped


def note_on(before: dict[str, Any]) -> str:
    """What the reader has to know about the figures."""
    if before["load_average_before"][0] <= before["cores"]:
        return ""
    return (
        "The machine was busy with other work, more than it has cores for, so figures by the wall's clock say little, "
        "and threads hardly ever ran at the same time; the ratios by processor time compare what a call costs."
    )


def measure() -> Path:
    """Everything that Python sees of the native core."""
    before = environment()
    cases: list[dict[str, Any]] = []
    names, skipped = find_there(CANDIDATES)
    for family, there in names.items():
        found = measure_family(family, there)
        table(family, found)
        cases += found
    latencies = measure_latency(list(LATENCY))
    print_table(
        f"One pair, {THREADS[-1]} threads: microseconds",
        list(latencies[0]),
        [list(case.values()) for case in latencies],
    )
    calls = call_costs()
    print_table(
        "One pair, one thread: nanoseconds, with the loop", list(calls[0]), [list(row.values()) for row in calls]
    )
    processes = measure_processes()
    print_table(
        f"Counters between {PROCESSES} processes",
        ["", "millions a second", "ratio"],
        [[case["name"], case["millions_a_second"]["median"], case["ratio_to_first"]["median"]] for case in processes],
    )
    figures = {"note": note_on(before), "limit": LIMIT, "skipped": skipped, "results": cases, "calls": calls,
               "latency_us": latencies, "processes": processes}  # fmt: skip
    targets = targets_of(cases, processes) + peer_targets(cases)
    return write_result(f"native_{tag()}", before, targets, figures)


if __name__ == "__main__":
    measure()
