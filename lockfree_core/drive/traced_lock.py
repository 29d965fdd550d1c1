"""A mutex that shows who holds it and who waits, and that stays held when its holder is frozen or killed.

It barges, as ``threading.Lock`` does: a release frees it and wakes the one who has waited longest, but whoever comes
first takes it.
"""

# ruff: noqa: B007 - a loop with a break draws the next number without a call, see traced_cells

from __future__ import annotations

import sys
from _thread import get_ident
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

from lockfree_core.drive.lane import ACCESS, FREE, Lane, Status
from lockfree_core.trace.layout import Kind

if TYPE_CHECKING:
    from lockfree_core.drive.traced import TracedMemory

__all__ = ["TracedLock"]


class TracedLock:
    """A mutex of a traced memory. State changes happen under the order lock, so their order is exact."""

    def __init__(self, memory: TracedMemory, cell_id: int) -> None:
        self._memory = memory
        self.cell_id = cell_id
        self.holder: Lane | None = None
        self.waiters: list[Lane] = []

    def __enter__(self) -> None:
        self.acquire(self._memory.lanes[get_ident()], self._site(sys._getframe(1), "acquire"))

    def acquire(self, lane: Lane, site: int) -> None:
        """Return when the lane has it."""
        memory = self._memory
        if lane.attention:
            lane.gate(ACCESS)
        lane.site = site
        if self._take(lane, site, Kind.LOCK_WAIT):
            return
        lane.set_status(Status.WAITING)
        lane.waits_for = self
        while True:
            while not (lane.lock_freed or lane.granted):
                lane.park()
                if lane.pending is not None and not memory.control.barrier:
                    lane.gate(FREE)
            if lane.attention:
                lane.gate(ACCESS)
            lane.lock_freed = False
            if self._take(lane, site, None):
                break
        lane.waits_for = None
        lane.set_status(Status.RUNNING)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release(self._memory.lanes[get_ident()], self._site(sys._getframe(1), "release"))

    def release(self, lane: Lane, site: int) -> None:
        """The lane, which has it, lets go of it."""
        if lane.attention:
            lane.gate(ACCESS)
        lane.site = site
        sequence = self._give_up(lane)
        lane.holding -= 1
        lane.write(sequence, Kind.LOCK_RELEASED, site, self.cell_id, 0, 0, 0)
        self.wake_next()

    def wake_next(self) -> None:
        """If the lock is free, wake the longest waiting lane that can run.

        Called at a release; also when a waiter is frozen (it may have been the one that was woken) or thawed.
        """
        with self._memory.control.mutex:
            if self.holder is not None:
                return
            for waiter in self.waiters:
                if not waiter.frozen and not waiter.killed:
                    waiter.lock_freed = True
                    waiter.poke()
                    break

    def _give_up(self, lane: Lane) -> int:
        """Free it; the number of that."""
        with self._memory.order:
            for sequence in self._memory.counter:
                break
            self.holder = None
        return sequence

    def _take(self, lane: Lane, site: int, otherwise: Kind | None) -> bool:
        """Try once; where it fails and ``otherwise`` is given, queue up and record that."""
        memory = self._memory
        with memory.order:
            holder = self.holder
            if holder is not None and otherwise is None:
                return False
            for sequence in memory.counter:
                break
            if holder is None:
                self.holder = lane
                if lane in self.waiters:
                    self.waiters.remove(lane)
            else:
                self.waiters.append(lane)
        if holder is None:
            lane.holding += 1
            lane.write(sequence, Kind.LOCK_ACQUIRED, site, self.cell_id, 0, 0, 0)
            return True
        assert otherwise is not None
        lane.write(sequence, otherwise, site, self.cell_id, holder.index, 0, 0)
        return False

    def _site(self, frame: FrameType, access: str) -> int:
        memory = self._memory
        entry = memory.sites.entries.get(id(frame.f_code) + frame.f_lasti) or memory.resolve(frame, access)
        return entry[0]
