"""A crew of processes: one for each lane, and a thread of the engine that takes it through the lane's gate."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from lockfree_core.drive.control import Control
from lockfree_core.drive.lane import Lane
from lockfree_core.drive.plan import Plan
from lockfree_core.drive.processes.children import Children
from lockfree_core.drive.processes.lane import ProcessLane
from lockfree_core.drive.processes.memory import ProcessMemory
from lockfree_core.drive.processes.store import check_store
from lockfree_core.drive.rings import LaneArea
from lockfree_core.drive.worker import Worker
from lockfree_core.errors import EngineError
from lockfree_core.trace.layout import Position

__all__ = ["ProcessCrew"]


class ProcessCrew:
    """Processes that share what the plan says.

    Raises:
        EngineError: where that is not to be had.
    """

    def __init__(
        self,
        plan: Plan,
        control: Control,
        announce: Callable[[dict[str, Any]], None],
        report: Callable[[dict[str, Any]], None],
    ) -> None:
        check_store(plan.processes)
        self._plan = plan
        self._control = control
        self._announce = announce
        self._report = report
        self._halted: dict[int, int] = {}  # by lane, the number of its process
        self._halting = threading.Lock()
        self.structure: Any = None  # each process has its own view of it, and the engine has none
        control.worker, control.workers, control.after_death = "process", "processes", "does not come back"
        self.children = Children(self._mourn, self._note_halt)
        self.memory = ProcessMemory(control, announce, self.children)

    def set_up(self) -> int:
        """Have it made and filled in the nursery."""
        plan = self._plan
        insert = plan.operations[plan.insertion]
        draw = random.Random(f"{plan.seed}:0:delays").random
        prefill = [insert.draw_arguments(draw) for _ in range(plan.knobs.prefill)]
        try:
            self.memory.adopt(self.children.make(plan.factory, plan.processes, insert.name, prefill))
        except BaseException:
            self.children.close()
            raise
        return len(prefill)

    def make_lane(self, index: int, area: LaneArea) -> Lane:
        """A lane for a process."""
        return ProcessLane(index, self._control, area, self._plan.seed, self._kill)

    def make_worker(self, lane: Lane) -> Worker:
        """A process for the lane, and the body of the thread that stands for it."""
        assert isinstance(lane, ProcessLane)
        pid, connection = self.children.fork(lane.index)
        lane.join(pid, connection)
        self._announce({"processes": [{"lane": lane.index, "pid": pid}]})
        return _Attendant(lane, self.memory, self._plan)

    def count_inside(self) -> int:
        """What the shared memory holds, not what the engine believes that it does."""
        return self.children.count_inside()

    def close(self) -> None:
        """End all processes; returns when they are gone."""
        self.children.close()

    def _mourn(self, index: int, pid: int, status: int) -> None:
        """A process has ended that nobody here has killed. One that was let go of ends with 0."""
        self._forget_halt(pid)
        lane = self._lane_of(index, pid)
        if status == 0 or lane is None:
            return
        lane.pid = 0
        with contextlib.suppress(EngineError):  # it is killed already, or has stopped
            self._control.stop_lane("kill", index, Position.ANYWHERE)

    def _lane_of(self, index: int, pid: int) -> Any:
        """The lane, if it is still that process which runs it."""
        return next(
            (lane for lane in self._control.lanes if lane.index == index and getattr(lane, "pid", 0) == pid), None
        )

    def _kill(self, pid: int) -> None:
        self.children.kill(pid)
        self._forget_halt(pid)

    def _note_halt(self, index: int, pid: int, is_halted: bool) -> None:
        """Somebody has halted a process, or let it go on. Where it is in an access, everybody waits for it."""
        if not is_halted:
            self._forget_halt(pid)
            return
        with self._halting:
            if self._lane_of(index, pid) is not None:  # or it was killed meanwhile
                self._halted[index] = pid
                self._tell_halted()

    def _forget_halt(self, pid: int) -> None:
        with self._halting:
            lane = next((lane for lane, halted in self._halted.items() if halted == pid), None)
            if lane is not None:
                del self._halted[lane]
                self._tell_halted()

    def _tell_halted(self) -> None:
        lanes = [{"lane": lane, "pid": pid} for lane, pid in sorted(self._halted.items())]
        self._report({"type": "halted", "lanes": lanes})


class _Attendant(Worker):
    """The body of a thread that stands for a process: it draws operations, which the process carries out."""

    def __init__(self, lane: ProcessLane, memory: ProcessMemory, plan: Plan) -> None:
        super().__init__(lane, memory, _Calls(lane, memory), plan)
        self._process = lane

    def run(self) -> None:
        """As a thread would; when it leaves, its process ends."""
        super().run()
        self._process.part()


class _Calls:
    """The structure as an attendant sees it: each method is a call in the lane's process."""

    def __init__(self, lane: ProcessLane, memory: ProcessMemory) -> None:
        self._lane = lane
        self._memory = memory

    def __getattr__(self, name: str) -> Any:
        return partial(self._memory.call, self._lane, name)
