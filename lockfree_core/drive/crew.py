"""Who runs the structure of a run: threads of the engine, or processes of their own (``drive.processes``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from lockfree_core.drive.account import count_inside, is_refused
from lockfree_core.drive.control import Control
from lockfree_core.drive.lane import Lane
from lockfree_core.drive.plan import Plan
from lockfree_core.drive.rings import LaneArea
from lockfree_core.drive.traced import TracedMemory
from lockfree_core.drive.worker import Worker
from lockfree_core.trace.layout import RECORD_BYTES

__all__ = ["Announce", "Crew", "Report", "ThreadCrew", "make_crew"]

Announce = Callable[[dict[str, Any]], None]
Report = Callable[[dict[str, Any]], None]


class Crew(Protocol):
    """What an engine asks of those who run its structure."""

    structure: Any

    @property
    def memory(self) -> TracedMemory:
        """What the lanes work on."""
        ...

    def set_up(self) -> int:
        """Make the structure and fill it; how many items are inside then."""
        ...

    def make_lane(self, index: int, area: LaneArea) -> Lane:
        """A lane that nobody runs yet."""
        ...

    def make_worker(self, lane: Lane) -> Worker:
        """Somebody who runs it."""
        ...

    def count_inside(self) -> int:
        """How many items are inside, at a standstill."""
        ...

    def close(self) -> None:
        """Leave nothing behind."""
        ...


def make_crew(plan: Plan, control: Control, announce: Announce, report: Report) -> Crew:
    """The crew that the plan wants. It announces names, and reports what the server should know.

    Raises:
        EngineError: when there cannot be one here.
    """
    if plan.processes:
        from lockfree_core.drive.processes.crew import ProcessCrew  # what threads run does without

        return ProcessCrew(plan, control, announce, report)
    return ThreadCrew(plan, control, announce)


class _Scratch:
    """Stands in for a lane's area while the structure is set up: what is recorded then is thrown away."""

    def __init__(self) -> None:
        self.records = memoryview(bytearray(RECORD_BYTES * 1024))
        self.publish = memoryview(bytearray(8)).cast("Q")
        self.status = memoryview(bytearray(8)).cast("Q")

    @property
    def tail(self) -> int:
        return self.publish[0]

    def write_counters(self, values: tuple[int, ...]) -> None:
        """Nobody reads them."""


class ThreadCrew:
    """Threads of this process, on a structure in traced memory."""

    def __init__(self, plan: Plan, control: Control, announce: Announce) -> None:
        self._plan = plan
        self._control = control
        self.memory = TracedMemory(control, announce)
        self.structure: Any = None

    def set_up(self) -> int:
        """Make and fill it in the calling thread, on a lane that nobody sees."""
        memory, plan = self.memory, self._plan
        scratch: Any = _Scratch()
        lane = Lane(0, self._control, scratch, plan.seed)
        lane.attention = lane.cas_attention = False
        memory.register(lane)
        self.structure = plan.factory(memory)
        insert = plan.operations[plan.insertion]
        method = getattr(self.structure, insert.name)
        values = lane.delays
        filled = 0
        for _ in range(plan.knobs.prefill):
            lane.trail = {}
            filled += not is_refused(method(*insert.draw_arguments(values.random)))
        memory.lanes.clear()
        return filled

    def make_lane(self, index: int, area: LaneArea) -> Lane:
        """A lane for a thread."""
        return Lane(index, self._control, area, self._plan.seed)

    def make_worker(self, lane: Lane) -> Worker:
        """The body of its thread."""
        return Worker(lane, self.memory, self.structure, self._plan)

    def count_inside(self) -> int:
        """By what the structure counts, or by a walk."""
        counted = count_inside(self.structure)
        return sum(1 for _ in self.structure) if counted is None else counted

    def close(self) -> None:
        """Threads end with their process."""
