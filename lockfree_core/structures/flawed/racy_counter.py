"""Known bad: the counter that reads and then writes.

The bug: nothing makes read and write one step. Two threads that read 41 both write 42; one increment is lost.

The cure: ``lockfree_core.structures.atomic_counter``.
"""

from __future__ import annotations

from lockfree_core.memory import Memory, default_memory

__all__ = ["RacyCounter"]


class RacyCounter:
    """A counter that loses increments, with the methods of ``AtomicCounter``. For looking at, not for use."""

    def __init__(self, memory: Memory | None = None, initial: int = 0) -> None:
        self._memory = memory or default_memory()
        self._value = self._memory.integer(initial, "value")

    @property
    def value(self) -> int:
        """A peek for people and debuggers: no access of the algorithm, never traced."""
        return self._value.value

    def increment(self) -> int:
        """Add one, perhaps in vain; return the number that this call believes it made it."""
        value = self._value.load()
        self._value.store(value + 1)  # the bug: overwrites what another increment has written since the load
        return value + 1

    def get(self) -> int:
        """The value now."""
        return self._value.load()
