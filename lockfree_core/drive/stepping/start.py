"""The snapshot that a stepped trace begins with: the structure as set up, every thread before its first operation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lockfree_core.drive.nodes import cells_of, plain_of
from lockfree_core.drive.stepping.memory import ScheduledMemory

__all__ = ["start_snapshot"]


def start_snapshot(memory: ScheduledMemory, busy: Sequence[bool]) -> dict[str, Any]:
    """The state after the set-up.

    Args:
        memory: no thread has moved yet.
        busy: for each thread, whether it has anything to do.
    """
    inside = _reach(memory)
    nodes = inside if memory.heap is None else {node.trace_id: node for node in memory.heap.nodes} | inside
    return {
        "type": "snapshot",
        "sequence": -1,
        "time": 0,
        "reason": "start",
        "cells": [_cell(cell) for cell in memory.roots],
        "nodes": [_node(memory, node, node.trace_id in inside) for node in nodes.values()],
        "locks": [{"cell": lock.cell_id, "holder": -1, "waiters": []} for lock in memory.locks],
        "lanes": [
            {"lane": index, "status": "idle" if works else "stopped", "operation": -1, "argument": 0, "number": 0,
             "attempts": 0, "losses": 0, "site": 0, "locals": {}}
            for index, works in enumerate(busy)
        ],
    }  # fmt: skip


def _reach(memory: ScheduledMemory) -> dict[int, Any]:
    """The nodes that can be reached from root cells, by number."""
    found: dict[int, Any] = {}
    level = [cell.value for cell in memory.roots]
    while level:
        nodes = [value for value in level if hasattr(value, "trace_id") and value.trace_id not in found]
        found.update((node.trace_id, node) for node in nodes)
        level = [cell.value for node in nodes for cell in cells_of(node)]
    return found


def _node(memory: ScheduledMemory, node: Any, inside: bool) -> dict[str, Any]:
    cells = cells_of(node)
    row = {
        "id": node.trace_id,
        "type": memory.types[type(node)].number,
        "first": node.trace_cell if cells else 0,
        "value": memory.encode(plain_of(node)),
        "cells": [cell.code for cell in cells],
        "owner": -1,
        "published": True,
        "removed": not inside,
    }
    if node.trace_freed:
        row["freed"] = True
    if node.trace_retired >= 0:
        row["retired"] = node.trace_retired
    if node.trace_generation:
        row["generation"] = node.trace_generation
    return row


def _cell(cell: Any) -> dict[str, Any]:
    row = {"id": cell.cell_id, "value": cell.code}
    return row | {"tag": cell.version} if hasattr(cell, "version") else row
