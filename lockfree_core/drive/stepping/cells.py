"""Cells of the scheduled memory: each access stops before it acts, acts whole, and is recorded."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any

from lockfree_core.drive.stepping.pending import Pending
from lockfree_core.trace.layout import Kind

if TYPE_CHECKING:
    from lockfree_core.drive.stepping.lane import SteppedLane
    from lockfree_core.drive.stepping.memory import ScheduledMemory

__all__ = ["ScheduledInteger", "ScheduledReference", "ScheduledVersioned"]


class _Cell:
    """What all cells have: a value and its code, a number, a name, and the node that it is part of, if any."""

    __slots__ = ("_memory", "_value", "cell_id", "code", "name", "node")

    def __init__(self, memory: ScheduledMemory, initial: Any, cell_id: int, name: str) -> None:
        self._memory = memory
        self._value = initial
        self.cell_id = cell_id
        self.code = memory.encode(initial)
        self.name = name
        self.node: Any = None

    @property
    def value(self) -> Any:
        """A peek, not recorded."""
        return self._value

    def reset(self, initial: Any) -> None:
        """Initialise anew, as part of a node that is used again."""
        self._set(initial)

    def _set(self, value: Any) -> None:
        self._value = value
        self.code = self._memory.encode(value)

    def _check(self, what: str) -> None:
        """Tell of it where the cell is part of a freed node."""
        if self.node is not None and self.node.trace_freed:
            self._memory.check_alive(self.node, f"{self._memory.recorder.words.cell(self.cell_id)} {what}")

    def _check_target(self, value: Any) -> None:
        """Tell of it where a root cell leads to a freed node."""
        if self.node is None:
            self._memory.check_target(value, self.cell_id)


class ScheduledReference(_Cell):
    """A reference: compare-and-swap by identity."""

    __slots__ = ()

    def load(self) -> Any:
        memory = self._memory
        if memory.lane is None or memory.detached:
            return self._value
        frame = sys._getframe(1)
        site, target, _ = memory.recorder.site(frame, "load")
        lane = memory.turn(Pending("load", site, self.cell_id), frame)
        self._check("is read")
        lane.bound(target, self._value, self.cell_id)
        memory.recorder.write(lane, Kind.LOAD, site, self.cell_id, self.code, self.code, 0)
        return self._value

    def store(self, value: Any) -> None:
        memory = self._memory
        if memory.lane is None or memory.detached:
            self._set(value)
            return
        frame = sys._getframe(1)
        site, _, _ = memory.recorder.site(frame, "store")
        lane = memory.turn(Pending("store", site, self.cell_id, after=memory.encode(value)), frame)
        self._check("is written")
        before = self.code
        self._set(value)
        lane.stored(self.name)
        memory.recorder.write(lane, Kind.STORE, site, self.cell_id, before, self.code, 0)
        self._check_target(value)

    def compare_and_swap(self, expected: Any, new: Any) -> bool:
        memory = self._memory
        if memory.lane is None or memory.detached:
            won = self._holds(expected)
            if won:
                self._set(new)
            return won
        frame = sys._getframe(1)
        site, _, decisive = memory.recorder.site(frame, "compare_and_swap")
        wanted, other = memory.encode(new), memory.encode(expected)
        lane = memory.turn(Pending("compare_and_swap", site, self.cell_id, other, wanted), frame)
        self._check("is swapped")
        seen = self.code
        won = self._holds(expected)
        if won:
            self._set(new)
        lane.decided(won, decisive, self.name)
        kind, aux = (Kind.CAS_WON, 0) if won else (Kind.CAS_LOST, other)
        memory.recorder.write(lane, kind, site, self.cell_id, seen, wanted, aux)
        if won:
            self._check_target(new)
        return won

    def get_and_set(self, new: Any) -> Any:
        return self._exchange("get_and_set", lambda old: new, sys._getframe(1), self._memory.encode(new))

    def _exchange(self, access: str, function: Callable[[Any], Any], frame: FrameType, operand: int) -> Any:
        memory = self._memory
        if memory.lane is None or memory.detached:
            old = self._value
            self._set(function(old))
            return old
        site, target, _ = memory.recorder.site(frame, access)
        lane = memory.turn(Pending(access, site, self.cell_id, after=operand), frame)
        self._check("is swapped")
        old, before = self._value, self.code
        self._set(function(old))
        lane.stored(self.name)
        lane.bound(target, old, 0)  # taken out of the cell: no copy of it that could go stale
        memory.recorder.write(lane, Kind.EXCHANGE, site, self.cell_id, before, self.code, 0)
        self._check_target(self._value)
        return old

    def _holds(self, expected: Any) -> bool:
        return self._value is expected


class ScheduledInteger(ScheduledReference):
    """An integer: compare-and-swap by equality."""

    __slots__ = ()

    def fetch_add(self, amount: int) -> int:
        return int(self._exchange("fetch_add", lambda old: old + amount, sys._getframe(1), self._memory.encode(amount)))

    def _holds(self, expected: Any) -> bool:
        return bool(self._value == expected)


class ScheduledVersioned(_Cell):
    """A reference with a version; each record is followed by a WIDE one that carries the versions.

    ``mask`` is what the version is masked with after each change. A node that is used again keeps its cells' versions,
    as memory that stays what it is does.
    """

    __slots__ = ("_version", "mask")

    def __init__(self, memory: ScheduledMemory, initial: Any, cell_id: int, name: str) -> None:
        super().__init__(memory, initial, cell_id, name)
        self._version = 0
        self.mask = -1

    @property
    def version(self) -> int:
        """A peek, not recorded."""
        return self._version

    def get(self) -> tuple[Any, int]:
        memory = self._memory
        if memory.lane is None or memory.detached:
            return self._value, self._version
        frame = sys._getframe(1)
        site, _, _ = memory.recorder.site(frame, "get")
        lane = memory.turn(Pending("get", site, self.cell_id), frame)
        self._check("is read")
        lane.read(self._value, self.cell_id)
        memory.recorder.write(lane, Kind.LOAD, site, self.cell_id, self.code, self.code, 0)
        self._write_versions(lane, site, self._version, self._version)
        return self._value, self._version

    def compare_and_swap(self, expected: Any, expected_version: int, new_value: Any) -> bool:
        memory = self._memory
        if memory.lane is None or memory.detached:
            won = self._value is expected and self._version == expected_version
            if won:
                self._set(new_value)
            return won
        frame = sys._getframe(1)
        site, _, decisive = memory.recorder.site(frame, "compare_and_swap")
        wanted, other = memory.encode(new_value), memory.encode(expected)
        pending = Pending("compare_and_swap", site, self.cell_id, other, wanted, expected_version)
        lane = memory.turn(pending, frame)
        self._check("is swapped")
        seen, version = self.code, self._version
        won = self._value is expected and version == expected_version
        if won:
            self._set(new_value)
        lane.decided(won, decisive, self.name)
        kind, aux = (Kind.CAS_WON, 0) if won else (Kind.CAS_LOST, other)
        memory.recorder.write(lane, kind, site, self.cell_id, seen, wanted, aux)
        self._write_versions(lane, site, version, expected_version)
        if won:
            self._check_target(new_value)
        return won

    def _set(self, value: Any) -> None:
        super()._set(value)
        self._version = (self._version + 1) & self.mask

    def _write_versions(self, lane: SteppedLane, site: int, before: int, expected: int) -> None:
        self._memory.recorder.write(
            lane, Kind.WIDE, site, self.cell_id, before & 0xFFFF_FFFF, self._version & 0xFFFF_FFFF,
            expected & 0xFFFF_FFFF,
        )  # fmt: skip
