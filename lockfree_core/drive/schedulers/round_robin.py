"""Everybody in turn, until nobody can move."""

from __future__ import annotations

from lockfree_core.drive.schedulers.base import awake
from lockfree_core.drive.stepping.stepper import Stepper

__all__ = ["RoundRobin"]


class RoundRobin:
    """The next thread after the one that moved last, of those that can."""

    def choose(self, stepper: Stepper) -> int | None:
        """The next one in turn."""
        able = awake(stepper)
        last = stepper.steps[-1].thread if stepper.steps else -1
        return min(able, key=lambda thread: (thread <= last, thread), default=None)
