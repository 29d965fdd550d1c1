"""The traced memory: every access passes a gate, acts, and is recorded in exact order.

The cells are in ``traced_cells``, the mutex in ``traced_lock``; here is what they share: numbers, names, nodes, lanes.
"""

# ruff: noqa: B007 - a loop with a break draws the next number without a call, see traced_cells

from __future__ import annotations

import itertools
import random
import sys
import threading
from _thread import allocate_lock, get_ident
from collections.abc import Callable
from types import FrameType
from typing import Any, NamedTuple

from lockfree_core.drive.control import Control
from lockfree_core.drive.lane import FREE, Lane, Status
from lockfree_core.drive.nodes import plain_of, role_of
from lockfree_core.drive.sites import SiteTable
from lockfree_core.drive.traced_cells import make_cells
from lockfree_core.drive.traced_lock import TracedLock
from lockfree_core.memory.backoff import backoff_us
from lockfree_core.memory.cells import version_mask
from lockfree_core.trace.layout import INTEGER_FLAG, INTEGER_MAX, INTEGER_MIN, MAX_LANES, Kind
from lockfree_core.trace.words import FIRST_OBJECT

__all__ = ["NodeType", "TracedMemory"]


class NodeType(NamedTuple):
    """A class of nodes as the trace knows it: number, name, cells in order, and the class to make nodes of."""

    id: int
    name: str
    fields: tuple[str, ...]
    traced: Callable[..., Any]


class _Probe:
    """A memory that only notes which cells a node asks for."""

    def __init__(self) -> None:
        self.fields: list[str] = []

    def reference(self, initial: object, name: str = "") -> object:
        self.fields.append(name or f"cell {len(self.fields)}")
        return object()

    integer = reference

    def versioned(self, initial: object, name: str = "", bits: int = 0) -> object:
        return self.reference(initial, name)

    def thread_limit(self) -> int:
        return MAX_LANES


