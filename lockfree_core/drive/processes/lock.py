"""A lock between processes, as the engine knows it: who has it, and who waits.

Whether it is free the engine does not decide. A process that wants it tries, on the real lock, and says what came of
it; one that did not get it stands still, as it would inside the operating system, until the lock was freed.
"""

# ruff: noqa: B007 - a loop with a break draws the next number without a call, see traced_cells

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockfree_core.drive.lane import Lane
from lockfree_core.drive.processes.lane import DEAD
from lockfree_core.drive.traced_lock import TracedLock
from lockfree_core.trace.layout import Kind

if TYPE_CHECKING:
    from lockfree_core.drive.processes.memory import ProcessMemory

__all__ = ["ProcessLock"]


class ProcessLock(TracedLock):
    """The lock of that number in shared memory."""

    def __init__(self, memory: ProcessMemory, cell_id: int, number: int) -> None:
        super().__init__(memory, cell_id)
        self._processes = memory
        self._number = number

    def _take(self, lane: Lane, site: int, otherwise: Kind | None) -> bool:
        memory, process = self._processes, _process(lane)
        with memory.turn:
            answer = process.let_and_hear()
            # One that died in it has it, if it is held and nobody else has it.
            taken = self.holder is None and bool(memory.children.peek(self._number)) if answer is DEAD else bool(answer)
            if taken or (answer is not DEAD and otherwise is not None):
                sequence = memory.draw()
            holder = self.holder
            if taken:
                self.holder = lane
                if lane in self.waiters:
                    self.waiters.remove(lane)
            elif answer is not DEAD and otherwise is not None:
                self.waiters.append(lane)
        if taken:
            lane.holding += 1
            lane.write(sequence, Kind.LOCK_ACQUIRED, site, self.cell_id, 0, 0, 0)
        elif answer is not DEAD and otherwise is not None:
            assert holder is not None, "a lock that nobody holds was refused"
            lane.write(sequence, otherwise, site, self.cell_id, holder.index, 0, 0)
        if answer is DEAD:
            memory.bury(process)
        return taken

    def _give_up(self, lane: Lane) -> int:
        memory, process = self._processes, _process(lane)
        with memory.turn:
            answer = process.let_and_hear()
            freed = answer is not DEAD or not memory.children.peek(self._number)
            if freed:
                sequence = memory.draw()
                self.holder = None
        if not freed:
            memory.bury(process)
        return sequence


def _process(lane: Lane) -> Any:
    return lane
