"""The Michael-Scott queue.

Problem: a first-in-first-out list that any number of threads add to at one end and take from at the other, without a
lock.

Paper: M. M. Michael, M. L. Scott: *Simple, Fast, and Practical Non-Blocking and Blocking Concurrent Queue
Algorithms*. PODC 1996.

Representation: a singly linked list from ``head`` to the last node. The first node is a *dummy*: its value has been
taken already (or never was). ``tail`` points at the last node, or lags behind it by nodes that are linked but not yet
announced.

Invariant: every node from the dummy's successor to the end holds one item, oldest first; ``tail`` is reachable from
``head``; a ``next`` is written once, from None to a node.

Progress: lock-free. An enqueue takes two steps: link the node, then swing ``tail``. Whoever finds the tail behind
*helps*: it swings the tail itself instead of waiting for the one who linked, who may have been stopped in between.

Consistent reads: ``head``, ``tail`` and ``next`` are read one after another; reading the first one again and finding
it unchanged tells that they belonged together. A dequeue reads the value before its swing, since afterwards the node
is somebody else's dummy.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from lockfree_core.memory import Memory, Reference, default_memory

__all__ = ["MichaelScottQueue", "Node"]

T = TypeVar("T")
D = TypeVar("D")


class Node(Generic[T]):
    """One item and the node behind it."""

    __slots__ = ("next", "value")

    def __init__(self, memory: Memory, value: T) -> None:
        self.value = value
        self.next: Reference[Node[T] | None] = memory.reference(None, "next")


class MichaelScottQueue(Generic[T]):
    """A lock-free queue with a dummy node and helping.

    >>> queue = MichaelScottQueue()
    >>> queue.enqueue("a"); queue.enqueue("b")
    >>> queue.dequeue(), queue.dequeue(), queue.dequeue("empty")
    ('a', 'b', 'empty')
    """

    def __init__(self, memory: Memory | None = None) -> None:
        self._memory = memory or default_memory()
        self._backoff = self._memory.backoff()
        dummy = self._memory.allocate(Node, None)
        self._head: Reference[Node[T]] = self._memory.reference(dummy, "head")
        self._tail: Reference[Node[T]] = self._memory.reference(dummy, "tail")

    def enqueue(self, value: T) -> None:
        """Put ``value`` at the end."""
        node = self._memory.allocate(Node, value)
        losses = 0
        while True:
            tail = self._tail.load()
            successor = tail.next.load()
            if tail is not self._tail.load():
                continue
            if successor is not None:
                # The tail is behind: help the enqueuer who linked the successor. Losing means that somebody already
                # did.
                self._tail.compare_and_swap(tail, successor)
                continue
            # Winning links the node: from here on the item is inside. Losing means that another enqueuer linked first.
            if tail.next.compare_and_swap(None, node):
                # Losing this one means that somebody helped.
                self._tail.compare_and_swap(tail, node)
                return
            losses += 1
            self._backoff.pause(losses)

    def dequeue(self, default: D | None = None) -> T | D | None:
        """Take the oldest value, or give ``default`` when the queue is empty."""
        losses = 0
        while True:
            head = self._head.load()
            tail = self._tail.load()
            successor = head.next.load()
            if head is not self._head.load():
                continue
            if successor is None:
                return default
            if head is tail:
                # Not empty, but the tail is behind: help, or head would overtake it.
                self._tail.compare_and_swap(tail, successor)
                continue
            value = successor.value
            # Winning takes the value and makes its node the new dummy; losing means that another dequeuer did.
            if self._head.compare_and_swap(head, successor):
                return value
            losses += 1
            self._backoff.pause(losses)

    def __iter__(self) -> Iterator[T]:
        """The values, oldest first, as seen by a walk that nothing protects: exact only while no thread operates."""
        node = self._head.value.next.value
        while node is not None:
            yield node.value
            node = node.next.value
