"""Known bad: the copy-on-write map that does not look whether its swap succeeded.

The bug: ``set`` discards the result of its compare-and-swap and returns. Where another ``set`` came in between, the
version that it has copied is thrown away, and its caller is told that all is well: the write is lost. Nothing is
ever torn; the map is merely wrong.

Representation as in the real one, without the ranks that keep its tree shallow, which have nothing to do with the bug:
the cell ``root``, nodes with the cells ``left`` and ``right`` and plain ``key``, ``value``, ``size``, ``version``.

The cure: ``lockfree_core.structures.copy_on_write_map``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from lockfree_core.memory import Memory, Reference, default_memory
from lockfree_core.structures.copy_on_write_map import MapSnapshot, Node, Ordered

__all__ = ["IgnoringMap"]

K = TypeVar("K", bound=Ordered)
V = TypeVar("V")
D = TypeVar("D")


class IgnoringMap(Generic[K, V]):
    """A map that loses writes, with the methods of ``CopyOnWriteMap``. For looking at, not for use."""

    def __init__(self, memory: Memory | None = None) -> None:
        self._memory = memory or default_memory()
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
        """Publish a version in which ``key`` has that value, or lose it."""
        old_root = self._root.load()
        version = old_root.version + 1 if old_root else 1
        path: list[Node[K, V]] = []
        found = old_root
        while found is not None and found.key != key:
            path.append(found)
            branch = found.left if key < found.key else found.right
            child = branch.load()
            found = child
        if found is None:
            copy = self._memory.allocate(Node, key, value, None, None, 0, version)
        else:
            left = found.left.load()
            right = found.right.load()
            copy = self._memory.allocate(Node, key, value, left, right, 0, version)
        while path:
            node = path.pop()
            if key < node.key:
                right = node.right.load()
                copy = self._memory.allocate(Node, node.key, node.value, copy, right, 0, version)
            else:
                left = node.left.load()
                copy = self._memory.allocate(Node, node.key, node.value, left, copy, 0, version)
        self._root.compare_and_swap(old_root, copy)  # the bug: where it fails, the write is lost, and nobody is told

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
