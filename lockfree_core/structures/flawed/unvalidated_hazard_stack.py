"""Known bad: hazard pointers that are published, and not looked at again.

The bug: ``protect`` reads ``head``, writes the node's address into its slot, and takes it for safe. Between the two
others may have popped the node, scanned all slots without finding it, and freed it. The address then stands in the slot
of a thread that is about to look into freed memory; and once the node is in use again, the compare-and-swap of that
thread may succeed with a ``next`` of the past.

It is the easiest mistake to make with hazard pointers, since almost every run goes well: what has to come in between
fits between two instructions.

The cure: ``lockfree_core.reclamation.hazard_pointers``, which reads ``head`` again after publishing. If it is still the
node, then the node was not yet unlinked when its address could be seen, and every later scan finds it.
"""

from __future__ import annotations

from typing import TypeVar

from lockfree_core.memory import Memory, Reference
from lockfree_core.reclamation import HazardPointers
from lockfree_core.structures.pooled_stack import PooledStack

__all__ = ["UnvalidatedHazardStack"]

N = TypeVar("N")
T = TypeVar("T")


class UnvalidatedHazardPointers(HazardPointers):
    """Hazard pointers that trust what they have read."""

    def protect(self, slot: int, cell: Reference[N]) -> N:
        """Publish the address of the node that ``cell`` pointed at."""
        node = cell.load()
        if node is not None:
            self.publish(slot, node)
        return node  # the bug: nobody has looked whether it is still there


class UnvalidatedHazardStack(PooledStack[T]):
    """A stack that uses freed memory, with the methods of ``TreiberStack``. For looking at, not for use."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory, UnvalidatedHazardPointers)
