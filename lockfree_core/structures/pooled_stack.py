"""The Treiber stack where nodes are freed: the same algorithm, with a reclamation scheme.

Problem: as for the Treiber stack; and memory is not collected, so a node that was popped has to be freed, and may come
back under the same address.

Paper: R. K. Treiber: *Systems Programming: Coping with Parallelism*. IBM Almaden, RJ 5118, 1986. With hazard pointers:
M. M. Michael: *Hazard Pointers: Safe Memory Reclamation for Lock-Free Objects*. TPDS 15(6), 2004; with epochs: K.
Fraser: *Practical Lock-Freedom*. UCAM-CL-TR-579, 2004.

Representation: as for the Treiber stack. A popped node goes to the scheme, which frees it when nobody can hold it.

Invariant: as for the Treiber stack; and ``head`` never leads to a node that was freed.

ABA: ``pop`` swings ``head`` from a node to the ``next`` that it read from it. The swing is right only if that ``next``
is still the node's: if nobody has popped the node in between, or whoever has did not push it again. The scheme sees to
it that the node is not freed while the thread looks at it, so ``allocate`` cannot hand it out, and a ``head`` that
left it cannot come back to it.

``push`` needs no protection. It does not look into the head that it has read; and should that head have left and come
back meanwhile, then the new node's ``next`` is right all the same.

Progress: lock-free, as far as the scheme is; both are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from lockfree_core.memory import Memory, Reference, default_memory
from lockfree_core.reclamation import Epochs, HazardPointers, Scheme
from lockfree_core.structures.treiber_stack import Node

__all__ = ["EpochStack", "HazardPointerStack", "PooledStack"]

T = TypeVar("T")
D = TypeVar("D")


class PooledStack(Generic[T]):
    """A lock-free stack whose nodes are freed and used again.

    Args:
        memory: where cells and nodes come from.
        scheme: decides when a popped node is freed; see :mod:`lockfree_core.reclamation`.

    >>> stack = PooledStack()
    >>> stack.push("a"); stack.push("b")
    >>> stack.pop(), stack.pop(), stack.pop("empty")
    ('b', 'a', 'empty')
    """

    def __init__(self, memory: Memory | None = None, scheme: Scheme = HazardPointers) -> None:
        self._memory = memory or default_memory()
        self._backoff = self._memory.backoff()
        self._head: Reference[Node[T] | None] = self._memory.reference(None, "head")
        self._scheme = scheme(self._memory)

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
        self._scheme.enter()
        while True:
            old_head = self._scheme.protect(0, self._head)
            if old_head is None:
                self._scheme.leave()
                return default
            new_head = old_head.next.load()
            # Winning unlinks the node; losing means that another push or pop succeeded since the load.
            if self._head.compare_and_swap(old_head, new_head):
                value = old_head.value
                self._scheme.leave()
                self._scheme.retire(old_head)
                return value
            losses += 1
            self._backoff.pause(losses)

    def __iter__(self) -> Iterator[T]:
        """The values from the top, as seen by a walk that nothing protects: exact only while no thread operates."""
        node = self._head.value
        while node is not None:
            yield node.value
            node = node.next.value


class HazardPointerStack(PooledStack[T]):
    """The stack with hazard pointers, one a thread: ``pop`` looks at one node at a time."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory, HazardPointers)


class EpochStack(PooledStack[T]):
    """The stack with epochs."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory, Epochs)
