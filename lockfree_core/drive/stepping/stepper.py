"""The deterministic driver: runs a program on a structure, a step at a time, as it is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from types import TracebackType
from typing import Any, Final

from lockfree_core.drive.account import count_inside, is_refused, make_account
from lockfree_core.drive.stepping.heap import Heap
from lockfree_core.drive.stepping.lane import SteppedLane
from lockfree_core.drive.stepping.memory import ScheduledMemory
from lockfree_core.drive.stepping.pending import Pending
from lockfree_core.drive.stepping.program import Call, Method, Program
from lockfree_core.drive.stepping.recorder import Recorder, StepRow
from lockfree_core.drive.stepping.start import start_snapshot
from lockfree_core.errors import ScheduleError
from lockfree_core.trace.layout import Kind, Position

__all__ = ["Stepper"]

_MOST_INSIDE: Final = 10_000  # a walk through a corrupted structure may go in circles


class Stepper:
    """An execution that is under way. Use it in a ``with``, or close it.

    Args:
        factory: makes the structure from a memory.
        methods: the structure's operations.
        program: what the threads do.
        seed: fixes what structures and back-off draw.
        backoff: ``none`` or ``exponential``.
        heap: the simulated heap; None: nodes are left to Python's collection.
    """

    def __init__(
        self, factory: Callable[[Any], Any], methods: Sequence[Method], program: Program, *, seed: int = 0,
        backoff: str = "none", heap: Heap | None = None,
    ) -> None:  # fmt: skip
        self.recorder = Recorder()
        self.memory = ScheduledMemory(self.recorder, len(program.threads), seed, backoff, heap)
        self.structure = factory(self.memory)
        self.prefilled = 0
        for call in program.start:
            self._prepare(call, methods)
        self.memory.enter_threads()
        self.start = start_snapshot(self.memory, [bool(calls) for calls in program.threads])
        self.methods = tuple(methods)
        self.lanes = [
            SteppedLane(index, calls, self.memory, self.structure, self.methods)
            for index, calls in enumerate(program.threads)
        ]
        for lane in self.lanes:
            if lane.calls:
                lane.resume()
        self.first = [lane.pending for lane in self.lanes]
        self.steps: list[StepRow] = []

    def why_stuck(self, thread: int) -> str | None:
        """Why a thread cannot move; None where it can."""
        if not 0 <= thread < len(self.lanes):
            return f"there is no thread {thread + 1}; there are {len(self.lanes)}"
        lane = self.lanes[thread]
        if lane.killed:
            return f"thread {thread + 1} was killed"
        if lane.raised:
            return f"thread {thread + 1} has raised {lane.raised}"
        if lane.ended:
            return f"thread {thread + 1} has ended"
        lock = lane.waits_for
        if lock is not None and lock.holder is not None:
            return f"thread {thread + 1} waits for {lock.name}, which thread {lock.holder.index + 1} holds"
        return None

    def movable(self) -> list[int]:
        """The threads that can move."""
        return [lane.index for lane in self.lanes if self.why_stuck(lane.index) is None]

    def step(self, thread: int) -> None:
        """Let a thread take its next step.

        Raises:
            ScheduleError: when it cannot; the message says why.
        """
        lane = self._find(thread)
        first, done = self._open(), lane.pending
        lane.rests_until = 0
        if lane.fresh and len(lane.starts) < lane.number:
            lane.starts.append(self.recorder.step)
        lane.resume()
        self._close(thread, first, done)

    def kill(self, thread: int) -> None:
        """Let a thread stop for ever where it stands; what it holds stays held.

        Raises:
            ScheduleError: when it has ended already.
        """
        reason = self.why_stuck(thread)
        if reason is not None and " waits for " not in reason:
            raise ScheduleError(reason)
        lane = self.lanes[thread]
        first = self._open()
        lane.killed = True
        was_fresh, lane.fresh = lane.fresh, False  # an operation that has not begun does not begin by this
        self.recorder.write(lane, Kind.KILLED, 0, 0, 0, 0, Position.ANYWHERE)
        lane.fresh = was_fresh
        self._close(thread, first, None)

    def account(self) -> dict[str, Any]:
        """The balance of items now, as the engine draws it up."""
        return make_account(
            "step", self.recorder.count - 1, self.prefilled + sum(lane.inserted for lane in self.lanes),
            sum(lane.removed for lane in self.lanes), self.inside(), {lane.index: lane.flying for lane in self.lanes},
        )  # fmt: skip

    def inside(self) -> int:
        """How many items a walk through the structure finds, or how many changes it has counted."""
        counted = count_inside(self.structure)
        if counted is not None:
            return counted
        return sum(1 for _ in islice(iter(self.structure), _MOST_INSIDE))

    def close(self) -> None:
        """Unwind whatever still runs. Idempotent."""
        self.memory.detached = True
        for lane in self.lanes:
            lane.abandon()

    def __enter__(self) -> Stepper:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- inside

    def _prepare(self, call: Call, methods: Sequence[Method]) -> None:
        result = getattr(self.structure, call.name)(*call.arguments)
        items = next((method.items for method in methods if method.name == call.name), 0)
        self.prefilled += 0 if is_refused(result) else items

    def _find(self, thread: int) -> SteppedLane:
        reason = self.why_stuck(thread)
        if reason is not None:
            raise ScheduleError(reason)
        return self.lanes[thread]

    def _open(self) -> int:
        self.recorder.step += 1
        return self.recorder.count

    def _close(self, thread: int, first: int, done: Pending | None) -> None:
        lane = self.lanes[thread]
        self.steps.append(StepRow(thread, first, self.recorder.count - first, done, lane.pending))
