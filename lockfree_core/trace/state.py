"""The state that the reference fold makes: cells, nodes, locks and lanes after a record."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

__all__ = ["MOST_HOPS", "Cell", "Counts", "LaneState", "Local", "Lock", "Node", "State"]

MOST_HOPS: Final = 256  # so many references are followed from a lane's locals, in a snapshot too


@dataclass(slots=True)
class Cell:
    """A cell: whose (``node`` 0: a root cell), its value's code, how often it changed, who wrote it last and when.

    ``tag`` is the version beside a versioned cell's value, -1 where it has none or none was seen.
    """

    id: int
    node: int = 0
    value: int = 0
    version: int = 0
    writer: int = -1
    sequence: int = -1
    tag: int = -1


@dataclass(slots=True)
class Node:
    """A node; ``owner`` is the lane in whose hands alone it is, ``retired`` the lane that retired it, else -1.

    A ``pooled`` node lives on the simulated heap: it stays known after it was freed, and may be used again;
    ``generation`` counts how often it was.
    """

    id: int
    type: int
    value: int
    cells: list[int]
    owner: int
    published: bool = False
    removed: bool = False
    freed: bool = False
    allocated: int = -1
    retired: int = -1
    pooled: bool = False
    generation: int = 0


@dataclass(slots=True)
class Lock:
    """A mutex; ``holder`` -1: free."""

    cell: int
    holder: int = -1
    waiters: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Local:
    """A local variable of a running operation, and the cell that it was read from (0: from none)."""

    name: str
    value: int
    cell: int
    version: int
    sequence: int


@dataclass(slots=True)
class Counts:
    """What was done since the fold began."""

    operations: int = 0
    attempts: int = 0
    wins: int = 0
    losses: int = 0
    help: int = 0
    help_won: int = 0
    longest_streak: int = 0


@dataclass(slots=True)
class LaneState:
    """A worker thread."""

    lane: int
    status: str = "stopped"
    position: int = -1
    operation: int = -1
    argument: int = 0
    number: int = 0
    attempts: int = 0
    losses: int = 0
    streak: int = 0
    site: int = 0
    delayed: int = 0
    locals: dict[str, Local] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)


@dataclass(slots=True)
class State:
    """Everything after the record with that sequence number. ``dubious`` records are known to be missing."""

    sequence: int = -1
    time: int = 0
    cells: dict[int, Cell] = field(default_factory=dict)
    nodes: dict[int, Node] = field(default_factory=dict)
    locks: dict[int, Lock] = field(default_factory=dict)
    lanes: list[LaneState] = field(default_factory=list)
    accesses: int = 0
    dubious: int = 0

    def reachable(self, codes: Iterable[int], hops: float = math.inf) -> set[int]:
        """The nodes that can be reached from values with these codes, over at most so many references."""
        found: set[int] = set()
        level = {code for code in codes if code in self.nodes}
        while level and hops >= 0:
            found |= level
            cells = (self.cells[cell] for number in level for cell in self.nodes[number].cells)
            level = {cell.value for cell in cells if cell.value in self.nodes} - found
            hops -= 1
        return found

    def inside(self) -> set[int]:
        """The nodes that can be reached from root cells."""
        return self.reachable(cell.value for cell in self.cells.values() if cell.node == 0)

    def collect(self) -> None:
        """Drop what neither root cells nor locals lead to, as Python does; see which nodes are removed.

        A lane that stands still keeps alive whatever was ever linked behind its node; of that only the beginning stays.
        """
        inside = self.inside()
        held = self.reachable((local.value for lane in self.lanes for local in lane.locals.values()), MOST_HOPS)
        for node in list(self.nodes.values()):
            node.removed = node.published and node.id not in inside
            if node.id not in inside and node.id not in held and not node.pooled:
                del self.nodes[node.id]
                for cell in node.cells:
                    del self.cells[cell]

    def to_snapshot(self, reason: str = "request") -> dict[str, Any]:
        """The snapshot message that describes this state. Collects first."""
        self.collect()
        return {
            "type": "snapshot",
            "sequence": self.sequence,
            "time": self.time,
            "reason": reason,
            "cells": [_cell_row(cell) for cell in self.cells.values() if cell.node == 0],
            "nodes": [self._node_row(node) for node in self.nodes.values()],
            "locks": [
                {"cell": lock.cell, "holder": lock.holder, "waiters": list(lock.waiters)}
                for lock in self.locks.values()
            ],
            "lanes": [_lane_row(lane) for lane in self.lanes],
        }

    def _node_row(self, node: Node) -> dict[str, Any]:
        first = node.cells[0] if node.cells else 0
        values = [self.cells[cell].value for cell in node.cells]
        row = {"id": node.id, "type": node.type, "first": first, "value": node.value, "cells": values,
               "owner": node.owner, "published": node.published, "removed": node.removed}  # fmt: skip
        if not node.pooled:
            return row
        more = {"freed": node.freed, "retired": node.retired, "generation": node.generation}
        return row | {name: value for name, value in more.items() if value not in (0, -1)}


def _cell_row(cell: Cell) -> dict[str, Any]:
    row = {"id": cell.id, "value": cell.value}
    return row if cell.tag < 0 else row | {"tag": cell.tag}


def _lane_row(lane: LaneState) -> dict[str, Any]:
    names = ("lane", "status", "operation", "argument", "number", "attempts", "losses", "site")
    row = {name: getattr(lane, name) for name in names}
    return row | {"locals": {local.name: {"value": local.value, "cell": local.cell} for local in lane.locals.values()}}
