"""The readers-writer twin of the copy-on-write map: one tree, changed in place, behind a readers-writer lock.

The lock is made of what the memory gives: a mutex ``lock`` and an integer ``readers``. A reader takes the mutex only to
come in, and counts itself; a writer holds it for the whole of its change, and first waits until those inside have
left. Writers are not starved: while one waits, no reader comes in. P. Courtois, F. Heymans, D. Parnas: *Concurrent
Control with "Readers" and "Writers"*. CACM 14(10), 1971, state the problem.

Representation: a binary search tree from the cell ``root``; the cells ``left`` and ``right`` of its nodes are written
in place, under the lock. ``key``, ``value`` and ``rank`` are plain: a new value for a key is a new node in the place
of the old one. The cell ``version`` counts the changes.

Progress: blocking. A reader waits for the writer that is inside. A writer waits for every reader that is inside, and
keeps everybody out meanwhile; it waits by looking again and again (with the memory's back-off in between), since a
mutex has no way to be woken by somebody else. If whoever is inside is stopped, nobody ever gets on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from lockfree_core.memory import Memory, Reference, default_memory
from lockfree_core.structures.copy_on_write_map import Ordered, rank_of

__all__ = ["RWLockMap"]

K = TypeVar("K", bound=Ordered)
V = TypeVar("V")
D = TypeVar("D")


class Node(Generic[K, V]):
    """An entry, the entries with smaller keys, and those with greater ones."""

    __slots__ = ("key", "left", "rank", "right", "value")

    def __init__(
        self, memory: Memory, key: K, value: V, left: Node[K, V] | None, right: Node[K, V] | None, rank: int
    ) -> None:
        self.key = key
        self.value = value
        self.rank = rank
        self.left: Reference[Node[K, V] | None] = memory.reference(left, "left")
        self.right: Reference[Node[K, V] | None] = memory.reference(right, "right")


class RWLockMap(Generic[K, V]):
    """A map behind a readers-writer lock, with the methods of ``CopyOnWriteMap``."""

    def __init__(self, memory: Memory | None = None) -> None:
        self._memory = memory or default_memory()
        self._backoff = self._memory.backoff()
        self._lock = self._memory.lock("lock")
        self._readers = self._memory.integer(0, "readers")
        self._root: Reference[Node[K, V] | None] = self._memory.reference(None, "root")
        self._version = self._memory.integer(0, "version")

    @property
    def updates(self) -> int:
        """A peek for people and debuggers: how many changes were made. Never traced."""
        return self._version.value

    def get(self, key: K, default: D | None = None) -> V | D | None:
        """The value of ``key`` now."""
        with self._lock:
            self._readers.fetch_add(1)
        try:
            node = self._root.load()
            while node is not None and node.key != key:
                branch = node.left if key < node.key else node.right
                node = branch.load()
            return default if node is None else node.value
        finally:
            self._readers.fetch_add(-1)

    def set(self, key: K, value: V) -> None:
        """Give ``key`` that value, as soon as nobody is inside."""
        with self._lock:
            rounds = 0
            while self._readers.load() > 0:
                rounds += 1
                self._backoff.pause(rounds)
            rank = rank_of(key)
            slot, place = self._root, None  # the cell that leads to the key; the highest one where the key outranks
            node = slot.load()
            while node is not None and node.key != key:
                place = place or (slot if node.rank < rank else None)
                slot = node.left if key < node.key else node.right
                node = slot.load()
            if node is not None:
                left = node.left.load()
                right = node.right.load()
                entry = self._memory.allocate(Node, key, value, left, right, node.rank)
            else:
                entry = self._memory.allocate(Node, key, value, None, None, rank)
                slot = place or slot
                below = slot.load()
                less, more = entry.left, entry.right  # where what is smaller, and what is greater, goes next
                while below is not None:
                    if below.key < key:
                        less.store(below)
                        less = below.right
                    else:
                        more.store(below)
                        more = below.left
                    below = (less if below.key < key else more).load()
                less.store(None)
                more.store(None)
            slot.store(entry)
            self._version.fetch_add(1)

    def items(self) -> tuple[tuple[K, V], ...]:
        """All entries of one moment, in the order of their keys. Writers wait until it is done."""
        with self._lock:
            self._readers.fetch_add(1)
        try:
            entries: list[tuple[K, V]] = []
            above: list[Node[K, V]] = []
            root = self._root.load()
            node = root
            while node is not None or above:
                while node is not None:
                    above.append(node)
                    child = node.left.load()
                    node = child
                node = above.pop()
                entries.append((node.key, node.value))
                child = node.right.load()
                node = child
            return tuple(entries)
        finally:
            self._readers.fetch_add(-1)

    def snapshot(self) -> dict[K, V]:
        """A copy of all entries: in a tree that is changed in place there is no cheaper way to keep a moment."""
        return dict(self.items())

    def __len__(self) -> int:
        """The number of entries now."""
        return len(self.items())

    def __iter__(self) -> Iterator[K]:
        """The keys of the moment when the iteration begins."""
        return iter(self.snapshot())
