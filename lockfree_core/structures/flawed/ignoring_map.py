"""Known bad: the copy-on-write map that does not look whether its swap succeeded.

The bug: ``set`` discards the result of its compare-and-swap and returns. Where another ``set`` came in between, the
version that it has copied is thrown away, and its caller is told that all is well: the write is lost. Nothing is
ever torn; the map is merely wrong.

Representation as in the real one, without the ranks that keep its tree shallow, which have nothing to do with the bug:
the cell ``root``, nodes with the cells ``left`` and ``right`` and plain ``key``, ``value``, ``size``, ``version``.

The cure: ``lockfree_core.structures.copy_on_write_map``.
"""

from __future__ import annotations

from typing import TypeVar

from lockfree_core.structures.copy_on_write_map import CopyOnWriteMap, Node, Ordered

__all__ = ["IgnoringMap"]

K = TypeVar("K", bound=Ordered)
V = TypeVar("V")


class IgnoringMap(CopyOnWriteMap[K, V]):
    """A map that loses writes, with the methods of ``CopyOnWriteMap``. For looking at, not for use."""

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
