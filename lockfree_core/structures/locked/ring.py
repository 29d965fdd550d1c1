"""The mutex twin of the bounded ring: the same slots without stamps, one lock around each operation.

Progress: blocking. While a thread holds the lock nobody else gets on; if it is stopped inside, nobody ever does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from lockfree_core.memory import Memory, Reference, default_memory

__all__ = ["LockedRing", "SmallLockedRing"]

T = TypeVar("T")
D = TypeVar("D")


class LockedRing(Generic[T]):
    """A bounded queue behind a mutex, with the methods of ``RingQueue``.

    Raises:
        TypeError: when the capacity is no int.
        ValueError: when it is less than one.
    """

    def __init__(self, capacity: int, memory: Memory | None = None) -> None:
        if not isinstance(capacity, int):
            raise TypeError(f"a capacity is an int, got {type(capacity).__name__}")
        if capacity < 1:
            raise ValueError(f"a capacity is at least 1, got {capacity}")
        self._memory = memory or default_memory()
        self._lock = self._memory.lock("lock")
        self._head = self._memory.integer(0, "head")
        self._tail = self._memory.integer(0, "tail")
        self._values: list[Reference[T | None]] = [
            self._memory.reference(None, f"slot {index} value") for index in range(capacity)
        ]

    @property
    def capacity(self) -> int:
        """How many values there is room for."""
        return len(self._values)

    def try_put(self, value: T) -> bool:
        """Put ``value`` at the end; say whether there was room."""
        with self._lock:
            tail = self._tail.load()
            head = self._head.load()
            if tail - head == self.capacity:
                return False
            self._values[tail % self.capacity].store(value)
            self._tail.store(tail + 1)
        return True

    def try_get(self, default: D | None = None) -> T | D | None:
        """Take the oldest value, or give ``default`` when the ring is empty."""
        with self._lock:
            head = self._head.load()
            tail = self._tail.load()
            if head == tail:
                return default
            value = self._values[head % self.capacity].get_and_set(None)
            self._head.store(head + 1)
        return value

    def __len__(self) -> int:
        """How many values are inside, give or take those that come and go meanwhile."""
        return min(max(self._tail.value - self._head.value, 0), self.capacity)

    def __iter__(self) -> Iterator[T]:
        """The values, oldest first, as seen by a walk that takes no lock: exact only while no thread operates."""
        for position in range(self._head.value, self._tail.value):
            value = self._values[position % self.capacity].value
            yield value  # type: ignore[misc]


class SmallLockedRing(LockedRing[T]):
    """A ring of four slots, as ``SmallRingQueue`` has."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(4, memory)
