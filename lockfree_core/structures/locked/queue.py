"""The mutex twin of the Michael-Scott queue: the same list with its dummy, one lock around each operation.

Progress: blocking. While a thread holds the lock nobody else gets on; if it is stopped inside, nobody ever does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from lockfree_core.memory import Memory, Reference, default_memory
from lockfree_core.structures.michael_scott_queue import Node

__all__ = ["LockedQueue"]

T = TypeVar("T")
D = TypeVar("D")


class LockedQueue(Generic[T]):
    """A queue behind a mutex, with the methods of ``MichaelScottQueue``."""

    def __init__(self, memory: Memory | None = None) -> None:
        self._memory = memory or default_memory()
        self._lock = self._memory.lock("lock")
        dummy = self._memory.allocate(Node, None)
        self._head: Reference[Node[T]] = self._memory.reference(dummy, "head")
        self._tail: Reference[Node[T]] = self._memory.reference(dummy, "tail")

    def enqueue(self, value: T) -> None:
        """Put ``value`` at the end."""
        node = self._memory.allocate(Node, value)
        with self._lock:
            tail = self._tail.load()
            tail.next.store(node)
            self._tail.store(node)

    def dequeue(self, default: D | None = None) -> T | D | None:
        """Take the oldest value, or give ``default`` when the queue is empty."""
        with self._lock:
            head = self._head.load()
            successor = head.next.load()
            if successor is None:
                return default
            self._head.store(successor)
        return successor.value

    def __iter__(self) -> Iterator[T]:
        """The values, oldest first, as seen by a walk that takes no lock: exact only while no thread operates."""
        node = self._head.value.next.value
        while node is not None:
            yield node.value
            node = node.next.value
