"""What a scheduler is: it looks at an execution and names a thread."""

from __future__ import annotations

from typing import Protocol

from lockfree_core.drive.stepping.stepper import Stepper

__all__ = ["Scheduler", "awake"]


class Scheduler(Protocol):
    """Asked before every step."""

    def choose(self, stepper: Stepper) -> int | None:
        """The thread that moves next, from 0; None: this scheduler has done what it was to do."""
        ...


def awake(stepper: Stepper) -> list[int]:
    """The threads that can move and do not rest; where all of them rest, those whose rest ends first."""
    movable = stepper.movable()
    if not movable:
        return []
    now = stepper.recorder.step + 1
    first = min(max(stepper.lanes[thread].rests_until, now) for thread in movable)
    return [thread for thread in movable if stepper.lanes[thread].rests_until <= first]
