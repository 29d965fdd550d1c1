"""What a structure asks of a reclamation scheme.

Problem: a node that was unlinked may still be held by a thread that read the link before. Where a garbage collector
frees nodes, it sees who holds what. Where nodes are freed by hand, somebody has to know when the last holder is gone;
freed too early, the node is read after it was freed, or comes back as another node under the same address, and a
compare-and-swap that should fail succeeds: the ABA problem, named in IBM's System/370 manual of 1983.

A *scheme* answers it with a few calls. A structure says :meth:`~Reclamation.enter` before it reads the first node and
:meth:`~Reclamation.leave` after the last, gets each node that it is going to look into by
:meth:`~Reclamation.protect`, and gives a node that it has unlinked to :meth:`~Reclamation.retire`. Which of the calls
do anything depends on the scheme: hazard pointers work in ``protect``, epochs in ``enter`` and ``leave``.

What a scheme keeps for all threads to see lies in cells of the memory, like everything shared; what only its own
thread touches (the nodes that it has retired and not yet freed) is plain lists, one for each thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias, TypeVar

from lockfree_core.errors import ThreadLimitError
from lockfree_core.memory import Memory, Reference

__all__ = ["Reclamation", "Scheme", "thread_number"]

N = TypeVar("N")


class Reclamation(Protocol):
    """Decides when a node that was unlinked is freed."""

    def enter(self) -> None:
        """The calling thread begins an operation; it holds no node yet."""
        ...

    def leave(self) -> None:
        """The calling thread's operation is over; it holds no node any more."""
        ...

    def protect(self, slot: int, cell: Reference[N]) -> N:
        """The node that a *root* cell points at. It is not freed until ``slot`` is used for another one, or released.

        A node's own link says nothing about whether the node it leads to is still part of the structure: the links of
        an unlinked node stay as they were. For such a one use :meth:`publish`.
        """
        ...

    def publish(self, slot: int, node: object) -> None:
        """Claim a node that was read elsewhere.

        The claim holds only if the node was still part of the structure after it was made. The structure has to see
        that for itself, by reading again a cell that would have changed otherwise, and may not look into the node
        before it has.
        """
        ...

    def release(self, slot: int) -> None:
        """The node of that slot is not looked into any more."""
        ...

    def retire(self, node: Any) -> None:
        """The node was unlinked by the calling thread; free it as soon as nobody can hold it any more."""
        ...


Scheme: TypeAlias = Callable[[Memory], Reclamation]
"""Makes a scheme from the memory that its structure lives on."""


def thread_number(memory: Memory) -> int:
    """The calling thread's number, as an index into what there is one of for each thread.

    Raises:
        ThreadLimitError: when more threads have come than the memory was made for.
    """
    index, limit = memory.thread_index(), memory.thread_limit()
    if index >= limit:
        raise ThreadLimitError(
            f"this memory was made for {limit} threads, and this is number {index + 1}; make it with more: "
            f"LockedMemory(threads={max(2 * limit, index + 1)})"
        )
    return index
