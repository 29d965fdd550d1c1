"""Unguarded programs: what several threads lose when they do without a lock.

Single calls of a built-in are whole: with a GIL because nobody else runs meanwhile, without one because each object has
a lock of its own. What is read and written in two calls is not. So of a single call nothing is expected to be lost,
of the others something may be; whether it was is a matter of luck, and only losses prove anything.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["RACES", "Race"]


@dataclass(frozen=True, slots=True)
class Race:
    """A program. ``prepare(threads, count)`` gives what a thread runs, and what is there and should be in the end."""

    title: str
    may_lose: bool
    why: str
    prepare: Callable[[int, int], tuple[Callable[[int], None], Callable[[], tuple[int, int]]]]


def _appends(threads: int, count: int) -> Any:
    found: list[int] = []

    def run(thread: int) -> None:
        for number in range(count):
            found.append(number)

    return run, lambda: (len(found), threads * count)


def _deque_calls(threads: int, count: int) -> Any:
    items: deque[int] = deque()
    taken = [0] * threads

    def run(thread: int) -> None:
        for number in range(count):
            items.append(number)
            try:
                items.popleft()
                taken[thread] += 1
            except IndexError:
                continue

    return run, lambda: (sum(taken) + len(items), threads * count)


def _settings(threads: int, count: int) -> Any:
    entries: dict[tuple[int, int], int] = {}

    def run(thread: int) -> None:
        for number in range(count):
            entries[thread, number] = number

    return run, lambda: (len(entries), threads * count)


def _additions(threads: int, count: int) -> Any:
    entries = {"hits": 0}

    def run(thread: int) -> None:
        for _ in range(count):
            entries["hits"] += 1

    return run, lambda: (entries["hits"], threads * count)


class _Hits:
    value = 0


def _increments(threads: int, count: int) -> Any:
    hits = _Hits()

    def run(thread: int) -> None:
        for _ in range(count):
            hits.value += 1

    return run, lambda: (hits.value, threads * count)


def _one() -> int:
    return 1


def _calls(threads: int, count: int) -> Any:
    """With a call between reading and writing, which is where a GIL changes hands."""
    hits = _Hits()

    def run(thread: int) -> None:
        for _ in range(count):
            hits.value += _one()

    return run, lambda: (hits.value, threads * count)


def _check_then_act(threads: int, count: int) -> Any:
    """Whoever finds a seat free takes it; a seat that two took is one that was lost."""
    seats: dict[int, int] = {}
    taken = [0] * threads
    together = threading.Barrier(threads)

    def run(thread: int) -> None:
        together.wait()
        for seat in range(count):
            if seat not in seats:
                seats[seat] = thread
                taken[thread] += 1

    # Every seat taken once too often is an assignment that somebody believes in and that is gone.
    return run, lambda: (len(seats), sum(taken))


_WHOLE: Final = "one call of a built-in object, which its lock (or the GIL) keeps whole"
_TWO: Final = "reads, then writes: another thread may write in between"

RACES: Final[Mapping[str, Race]] = {
    "list-append": Race("list.append", False, _WHOLE, _appends),
    "deque": Race("deque.append and popleft", False, _WHOLE, _deque_calls),
    "dict-set": Race("d[k] = v", False, _WHOLE, _settings),
    "dict-add": Race("d[k] += 1", True, _TWO, _additions),
    "counter-add": Race("counter += 1", True, _TWO, _increments),
    "counter-call": Race("counter += f()", True, _TWO, _calls),
    "check-then-act": Race("if k not in d: d[k] = v", True, "looks, then acts: another thread may act in between",
                           _check_then_act),
}  # fmt: skip
