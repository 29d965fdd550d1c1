"""Known bad: the Michael-Scott queue that frees the old dummy as soon as it has swung ``head``.

The bug: a thread that read ``head`` or ``tail`` before goes on to read the ``next`` of a node that was freed
meanwhile. If the node is in use again by then, an enqueuer may find the None that it expects there, and link its own
node behind one that is no part of the queue; a dequeuer may swing ``head`` to a successor of the past (*ABA*).

The algorithm's paper says so, and gives every pointer a counter for that reason; simplified versions leave it out.

The cure: ``lockfree_core.structures.pooled_queue``, which asks a reclamation scheme when a node may be freed, or
``lockfree_core.structures.tagged_queue``, the algorithm as its paper has it.
"""

from __future__ import annotations

from typing import TypeVar

from lockfree_core.memory import Memory
from lockfree_core.reclamation import ImmediateFree
from lockfree_core.structures.pooled_queue import PooledQueue

__all__ = ["FreeingQueue"]

T = TypeVar("T")


class FreeingQueue(PooledQueue[T]):
    """A queue that uses freed memory, with the methods of ``MichaelScottQueue``. For looking at, not for use."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory, ImmediateFree)  # the bug: nobody asks who still holds the node
