"""What a scenario is: an execution with captions, that shows one thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lockfree_core.scenarios.spec import StepSpec

__all__ = ["Caption", "Scenario"]


@dataclass(frozen=True, slots=True)
class Caption:
    """A sentence or two that stand under the stage from a step on, until the next caption. Step 0 is the start."""

    step: int
    text: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """One thing to see.

    ``shows`` is the claim, in one sentence. ``faults`` are the kinds of faults that it ends with, in order; none for a
    cure. ``beside`` are the keys of scenarios to compare it with: the flawed one it cures, or its cures. ``priority``
    says that its schedule is what a scheduler with these fixed priorities does (threads from 1, the most urgent first).
    """

    key: str
    theme: str
    title: str
    shows: str
    spec: StepSpec
    captions: tuple[Caption, ...]
    faults: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    priority: tuple[int, ...] = ()

    def describe(self) -> dict[str, Any]:
        """The scenario as plain data, without its execution."""
        return {
            "key": self.key,
            "theme": self.theme,
            "title": self.title,
            "shows": self.shows,
            "spec": self.spec.describe(),
            "captions": [{"step": caption.step, "text": caption.text} for caption in self.captions],
            "faults": list(self.faults),
            "beside": list(self.beside),
        }
