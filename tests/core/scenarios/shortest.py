"""The shortest schedule that reaches a puzzle's goal, found by breadth-first search over all schedules.

Two schedules that differ only in the order of steps that do not touch the same thing are the same execution, and of
those one is followed: the first in the order of the dictionary, which never has a step of a thread right before one of
a thread with a smaller number where the two could change places. What is left of duplicates is found by what each
thread has touched, and how often that had been written by then: where these agree, every access saw and did the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from lockfree_core.drive.stepping.execution import describe_execution, replay
from lockfree_core.drive.stepping.pending import Pending
from lockfree_core.drive.stepping.schedule import Move, format_schedule
from lockfree_core.drive.stepping.stepper import Stepper
from lockfree_core.scenarios.puzzle import Puzzle
from lockfree_core.scenarios.spec import open_spec
from lockfree_core.trace.layout import RECORD, Kind

READS = (Kind.LOAD, Kind.CAS_LOST)
WRITES = (Kind.STORE, Kind.EXCHANGE, Kind.CAS_WON, Kind.LOCK_WAIT, Kind.LOCK_ACQUIRED, Kind.LOCK_RELEASED)
HEAP = (Kind.ALLOCATE, Kind.REUSE, Kind.FREE)
HEAP_ITSELF, DEATHS = -1, -2  # things that are no cells

Key = tuple[tuple[tuple[int, int, int], ...], ...]


class Found(NamedTuple):
    """An execution: what it has touched, where it can go on, and how it is described."""

    key: Key
    following: list[Move]
    described: dict[str, Any]


def shortest(puzzle: Puzzle, most: int) -> tuple[str | None, int]:
    """A shortest solution of at most that many steps, or None; and how many executions were looked at."""
    level: list[list[Move]] = [[]]
    seen: set[Key] = set()
    looked = 0
    for _ in range(most + 1):
        following: list[list[Move]] = []
        for moves in level:
            looked += 1
            found = execute(puzzle, moves, seen)
            if found is None:
                continue
            seen.add(found.key)
            if puzzle.reached(found.described):
                return format_schedule(moves), looked
            following += [[*moves, move] for move in found.following]
        level = following
    return None, looked


def execute(puzzle: Puzzle, moves: list[Move], seen: set[Key]) -> Found | None:
    """The execution under these moves; None where it has been seen."""
    stepper, problems = open_spec(puzzle.spec)
    with stepper:
        assert [*problems, *replay(stepper, moves)] == []
        key = key_of(stepper, puzzle)
        if key in seen:
            return None
        following = [Move(thread) for thread in stepper.movable() if in_order(stepper, thread, puzzle)]
        if puzzle.deaths:
            living = (lane.index for lane in stepper.lanes if not (lane.ended or lane.killed or lane.raised))
            following += [Move(thread, True) for thread in living]
        return Found(key, following, describe_execution(stepper))


def in_order(stepper: Stepper, thread: int, puzzle: Puzzle) -> bool:
    """Whether that thread's next step must come after the last one, or stands after it in the dictionary."""
    last, after = (stepper.steps[-1] if stepper.steps else None), stepper.lanes[thread].pending
    if last is None or last.thread <= thread or last.done is None or after is None:
        return True
    one, other = target(last.done, puzzle), target(after, puzzle)
    return one[0] == other[0] != 0 and (one[1] or other[1])


def target(pending: Pending, puzzle: Puzzle) -> tuple[int, bool]:
    """What a step touches, 0 for nothing that others can see, and whether it may write it."""
    if pending.access in ("allocate", "free"):
        return (HEAP_ITSELF if puzzle.spec.entry.heap else 0), True
    return pending.cell, pending.access not in ("load", "get")


def key_of(stepper: Stepper, puzzle: Puzzle) -> Key:
    """What every thread has touched, and how often that had been written before. A death is a write to everything."""
    versions: dict[int, int] = {}
    histories: list[list[tuple[int, int, int]]] = [[] for _ in stepper.lanes]
    for _, _, lane, kind, _, cell, _, _, _ in RECORD.iter_unpack(stepper.recorder.data):
        for thing, writes in touched(kind, cell, puzzle):
            histories[lane].append((kind, thing, versions.get(thing, 0)))
            versions[thing] = versions.get(thing, 0) + writes
    return tuple(tuple(history) for history in histories)


def touched(kind: int, cell: int, puzzle: Puzzle) -> Iterator[tuple[int, bool]]:
    """What a record touches, and whether it writes it."""
    if puzzle.deaths:
        yield DEATHS, kind == Kind.KILLED
    if kind in READS or kind in WRITES:
        yield cell, kind in WRITES
    elif kind in HEAP:
        yield HEAP_ITSELF, puzzle.spec.entry.heap
    elif kind in (Kind.RETIRE, Kind.END, Kind.LOCAL):
        yield 0, False
