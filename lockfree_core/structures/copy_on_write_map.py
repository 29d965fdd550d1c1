"""The copy-on-write map: a persistent tree under one atomic root.

Problem: a map that any number of threads read and change, in which a reader sees one whole state of affairs for as
long as it likes, and never waits.

Paper: J. Driscoll, N. Sarnak, D. Sleator, R. Tarjan: *Making Data Structures Persistent*. JCSS 38(1), 1989 (path
copying). The tree is a treap, C. Aragon, R. Seidel: *Randomized Search Trees*. FOCS 1989.

Representation: a binary search tree of nodes that nobody writes after their publication. ``root``, the one cell that
threads contend for, points at the newest *version*: its root node, None while the map is empty. A change copies the
nodes on the path from the root to its key, shares all other subtrees with the version before, and swings ``root``.
The cells ``left`` and ``right`` of a node are set when it is made; ``key``, ``value``, ``rank`` (the heap order that
keeps the tree shallow), ``size`` (of the subtree) and ``version`` (the one that it was made for) are plain.

Invariant: ``root`` is swung from a version to one that differs from it in one key and has the next number. Whoever
holds a root node holds that version for ever.

Progress: lock-free. ``set`` fails to swing ``root`` only if another ``set`` succeeded in between; what it has copied
is then wasted. ``get``, ``items`` and ``snapshot`` are wait-free: one load of ``root``, and a walk through a tree that
does not change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final, Generic, Protocol, TypeVar

from lockfree_core.memory import Memory, Reference, default_memory

__all__ = ["CopyOnWriteMap", "MapSnapshot", "Node", "rank_of"]

_SALT: Final = b"982"  # any would do; under this one the keys 1 to 7 make a full tree, which is easy to look at


class Ordered(Protocol):
    """Keys are compared with each other."""

    def __lt__(self, other: Any, /) -> bool: ...


K = TypeVar("K", bound=Ordered)
V = TypeVar("V")
D = TypeVar("D")


def rank_of(key: object) -> int:
    """A number as if drawn by lot, the same for the same key everywhere: the higher, the nearer to the root.

    So the shape of a tree follows from its keys alone, whatever the order in which they came.
    """
    text = key if isinstance(key, str) else repr(key)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4, salt=_SALT).digest(), "big")


class Node(Generic[K, V]):
    """An entry, the entries with smaller keys, and those with greater ones. Nothing in it changes once it is public."""

    __slots__ = ("key", "left", "rank", "right", "size", "value", "version")

    def __init__(
        self,
        memory: Memory,
        key: K,
        value: V,
        left: Node[K, V] | None,
        right: Node[K, V] | None,
        rank: int,
        version: int,
    ) -> None:
        self.key = key
        self.value = value
        self.rank = rank
        self.version = version
        self.size: int = 1 + (left.size if left else 0) + (right.size if right else 0)
        self.left: Reference[Node[K, V] | None] = memory.reference(left, "left")
        self.right: Reference[Node[K, V] | None] = memory.reference(right, "right")


class MapSnapshot(Mapping[K, V]):
    """One version of a map, in the order of its keys. It never changes, whatever becomes of the map."""

    __slots__ = ("_root",)

    def __init__(self, root: Node[K, V] | None) -> None:
        self._root = root

    @property
    def version(self) -> int:
        """The number of changes that led to it."""
        return self._root.version if self._root else 0

    def __getitem__(self, key: K) -> V:
        node = self._root
        while node is not None and node.key != key:
            node = (node.left if key < node.key else node.right).value
        if node is None:
            raise KeyError(key)
        return node.value

    def __len__(self) -> int:
        return self._root.size if self._root else 0

    def __iter__(self) -> Iterator[K]:
        above: list[Node[K, V]] = []
        node = self._root
        while node is not None or above:
            while node is not None:
                above.append(node)
                node = node.left.value
            node = above.pop()
            yield node.key
            node = node.right.value

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict(self)!r})"


class CopyOnWriteMap(Generic[K, V]):
    """A map whose readers never wait and whose snapshots cost nothing. Keys must be comparable with each other.

    >>> prices = CopyOnWriteMap()
    >>> prices.set("tea", 3)
    >>> before = prices.snapshot()
    >>> prices.set("tea", 4)
    >>> before["tea"], prices.get("tea"), prices.get("rum", "none"), len(prices)
    (3, 4, 'none', 1)
    """

    def __init__(self, memory: Memory | None = None) -> None:
        self._memory = memory or default_memory()
        self._backoff = self._memory.backoff()
        self._root: Reference[Node[K, V] | None] = self._memory.reference(None, "root")

    @property
    def updates(self) -> int:
        """A peek for people and debuggers: how many changes led to the version now. Never traced."""
        root = self._root.value
        return root.version if root else 0

    def get(self, key: K, default: D | None = None) -> V | D | None:
        """The value of ``key`` in the version that is the newest when the call begins."""
        node = self._root.load()
        while node is not None and node.key != key:
            branch = node.left if key < node.key else node.right
            node = branch.load()
        return default if node is None else node.value

    def set(self, key: K, value: V) -> None:
        """Publish a version in which ``key`` has that value."""
        losses = 0
        while True:
            old_root = self._root.load()
            version = old_root.version + 1 if old_root else 1
            path: list[Node[K, V]] = []
            found = old_root
            while found is not None and found.key != key:
                path.append(found)
                branch = found.left if key < found.key else found.right
                child = branch.load()
                found = child
            left: Node[K, V] | None = None
            right: Node[K, V] | None = None
            rank = found.rank if found else rank_of(key)
            if found is not None:
                kept = found.left.load()
                left = kept
                kept = found.right.load()
                right = kept
            # A new key may outrank some of the path: what is smaller among it goes to its left, the rest to its right.
            while path and path[-1].rank < rank:
                node = path.pop()
                if node.key < key:
                    kept = node.left.load()
                    less = self._memory.allocate(Node, node.key, node.value, kept, left, node.rank, version)
                    left = less
                else:
                    kept = node.right.load()
                    more = self._memory.allocate(Node, node.key, node.value, right, kept, node.rank, version)
                    right = more
            copy = self._memory.allocate(Node, key, value, left, right, rank, version)
            while path:
                node = path.pop()
                if key < node.key:
                    kept = node.right.load()
                    copy = self._memory.allocate(Node, node.key, node.value, copy, kept, node.rank, version)
                else:
                    kept = node.left.load()
                    copy = self._memory.allocate(Node, node.key, node.value, kept, copy, node.rank, version)
            # Winning publishes the version; losing means that another one came in between, and the copies are waste.
            if self._root.compare_and_swap(old_root, copy):
                return
            losses += 1
            self._backoff.pause(losses)

    def items(self) -> tuple[tuple[K, V], ...]:
        """All entries of one version, in the order of their keys."""
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

    def snapshot(self) -> MapSnapshot[K, V]:
        """The version that is the newest now, to keep."""
        return MapSnapshot(self._root.load())

    def __len__(self) -> int:
        """The number of entries of the newest version."""
        return len(self.snapshot())

    def __iter__(self) -> Iterator[K]:
        """The keys of the version that is the newest when the iteration begins."""
        return iter(self.snapshot())
