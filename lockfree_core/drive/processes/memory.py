"""The engine's side of shared memory: it lets one process at a time do its access, and records what came of it.

It keeps no values of its own but the last that it was told; they are what the memory holds, for nobody writes unasked.
Where a process dies between being let and answering, the memory itself is asked whether the access was done.
"""

# ruff: noqa: B007 - a loop with a break draws the next number without a call, see traced_cells

from __future__ import annotations

import contextlib
from _thread import allocate_lock
from collections.abc import Callable
from typing import Any, Final

from lockfree_core.drive.control import Control
from lockfree_core.drive.lane import ACCESS, DECISIVE, FREE
from lockfree_core.drive.processes.children import Children
from lockfree_core.drive.processes.lane import DEAD, ProcessLane
from lockfree_core.drive.processes.lock import ProcessLock
from lockfree_core.drive.sites import Site
from lockfree_core.drive.traced import TracedMemory
from lockfree_core.errors import EngineError
from lockfree_core.trace.layout import Kind, Position

__all__ = ["ProcessMemory", "SharedCell"]


class SharedCell:
    """An integer that the processes share, as the engine knows it."""

    __slots__ = ("_memory", "cell_id", "number", "role", "value")

    def __init__(self, memory: ProcessMemory, number: int, cell_id: int, role: int, value: int) -> None:
        self._memory = memory
        self.number = number
        self.cell_id = cell_id
        self.role = role
        self.value = value

    @property
    def code(self) -> int:
        """The code of its value."""
        return self._memory.encode(self.value)

    def differs(self, expected: Any) -> bool:
        """Whether a compare-and-swap that expects ``expected`` would fail now. Not recorded."""
        return bool(self.value != expected)


class ProcessMemory(TracedMemory):
    """The memory of a run in processes.

    Args:
        control: the gates' state.
        announce: called with names before a record uses them.
        children: the way to the nursery.
    """

    def __init__(self, control: Control, announce: Callable[[dict[str, Any]], None], children: Children) -> None:
        super().__init__(control, announce)
        self.children = children
        self.turn = allocate_lock()  # whoever holds it lets its process do one access
        self._shared: list[Any] = []
        self._answers: Final[dict[str, Callable[..., None]]] = {
            "load": self._load,
            "store": self._store,
            "compare_and_swap": self._compare_and_swap,
            "fetch_add": self._fetch_add,
            "acquire": self._acquire,
            "release": self._release,
            "pause": self._pause,
            "site": self._adopt,
        }

    def adopt(self, made: list[tuple[str, str, int]]) -> None:
        """Take on what the nursery has made: kind, name and value of each."""
        for number, (kind, name, value) in enumerate(made):
            cell_id = self._root_cell(name, kind)
            if kind == "lock":
                lock = ProcessLock(self, cell_id, number)
                self.locks.append(lock)
                self._shared.append(lock)
            else:
                cell = SharedCell(self, number, cell_id, self.role(name), value)
                self.roots.append(cell)
                self._shared.append(cell)

    def call(self, lane: ProcessLane, name: str, *arguments: Any) -> Any:
        """Have an operation carried out in the lane's process, access by access. Never returns where that dies."""
        lane.told = {}
        lane.say((name, arguments))
        while True:
            message = lane.hear()
            if message is DEAD:
                self.bury(lane)
            verb = message[0]
            if verb == "return":
                lane.told = {}
                return message[1]
            if verb == "raised":
                lane.told = {}
                raise type(message[1], (Exception,), {})(message[2])
            self._answers[verb](lane, *message[1:])

    def draw(self) -> int:
        """The next sequence number."""
        with self.order:
            for sequence in self.counter:
                break
        return sequence

    def bury(self, lane: ProcessLane) -> None:
        """Its process is dead, and nobody here has killed it: the lane is killed where it stands, and never goes on."""
        lane.pid = 0
        with contextlib.suppress(EngineError):
            self.control.stop_lane("kill", lane.index, Position.ANYWHERE)
        while True:
            lane.gate(FREE)
            lane.park()

    # -- what a process announces

    def _adopt(self, lane: ProcessLane, fields: tuple[Any, ...], instruction: int) -> None:
        site = Site(*fields)
        with self._names:
            lane.sites[site.id] = self.sites.adopt(site, instruction)

    def _load(self, lane: ProcessLane, place: int, number: int) -> None:
        cell = self._shared[number]
        site, target, _ = lane.sites[place]
        if lane.attention:
            lane.gate(ACCESS)
        with self.turn:
            value = lane.let_and_hear()
            if value is not DEAD:
                sequence = self.draw()
                cell.value = value
        if value is DEAD:  # nobody can tell whether it has looked, and it makes no difference
            self.bury(lane)
        lane.site = site
        if target:
            lane.trail[target] = cell.cell_id
            lane.told[target] = value
        code = self.encode(value)
        lane.write(sequence, Kind.LOAD, site, cell.cell_id, code, code, 0)

    def _store(self, lane: ProcessLane, place: int, number: int, value: int) -> None:
        self._overwrite(lane, place, number, Kind.STORE, value)

    def _fetch_add(self, lane: ProcessLane, place: int, number: int, amount: int) -> None:
        self._overwrite(lane, place, number, Kind.EXCHANGE, amount)

    def _overwrite(self, lane: ProcessLane, place: int, number: int, kind: Kind, operand: int) -> None:
        """A store of ``operand``, or an exchange that adds it."""
        cell = self._shared[number]
        site, target, _ = lane.sites[place]
        effect = cell.role == lane.effect
        if lane.cas_attention:
            lane.gate(DECISIVE if effect else ACCESS, cell)
        with self.turn:
            before = cell.value
            answer = lane.let_and_hear()
            done = answer is not DEAD or self.children.peek(number) != before
            if done:
                sequence = self.draw()
                cell.value = before + operand if kind == Kind.EXCHANGE else operand
                old, new = self.encode(before), self.encode(cell.value)
        if done:
            lane.site = site
            if effect:
                lane.took_effect()
            if target:
                lane.trail[target] = 0  # taken out of the cell: no copy of it that could go stale
                lane.told[target] = answer
            lane.write(sequence, kind, site, cell.cell_id, old, new, 0)
        if answer is DEAD:
            self.bury(lane)

    def _compare_and_swap(self, lane: ProcessLane, place: int, number: int, expected: int, new: int) -> None:
        cell = self._shared[number]
        site, _, decisive = lane.sites[place]
        if lane.cas_attention:
            lane.gate(DECISIVE, cell, True, expected)
        with self.turn:
            before = cell.value
            answer = lane.let_and_hear()
            won = self.children.peek(number) != before if answer is DEAD else bool(answer)
            done = won or answer is not DEAD
            if done:
                sequence = self.draw()
                cell.value = new if won else before
        if done:
            lane.site = site
            lane.decided(won, decisive, cell.role)
            seen, wanted = self.encode(before), self.encode(new)
            kind, aux = (Kind.CAS_WON, 0) if won else (Kind.CAS_LOST, self.encode(expected))
            lane.write(sequence, kind, site, cell.cell_id, seen, wanted, aux)
        if answer is DEAD:
            self.bury(lane)

    def _acquire(self, lane: ProcessLane, place: int, number: int) -> None:
        self._shared[number].acquire(lane, lane.sites[place][0])

    def _release(self, lane: ProcessLane, place: int, number: int) -> None:
        self._shared[number].release(lane, lane.sites[place][0])

    def _pause(self, lane: ProcessLane, losses: int) -> None:
        self.pause(losses)
        lane.let()
