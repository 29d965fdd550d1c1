"""The mutex twin of the counter: a lock around read and write.

Progress: blocking. While a thread holds the lock nobody else gets on; if it is stopped inside, nobody ever does.
"""

from __future__ import annotations

from lockfree_core.memory import Memory, default_memory

__all__ = ["LockedCounter"]


class LockedCounter:
    """A counter behind a mutex, with the methods of :class:`~lockfree_core.structures.atomic_counter.AtomicCounter`."""

    def __init__(self, memory: Memory | None = None, initial: int = 0) -> None:
        self._memory = memory or default_memory()
        self._lock = self._memory.lock("lock")
        self._value = self._memory.integer(initial, "value")

    @property
    def value(self) -> int:
        """A peek for people and debuggers: no access of the algorithm, never traced."""
        return self._value.value

    def increment(self) -> int:
        """Add one; return the number that this call made it."""
        with self._lock:
            value = self._value.load()
            self._value.store(value + 1)
        return value + 1

    def get(self) -> int:
        """The value now."""
        with self._lock:
            return self._value.load()
