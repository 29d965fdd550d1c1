"""The state of the shared memory and of the lanes as a snapshot message. Only at a standstill."""

from __future__ import annotations

import gc
import math
import sys
from types import FrameType
from typing import Any

from lockfree_core.drive.lane import Lane, Status
from lockfree_core.drive.nodes import cells_of, plain_of
from lockfree_core.drive.rings import STATUSES
from lockfree_core.drive.traced import TracedMemory

__all__ = ["take_snapshot"]

MOST_HOPS = (
    256  # a thread that stands still keeps alive whatever was ever linked behind its node; nobody looks that far
)

_INNER = ("lockfree_core.drive.", "lockfree_core.memory.", "threading", "contextlib")


def take_snapshot(memory: TracedMemory, reason: str, time: int) -> dict[str, Any]:
    """Root cells, the nodes that can be reached from them or from a lane's locals, locks and lanes.

    Args:
        memory: the run's memory; no lane may move.
        reason: why it is taken.
        time: nanoseconds since the run began.
    """
    lanes = [_lane(memory, lane) for lane in memory.control.lanes]
    published = _reach([cell.value for cell in memory.roots])
    held: dict[int, Any] = {}
    owners: dict[int, int] = {}
    for lane, (_, nodes) in zip(memory.control.lanes, lanes, strict=True):
        for node in nodes:
            reached = _reach([node], MOST_HOPS)
            held.update(reached)
            if not lane.effected:
                owners |= dict.fromkeys(reached.keys() & lane.made - published.keys(), lane.index)
    rows = [_node(memory, node, -1, True, False) for node in published.values()]
    rows += [
        _node(memory, node, owners.get(number, -1), number not in owners, number not in owners)
        for number, node in held.items()
        if number not in published
    ]
    return {
        "type": "snapshot",
        "sequence": memory.sequence,
        "time": time,
        "reason": reason,
        "cells": [_cell(cell) for cell in memory.roots],
        "nodes": rows,
        "locks": [
            {
                "cell": lock.cell_id,
                "holder": lock.holder.index if lock.holder else -1,
                "waiters": [lane.index for lane in lock.waiters],
            }
            for lock in memory.locks
        ],
        "lanes": [row for row, _ in lanes],
    }


def _reach(values: list[Any], hops: float = math.inf) -> dict[int, Any]:
    """The nodes that can be reached from these values over at most so many references, by number."""
    found: dict[int, Any] = {}
    level = values
    while level and hops >= 0:
        nodes = [value for value in level if hasattr(value, "trace_id") and value.trace_id not in found]
        found.update((node.trace_id, node) for node in nodes)
        level = [cell.value for node in nodes for cell in cells_of(node)]
        hops -= 1
    return found


def _cell(cell: Any) -> dict[str, Any]:
    row = {"id": cell.cell_id, "value": cell.code}
    return row | {"tag": cell.version} if hasattr(cell, "version") else row


def _node(memory: TracedMemory, node: Any, owner: int, published: bool, removed: bool) -> dict[str, Any]:
    cells = cells_of(node)
    return {
        "id": node.trace_id,
        "type": memory.types[type(node)].id,
        "first": node.trace_cell if cells else 0,
        "value": memory.encode(plain_of(node)),
        "cells": [cell.code for cell in cells],
        "owner": owner,
        "published": published,
        "removed": removed,
    }


def _lane(memory: TracedMemory, lane: Lane) -> tuple[dict[str, Any], list[Any]]:
    """The lane's row, and the nodes that its locals hold."""
    values = _locals(lane)
    nodes = [value for value in values.values() if hasattr(value, "trace_id")]
    row = {
        "lane": lane.index,
        "status": STATUSES[lane.status],
        "operation": lane.operation,
        "argument": lane.argument,
        "number": lane.number,
        "attempts": lane.operation_wins + lane.operation_losses,
        "losses": lane.operation_losses,
        "site": lane.site,
        "locals": {
            name: {"value": memory.encode(value), "cell": lane.trail[name]} for name, value in values.items()
        },
    }  # fmt: skip
    return row, nodes


def _locals(lane: Lane) -> dict[str, Any]:
    """The locals of the lane's algorithm that accesses were bound to in the running operation."""
    told = getattr(lane, "told", None)
    if told is not None:  # they live in a process of their own, and are known as far as it has told
        return {name: told[name] for name in lane.trail if name in told} if lane.operation >= 0 else {}
    if lane.operation < 0 or lane.thread is None or lane.status in (Status.RAISED, Status.STOPPED):
        return {}
    frame: FrameType | None = _frames().get(lane.thread.ident or 0)
    while frame is not None and str(frame.f_globals.get("__name__", "")).startswith(_INNER):
        frame = frame.f_back
    known: dict[str, Any] = {}
    while frame is not None and not str(frame.f_globals.get("__name__", "")).startswith(_INNER):
        known = frame.f_locals | known
        frame = frame.f_back
    return {name: known[name] for name in lane.trail if name in known}


def _frames() -> dict[int, FrameType]:
    """Where each thread stands.

    CPython 3.11 holds a lock meanwhile that a collection needs, where there is a ``threading.local`` in the garbage.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        return sys._current_frames()
    finally:
        if collects:
            gc.enable()
