"""Hazard pointers: each thread says which nodes it is looking at.

Problem: when may a node that was unlinked be freed? See :mod:`lockfree_core.reclamation.base`.

Paper: M. M. Michael: *Hazard Pointers: Safe Memory Reclamation for Lock-Free Objects*. IEEE Transactions on Parallel
and Distributed Systems 15(6), 2004.

Representation: every thread has a few *slots*, cells that it alone writes and everybody reads. A node whose address
stands in a slot is not freed. A thread's retired nodes are in a list of its own; from time to time it *scans*: reads
all slots of all threads, frees what stands in none, and keeps the rest for the next scan.

Invariant: a node is freed only after a scan that began after the node was unlinked has found it in no slot. And a
thread looks into a node only if the node was still part of the structure after its address had been published. So
whoever frees either sees the slot, or the thread sees that the node is gone.

Publish, then look again: between reading the link and publishing the address the node may have been unlinked, scanned
for and freed; the address then stands in the slot too late. That is why ``protect`` reads the cell again, and begins
anew when it has changed (``lockfree_core.structures.flawed.unvalidated_hazard_stack`` leaves that out).

ABA: a node that stands in a slot is not freed, so its address is not given out again: a compare-and-swap that expects
it cannot meet a newer node of the same address.

Progress: wait-free for ``retire`` (a scan reads a fixed number of slots); ``protect`` is lock-free, it begins anew
only if somebody changed the cell.

Memory: with N threads of K slots each, a scan leaves at most N·K nodes, so at most ``N · (N·K + batch)`` nodes wait to
be freed at any time, no matter what happens: a thread that sleeps or dies holds back K nodes and no more. That is what
epochs cannot promise. The price is a store and a second load for each node that is looked at.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

from lockfree_core.memory import Memory, Reference
from lockfree_core.reclamation.base import thread_number

__all__ = ["SLOT_PREFIX", "HazardPointers"]

SLOT_PREFIX: Final = "hazard "
"""The names of slots begin so: ``hazard T1.0`` is thread 1's first."""

N = TypeVar("N")


class _Thread:
    """What one thread has: its slots, which of them it has set, and the nodes that it has retired."""

    __slots__ = ("is_set", "retired", "since_scan", "slots")

    def __init__(self, slots: list[Reference[Any]]) -> None:
        self.slots = slots
        self.is_set = [False] * len(slots)
        self.retired: list[Any] = []
        self.since_scan = 0


class HazardPointers:
    """The scheme for one structure.

    Args:
        memory: the structure's.
        slots: how many nodes a thread of the structure looks at together.
        batch: how many nodes a thread retires before it scans. Michael lets it be larger than the number of all slots
            by a constant factor: then every scan frees a fixed share of the list, and a node costs a constant number
            of reads. One shows sooner what is freed when, and holds fewer nodes back.
    """

    def __init__(self, memory: Memory, slots: int = 1, batch: int = 1) -> None:
        self._memory = memory
        self._batch = batch
        self._threads = [
            _Thread([memory.reference(None, f"{SLOT_PREFIX}T{thread + 1}.{slot}") for slot in range(slots)])
            for thread in range(memory.thread_limit())
        ]

    def enter(self) -> None:
        """Nothing: what counts is which nodes are looked at, not when."""

    def leave(self) -> None:
        """Clear those of the calling thread's slots that are set."""
        mine = self._mine()
        for slot, is_set in enumerate(mine.is_set):
            if is_set:
                self.release(slot)

    def protect(self, slot: int, cell: Reference[N]) -> N:
        """Publish the address of the node that ``cell`` points at, until it still points there afterwards."""
        while True:
            node = cell.load()
            if node is None:
                return node
            self.publish(slot, node)
            if cell.load() is node:
                return node

    def publish(self, slot: int, node: object) -> None:
        """Write the address into the slot; whoever calls looks again."""
        mine = self._mine()
        mine.is_set[slot] = True
        mine.slots[slot].store(node)

    def release(self, slot: int) -> None:
        """Clear the slot."""
        mine = self._mine()
        mine.is_set[slot] = False
        mine.slots[slot].store(None)

    def retire(self, node: Any) -> None:
        """Put the node on the list, and scan when as many have come as make a batch."""
        self._memory.retire(node)
        mine = self._mine()
        mine.retired.append(node)
        mine.since_scan += 1
        if mine.since_scan >= self._batch:
            mine.since_scan = 0
            self._scan(mine)

    def waiting(self) -> int:
        """How many nodes are retired and not yet freed: exact only while no thread operates."""
        return sum(len(thread.retired) for thread in self._threads)

    def _scan(self, mine: _Thread) -> None:
        """Free those of a thread's retired nodes that stand in no slot."""
        hazards = []
        for thread in self._threads:
            for slot in thread.slots:
                hazard = slot.load()
                if hazard is not None:
                    hazards.append(hazard)
        kept: list[Any] = []
        safe: list[Any] = []
        for node in mine.retired:
            stands = any(node is hazard for hazard in hazards)
            (kept if stands else safe).append(node)
        mine.retired = kept
        for node in safe:
            self._memory.free(node)

    def _mine(self) -> _Thread:
        return self._threads[thread_number(self._memory)]
