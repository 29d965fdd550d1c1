"""The mutex twin of the Treiber stack: the same list, one lock around each operation.

Progress: blocking. While a thread holds the lock nobody else gets on; if it is stopped inside, nobody ever does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from lockfree_core.memory import Memory, Reference, default_memory
from lockfree_core.structures.treiber_stack import Node

__all__ = ["LockedStack"]

T = TypeVar("T")
D = TypeVar("D")


class LockedStack(Generic[T]):
    """A stack behind a mutex, with the methods of :class:`~lockfree_core.structures.treiber_stack.TreiberStack`."""

    def __init__(self, memory: Memory | None = None) -> None:
        self._memory = memory or default_memory()
        self._lock = self._memory.lock("lock")
        self._head: Reference[Node[T] | None] = self._memory.reference(None, "head")

    def push(self, value: T) -> None:
        """Put ``value`` on top."""
        node = self._memory.allocate(Node, value)
        with self._lock:
            old_head = self._head.load()
            node.next.store(old_head)
            self._head.store(node)

    def pop(self, default: D | None = None) -> T | D | None:
        """Take the top value off, or give ``default`` when the stack is empty."""
        with self._lock:
            old_head = self._head.load()
            if old_head is None:
                return default
            new_head = old_head.next.load()
            self._head.store(new_head)
        return old_head.value

    def __iter__(self) -> Iterator[T]:
        """The values from the top, as seen by a walk that takes no lock: exact only while no thread operates."""
        node = self._head.value
        while node is not None:
            yield node.value
            node = node.next.value
