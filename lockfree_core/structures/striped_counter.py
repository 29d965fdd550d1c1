"""A counter that is spread over several cells.

Problem: a counter that many threads add to and hardly anybody reads. In one cell every addition contends with every
other one.

Paper: none; the trick of operating systems' statistics counters, known from Java 8 as ``LongAdder`` (D. Lea, 2014).

Representation: stripes, each an integer cell. A thread adds to the stripe under its own number; the sum is read stripe
after stripe.

Invariant: the stripes add up to all additions that are done.

Progress: wait-free where the memory's fetch-and-add is. The sum is exact while nobody adds. Otherwise an addition that
runs meanwhile is counted whole or not at all, and one that is counted may be younger than one that is not: the sum need
not be a number that the counter ever had.
"""

from __future__ import annotations

from lockfree_core.memory import Memory, default_memory

__all__ = ["StripedCounter"]


class StripedCounter:
    """A counter with a cell for each of up to ``stripes`` threads; more threads share.

    >>> counter = StripedCounter()
    >>> counter.increment(); counter.add(4); counter.sum()
    5
    """

    def __init__(self, memory: Memory | None = None, stripes: int = 16) -> None:
        if stripes < 1:
            raise ValueError(f"a counter has at least 1 stripe, got {stripes}")
        self._memory = memory or default_memory()
        self._stripes = [self._memory.integer(0, f"stripe {number}") for number in range(stripes)]

    @property
    def value(self) -> int:
        """All stripes together: a peek for people and debuggers, no access of the algorithm, never traced."""
        return sum(stripe.value for stripe in self._stripes)

    def increment(self) -> None:
        """Add one. Returns nothing: no stripe knows the sum."""
        self.add(1)

    def add(self, amount: int) -> None:
        """Add ``amount``."""
        self._stripes[self._memory.thread_index() % len(self._stripes)].fetch_add(amount)

    def sum(self) -> int:
        """All stripes together."""
        total = 0
        for stripe in self._stripes:
            total += stripe.load()
        return total


class SmallStripedCounter(StripedCounter):
    """A counter of eight stripes: few enough to be drawn, and to be shared by many threads."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory, 8)
