"""What a worker thread does: draw an operation, run it on the structure, think, again."""

from __future__ import annotations

import random
from _thread import get_ident
from dataclasses import dataclass
from typing import Any

from lockfree_core.drive.account import is_refused
from lockfree_core.drive.lane import FREE, Lane, Status
from lockfree_core.drive.plan import Plan, Step
from lockfree_core.drive.traced import TracedMemory
from lockfree_core.trace.layout import Kind, Outcome

__all__ = ["Worker"]

_EMPTY = object()
_NOWHERE = -1  # where an operation takes effect that changes nothing


@dataclass(frozen=True, slots=True)
class _Method:
    """An operation bound to the structure."""

    index: int
    call: Any
    step: Step
    effect: int


class Worker:
    """The body of a lane's thread. The same seed draws the same operations and values in every run."""

    def __init__(self, lane: Lane, memory: TracedMemory, structure: Any, plan: Plan) -> None:
        self._lane = lane
        self._memory = memory
        self._control = memory.control
        self._draw = random.Random(f"{plan.seed}:{lane.index}:operations").random
        methods = [
            _Method(index, getattr(structure, step.name), step, memory.role(step.effect) if step.effect else _NOWHERE)
            for index, step in enumerate(plan.operations)
        ]
        self._insert = methods[plan.insertion]
        self._others = [methods[index] for index in plan.others]
        # Where nothing is ever taken out, nothing needs to be bounded.
        self._bounded = any(method.step.items < 0 for method in methods)
        # Insertions more than removals, counted from 0 up. Since the structure was last empty no lane has put in more
        # than this beyond what it took out, so bounding it bounds the structure; and it depends on the seed alone.
        self._surplus = 0

    def run(self) -> None:
        """Work until told to leave, or until an operation raises."""
        lane, memory = self._lane, self._memory
        memory.register(lane)
        memory.note(lane, Kind.STARTED, 0, 0, 0, 0, 0)
        try:
            while True:
                while self._operate() and not lane.leaving:
                    think = self._control.knobs.think_ms
                    if think:
                        lane.sleep(think / 1000, Status.IDLE)
                lane.gate(FREE)
                if self._leave():
                    return
        except BaseException as error:  # whatever an algorithm under study may raise, SystemExit among it
            self._fault(error)

    def _leave(self) -> bool:
        """Leave the run, unless the lane is wanted again by now."""
        lane = self._lane
        with self._control.mutex:
            if not lane.leaving:
                return False
            self._memory.note(lane, Kind.STOPPED, 0, 0, 0, 0, 0)
            self._end(Status.STOPPED)
            return True

    def _operate(self) -> bool:
        """One operation; False when the lane was told to leave before it began."""
        lane, note = self._lane, self._memory.note
        if lane.attention:
            lane.gate(FREE)
            if lane.leaving:
                return False
        method = self._choose()
        arguments = method.step.draw_arguments(self._draw)
        argument = self._memory.encode_arguments(arguments)
        self._begin(method, argument)
        note(lane, Kind.BEGIN, 0, method.index, 0, argument, lane.number)
        result = method.call(_EMPTY) if method.step.items < 0 else method.call(*arguments)
        if lane.attention:
            lane.gate(FREE)
        outcome = Outcome.EMPTY if result is _EMPTY else Outcome.VALUE
        code = 0 if result is _EMPTY else self._memory.encode(result)
        self._return(outcome, is_refused(result))
        note(lane, Kind.END, 0, method.index, lane.operation_wins + lane.operation_losses, code, outcome)
        lane.write_counters()
        return True

    def _choose(self) -> _Method:
        inserts = self._draw() * 100 < self._control.knobs.insert_share
        inserts = inserts and (self._surplus < self._control.room or not self._bounded)
        self._surplus = self._surplus + 1 if inserts else max(0, self._surplus - 1)
        if inserts:
            return self._insert
        others = self._others
        return others[int(self._draw() * len(others))] if len(others) > 1 else others[0]

    def _begin(self, method: _Method, argument: int) -> None:
        lane = self._lane
        lane.set_status(Status.RUNNING)
        lane.operation = method.index
        lane.argument = argument
        lane.number += 1
        lane.effect = method.effect
        lane.items = method.step.items
        lane.operation_wins = lane.operation_losses = 0
        lane.site = 0
        lane.effected = False
        lane.made.clear()
        lane.trail = {}

    def _return(self, outcome: Outcome, refused: bool) -> None:
        lane = self._lane
        lane.set_status(Status.IDLE)
        lane.operations += 1
        lane.empty += outcome
        lane.returned(refused)
        lane.operation = lane.effect = -1
        lane.trail = {}

    def _fault(self, error: BaseException) -> None:
        lane, memory = self._lane, self._memory
        text = f"{type(error).__name__}: {error}"
        lane.gate(FREE)
        memory.note(lane, Kind.FAULT, lane.site, memory.intern(text), 0, 0, 0)
        self._end(Status.RAISED)
        self._control.faulted()

    def _end(self, status: int) -> None:
        lane = self._lane
        lane.set_status(status)
        lane.granted = 0
        lane.write_counters()
        self._memory.lanes.pop(get_ident(), None)
        lane.parked = True
        self._control.arrived.set()
