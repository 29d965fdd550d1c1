"""The bounded ring.

Problem: a first-in-first-out queue of fixed capacity for any number of producers and consumers, which allocates nothing
while it works and says when it is full.

Paper: none; D. Vyukov: *Bounded MPMC queue*. 1024cores.net, 2010.

Representation: slots, each with a *stamp* and a value, both root cells. Positions count up for ever; position ``p``
belongs to slot ``p % capacity`` in lap ``p // capacity``. A slot's stamp is twice the lap when it is free for the put
of that lap, and one more when that lap's value is there. ``head`` and ``tail`` are the next positions to take and to
put.

Invariant: ``head <= tail <= head + capacity``. Between the swing of ``head`` or ``tail`` over a position and the store
of the stamp, the slot belongs to the one thread that swung.

Progress: blocking, although there is no lock: it is not lock-free. A thread that stops between its swing and its stamp
makes everyone wait who comes to that slot: its consumer at once, the producers one lap later. Threads at other slots
go on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from lockfree_core.memory import Memory, Reference, default_memory

__all__ = ["RingQueue", "SmallRingQueue"]

T = TypeVar("T")
D = TypeVar("D")


class RingQueue(Generic[T]):
    """A bounded queue; it is not lock-free.

    >>> ring = RingQueue(2)
    >>> ring.try_put("a"), ring.try_put("b"), ring.try_put("c")
    (True, True, False)
    >>> ring.try_get(), ring.try_get(), ring.try_get("empty")
    ('a', 'b', 'empty')

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
        self._backoff = self._memory.backoff()
        self._head = self._memory.integer(0, "head")
        self._tail = self._memory.integer(0, "tail")
        self._stamps = [self._memory.integer(0, f"slot {index} stamp") for index in range(capacity)]
        self._values: list[Reference[T | None]] = [
            self._memory.reference(None, f"slot {index} value") for index in range(capacity)
        ]

    @property
    def capacity(self) -> int:
        """How many values there is room for."""
        return len(self._stamps)

    def try_put(self, value: T) -> bool:
        """Put ``value`` at the end; say whether there was room."""
        losses = 0
        while True:
            tail = self._tail.load()
            stamp = self._stamps[tail % self.capacity].load()
            if stamp == 2 * (tail // self.capacity):
                # Winning claims the slot; losing means that another put claimed it.
                if self._tail.compare_and_swap(tail, tail + 1):
                    self._values[tail % self.capacity].store(value)
                    self._stamps[tail % self.capacity].store(stamp + 1)
                    return True
                losses += 1
                self._backoff.pause(losses)
            else:
                # Full, if head was a whole lap behind while tail stayed. Else the slot's last user has yet to stamp it.
                head = self._head.load()
                if tail == self._tail.load() and tail - head == self.capacity:
                    return False

    def try_get(self, default: D | None = None) -> T | D | None:
        """Take the oldest value, or give ``default`` when the ring is empty."""
        losses = 0
        while True:
            head = self._head.load()
            stamp = self._stamps[head % self.capacity].load()
            if stamp == 2 * (head // self.capacity) + 1:
                # Winning claims the value; losing means that another get claimed it.
                if self._head.compare_and_swap(head, head + 1):
                    value = self._values[head % self.capacity].get_and_set(None)
                    self._stamps[head % self.capacity].store(stamp + 1)
                    return value
                losses += 1
                self._backoff.pause(losses)
            else:
                tail = self._tail.load()
                if head == self._head.load() and head == tail:
                    return default

    def __len__(self) -> int:
        """How many values are inside, give or take those that come and go meanwhile."""
        return min(max(self._tail.value - self._head.value, 0), self.capacity)

    def __iter__(self) -> Iterator[T]:
        """The values, oldest first, as seen by a walk that nothing protects: exact only while no thread operates."""
        for position in range(self._head.value, self._tail.value):
            value = self._values[position % self.capacity].value
            yield value  # type: ignore[misc]


class SmallRingQueue(RingQueue[T]):
    """A ring of four slots: small enough to be drawn whole, and to be full often."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(4, memory)
