"""Fixed priorities: whoever has the highest and can move, moves. With a mutex this is how priority inversion comes."""

from __future__ import annotations

from collections.abc import Sequence

from lockfree_core.drive.schedulers.base import awake
from lockfree_core.drive.stepping.stepper import Stepper

__all__ = ["Priority"]


class Priority:
    """A real-time system's scheduler (L. Sha, R. Rajkumar, J. Lehoczky: Priority Inheritance Protocols, 1990).

    Args:
        order: threads, the most urgent one first; those that it leaves out come after, by number.
    """

    def __init__(self, order: Sequence[int]) -> None:
        self._order = list(order)

    def choose(self, stepper: Stepper) -> int | None:
        """The most urgent thread that can move."""
        order = self._order
        return min(
            awake(stepper),
            key=lambda thread: (order.index(thread) if thread in order else len(order), thread),
            default=None,
        )
