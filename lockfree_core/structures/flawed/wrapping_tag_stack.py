"""Known bad: the tagged stack whose tag has two bits.

The bug: the version beside the pointer is what tells a node that came back from one that never left. With two bits
there are four versions. A thread that sleeps between its load and its compare-and-swap while ``head`` changes four
times, and ends at the same node, finds both node and version as it expects, and swings ``head`` to a ``next`` of the
past.

Two bits are for looking at. Real words have sixteen (the unused bits of a 64-bit address), which a busy stack goes
through in a few milliseconds; thirty-two take minutes; sixty-four, with a compare-and-swap of double width, for ever.

The cure: ``lockfree_core.structures.tagged_stack`` with a version that does not wrap, or a reclamation scheme, which
needs none.
"""

from __future__ import annotations

from typing import Final, TypeVar

from lockfree_core.memory import Memory
from lockfree_core.structures.tagged_stack import TaggedStack

__all__ = ["TAG_BITS", "WrappingTagStack"]

TAG_BITS: Final = 2

T = TypeVar("T")


class WrappingTagStack(TaggedStack[T]):
    """A stack that hands out items twice, with the methods of ``TaggedStack``. For looking at, not for use."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory, TAG_BITS)  # the bug: after four changes the version is what it was
