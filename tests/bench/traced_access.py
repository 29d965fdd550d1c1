"""What one traced access costs in the thread that makes it, and what the same costs untraced.

A sample is one fresh process: ``threads`` threads make the same access in a loop, and the time between the first
start and the last end is divided by the number of accesses; so is the processor time, which a busy machine disturbs
less. Threads switch as often as in an engine. Records go into real rings in shared memory, which count
as read at once: the reader's cost is that of ``merger.py``. Traced and untraced samples alternate in one run; what is
reported is the median, and the median of the ratios of neighbours.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from lockfree_core.drive.control import Control
from lockfree_core.drive.engine import SWITCH_INTERVAL
from lockfree_core.drive.knobs import Knobs
from lockfree_core.drive.lane import Lane
from lockfree_core.drive.rings import LaneArea, Rings
from lockfree_core.drive.traced import TracedMemory
from lockfree_core.memory import LockedMemory
from lockfree_core.structures import TreiberStack
from tests.bench.report import Target, environment, fresh_process, print_table, spread, write_result

__all__ = ["measure"]

KINDS: Final = ("load", "store", "compare_and_swap", "push", "pop")
SINGLE: Final = ("load", "store", "compare_and_swap")
THREADS: Final = (1, 2, 4, 8)
ROUNDS: Final = 7
ACCESSES: Final = 120_000  # of each kind in a sample, over all threads
TARGET_NS: Final = 1300.0


class _EndlessArea(LaneArea):
    """A lane's area whose records count as read as soon as they are written."""

    __slots__ = ()

    @property
    def tail(self) -> int:
        return self.publish[0]


def _loads(cell: Any, stack: Any, count: int) -> None:
    for _ in range(count):
        value = cell.load()
    assert value is None


def _stores(cell: Any, stack: Any, count: int) -> None:
    for _ in range(count):
        cell.store(None)


def _swaps(cell: Any, stack: Any, count: int) -> None:
    for _ in range(count):
        won = cell.compare_and_swap(None, None)
    assert won


def _pushes(cell: Any, stack: Any, count: int) -> None:
    for _ in range(count):
        stack.push(7)


def _pops(cell: Any, stack: Any, count: int) -> None:
    for _ in range(count):
        stack.pop()


_LOOPS: Final[dict[str, Callable[[Any, Any, int], None]]] = {
    "load": _loads, "store": _stores, "compare_and_swap": _swaps, "push": _pushes, "pop": _pops,
}  # fmt: skip


def _traced_memory(threads: int) -> tuple[TracedMemory, list[Callable[[], None]]]:
    """A traced memory, and for each thread what makes it a lane."""
    control = Control(Knobs().changed({"speed": 0}), 1, lambda report: None)
    memory = TracedMemory(control, lambda names: None)
    rings = Rings()
    control.paused = False

    def enrol(index: int) -> Callable[[], None]:
        area = rings.reserve(index)
        area.__class__ = _EndlessArea
        lane = Lane(index, control, area, 1)
        control.add(lane)
        return lambda: memory.register(lane)

    return memory, [enrol(index) for index in range(threads)]


def sample(memory_name: str, threads: int) -> dict[str, list[float]]:
    """Nanoseconds, and nanoseconds of processor time, for each kind of access, in this process."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    memory: Any
    if memory_name == "traced":
        memory, enrolments = _traced_memory(threads)
    else:
        memory, enrolments = LockedMemory(), [lambda: None] * threads
    enrolments[0]()
    cell, stack = memory.reference(None, "cell"), TreiberStack[int](memory)
    for loop in _LOOPS.values():
        loop(cell, stack, 500)
    return {kind: _time(_LOOPS[kind], cell, stack, enrolments) for kind in KINDS}


def _time(
    loop: Callable[[Any, Any, int], None], cell: Any, stack: Any, enrolments: list[Callable[[], None]]
) -> list[float]:
    count = ACCESSES // len(enrolments)
    ready, times = threading.Barrier(len(enrolments)), []

    def run(enrol: Callable[[], None]) -> None:
        enrol()
        ready.wait()
        began = time.perf_counter_ns()
        loop(cell, stack, count)
        times.append((began, time.perf_counter_ns()))

    workers = [threading.Thread(target=run, args=(enrol,)) for enrol in enrolments]
    cpu = time.process_time_ns()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    cpu = time.process_time_ns() - cpu
    wall = max(end for _, end in times) - min(began for began, _ in times)
    return [wall / (count * len(enrolments)), cpu / (count * len(enrolments))]


def _case(kind: str, threads: int, pairs: list[tuple[Any, Any]]) -> dict[str, Any]:
    """Spreads of both, and of the ratio of neighbours, on the wall's clock and on the processor's."""
    case: dict[str, Any] = {"access": kind, "threads": threads}
    for index, clock in enumerate(("wall", "cpu")):
        traced, untraced = ([one[kind][index] for one in side] for side in zip(*pairs, strict=True))
        ratios = [one / other for one, other in zip(traced, untraced, strict=True)]
        case[clock] = {"traced": spread(traced), "untraced": spread(untraced), "ratio": spread(ratios)}
    return case


def _row(case: dict[str, Any]) -> list[object]:
    medians = (case[clock][name]["median"] for clock in ("wall", "cpu") for name in ("traced", "untraced", "ratio"))
    return [case["access"], case["threads"], *medians]


def measure() -> Path:
    """Samples by turns; medians, and the targets for single accesses at one and two threads."""
    before = environment()
    cases: list[dict[str, Any]] = []
    for threads in THREADS:
        pairs = [
            tuple(fresh_process("tests.bench.traced_access", memory, threads) for memory in ("traced", "locked"))
            for _ in range(ROUNDS)
        ]
        cases += [_case(kind, threads, pairs) for kind in KINDS]
    columns = ["access", "threads", "traced", "untraced", "ratio", "traced, cpu", "untraced, cpu", "ratio, cpu"]
    title = f"Nanoseconds an access, by the wall's clock and by the processor's (median of {ROUNDS} processes)"
    print_table(title, columns, [_row(case) for case in cases])
    targets = [
        Target.at_most(
            f"ns a traced {case['access']}, threads: {case['threads']}", TARGET_NS, case["wall"]["traced"]["median"]
        )
        for case in cases
        if case["threads"] <= 2 and case["access"] in SINGLE
    ]
    return write_result("traced_access", before, targets, {"unit": "ns", "accesses": ACCESSES, "results": cases})


if __name__ == "__main__":
    print(json.dumps(sample(sys.argv[1], int(sys.argv[2]))))
