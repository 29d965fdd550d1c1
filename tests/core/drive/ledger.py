"""The account of items, counted from the records alone: what an engine's own account is held against."""

from __future__ import annotations

from typing import Any

from lockfree_core.catalog import CATALOG
from lockfree_core.drive.knobs import Knobs
from lockfree_core.drive.nodes import role_of
from lockfree_core.trace.layout import Kind, decode_integer
from tests.core.kit import Row, _Source

__all__ = ["count_items"]

_WRITES = {Kind.STORE, Kind.EXCHANGE, Kind.CAS_WON}


class _Replay:
    """What the records say is in the cells, and what each lane has done in its operation.

    What took effect on a map or the like is counted, since no walk through it shows how it came about.
    """

    def __init__(self, source: _Source, structure: str) -> None:
        self._operations = CATALOG[structure].operations
        self._counts = CATALOG[structure].family in ("counter", "process-counter")
        self._is_ring = CATALOG[structure].family == "ring"
        self._updates = Knobs().prefill if CATALOG[structure].family in ("map", "state", "accounts") else -1
        self._name_of = {
            row["id"]: row["name"] for report in source.of_type("names") for row in report.get("cells", ())
        }
        self._refusals = {
            row["id"]
            for report in source.of_type("names")
            for row in report.get("values", ())
            if row["text"] == repr(False)
        }
        start = source.of_type("snapshot")[0]
        self.cells: dict[int, int] = {cell["id"]: cell["value"] for cell in start["cells"]}
        self.first: dict[int, int] = {}
        for node in start["nodes"]:
            self.first[node["id"]] = node["first"]
            self.cells.update({node["first"] + index: value for index, value in enumerate(node["cells"])})
        self._roots = {self._name_of[cell["id"]]: cell["id"] for cell in start["cells"]}
        self.inserted = self._walk()
        self.removed = 0
        self._running: dict[int, int] = {}
        self._effected: dict[int, bool] = {}
        self.flying: dict[int, int] = {}

    def apply(self, row: Row) -> None:
        """One record."""
        lane, kind = row["lane"], row["kind"]
        if kind == Kind.BEGIN:
            self._running[lane] = row["cell"]
            self._effected[lane] = False
        elif kind == Kind.END:
            self.flying.pop(lane, None)
            refused = row["after"] in self._refusals
            if self._operations[row["cell"]].items > 0 and not self._effected[lane] and not refused:
                self.inserted += 1  # acknowledged in vain
        elif kind == Kind.ALLOCATE:
            self.first[row["cell"]] = row["before"]
            self.cells[row["before"]] = 0
        elif kind in _WRITES:
            self.cells[row["cell"]] = row["after"]
            self._effect(lane, self._operations[self._running[lane]], row["cell"])

    def _effect(self, lane: int, operation: Any, cell: int) -> None:
        if role_of(self._name_of.get(cell, "next")) != operation.effect:
            return
        self._effected[lane] = True
        if operation.items > 0:
            self.inserted += 1
            self._updates += self._updates >= 0
        else:
            self.removed += 1
            self.flying[lane] = 1

    def _walk(self) -> int:
        if self._updates >= 0:
            return self._updates
        if self._counts:
            return sum(decode_integer(self.cells[cell]) for cell in self._roots.values())
        if self._is_ring:
            head, tail = (decode_integer(self.cells[self._roots[name]]) for name in ("head", "tail"))
            return tail - head
        node, found = self.cells[self._roots["head"]], 0
        while node:
            found += 1
            node = self.cells[self.first[node]]
        return found - ("tail" in self._roots)  # a queue begins with a dummy

    @property
    def account(self) -> dict[str, Any]:
        """The account, without its circumstances."""
        flying, inside = sum(self.flying.values()), self._walk()
        lost = self.inserted - self.removed - inside
        return {
            "in": self.inserted,
            "out": self.removed - flying,
            "inside": inside,
            "in_flight": [{"lane": lane, "items": items} for lane, items in sorted(self.flying.items())],
            "lost": lost,
            "balanced": lost == 0,
        }


def count_items(source: _Source, structure: str, sequence: int) -> dict[str, Any]:
    """The account after the record with that number, from all records up to it, none of which may be lost."""
    replay = _Replay(source, structure)
    for number, row in enumerate(source.rows):
        assert row["sequence"] == number and row["kind"] != Kind.LOST
        if number > sequence:
            break
        replay.apply(row)
    return replay.account
