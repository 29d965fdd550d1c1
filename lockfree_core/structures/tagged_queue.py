"""The Michael-Scott queue with tagged pointers: as its paper has it.

Problem: as for the Michael-Scott queue; and memory is not collected, so a node that was dequeued is freed, and may come
back under the same address.

Paper: M. M. Michael, M. L. Scott: *Simple, Fast, and Practical Non-Blocking and Blocking Concurrent Queue
Algorithms*. PODC 1996. Its figure 1 is this algorithm, with a counter in each pointer.

Representation: as for the Michael-Scott queue, but ``head``, ``tail`` and every ``next`` hold a node *and a version*,
which are compared and swapped together. The version grows with every change. A node that is used again keeps the
version of its ``next``.

Invariant: as for the Michael-Scott queue; and between two moments in which a cell has the same version, it was not
changed.

Memory: who swings ``head`` frees the old dummy at once, and anybody may get it from there. A thread that still holds it
reads from a node that was freed, or is somebody else's by now. That is allowed because such memory stays *nodes of this
class for ever* (it is *type-stable*: a pool that gives nothing back). The value, too, is read from a node that may be
somebody else's: before the swing, which fails in that case.

ABA: a node may come back to where it was, but not with the version that it had. The ``next`` of a node needs one too:
an enqueuer that sleeps before it links would otherwise find the None that it expects in a node that was used again
meanwhile, and link behind a node that is no part of the queue, or no longer its end.

Progress: lock-free, like the Michael-Scott queue.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from lockfree_core.memory import Memory, Versioned, default_memory

__all__ = ["Node", "TaggedQueue"]

T = TypeVar("T")
D = TypeVar("D")


class Node(Generic[T]):
    """One item and the node behind it. Its memory stays nodes of this class."""

    __slots__ = ("next", "value")

    type_stable = True

    def __init__(self, memory: Memory, value: T) -> None:
        self.value = value
        self.next: Versioned[Node[T] | None] = memory.versioned(None, "next")


class TaggedQueue(Generic[T]):
    """A lock-free queue with a dummy node, helping, and a version in every pointer.

    >>> queue = TaggedQueue()
    >>> queue.enqueue("a"); queue.enqueue("b")
    >>> queue.dequeue(), queue.dequeue(), queue.dequeue("empty")
    ('a', 'b', 'empty')
    """

    def __init__(self, memory: Memory | None = None) -> None:
        self._memory = memory or default_memory()
        self._backoff = self._memory.backoff()
        dummy = self._memory.allocate(Node, None)
        self._head: Versioned[Node[T]] = self._memory.versioned(dummy, "head")
        self._tail: Versioned[Node[T]] = self._memory.versioned(dummy, "tail")

    def enqueue(self, value: T) -> None:
        """Put ``value`` at the end."""
        node = self._memory.allocate(Node, value)
        losses = 0
        while True:
            tail, tail_version = self._tail.get()
            successor, next_version = tail.next.get()
            if (tail, tail_version) != self._tail.get():
                continue
            if successor is not None:
                # The tail is behind: help the enqueuer who linked the successor. Losing means that somebody already
                # did.
                self._tail.compare_and_swap(tail, tail_version, successor)
                continue
            # Winning links the node: from here on the item is inside. Losing means that another enqueuer linked first.
            if tail.next.compare_and_swap(None, next_version, node):
                # Losing this one means that somebody helped.
                self._tail.compare_and_swap(tail, tail_version, node)
                return
            losses += 1
            self._backoff.pause(losses)

    def dequeue(self, default: D | None = None) -> T | D | None:
        """Take the oldest value, or give ``default`` when the queue is empty."""
        losses = 0
        while True:
            head, head_version = self._head.get()
            tail, tail_version = self._tail.get()
            successor: Any = head.next.get()[0]
            if (head, head_version) != self._head.get():
                continue
            if head is tail:
                if successor is None:
                    return default
                # Not empty, but the tail is behind: help, or head would overtake it.
                self._tail.compare_and_swap(tail, tail_version, successor)
                continue
            value: T = successor.value
            # Winning takes the value and makes its node the new dummy; losing means that another dequeuer did.
            if self._head.compare_and_swap(head, head_version, successor):
                self._memory.free(head)
                return value
            losses += 1
            self._backoff.pause(losses)

    def __iter__(self) -> Iterator[T]:
        """The values, oldest first, as seen by a walk that nothing protects: exact only while no thread operates."""
        node = self._head.value.next.value
        while node is not None:
            yield node.value
            node = node.next.value
