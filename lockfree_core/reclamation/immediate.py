"""Known bad: freeing a node in the moment in which it is unlinked.

Problem: when may a node that was unlinked be freed? See :mod:`lockfree_core.reclamation.base`.

The bug: this scheme asks nobody. A thread that read the link before still has the node's address. If it looks into the
node now, it reads freed memory (*use after free*). If the allocator has given the address out again meanwhile, and the
node is back in its old place, the thread's compare-and-swap finds the address it expects and succeeds, although
everything around it has changed (*ABA*): ``head`` then leads to a node that was freed.

On one thread nothing of this shows. It takes a thread that stands between its load and its compare-and-swap while
others pop two nodes and push one of them again; with last-in-first-out allocators, which hand out the address freed
last, that is not even rare.

The cure: ``lockfree_core.reclamation.hazard_pointers`` and ``lockfree_core.reclamation.epochs``, which wait until
nobody can hold the node, or a tagged pointer (``lockfree_core.structures.tagged_stack``), which lets the compare-and-
swap notice.
"""

from __future__ import annotations

from typing import Any, TypeVar

from lockfree_core.memory import Memory, Reference

__all__ = ["ImmediateFree"]

N = TypeVar("N")


class ImmediateFree:
    """Protects nothing, and frees at once. For looking at, not for use."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def enter(self) -> None:
        """Nothing."""

    def leave(self) -> None:
        """Nothing."""

    def protect(self, slot: int, cell: Reference[N]) -> N:
        """Read the cell, and hope."""
        return cell.load()

    def publish(self, slot: int, node: object) -> None:
        """Nothing."""

    def release(self, slot: int) -> None:
        """Nothing."""

    def retire(self, node: Any) -> None:
        """Free the node, whoever may hold it."""
        self._memory.free(node)
