"""The state graph of a small program: every state that some schedule reaches, and every step between two of them.

Found by running the program anew for each step that has not been taken yet; two executions are in the same state where
their keys are equal (``state_key``). With the whole graph at hand a page can let a person schedule the threads with
nobody to run them.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from lockfree_core.drive.stepping.execution import describe_names, end_faults, outcome
from lockfree_core.drive.stepping.numbering import Numbering
from lockfree_core.drive.stepping.pending import Pending, describe_pending
from lockfree_core.drive.stepping.state_key import state_key
from lockfree_core.drive.stepping.stepper import Stepper
from lockfree_core.drive.stepping.told import tell_step

__all__ = ["MOST_SECONDS", "MOST_STATES", "explore"]

MOST_STATES: Final = 3000
MOST_SECONDS: Final = 20.0


def explore(
    open_stepper: Callable[[], Stepper], most_states: int = MOST_STATES, most_seconds: float = MOST_SECONDS
) -> dict[str, Any]:
    """All states of a program, those that take fewest steps first.

    Args:
        open_stepper: begins an execution of the program; each time the same one.
        most_states: how many states are looked for, at most.
        most_seconds: and for how long.

    Returns:
        Plain data; ``docs/protocol.md``, State graph, says what stands in it. Where a limit was reached, ``complete``
        is false, ``why`` says which, and the states with ``"open": true`` have steps that nobody has followed.
    """
    return _Search(open_stepper, most_states, time.monotonic() + most_seconds).run()


@dataclass(slots=True)
class _State:
    """A state, and the first shortest schedule that was found to lead to it."""

    path: tuple[int, ...]
    row: dict[str, Any]
    edges: list[dict[str, Any] | None]
    movable: list[int] = field(default_factory=list)


class _Search:
    def __init__(self, open_stepper: Callable[[], Stepper], most_states: int, until: float) -> None:
        self._open = open_stepper
        self._most = most_states
        self._until = until
        self._numbering = Numbering()
        self._states: list[_State] = []
        self._numbers: dict[str, int] = {}
        self._nexts: list[dict[str, Any]] = []
        self._next_numbers: dict[Pending, int] = {}
        self._why = ""

    def run(self) -> dict[str, Any]:
        with self._open() as stepper:
            self._numbering.learn(stepper.recorder)
            self._find(stepper, ())
            names = describe_names(stepper)
            head = {"snapshot": stepper.start, "threads": _threads(stepper)}
        for state in self._states:  # grows meanwhile
            for thread in state.movable:
                if not self._may_go_on():
                    state.row["open"] = True
                    break
                self._follow(state, thread)
        names |= {
            "sites": self._numbering.sites, "types": self._numbering.types, "values": self._numbering.values,
        }  # fmt: skip
        return {
            "complete": not self._why,
            "why": self._why,
            **head,
            "names": names,
            "nexts": self._nexts,
            "states": [{**state.row, "edges": state.edges} for state in self._states],
        }

    def _may_go_on(self) -> bool:
        if not self._why and time.monotonic() > self._until:
            self._why = f"not all states were found in the time given; {len(self._states)} were"
        return not self._why

    def _follow(self, state: _State, thread: int) -> None:
        """Take one step that has not been taken yet."""
        with self._open() as stepper:
            cells = len(stepper.recorder.cells)
            for move in state.path:
                stepper.step(move)
            lane = stepper.lanes[thread]
            before = len(lane.starts), len(lane.ends), len(stepper.recorder.faults)
            stepper.step(thread)
            if len(stepper.recorder.cells) > cells:
                self._why = "this structure makes cells while it runs; their names depend on the schedule"
            target = self._find(stepper, (*state.path, thread))
            if target is None:
                state.row["open"] = True
                return
            state.edges[thread] = self._edge(stepper, thread, before) | {"to": target}

    def _find(self, stepper: Stepper, path: tuple[int, ...]) -> int | None:
        """The number of the state in which ``stepper`` is; None where it would be one too many."""
        key = state_key(stepper)
        number = self._numbers.get(key)
        if number is None:
            if len(self._states) >= self._most:
                self._why = f"there are more than {self._most} states"
                return None
            number = self._numbers[key] = len(self._states)
            threads = range(len(stepper.lanes))
            row = self._describe(stepper, len(path))
            self._states.append(_State(path, row, [None for _ in threads], stepper.movable()))
        return number

    def _describe(self, stepper: Stepper, depth: int) -> dict[str, Any]:
        row: dict[str, Any] = {
            "depth": depth,
            "next": [self._next(stepper, lane.pending) for lane in stepper.lanes],
            "stuck": [stepper.why_stuck(lane.index) for lane in stepper.lanes],
        }
        if not stepper.movable():
            faults = [fault._asdict() for fault in end_faults(stepper)]
            account = stepper.account()
            del account["sequence"]  # how many records it took to get here is no part of a state
            row |= {"outcome": outcome(stepper), "account": account, "faults": faults}
        return row

    def _next(self, stepper: Stepper, pending: Pending | None) -> int:
        """The place of a next step in the table of them; -1 for none."""
        if pending is None:
            return -1
        common = self._numbering.pending(stepper.recorder, pending)
        if common not in self._next_numbers:
            self._next_numbers[common] = len(self._nexts)
            text = describe_pending(pending, stepper.recorder.words)["text"]
            self._nexts.append({**common._asdict(), "text": text})
        return self._next_numbers[common]

    def _edge(self, stepper: Stepper, thread: int, before: tuple[int, int, int]) -> dict[str, Any]:
        row, lane, recorder = stepper.steps[-1], stepper.lanes[thread], stepper.recorder
        starts, ends, faults = before
        edge: dict[str, Any] = {
            "text": tell_step(row, recorder),
            "records": base64.b64encode(self._numbering.records(recorder, row.first, row.records)).decode(),
        }
        if len(lane.starts) > starts:
            edge["begins"] = True
        if len(lane.ends) > ends:
            edge["result"] = lane.results[-1]
        if len(recorder.faults) > faults:
            edge["faults"] = [
                {"kind": fault.kind, "message": fault.message, "node": fault.node}
                for fault in recorder.faults[faults:]
            ]  # fmt: skip
        return edge


def _threads(stepper: Stepper) -> list[dict[str, Any]]:
    return [{"calls": [call.text for call in lane.calls]} for lane in stepper.lanes]
