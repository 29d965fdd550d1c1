"""Steppers for tests: opened from a catalog entry and a program, moved by schedules or schedulers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from lockfree_core.catalog import CATALOG
from lockfree_core.drive.schedulers import Scheduler
from lockfree_core.drive.stepping.execution import extend, replay
from lockfree_core.drive.stepping.schedule import Move, format_schedule, parse_schedule
from lockfree_core.drive.stepping.start import start_snapshot
from lockfree_core.drive.stepping.stepper import Stepper
from lockfree_core.drive.stepping.told import tell_step
from lockfree_core.scenarios.spec import StepSpec, open_spec
from lockfree_core.trace.fold import Fold, Names
from lockfree_core.trace.layout import RECORD_BYTES

__all__ = ["fold_of", "folds_of", "memory_of", "opened", "own_spec", "run", "schedule_of", "shown_of", "texts"]


@contextmanager
def opened(structure: str, program: str, start: str = "", schedule: str = "", **rest: Any) -> Iterator[Stepper]:
    """A stepper that has made these moves, each of which must be possible."""
    stepper, problems = open_spec(StepSpec(structure, program, start, **rest))
    assert problems == []
    with stepper:
        run(stepper, schedule)
        yield stepper


def own_spec(key: str, **rest: Any) -> StepSpec:
    """The execution that Step begins with for that structure."""
    entry = CATALOG[key]
    return StepSpec(key, entry.program, entry.start, **rest)


def run(stepper: Stepper, moves: str | Scheduler) -> None:
    """Make the moves of a schedule, or all that a scheduler wants."""
    if isinstance(moves, str):
        read, problems = parse_schedule(moves)
        problems += replay(stepper, read)
    else:
        problems = extend(stepper, moves)
    assert problems == []


def schedule_of(stepper: Stepper) -> str:
    """The moves so far."""
    return format_schedule(Move(row.thread, row.done is None) for row in stepper.steps)


def texts(stepper: Stepper) -> list[str]:
    """What the steps so far did, each with its thread: ``T1 load head: n1``."""
    return [f"T{row.thread + 1} {tell_step(row, stepper.recorder)}" for row in stepper.steps]


def memory_of(stepper: Stepper) -> dict[str, Any]:
    """What is in the shared memory now: root cells, the nodes that they lead to, who holds and who waits."""
    rows = start_snapshot(stepper.memory, [True] * len(stepper.lanes))
    return {
        "cells": {cell["id"]: cell["value"] for cell in rows["cells"]},
        "nodes": {row["id"]: (row["type"], row["value"], row["cells"]) for row in rows["nodes"] if not row["removed"]},
        "locks": {
            lock.cell_id: (lock.holder.index if lock.holder else -1, [lane.index for lane in lock.waiters])
            for lock in stepper.memory.locks
        },
    }


def fold_of(stepper: Stepper, names: dict[str, Any], records: int | None = None) -> dict[str, Any]:
    """The same from the snapshot of the start and the records since, or the first so many of them."""
    fold = Fold.from_snapshot(stepper.start, Names([names]))
    end = len(stepper.recorder.data) if records is None else records * RECORD_BYTES
    fold.apply_bytes(bytes(stepper.recorder.data[:end]))
    return folded_memory(fold)


def folded_memory(fold: Fold) -> dict[str, Any]:
    """What is in the shared memory as the fold has it."""
    state = fold.state
    inside = state.inside()
    return {
        "cells": {cell.id: cell.value for cell in state.cells.values() if cell.node == 0},
        "nodes": {
            node.id: (node.type, node.value, [state.cells[cell].value for cell in node.cells])
            for node in state.nodes.values()
            if node.id in inside
        },
        "locks": {lock.cell: (lock.holder, list(lock.waiters)) for lock in state.locks.values()},
    }


def folds_of(stepper: Stepper, names: dict[str, Any], ends: Iterable[int]) -> list[dict[str, Any]]:
    """What the fold has after so many records, for each of these numbers, in order."""
    fold = Fold.from_snapshot(stepper.start, Names([names]))
    found, done = [], 0
    for end in ends:
        fold.apply_bytes(bytes(stepper.recorder.data[done * RECORD_BYTES : end * RECORD_BYTES]))
        found.append(folded_memory(fold))
        done = end
    return found


def shown_of(stepper: Stepper, names: dict[str, Any]) -> tuple[list[dict[str, int]], list[dict[str, int]]]:
    """Each thread's locals as the fold of all records knows them, and as the threads stand there."""
    fold = Fold.from_snapshot(stepper.start, Names([names]))
    fold.apply_bytes(bytes(stepper.recorder.data))
    folded = [{local.name: local.value for local in lane.locals.values()} for lane in fold.state.lanes]
    running = [lane.pending is not None and not lane.fresh for lane in stepper.lanes]
    shown = [lane._shown if runs else {} for lane, runs in zip(stepper.lanes, running, strict=True)]
    return folded, shown
