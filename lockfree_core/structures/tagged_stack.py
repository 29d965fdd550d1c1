"""The Treiber stack with a tagged head: a version beside the pointer, in one word.

Problem: as for the Treiber stack; and memory is not collected, so a node that was popped is freed, and may come back
under the same address.

Paper: R. K. Treiber: *Systems Programming: Coping with Parallelism*. IBM Almaden, RJ 5118, 1986. The version beside
the pointer is how IBM's System/370 manual of 1983 uses its compare-double-and-swap.

Representation: as for the Treiber stack, but ``head`` holds a node *and a version*, which are compared and swapped
together. The version grows with every swing.

Invariant: as for the Treiber stack; and between two moments in which ``head`` has the same version, it was not
changed.

Memory: a popped node is freed at once, and anybody may get it from there. A thread that still holds it reads a
``next`` from a node that was freed, or is somebody else's by now. That is allowed because such memory stays *nodes of
this class for ever* (it is *type-stable*: a pool that gives nothing back); and it does no harm, because the
compare-and-swap will fail.

ABA: a node may leave ``head`` and come back, but not with the version that it had. With few bits the version wraps
round, and then it may: ``lockfree_core.structures.flawed.wrapping_tag_stack``. Here it has as many as it needs.

Progress: lock-free, like the Treiber stack.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from lockfree_core.memory import Memory, Reference, Versioned, default_memory

__all__ = ["Node", "TaggedStack"]

T = TypeVar("T")
D = TypeVar("D")


class Node(Generic[T]):
    """One item and the node below it. Its memory stays nodes of this class."""

    __slots__ = ("next", "value")

    type_stable = True

    def __init__(self, memory: Memory, value: T) -> None:
        self.value = value
        self.next: Reference[Node[T] | None] = memory.reference(None, "next")


class TaggedStack(Generic[T]):
    """A lock-free stack on one atomic head pointer with a version.

    Args:
        memory: where cells and nodes come from.
        bits: how wide the version is; 0: as wide as needed.

    >>> stack = TaggedStack()
    >>> stack.push("a"); stack.push("b")
    >>> stack.pop(), stack.pop(), stack.pop("empty")
    ('b', 'a', 'empty')
    """

    def __init__(self, memory: Memory | None = None, bits: int = 0) -> None:
        self._memory = memory or default_memory()
        self._backoff = self._memory.backoff()
        self._head: Versioned[Node[T] | None] = self._memory.versioned(None, "head", bits)

    def push(self, value: T) -> None:
        """Put ``value`` on top."""
        node = self._memory.allocate(Node, value)
        losses = 0
        while True:
            old_head, version = self._head.get()
            node.next.store(old_head)
            # Winning publishes the node; losing means that another push or pop succeeded since the load.
            if self._head.compare_and_swap(old_head, version, node):
                return
            losses += 1
            self._backoff.pause(losses)

    def pop(self, default: D | None = None) -> T | D | None:
        """Take the top value off, or give ``default`` when the stack is empty."""
        losses = 0
        while True:
            old_head, version = self._head.get()
            if old_head is None:
                return default
            # The node may have been freed by now; then this is anything, and the swing fails.
            new_head = old_head.next.load()
            # Winning makes the node ours alone; losing means that another push or pop succeeded since the load.
            if self._head.compare_and_swap(old_head, version, new_head):
                value = old_head.value
                self._memory.free(old_head)
                return value
            losses += 1
            self._backoff.pause(losses)

    def __iter__(self) -> Iterator[T]:
        """The values from the top, as seen by a walk that nothing protects: exact only while no thread operates."""
        node = self._head.value
        while node is not None:
            yield node.value
            node = node.next.value
