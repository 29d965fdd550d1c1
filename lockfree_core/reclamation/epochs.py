"""Epochs: time is divided, and a node is freed when everybody who was about when it was unlinked has left.

Problem: when may a node that was unlinked be freed? See :mod:`lockfree_core.reclamation.base`.

Paper: K. Fraser: *Practical Lock-Freedom*. University of Cambridge, UCAM-CL-TR-579, 2004, section 5.2.3. It goes back
to H. T. Kung, P. L. Lehman: *Concurrent Manipulation of Binary Search Trees*. TODS 5(3), 1980, and is a relative of
the read-copy-update of operating system kernels.

Representation: ``epoch`` counts epochs. A thread that begins an operation *pins* the epoch: it writes the number that
it reads into a cell of its own (``T1 pinned``), and None when the operation is over. The epoch *advances* from e to
e + 1 when every pinned thread has pinned e. A thread's retired nodes wait in its *limbo*, three bags, one for each
of the last three epochs, by the epoch that is read after the node was unlinked.

Invariant: a node that was retired in epoch e is freed when the epoch is e + 2 or later. Whoever may hold it was pinned
before it was unlinked, and so has pinned e or an earlier epoch. The epoch may become e + 1 while such a thread goes
on; it cannot become e + 2 before the thread has left. Three bags are enough: when the first node of epoch e + 3 comes
into the bag of epoch e, everything in it can be freed.

The epoch of the bag must be read *after* the node was unlinked. The epoch that the thread has pinned may be one older,
and then a thread that came in the newer one would be forgotten.

ABA: a thread that is pinned keeps every node that it can have read from being freed, so no address that it knows is
given out again.

Progress: no step of ``enter``, ``leave`` and ``retire`` waits, so operations go on whatever happens. *Freeing* does
wait: for the slowest pinned thread.

Memory: there is no bound. A thread that sleeps while it is pinned, or dies, lets the epoch advance once and no more,
and from then on everybody's retired nodes pile up. Hazard pointers hold back a fixed number in such a case. What
epochs buy with it: a node costs nothing to look at, only an operation does, a load and two stores.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from lockfree_core.memory import Memory, Reference
from lockfree_core.reclamation.base import thread_number

__all__ = ["EPOCH_CELL", "PINNED_SUFFIX", "Epochs"]

EPOCH_CELL: Final = "epoch"
PINNED_SUFFIX: Final = " pinned"
"""``T1 pinned`` is the cell that tells in which epoch thread 1's operation began."""

_EPOCHS: Final = 3

N = TypeVar("N")


@dataclass(slots=True)
class Bag:
    """Nodes that one thread retired in one epoch."""

    epoch: int
    nodes: list[Any] = field(default_factory=list, repr=False)


class _Thread:
    """What one thread has: the cell that tells which epoch it has pinned, and its limbo."""

    __slots__ = ("limbo", "pinned", "since_advance")

    def __init__(self, pinned: Reference[int | None]) -> None:
        self.pinned = pinned
        self.limbo = [Bag(epoch - _EPOCHS) for epoch in range(_EPOCHS)]
        self.since_advance = 0


class Epochs:
    """The scheme for one structure.

    Args:
        memory: the structure's.
        batch: how many nodes a thread retires before it tries to advance the epoch, which means to read every
            thread's cell.
    """

    def __init__(self, memory: Memory, batch: int = 1) -> None:
        self._memory = memory
        self._batch = batch
        self._epoch = memory.integer(0, EPOCH_CELL)
        self._threads = [
            _Thread(memory.reference(None, f"T{thread + 1}{PINNED_SUFFIX}")) for thread in range(memory.thread_limit())
        ]

    def enter(self) -> None:
        """Pin the epoch. One that has passed meanwhile does no harm: it only keeps the epoch from advancing."""
        epoch = self._epoch.load()
        self._mine().pinned.store(epoch)

    def leave(self) -> None:
        """Let the epoch go."""
        self._mine().pinned.store(None)

    def protect(self, slot: int, cell: Reference[N]) -> N:
        """Read the cell: whatever it points at stays while the thread is pinned."""
        return cell.load()

    def publish(self, slot: int, node: object) -> None:
        """Nothing, likewise."""

    def release(self, slot: int) -> None:
        """Nothing: the thread lets go of everything at once, by leaving."""

    def retire(self, node: Any) -> None:
        """Put the node into the bag of the epoch; when a batch is full, try to advance, and free what is old enough."""
        self._memory.retire(node)
        epoch = self._epoch.load()  # after the node was unlinked, see above
        mine = self._mine()
        bag = mine.limbo[epoch % _EPOCHS]
        if bag.epoch != epoch:
            self._empty(bag)
            bag.epoch = epoch
        bag.nodes.append(node)
        mine.since_advance += 1
        if mine.since_advance >= self._batch:
            mine.since_advance = 0
            self._advance_from(epoch)
            self._free_old(mine)

    def waiting(self) -> int:
        """How many nodes are retired and not yet freed: exact only while no thread operates."""
        return sum(len(bag.nodes) for thread in self._threads for bag in thread.limbo)

    def _advance_from(self, epoch: int) -> None:
        """Begin the next epoch if everybody who is pinned has come into this one."""
        for thread in self._threads:
            pinned = thread.pinned.load()
            if pinned is not None and pinned != epoch:
                return
        # Losing means that somebody else has advanced it.
        self._epoch.compare_and_swap(epoch, epoch + 1)

    def _free_old(self, mine: _Thread) -> None:
        """Free the thread's nodes that were retired two epochs ago or earlier."""
        epoch = self._epoch.load()
        for bag in mine.limbo:
            if bag.epoch <= epoch - 2:
                self._empty(bag)

    def _empty(self, bag: Bag) -> None:
        while bag.nodes:
            self._memory.free(bag.nodes.pop(0))

    def _mine(self) -> _Thread:
        return self._threads[thread_number(self._memory)]
