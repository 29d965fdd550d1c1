"""The Michael-Scott queue where nodes are freed: the same algorithm, with a reclamation scheme.

Problem: as for the Michael-Scott queue; and memory is not collected, so a node that was dequeued has to be freed, and
may come back under the same address.

Paper: M. M. Michael, M. L. Scott: *Simple, Fast, and Practical Non-Blocking and Blocking Concurrent Queue
Algorithms*. PODC 1996. With hazard pointers: M. M. Michael: *Hazard Pointers: Safe Memory Reclamation for Lock-Free
Objects*. TPDS 15(6), 2004 (this queue is its example); with epochs: K. Fraser: *Practical Lock-Freedom*.
UCAM-CL-TR-579, 2004.

Representation: as for the Michael-Scott queue. Who swings ``head`` gives the old dummy to the scheme, which frees it
when nobody can hold it.

Invariant: as for the Michael-Scott queue; and neither ``head`` nor ``tail`` leads to a node that was freed. ``tail``
does not, because a dequeue swings ``head`` past a node only when ``tail`` has gone past it.

Two nodes at a time: a dequeue looks into the dummy and into its successor, whose value it takes. The successor is read
from the dummy, and a dummy that was dequeued meanwhile still leads to it. So that it may be claimed, the dequeue reads
``head`` again afterwards: if it still is the dummy, its successor had not been dequeued when it was claimed.

Progress: lock-free, as far as the scheme is; both are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from lockfree_core.memory import Memory, Reference, default_memory
from lockfree_core.reclamation import Epochs, HazardPointers, Reclamation, Scheme
from lockfree_core.structures.michael_scott_queue import Node

__all__ = ["EpochQueue", "HazardPointerQueue", "PooledQueue"]

T = TypeVar("T")
D = TypeVar("D")


def _two_slots(memory: Memory) -> Reclamation:
    return HazardPointers(memory, slots=2)


class PooledQueue(Generic[T]):
    """A lock-free queue whose nodes are freed and used again.

    Args:
        memory: where cells and nodes come from.
        scheme: decides when a dequeued node is freed; see :mod:`lockfree_core.reclamation`. Hazard pointers need two
            slots.

    >>> queue = PooledQueue()
    >>> queue.enqueue("a"); queue.enqueue("b")
    >>> queue.dequeue(), queue.dequeue(), queue.dequeue("empty")
    ('a', 'b', 'empty')
    """

    def __init__(self, memory: Memory | None = None, scheme: Scheme = _two_slots) -> None:
        self._memory = memory or default_memory()
        self._backoff = self._memory.backoff()
        dummy = self._memory.allocate(Node, None)
        self._head: Reference[Node[T]] = self._memory.reference(dummy, "head")
        self._tail: Reference[Node[T]] = self._memory.reference(dummy, "tail")
        self._scheme = scheme(self._memory)

    def enqueue(self, value: T) -> None:
        """Put ``value`` at the end."""
        node = self._memory.allocate(Node, value)
        losses = 0
        self._scheme.enter()
        while True:
            tail = self._scheme.protect(0, self._tail)
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
                self._scheme.leave()
                return
            losses += 1
            self._backoff.pause(losses)

    def dequeue(self, default: D | None = None) -> T | D | None:
        """Take the oldest value, or give ``default`` when the queue is empty."""
        losses = 0
        self._scheme.enter()
        while True:
            head = self._scheme.protect(0, self._head)
            tail = self._tail.load()
            successor = head.next.load()
            self._scheme.publish(1, successor)
            # That head is unchanged tells two things: what was read belongs together, and the claim holds.
            if head is not self._head.load():
                continue
            if successor is None:
                self._scheme.leave()
                return default
            if head is tail:
                # Not empty, but the tail is behind: help, or head would overtake it.
                self._tail.compare_and_swap(tail, successor)
                continue
            value = successor.value
            # Winning takes the value and unlinks the old dummy; losing means that another dequeuer did.
            if self._head.compare_and_swap(head, successor):
                self._scheme.leave()
                self._scheme.retire(head)
                return value
            losses += 1
            self._backoff.pause(losses)

    def __iter__(self) -> Iterator[T]:
        """The values, oldest first, as seen by a walk that nothing protects: exact only while no thread operates."""
        node = self._head.value.next.value
        while node is not None:
            yield node.value
            node = node.next.value


class HazardPointerQueue(PooledQueue[T]):
    """The queue with hazard pointers, two a thread."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory, _two_slots)


class EpochQueue(PooledQueue[T]):
    """The queue with epochs."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory, Epochs)