class TracedMemory:
    """Memory for one run: hands out traced cells, locks and nodes.

    Args:
        control: the gates' state.
        announce: called with each piece of names (``{"sites": [...]}`` and so on) before a record uses it.
    """

    def __init__(self, control: Control, announce: Callable[[dict[str, Any]], None]) -> None:
        self.control = control
        self.lanes: dict[int, Lane] = {}
        self.order = allocate_lock()
        self.sites = SiteTable(lambda site: announce({"sites": [site._asdict()]}))
        self.roots: list[Any] = []
        self.locks: list[Any] = []
        self.types: dict[Any, NodeType] = {}
        self._announce = announce
        self._names = threading.Lock()
        self._values: dict[str, int] = {}
        self._roles: dict[str, int] = {}
        self._next_object = FIRST_OBJECT
        self._next_cell = 1
        self._building = threading.local()
        self.counter = itertools.count()
        self._cells = make_cells(self, self.counter)
        control.note = self.note
        control.wake_waiters = self.wake_waiters

    # -- the Memory protocol

    def reference(self, initial: Any, name: str = "") -> Any:
        """A new reference cell."""
        return self._place(self._cells.reference, initial, name, "reference")

    def integer(self, initial: int, name: str = "") -> Any:
        """A new integer cell."""
        return self._place(self._cells.integer, initial, name, "integer")

    def versioned(self, initial: Any, name: str = "", bits: int = 0) -> Any:
        """A new versioned reference cell, whose version has so many bits; with 0 it never wraps."""
        cell = self._place(self._cells.versioned, initial, name, "versioned")
        cell.mask = version_mask(bits)
        return cell

    def lock(self, name: str = "lock") -> Any:
        """A new mutex, which shows who holds it and who waits."""
        lock = TracedLock(self, self._root_cell(name or "lock", "lock"))
        self.locks.append(lock)
        return lock

    def backoff(self) -> TracedMemory:
        """The policy of the knobs, which may change while the run goes on."""
        return self

    def pause(self, losses: int) -> None:
        """Back off as the knobs say now, and record it."""
        knobs = self.control.knobs
        if knobs.backoff == "none":
            return
        lane = self.lanes[get_ident()]
        us = round(backoff_us(knobs.backoff, knobs.backoff_base_us, knobs.backoff_cap_us, losses, lane.delays))
        if lane.attention:
            lane.gate(FREE)
        self.note(lane, Kind.BACKOFF, 0, 0, losses, us, 0)
        lane.backoff_us += us
        lane.sleep(us / 1e6, Status.BACKOFF)

    def random(self) -> random.Random:
        """The calling lane's own generator."""
        return self.lanes[get_ident()].delays

    def thread_index(self) -> int:
        """The calling lane's number."""
        return self.lanes[get_ident()].index

    def thread_limit(self) -> int:
        """How many lanes there may be."""
        return MAX_LANES

    def allocate(self, node: Callable[..., Any], *arguments: Any) -> Any:
        """A new node, of a subclass that carries its number; its cells get consecutive numbers."""
        lane = self.lanes[get_ident()]
        if lane.attention:
            lane.gate(FREE)
        kind = self.types.get(node) or self._learn(node, arguments)
        frame = sys._getframe(1)
        entry = self.sites.entries.get(id(frame.f_code) + frame.f_lasti) or self.resolve(frame, "allocate")
        fields = len(kind.fields)
        with self.order:
            for sequence in self.counter:
                break
            number, first = self._next_object, self._next_cell
            self._next_object = number + 1
            self._next_cell = first + fields
        building = self._building
        building.cells = iter(range(first, first + fields))
        building.filled = []
        made = kind.traced(self, *arguments)
        building.cells = None
        made.trace_id = number
        made.trace_cell = first
        lane.made.add(number)
        if entry[1]:
            lane.trail[entry[1]] = 0
        lane.site = entry[0]
        value = self.encode(plain_of(made))
        lane.write(sequence, Kind.ALLOCATE, entry[0], number, first, value, kind.id)
        for cell in building.filled:
            # A private store for each cell that does not begin with None, as an allocation alone would have it.
            self.note(lane, Kind.STORE, entry[0], cell.cell_id, 0, cell.code, 0)
        return made

    def retire(self, node: Any) -> None:
        """Record that the node was unlinked; Python's collection frees it."""
        self._mark(Kind.RETIRE, node)

    def free(self, node: Any) -> None:
        """Record that nobody uses the node again; Python's collection frees it."""
        self._mark(Kind.FREE, node)

    # -- names

    def encode(self, value: Any) -> int:
        """The code of a value; interns it where it is neither a node nor a small integer."""
        if value is None:
            return 0
        if type(value) is int and INTEGER_MIN <= value <= INTEGER_MAX:
            return (value & 0x7FFF_FFFF) | INTEGER_FLAG
        try:
            return value.trace_id  # type: ignore[no-any-return]
        except AttributeError:
            return self.intern(repr(value))

    def encode_arguments(self, arguments: tuple[Any, ...]) -> int:
        """The code of what an operation is called with: of its one argument, or of the text that lists several."""
        if len(arguments) > 1:
            return self.intern(", ".join(map(repr, arguments)))
        return self.encode(arguments[0]) if arguments else 0

    def intern(self, text: str) -> int:
        """The object id that stands for a text."""
        with self._names:
            number = self._values.get(text)
            if number is None:
                with self.order:
                    number = self._next_object
                    self._next_object += 1
                self._announce({"values": [{"id": number, "text": text}]})
                self._values[text] = number
            return number

    def role(self, name: str) -> int:
        """A number for what cells of that name are for, to compare quickly."""
        return self._roles.setdefault(role_of(name), len(self._roles))

    def resolve(self, frame: FrameType, access: str) -> tuple[int, str | None, bool]:
        """A site that has not been met before."""
        with self._names:
            return self.sites.resolve(frame, access)

    # -- records and lanes

    @property
    def sequence(self) -> int:
        """The last sequence number taken, -1 before the first."""
        return int(repr(self.counter)[6:-1]) - 1

    def begin(self) -> None:
        """The set-up is over: number records from 0."""
        self.counter = itertools.count()
        self._cells.count_with(self.counter)

    def register(self, lane: Lane) -> None:
        """The calling thread is this lane from now on."""
        self.lanes[get_ident()] = lane

    def note(self, lane: Lane, kind: int, site: int, cell: int, before: int, after: int, aux: int) -> None:
        """Write a record that is no access to a cell."""
        with self.order:
            for sequence in self.counter:
                break
        lane.write(sequence, kind, site, cell, before, after, aux)

    def wake_waiters(self) -> None:
        """Wake whoever can take a lock that is free."""
        for lock in self.locks:
            lock.wake_next()

    # -- inside

    def _mark(self, kind: Kind, node: Any) -> None:
        lane = self.lanes[get_ident()]
        if lane.attention:
            lane.gate(FREE)
        frame = sys._getframe(2)
        entry = self.sites.entries.get(id(frame.f_code) + frame.f_lasti) or self.resolve(frame, kind.name.lower())
        self.note(lane, kind, entry[0], node.trace_id, 0, 0, 0)

    def _learn(self, node: Any, arguments: tuple[Any, ...]) -> NodeType:
        probe = _Probe()
        node(probe, *arguments)
        with self._names:
            if node in self.types:
                return self.types[node]
            traced = type(node.__name__, (node,), {"__slots__": ("trace_cell", "trace_id"), "__module__": __name__})
            kind = NodeType(len(self.types) + 1, node.__name__, tuple(probe.fields), traced)
            self._announce({"types": [{"id": kind.id, "name": kind.name, "fields": list(kind.fields)}]})
            self.types[node] = self.types[traced] = kind
            return kind

    def _place(self, cell_class: Callable[..., Any], initial: Any, name: str, kind: str) -> Any:
        cells = getattr(self._building, "cells", None)
        if cells is not None:
            cell = cell_class(initial, next(cells), self.role(name))
            if cell.code:
                self._building.filled.append(cell)
            return cell
        cell = cell_class(initial, self._root_cell(name, kind), self.role(name))
        self.roots.append(cell)
        return cell

    def _root_cell(self, name: str, kind: str) -> int:
        with self._names, self.order:
            number = self._next_cell
            self._next_cell += 1
        self._announce({"cells": [{"id": number, "name": name or f"cell {number}", "kind": kind}]})
        return number
