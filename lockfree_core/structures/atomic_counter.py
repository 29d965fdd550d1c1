"""A counter by compare-and-swap loop.

Paper: M. Herlihy: *Wait-Free Synchronization*. ACM TOPLAS 13(1), 1991, which shows that compare-and-swap can do what
weaker instructions cannot. The loop is the general form: read, compute, swing if nothing came in between.

Progress: lock-free, not wait-free: a thread may lose any number of times in a row, but each loss is somebody else's
increment. (The hardware's fetch-and-add would be wait-free; the loop is what every other update function needs.)
"""

from __future__ import annotations

from lockfree_core.memory import Memory, default_memory

__all__ = ["AtomicCounter"]


class AtomicCounter:
    """A lock-free counter.

    >>> counter = AtomicCounter()
    >>> counter.increment(), counter.increment(), counter.get()
    (1, 2, 2)
    """

    def __init__(self, memory: Memory | None = None, initial: int = 0) -> None:
        self._memory = memory or default_memory()
        self._backoff = self._memory.backoff()
        self._value = self._memory.integer(initial, "value")

    @property
    def value(self) -> int:
        """A peek for people and debuggers: no access of the algorithm, never traced."""
        return self._value.value

    def increment(self) -> int:
        """Add one; return the number that this call made it."""
        losses = 0
        while True:
            value = self._value.load()
            # Losing means that another increment succeeded since the load.
            if self._value.compare_and_swap(value, value + 1):
                return value + 1
            losses += 1
            self._backoff.pause(losses)

    def get(self) -> int:
        """The value now."""
        return self._value.load()
