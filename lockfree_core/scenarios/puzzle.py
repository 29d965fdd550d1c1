"""What a puzzle is: a program, and something that a schedule of it is to bring about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lockfree_core.scenarios.played import Played
from lockfree_core.scenarios.spec import StepSpec

__all__ = ["Puzzle"]


@dataclass(frozen=True, slots=True)
class Puzzle:
    """A task for whoever schedules the threads.

    ``spec`` gives structure, program and start; its schedule is empty. ``goal`` looks at an execution and says whether
    it has been brought about; it is pure, and does not mind the order of steps that have nothing to do with each
    other. ``par`` is the fewest steps with which it can be reached (a death counts as one), ``solution`` one schedule
    that needs no more. ``deaths``: whether threads may be killed.
    """

    key: str
    title: str
    text: str
    hint: str
    spec: StepSpec
    par: int
    solution: str
    goal: Callable[[Played], bool]
    deaths: bool = False

    def scheduled(self, schedule: str, then: str = "") -> StepSpec:
        """The execution under a schedule."""
        return replace(self.spec, schedule=schedule, then=then)

    def reached(self, found: Mapping[str, Any]) -> bool:
        """Whether an execution of the puzzle's program, as ``run_spec`` gives it, has reached the goal."""
        played = Played(found)
        return (self.deaths or not played.killed) and self.goal(played)

    def judge(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """What the page is told of an execution."""
        return {"key": self.key, "reached": self.reached(found), "steps": len(found["steps"]), "par": self.par}

    def describe(self) -> dict[str, Any]:
        """The puzzle as plain data, without its solution."""
        return {
            "key": self.key, "title": self.title, "text": self.text, "hint": self.hint, "spec": self.spec.describe(),
            "par": self.par, "deaths": self.deaths,
        }  # fmt: skip
