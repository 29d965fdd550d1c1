"""Known bad: the Treiber stack that frees a node as soon as it has popped it.

The bug: between the load of ``head`` and the compare-and-swap of a ``pop``, others may pop the node, free it, get it
from the allocator again and push it. ``head`` is then the node that was expected, and the swing succeeds; but the
``next`` that was read belongs to the past. ``head`` leads to a node that was freed: its item comes out a second time,
or what is pushed next shares its memory with it. This is *ABA*. And who reads ``next`` from a node that others have
freed by then uses freed memory, even where no swing goes wrong.

The same code under Python's own collection, ``lockfree_core.structures.treiber_stack``, is right: nobody frees, and
while somebody holds a node, its address is not used again.

The cure: ``lockfree_core.structures.pooled_stack``, which asks a reclamation scheme when a node may be freed, or
``lockfree_core.structures.tagged_stack``, whose compare-and-swap notices.
"""

from __future__ import annotations

from typing import TypeVar

from lockfree_core.memory import Memory
from lockfree_core.reclamation import ImmediateFree
from lockfree_core.structures.pooled_stack import PooledStack

__all__ = ["FreeingStack"]

T = TypeVar("T")


class FreeingStack(PooledStack[T]):
    """A stack that hands out items twice, with the methods of ``TreiberStack``. For looking at, not for use."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory, ImmediateFree)  # the bug: nobody asks who still holds the node
