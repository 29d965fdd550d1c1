"""Known bad: the counter whose "compare-and-swap" is a read, a comparison and a write.

The bug: ``_compare_and_swap`` is a function of three steps, and others can come in between any two of them. Two
threads that have both compared, and both found what they expected, both write: one increment is lost. The loop
around it looks exactly like the real one, which is why this is written again and again.

The cure: ``lockfree_core.structures.atomic_counter``, whose cell does all three in one indivisible step.
"""

from __future__ import annotations

from lockfree_core.memory import Memory, default_memory

__all__ = ["SplitCasCounter"]


class SplitCasCounter:
    """A counter that loses increments, with the methods of ``AtomicCounter``. For looking at, not for use."""

    def __init__(self, memory: Memory | None = None, initial: int = 0) -> None:
        self._memory = memory or default_memory()
        self._backoff = self._memory.backoff()
        self._value = self._memory.integer(initial, "value")

    @property
    def value(self) -> int:
        """A peek for people and debuggers: no access of the algorithm, never traced."""
        return self._value.value

    def increment(self) -> int:
        """Add one, perhaps in vain; return the number that this call believes it made it."""
        losses = 0
        while True:
            value = self._value.load()
            if self._compare_and_swap(value, value + 1):
                return value + 1
            losses += 1
            self._backoff.pause(losses)

    def get(self) -> int:
        """The value now."""
        return self._value.load()

    def _compare_and_swap(self, expected: int, new: int) -> bool:
        if self._value.load() != expected:
            return False
        self._value.store(new)  # the bug: nothing holds others off between the comparison and this
        return True
