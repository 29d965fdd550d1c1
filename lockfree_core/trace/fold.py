"""The reference fold: what the shared memory and the lanes look like after a stretch of records.

It says what records mean, in the plainest way there is; the browser's fold is the quick one. Records are taken as
tuples in the order of ``layout.FIELDS``: from ``layout.RECORD.iter_unpack(data)``, or from a structured array's
``tolist()``. What must hold: from a snapshot, with all records up to a later one, the fold arrives at the later one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from lockfree_core.errors import TraceError
from lockfree_core.trace.layout import RECORD, RECORD_BYTES, Kind
from lockfree_core.trace.state import Cell, LaneState, Local, Lock, Node, State

__all__ = ["Fold", "Names"]

UNNAMED: Final = "(new)"  # the local that holds a node which was allocated without being bound to a name

_ACCESSES: Final = frozenset({Kind.LOAD, Kind.STORE, Kind.EXCHANGE, Kind.CAS_WON, Kind.CAS_LOST})
_DELAYED: Final = ("delay", "backoff")
_WRAP: Final = 0xFFFF_FFFF


class Names:
    """All names reports so far, by id."""

    def __init__(self, reports: Iterable[Mapping[str, Any]] = ()) -> None:
        self.sites: dict[int, Mapping[str, Any]] = {}
        self.cells: dict[int, Mapping[str, Any]] = {}
        self.types: dict[int, Mapping[str, Any]] = {}
        self.values: dict[int, Mapping[str, Any]] = {}
        self.operations: dict[int, Mapping[str, Any]] = {}
        for report in reports:
            self.add(report)

    def add(self, report: Mapping[str, Any]) -> None:
        """Take a names report."""
        for name in ("sites", "cells", "types", "values", "operations"):
            getattr(self, name).update({item["id"]: item for item in report.get(name, ())})

    def target(self, site: int) -> str | None:
        """The local that an access there is bound to."""
        found = self.sites.get(site)
        return None if found is None else found["target"]

    def is_pooled(self, kind: int) -> bool:
        """Whether nodes of that type live on the simulated heap, which never forgets one."""
        return bool(self.types.get(kind, {}).get("pooled", False))

    def is_decisive(self, site: int) -> bool:
        """Whether the algorithm uses the result of the compare-and-swap there."""
        found = self.sites.get(site)
        return True if found is None else bool(found["decisive"])


class Fold:
    """Takes records into a state. ``names`` may grow meanwhile."""

    def __init__(self, names: Names, state: State | None = None) -> None:
        self.names = names
        self.state = state or State()

    @classmethod
    def from_snapshot(cls, message: Mapping[str, Any], names: Names) -> Fold:
        """A fold that begins with the state that a snapshot describes."""
        state = State(message["sequence"], message["time"])
        state.cells = {
            row["id"]: Cell(row["id"], value=row["value"], tag=row.get("tag", -1)) for row in message["cells"]
        }
        for row in message["nodes"]:
            cells = [row["first"] + index for index in range(len(row["cells"]))]
            state.cells |= {cell: Cell(cell, row["id"], code) for cell, code in zip(cells, row["cells"], strict=True)}
            state.nodes[row["id"]] = Node(
                row["id"], row["type"], row["value"], cells, row["owner"], row["published"], row["removed"],
                freed=row.get("freed", False), retired=row.get("retired", -1), pooled=names.is_pooled(row["type"]),
                generation=row.get("generation", 0),
            )  # fmt: skip
        state.locks = {row["cell"]: Lock(row["cell"], row["holder"], list(row["waiters"])) for row in message["locks"]}
        fold = cls(names, state)
        for row in message["lanes"]:
            fold._read_lane(row)
        return fold

    def _read_lane(self, row: Mapping[str, Any]) -> None:
        lane = self._lane(row["lane"])
        for name in ("status", "operation", "argument", "number", "attempts", "losses", "site"):
            setattr(lane, name, row[name])
        for name, local in row["locals"].items():
            lane.locals[name] = Local(name, local["value"], local["cell"], 0, self.state.sequence)

    def apply_bytes(self, data: bytes | memoryview) -> None:
        """Take packed records.

        Raises:
            TraceError: as ``apply`` does, or when it is no whole number of records.
        """
        if len(data) % RECORD_BYTES:
            raise TraceError(f"{len(data)} bytes are no whole number of records of {RECORD_BYTES} bytes")
        self.apply_all(RECORD.iter_unpack(data))

    def apply_all(self, records: Iterable[tuple[int, ...]]) -> None:
        """Take records.

        Raises:
            TraceError: as ``apply`` does.
        """
        for record in records:
            self.apply(record)

    def apply(self, record: tuple[int, ...]) -> None:
        """Take one record.

        Raises:
            TraceError: when it does not follow the one before it, is of an unknown kind, or names what never came.
        """
        time, short, number, kind, site, cell, before, after, aux = record
        state = self.state
        if short != (state.sequence + 1) & _WRAP:
            raise TraceError(f"record {state.sequence + 1} expected; got one with sequence number {short}")
        try:
            handler = getattr(self, f"_on_{Kind(kind).name.lower()}")
        except ValueError:
            raise TraceError(f"record {state.sequence + 1} is of the unknown kind {kind}") from None
        state.sequence += 1
        state.time = time
        state.accesses += kind in _ACCESSES
        lane = self._lane(number)
        if site:
            lane.site = site
        if lane.status in _DELAYED and kind != Kind.LOST:
            lane.status = "idle" if lane.operation < 0 else "running"
            lane.delayed = 0
        try:
            handler(lane, site, cell, before, after, aux)
        except KeyError as error:
            raise TraceError(f"record {state.sequence} uses {error}, which was never announced") from None

    # -- operations

    def _on_begin(self, lane: LaneState, site: int, operation: int, before: int, argument: int, number: int) -> None:
        lane.locals.clear()
        lane.operation, lane.argument, lane.number = operation, argument, number
        lane.attempts = lane.losses = lane.site = 0
        lane.status = "running"

    def _on_end(self, lane: LaneState, *fields: int) -> None:
        lane.locals.clear()
        lane.operation = -1
        lane.status = "idle"
        lane.counts.operations += 1

    # -- accesses

    def _on_load(self, lane: LaneState, site: int, cell: int, before: int, value: int, aux: int) -> None:
        found = self._cell(cell)
        found.value = value
        self._bind(lane, self.names.target(site), value, found)

    def _on_store(self, lane: LaneState, site: int, cell: int, before: int, value: int, aux: int) -> None:
        self._write(lane, cell, value)

    def _on_exchange(self, lane: LaneState, site: int, cell: int, before: int, value: int, aux: int) -> None:
        self._write(lane, cell, value)
        self._bind(lane, self.names.target(site), before, None)

    def _on_cas_won(self, lane: LaneState, site: int, cell: int, before: int, value: int, aux: int) -> None:
        self._write(lane, cell, value)
        counts = lane.counts
        if not self.names.is_decisive(site):
            counts.help += 1
            counts.help_won += 1
            return
        lane.attempts += 1
        lane.streak = 0
        counts.attempts += 1
        counts.wins += 1

    def _on_cas_lost(self, lane: LaneState, site: int, cell: int, seen: int, wanted: int, expected: int) -> None:
        self._cell(cell).value = seen
        counts = lane.counts
        if not self.names.is_decisive(site):
            counts.help += 1
            return
        lane.attempts += 1
        lane.losses += 1
        lane.streak += 1
        counts.attempts += 1
        counts.losses += 1
        counts.longest_streak = max(counts.longest_streak, lane.streak)

    def _on_local(self, lane: LaneState, site: int, name: int, cell: int, value: int, gone: int) -> None:
        text = str(self.names.values[name]["text"])
        if gone:
            lane.locals.pop(text, None)
        else:
            self._bind(lane, text, value, self._cell(cell) if cell else None)

    def _on_wide(self, lane: LaneState, site: int, cell: int, before: int, after: int, expected: int) -> None:
        """Versions of the record before it."""
        self._cell(cell).tag = after

    # -- nodes

    def _on_allocate(self, lane: LaneState, site: int, number: int, first: int, value: int, kind: int) -> None:
        state = self.state
        cells = [first + index for index in range(len(self.names.types[kind]["fields"]))]
        state.cells.update({cell: Cell(cell, number) for cell in cells})
        state.nodes[number] = Node(
            number, kind, value, cells, lane.lane, allocated=state.sequence, pooled=self.names.is_pooled(kind)
        )
        self._bind(lane, self.names.target(site) or UNNAMED, number, None)

    def _on_reuse(self, lane: LaneState, site: int, number: int, generation: int, value: int, kind: int) -> None:
        node = self.state.nodes[number]
        node.type, node.value, node.freed, node.allocated = kind, value, False, self.state.sequence
        node.retired, node.generation = -1, generation
        for cell in node.cells:
            self.state.cells[cell].value = 0
        if number not in self.state.inside():
            node.owner, node.published = lane.lane, False
        self._bind(lane, self.names.target(site) or UNNAMED, number, None)

    def _on_retire(self, lane: LaneState, site: int, number: int, *fields: int) -> None:
        if number in self.state.nodes:
            self.state.nodes[number].retired = lane.lane

    def _on_free(self, lane: LaneState, site: int, number: int, *fields: int) -> None:
        if number in self.state.nodes:
            node = self.state.nodes[number]
            node.freed, node.retired = True, -1

    # -- locks

    def _on_lock_wait(self, lane: LaneState, site: int, cell: int, holder: int, *fields: int) -> None:
        self._lock(cell).waiters.append(lane.lane)
        lane.status = "waiting"

    def _on_lock_acquired(self, lane: LaneState, site: int, cell: int, *fields: int) -> None:
        lock = self._lock(cell)
        lock.holder = lane.lane
        lock.waiters = [waiter for waiter in lock.waiters if waiter != lane.lane]
        lane.status = "running"

    def _on_lock_released(self, lane: LaneState, site: int, cell: int, *fields: int) -> None:
        self._lock(cell).holder = -1

    # -- lanes

    def _on_backoff(self, lane: LaneState, site: int, cell: int, losses: int, us: int, aux: int) -> None:
        lane.status, lane.delayed = "backoff", us

    def _on_delay(self, lane: LaneState, site: int, cell: int, sleeps: int, us: int, aux: int) -> None:
        lane.status, lane.delayed = "delay", us

    def _on_frozen(self, lane: LaneState, site: int, cell: int, before: int, after: int, position: int) -> None:
        lane.status, lane.position = "frozen", position

    def _on_thawed(self, lane: LaneState, *fields: int) -> None:
        waits = any(lane.lane in lock.waiters for lock in self.state.locks.values())
        lane.status = "waiting" if waits else "idle" if lane.operation < 0 else "running"
        lane.position = -1

    def _on_killed(self, lane: LaneState, site: int, cell: int, before: int, after: int, position: int) -> None:
        lane.status, lane.position = "killed", position

    def _on_fault(self, lane: LaneState, site: int, message: int, node: int, after: int, goes_on: int) -> None:
        if goes_on:
            return
        lane.locals.clear()
        lane.status = "raised"

    def _on_started(self, lane: LaneState, *fields: int) -> None:
        lane.locals.clear()
        lane.status, lane.operation, lane.position, lane.streak = "idle", -1, -1, 0

    def _on_stopped(self, lane: LaneState, *fields: int) -> None:
        lane.locals.clear()
        lane.status, lane.operation = "stopped", -1

    def _on_lost(self, lane: LaneState, site: int, cell: int, first: int, last: int, count: int) -> None:
        self.state.sequence += (last - first) & _WRAP
        self.state.dubious += count

    # -- inside

    def _lane(self, number: int) -> LaneState:
        lanes = self.state.lanes
        while len(lanes) <= number:
            lanes.append(LaneState(len(lanes)))
        return lanes[number]

    def _cell(self, number: int) -> Cell:
        """The cell; one whose node's allocation was lost gets no place in the state."""
        if number in self.names.cells:
            return self.state.cells.setdefault(number, Cell(number))
        return self.state.cells.get(number) or Cell(number, -1)

    def _lock(self, cell: int) -> Lock:
        return self.state.locks.setdefault(cell, Lock(cell))

    def _bind(self, lane: LaneState, name: str | None, value: int, cell: Cell | None) -> None:
        if name is not None:
            number, version = (0, 0) if cell is None else (cell.id, cell.version)
            lane.locals[name] = Local(name, value, number, version, self.state.sequence)

    def _write(self, lane: LaneState, number: int, value: int) -> None:
        cell = self._cell(number)
        cell.version += cell.value != value
        cell.value, cell.writer, cell.sequence = value, lane.lane, self.state.sequence
        node = self.state.nodes.get(value)
        # The walk from the roots comes last: it takes as long as there are nodes, and is needed once in a node's life.
        if node and not node.published and (cell.node == 0 or cell.node in self.state.inside()):
            self._publish(value)

    def _publish(self, number: int) -> None:
        nodes = self.state.nodes
        for reached in self.state.reachable([number]):
            nodes[reached].published = True
            nodes[reached].owner = -1
