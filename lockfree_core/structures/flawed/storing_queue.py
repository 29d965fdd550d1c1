"""Known bad: the simplified Michael-Scott queue that links with a store.

The bug: ``enqueue`` writes ``tail.next`` with a plain store where the algorithm needs a compare-and-swap, and does
not look whether its swing of ``tail`` succeeded. Two enqueuers that read the same tail both store; the second store
drops the first one's node. If the first one then wins the swing, ``tail`` stands on the dropped node: later enqueues
build on the *detached* part, and the dequeue that reaches the end of what ``head`` still sees finds ``head`` and
``tail`` different, concludes that there is a successor, and raises.

The cure: ``lockfree_core.structures.michael_scott_queue``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from lockfree_core.memory import Memory, Reference, default_memory
from lockfree_core.structures.michael_scott_queue import Node

__all__ = ["StoringQueue"]

T = TypeVar("T")
D = TypeVar("D")


class StoringQueue(Generic[T]):
    """A queue that loses items, with the methods of ``MichaelScottQueue``. For looking at, not for use."""

    def __init__(self, memory: Memory | None = None) -> None:
        self._memory = memory or default_memory()
        self._backoff = self._memory.backoff()
        dummy = self._memory.allocate(Node, None)
        self._head: Reference[Node[T]] = self._memory.reference(dummy, "head")
        self._tail: Reference[Node[T]] = self._memory.reference(dummy, "tail")

    def enqueue(self, value: T) -> None:
        """Put ``value`` at the end, or lose it."""
        node = self._memory.allocate(Node, value)
        tail = self._tail.load()
        tail.next.store(node)  # the bug: overwrites what another enqueuer has linked since the load
        self._tail.compare_and_swap(tail, node)

    def dequeue(self, default: D | None = None) -> T | D | None:
        """Take the oldest value that is still reachable, or give ``default`` when the queue looks empty.

        Raises:
            AttributeError: when the end of the list is reached while ``tail`` stands on a detached node.
        """
        losses = 0
        while True:
            head = self._head.load()
            tail = self._tail.load()
            successor: Any = head.next.load()
            if head is not self._head.load():
                continue
            if head is tail:
                if successor is None:
                    return default
                self._tail.compare_and_swap(tail, successor)
                continue
            value: T = successor.value
            if self._head.compare_and_swap(head, successor):
                return value
            losses += 1
            self._backoff.pause(losses)

    def __iter__(self) -> Iterator[T]:
        """The values that are still reachable, oldest first: exact only while no thread operates."""
        node = self._head.value.next.value
        while node is not None:
            yield node.value
            node = node.next.value
