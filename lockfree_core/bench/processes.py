"""Counters between processes: each sample starts as many processes as it is told threads."""

from __future__ import annotations

import multiprocessing
import time
from typing import Any, Final

from lockfree_core.shared_memory import SharedAtomicCounter, SharedMemoryCounter

__all__ = ["count_together"]

_BATCH: Final = 100
_START_LIMIT_S: Final = 30.0


def count_together(kind: str, processes: int, seconds: float, think: int) -> tuple[list[int], float, str | None]:
    """How many increments each process did, the time from the first start to the last end, and what is wrong."""
    context: Any = multiprocessing.get_context("spawn")
    counter: Any = SharedAtomicCounter(context=context) if kind == "lock" else SharedMemoryCounter(kind)
    gate, results = context.Barrier(processes), context.SimpleQueue()
    workers = [
        context.Process(target=_count, args=(counter, gate, results, seconds, think), daemon=True)
        for _ in range(processes)
    ]
    try:
        for worker in workers:
            worker.start()
        reports = [results.get() for _ in workers]
        for worker in workers:
            worker.join()
        value = counter.get()
    finally:
        counter.cleanup()
    counts = [count for count, _, _ in reports]
    wall = max(end for _, _, end in reports) - min(begin for _, begin, _ in reports)
    wrong = None if value == sum(counts) else f"the counter is at {value:,} after {sum(counts):,} increments"
    return counts, wall, wrong


def _count(counter: Any, gate: Any, results: Any, seconds: float, think: int) -> None:
    """What each process does."""
    increment, count = counter.increment, 0
    for _ in range(_BATCH):
        counter.get()
    gate.wait(_START_LIMIT_S)
    begin = time.monotonic()
    while not count or time.monotonic() < begin + seconds:
        for _ in range(_BATCH):
            increment()
            for _ in range(think):
                pass
        count += _BATCH
    results.put((count, begin, time.monotonic()))
