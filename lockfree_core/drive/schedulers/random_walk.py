"""A random walk: each step to a thread drawn by lot, the same for the same seed."""

from __future__ import annotations

import random

from lockfree_core.drive.schedulers.base import awake
from lockfree_core.drive.stepping.stepper import Stepper

__all__ = ["RandomWalk"]


class RandomWalk:
    """Draws from the threads that can move.

    Args:
        seed: the same seed makes the same choices.
    """

    def __init__(self, seed: int) -> None:
        self._lots = random.Random(f"{seed}:walk")

    def choose(self, stepper: Stepper) -> int | None:
        """One of those that can move."""
        able = awake(stepper)
        return able[int(self._lots.random() * len(able))] if able else None
