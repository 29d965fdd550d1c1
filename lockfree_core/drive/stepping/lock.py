"""The mutex of the scheduled memory."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING

from lockfree_core.drive.stepping.pending import Pending
from lockfree_core.trace.layout import Kind

if TYPE_CHECKING:
    from lockfree_core.drive.stepping.lane import SteppedLane
    from lockfree_core.drive.stepping.memory import ScheduledMemory

__all__ = ["ScheduledLock"]


class ScheduledLock:
    """A mutex. A thread whose next step takes a held one queues up with that step, and cannot move until it is free."""

    __slots__ = ("_memory", "cell_id", "holder", "name", "waiters")

    def __init__(self, memory: ScheduledMemory, cell_id: int, name: str) -> None:
        self._memory = memory
        self.cell_id = cell_id
        self.name = name
        self.holder: SteppedLane | None = None
        self.waiters: list[SteppedLane] = []

    def __enter__(self) -> ScheduledLock:
        memory = self._memory
        if memory.lane is None or memory.detached:
            return self
        frame = sys._getframe(1)
        site, _, _ = memory.recorder.site(frame, "acquire")
        lane = memory.turn(Pending("acquire", site, self.cell_id), frame)
        while self.holder is not None:
            if lane not in self.waiters:
                self.waiters.append(lane)
                memory.recorder.write(lane, Kind.LOCK_WAIT, site, self.cell_id, self.holder.index, 0, 0)
            lane.waits_for = self
            memory.turn(Pending("acquire", site, self.cell_id), frame)
        lane.waits_for = None
        self.holder = lane
        if lane in self.waiters:
            self.waiters.remove(lane)
        memory.recorder.write(lane, Kind.LOCK_ACQUIRED, site, self.cell_id, 0, 0, 0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        memory = self._memory
        if memory.lane is None or memory.detached:
            return
        frame = sys._getframe(1)
        site, _, _ = memory.recorder.site(frame, "release")
        lane = memory.turn(Pending("release", site, self.cell_id), frame)
        self.holder = None
        memory.recorder.write(lane, Kind.LOCK_RELEASED, site, self.cell_id, 0, 0, 0)
