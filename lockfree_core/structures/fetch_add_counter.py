"""A counter by fetch-and-add: one instruction instead of a loop.

Paper: M. Herlihy: *Wait-Free Synchronization*. ACM TOPLAS 13(1), 1991. Fetch-and-add cannot do all that
compare-and-swap can, but a counter is what it was made for.

Progress: wait-free where the memory's fetch-and-add is: nobody ever tries twice.
"""

from __future__ import annotations

from lockfree_core.memory import Memory, default_memory

__all__ = ["FetchAddCounter"]


class FetchAddCounter:
    """A wait-free counter, with the methods of :class:`~lockfree_core.structures.atomic_counter.AtomicCounter`.

    >>> counter = FetchAddCounter()
    >>> counter.increment(), counter.increment(), counter.get()
    (1, 2, 2)
    """

    def __init__(self, memory: Memory | None = None, initial: int = 0) -> None:
        self._memory = memory or default_memory()
        self._value = self._memory.integer(initial, "value")

    @property
    def value(self) -> int:
        """A peek for people and debuggers: no access of the algorithm, never traced."""
        return self._value.value

    def increment(self) -> int:
        """Add one; return the number that this call made it."""
        before = self._value.fetch_add(1)
        return before + 1

    def get(self) -> int:
        """The value now."""
        return self._value.load()
