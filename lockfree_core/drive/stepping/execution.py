"""Executions as data: a schedule run to its end, or to where it goes wrong, with everything that a view needs."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any, Final

from lockfree_core.drive.nodes import cells_of
from lockfree_core.drive.schedulers.base import Scheduler
from lockfree_core.drive.stepping.pending import describe_pending
from lockfree_core.drive.stepping.program import WORK, Problem
from lockfree_core.drive.stepping.recorder import Fault
from lockfree_core.drive.stepping.schedule import MOST_STEPS, Move
from lockfree_core.drive.stepping.stepper import Stepper
from lockfree_core.drive.stepping.told import tell_step
from lockfree_core.errors import ScheduleError
from lockfree_core.reclamation.hazard_pointers import SLOT_PREFIX

__all__ = ["describe_execution", "describe_names", "end_faults", "extend", "outcome", "replay"]

_LONGEST_OPERATION: Final = 500  # steps of one operation, after which nobody waits for its end any longer


def replay(stepper: Stepper, moves: Iterable[Move]) -> list[Problem]:
    """Make these moves, up to the first one that cannot be made; that one is the problem that comes back."""
    for index, (thread, kill) in enumerate(moves):
        try:
            if kill:
                stepper.kill(thread)
            else:
                stepper.step(thread)
        except ScheduleError as error:
            return [Problem("schedule", f"step {index + 1} cannot be taken: {error}", thread, index)]
    return []


def extend(stepper: Stepper, scheduler: Scheduler, most: int = MOST_STEPS) -> list[Problem]:
    """Let a scheduler make up to ``most`` moves. An operation that goes round in circles is told of, and ends it."""
    for _ in range(most):
        if len(stepper.steps) >= MOST_STEPS:
            return [Problem("schedule", f"an execution has at most {MOST_STEPS} steps", index=MOST_STEPS)]
        thread = scheduler.choose(stepper)
        if thread is None:
            return []
        stepper.step(thread)
        taken = _steps_in_operation(stepper, thread)
        if taken >= _LONGEST_OPERATION:
            lane = stepper.lanes[thread]
            message = (
                f"T{thread + 1}'s {lane.calls[lane.number - 1].text} has not returned after {taken} steps; "
                "it may never return under this schedule"
            )
            return [Problem("schedule", message, thread, len(stepper.steps))]
    return []


def outcome(stepper: Stepper) -> dict[str, Any]:
    """How things stand: ``running``, ``finished``, ``deadlock`` (threads wait for each other), or ``blocked``.

    Blocked: whoever is left waits for somebody who will never move again.
    """
    if stepper.movable():
        return {"kind": "running", "message": ""}
    waiting = [lane for lane in stepper.lanes if not lane.ended and not lane.killed]
    if not waiting:
        return {"kind": "finished", "message": "Every thread has ended."}
    words = "; ".join(
        f"T{lane.index + 1} waits for {lane.waits_for.name}, which T{lane.waits_for.holder.index + 1} holds"
        for lane in waiting
    )
    stopped = [lane for lane in stepper.lanes if lane.killed or lane.raised]
    guilty = [lane for lane in stopped if any(other.waits_for.holder is lane for other in waiting)]
    if guilty:
        names = " and ".join(f"T{lane.index + 1} {'was killed' if lane.killed else 'has raised'}" for lane in guilty)
        return {"kind": "blocked", "message": f"Nobody can move any more: {words}. {names} inside."}
    return {"kind": "deadlock", "message": f"Deadlock: {words}."}


def end_faults(stepper: Stepper) -> list[Fault]:
    """What is wrong at the end: a deadlock, items that are missing, nodes that were leaked. Nothing while it runs."""
    end = outcome(stepper)
    if end["kind"] == "running":
        return []
    step = len(stepper.steps)
    found = [Fault(step, -1, end["kind"], end["message"], 0)] if end["kind"] != "finished" else []
    account = stepper.account()
    if not account["balanced"]:
        lost = account["lost"]
        words = f"{lost} lost" if lost > 0 else f"{-lost} too many"
        sums = f"{account['in']} in, {account['out']} out, {account['inside']} inside"
        message = f"The account does not balance: {sums}: {words}."
        found.append(Fault(step, -1, "lost items", message, 0))
    if end["kind"] == "finished":
        found += [Fault(step, -1, "leak", f"{name} was never freed.", node) for node, name in _leaked(stepper)]
    return found


def describe_execution(stepper: Stepper) -> dict[str, Any]:
    """The execution so far as plain data; ``docs/protocol.md``, Step, says what stands in it."""
    recorder = stepper.recorder
    words = recorder.words
    faults = [*recorder.faults, *end_faults(stepper)]
    return {
        "names": describe_names(stepper),
        "snapshot": stepper.start,
        "records": base64.b64encode(recorder.data).decode(),
        "count": recorder.count,
        "threads": [
            {
                "calls": [
                    {"text": call.text, "result": _at(lane.results, index), "first": _at(lane.starts, index),
                     "last": _at(lane.ends, index)}
                    for index, call in enumerate(lane.calls)
                ],
                "next": None if first is None else describe_pending(first, words),
                "stuck": stepper.why_stuck(lane.index),
            }
            for lane, first in zip(stepper.lanes, stepper.first, strict=True)
        ],
        "steps": [
            {"thread": row.thread, "kill": row.done is None, "first": row.first, "records": row.records,
             "text": tell_step(row, recorder), "next": None if row.next is None else describe_pending(row.next, words)}
            for row in stepper.steps
        ],
        "faults": [fault._asdict() for fault in faults],
        "outcome": outcome(stepper),
        "account": stepper.account(),
    }  # fmt: skip


def _steps_in_operation(stepper: Stepper, thread: int) -> int:
    """How many steps a thread's running operation has taken; 0 between two."""
    lane = stepper.lanes[thread]
    if len(lane.starts) <= len(lane.results):
        return 0
    begin = lane.starts[-1]
    return sum(1 for row in stepper.steps[begin - 1 :] if row.thread == thread)


def describe_names(stepper: Stepper) -> dict[str, Any]:
    """Everything that records of this execution refer to by number."""
    recorder = stepper.recorder
    operations = [
        {"id": index, "name": method.name, "takes_value": bool(method.parameters), "effect": method.effect,
         "items": method.items}
        for index, method in enumerate(stepper.methods)
    ]  # fmt: skip
    operations.append({"id": len(operations), "name": WORK, "takes_value": True, "effect": "", "items": 0})
    return {
        "type": "names", "from": 0, "clock": "steps", "sites": recorder.sites, "cells": recorder.cells,
        "types": recorder.types, "values": recorder.values, "operations": operations,
    }  # fmt: skip


def _leaked(stepper: Stepper) -> list[tuple[int, str]]:
    """Nodes of the heap that the structure does not lead to, and that were neither freed nor retired."""
    heap = stepper.memory.heap
    if heap is None:
        return []
    reached: set[int] = set()
    level = [cell.value for cell in stepper.memory.roots if not cell.name.startswith(SLOT_PREFIX)]
    while level:
        nodes = [node for node in level if hasattr(node, "trace_id") and node.trace_id not in reached]
        reached |= {node.trace_id for node in nodes}
        level = [cell.value for node in nodes for cell in cells_of(node)]
    words = stepper.recorder.words
    return [
        (node.trace_id, words.value(node.trace_id))
        for node in heap.nodes
        if not (node.trace_freed or node.trace_retired >= 0 or node.trace_id in reached)
    ]


def _at(values: list[Any], index: int) -> Any:
    return values[index] if index < len(values) else None
