"""The Treiber stack.

Problem: a last-in-first-out list that any number of threads push to and pop from, without a lock.

Paper: R. K. Treiber: *Systems Programming: Coping with Parallelism*. IBM Almaden, RJ 5118, 1986.

Representation: a singly linked list; ``head`` is the one cell that threads contend for.

Invariant: following ``next`` from ``head`` visits every item inside, newest first, and ends with None. A node's
``next`` is not written after the node was published.

Progress: lock-free. A compare-and-swap on ``head`` fails only if another one succeeded in between, so whenever
somebody has to retry, somebody else is done. A single thread may starve.

ABA: ``pop`` swings ``head`` from a node to the ``next`` it read earlier. Should that node be popped, freed and pushed
again in between, the swing would succeed with a stale ``next``. Here it cannot happen: while a thread holds a
reference to a node, Python does not use that node's memory again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from lockfree_core.memory import Memory, Reference, default_memory

__all__ = ["Node", "TreiberStack"]

T = TypeVar("T")
D = TypeVar("D")


class Node(Generic[T]):
    """One item and the node below it."""

    __slots__ = ("next", "value")

    def __init__(self, memory: Memory, value: T) -> None:
        self.value = value
        self.next: Reference[Node[T] | None] = memory.reference(None, "next")


class TreiberStack(Generic[T]):
    """A lock-free stack on one atomic head pointer.

    >>> stack = TreiberStack()
    >>> stack.push("a"); stack.push("b")
    >>> stack.pop(), stack.pop(), stack.pop("empty")
    ('b', 'a', 'empty')
    """

    def __init__(self, memory: Memory | None = None) -> None:
        self._memory = memory or default_memory()
        self._backoff = self._memory.backoff()
        self._head: Reference[Node[T] | None] = self._memory.reference(None, "head")

    def push(self, value: T) -> None:
        """Put ``value`` on top."""
        node = self._memory.allocate(Node, value)
        losses = 0
        while True:
            old_head = self._head.load()
            node.next.store(old_head)
            # Winning publishes the node; losing means that another push or pop succeeded since the load.
            if self._head.compare_and_swap(old_head, node):
                return
            losses += 1
            self._backoff.pause(losses)

    def pop(self, default: D | None = None) -> T | D | None:
        """Take the top value off, or give ``default`` when the stack is empty."""
        losses = 0
        while True:
            old_head = self._head.load()
            if old_head is None:
                return default
            new_head = old_head.next.load()
            # Winning makes the node ours alone; losing means that another push or pop succeeded since the load.
            if self._head.compare_and_swap(old_head, new_head):
                return old_head.value
            losses += 1
            self._backoff.pause(losses)

    def __iter__(self) -> Iterator[T]:
        """The values from the top, as seen by a walk that nothing protects: exact only while no thread operates."""
        node = self._head.value
        while node is not None:
            yield node.value
            node = node.next.value
