"""One thread, until its running operation has returned."""

from __future__ import annotations

from lockfree_core.drive.stepping.stepper import Stepper

__all__ = ["OneOperation"]


class OneOperation:
    """Lets one thread run alone to the end of its operation, or of the next one where it is between two.

    Args:
        thread: which, from 0.
    """

    def __init__(self, thread: int) -> None:
        self._thread = thread
        self._until: int | None = None

    def choose(self, stepper: Stepper) -> int | None:
        """That thread; None when its operation has ended, or when it cannot move."""
        if stepper.why_stuck(self._thread) is not None:
            return None
        lane = stepper.lanes[self._thread]
        if self._until is None:
            self._until = len(lane.results) + 1
        return self._thread if len(lane.results) < self._until else None
