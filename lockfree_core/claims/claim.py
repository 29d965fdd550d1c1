"""What a claim is, and what is found of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from lockfree_core.bench.results import Run

__all__ = ["STATES", "TOPICS", "Claim", "Finding", "Measurement", "Showing", "State", "overall"]

State = Literal["holds", "depends", "fails", "open"]

STATES: Final[dict[State, str]] = {
    "holds": "holds", "depends": "depends", "fails": "does not hold here", "open": "not decided",
}  # fmt: skip
TOPICS: Final = {
    "speed": "How fast",
    "price": "What it costs",
    "guarantees": "What is guaranteed",
    "safety": "What is unsafe, and where",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a run or an execution says of a claim.

    Attributes:
        state: what it comes to.
        figure: the number that stands for it, short.
        words: what was found, and where; never without the number of cores where it was measured.
        rows: the single figures behind it, each with its name.
    """

    state: State
    figure: str
    words: str
    rows: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Measurement:
    """A run decides. ``judge`` gives None of a run that has nothing to say to it."""

    preset: str
    judge: Callable[[Run], Finding | None]


@dataclass(frozen=True, slots=True)
class Showing:
    """Executions decide, and are run each time somebody asks. ``scenarios`` are the keys of those to look at."""

    scenarios: tuple[str, ...]
    show: Callable[[], Finding]


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim.

    Attributes:
        title: what the article says, in a sentence.
        topic: one of ``TOPICS``.
        evidence: what decides, at least one.
        beware: what the words alone do not say.
    """

    key: str
    topic: str
    title: str
    evidence: tuple[Measurement | Showing, ...]
    beware: str = ""


def overall(findings: Sequence[Finding]) -> State:
    """Several findings as one: what they agree on, or that it depends. Open ones say nothing."""
    said = {finding.state for finding in findings} - {"open"}
    if not said:
        return "open"
    return said.pop() if len(said) == 1 else "depends"
