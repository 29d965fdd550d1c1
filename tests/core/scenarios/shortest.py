"""The shortest schedule that reaches a puzzle's goal, found by breadth-first search over all schedules.

Two schedules that differ only in the order of steps that do not touch the same thing are the same execution, and of
those one is followed. What a thread has done is told by the cells that it touched and by how often each had been
written then: where these agree for all threads, every access saw and did the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lockfree_core.drive.stepping.execution import describe_execution, replay
from lockfree_core.drive.stepping.schedule import Move, format_schedule
from lockfree_core.scenarios.played import Played, Record
from lockfree_core.scenarios.puzzle import Puzzle
from lockfree_core.scenarios.spec import open_spec
from lockfree_core.trace.layout import Kind

READS = (Kind.LOAD, Kind.CAS_LOST)
WRITES = (Kind.STORE, Kind.EXCHANGE, Kind.CAS_WON, Kind.LOCK_WAIT, Kind.LOCK_ACQUIRED, Kind.LOCK_RELEASED)
HEAP = (Kind.ALLOCATE, Kind.REUSE, Kind.FREE)
HEAP_ITSELF, DEATHS = -1, -2  # things that are no cells

Key = tuple[tuple[tuple[int, int, int], ...], ...]


def shortest(puzzle: Puzzle, most: int) -> tuple[str | None, int]:
    """A shortest solution of at most that many steps, or None; and how many executions were looked at."""
    level: list[list[Move]] = [[]]
    seen: set[Key] = set()
    looked = 0
    for _ in range(most + 1):
        following: list[list[Move]] = []
        for moves in level:
            looked += 1
            found, movable, mortal = execute(puzzle, moves)
            key = key_of(Played(found), puzzle)
            if key in seen:
                continue
            seen.add(key)
            if puzzle.reached(found):
                return format_schedule(moves), looked
            following += [[*moves, Move(thread)] for thread in movable]
            if puzzle.deaths:
                following += [[*moves, Move(thread, True)] for thread in mortal]
        level = following
    return None, looked


def execute(puzzle: Puzzle, moves: list[Move]) -> tuple[dict[str, Any], list[int], list[int]]:
    """The execution, who can move after it, and who can be killed."""
    stepper, problems = open_spec(puzzle.spec)
    with stepper:
        assert [*problems, *replay(stepper, moves)] == []
        mortal = [lane.index for lane in stepper.lanes if not (lane.ended or lane.killed or lane.raised)]
        return describe_execution(stepper), stepper.movable(), mortal


def key_of(played: Played, puzzle: Puzzle) -> Key:
    """What every thread has touched, and how often that had been written before. A death is a write to everything."""
    versions: dict[int, int] = {}
    histories: list[list[tuple[int, int, int]]] = [[] for _ in played.threads]
    for record in played.records:
        for kind, thing, writes in touched(record, puzzle):
            histories[record.lane].append((kind, thing, versions.get(thing, 0)))
            versions[thing] = versions.get(thing, 0) + writes
    return tuple(tuple(history) for history in histories)


def touched(record: Record, puzzle: Puzzle) -> Iterator[tuple[int, int, int]]:
    """Kind, thing and whether it is written: what a record says of the order of things."""
    if puzzle.deaths:
        yield record.kind, DEATHS, int(record.kind == Kind.KILLED)
    if record.kind in READS or record.kind in WRITES:
        yield record.kind, record.cell, int(record.kind in WRITES)
    elif record.kind in HEAP:
        yield record.kind, HEAP_ITSELF, int(puzzle.spec.entry.heap)
    elif record.kind in (Kind.RETIRE, Kind.END, Kind.LOCAL):
        yield record.kind, 0, 0
