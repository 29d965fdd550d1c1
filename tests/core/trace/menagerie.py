"""A structure of no use but one: it makes every kind of access that a traced memory records."""

from __future__ import annotations

from collections.abc import Iterator

from lockfree_core.memory import Memory


class Node:
    """Two cells and a plain value."""

    __slots__ = ("next", "uses", "value")

    def __init__(self, memory: Memory, value: object) -> None:
        self.value = value
        self.next = memory.reference(None, "next")
        self.uses = memory.reference(None, "uses")


class Menagerie:
    """A stack on a versioned head, which counts and remembers in cells of other kinds on the way."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._head = memory.versioned(None, "head")
        self._size = memory.integer(0, "size")
        self._last = memory.reference(None, "last")

    def push(self, value: object) -> None:
        node = self._memory.allocate(Node, value)
        while True:
            top, version = self._head.get()
            node.next.store(top)
            if self._head.compare_and_swap(top, version, node):
                break
        before = self._size.fetch_add(1)
        previous = self._last.get_and_set(node)
        if previous is not None:
            self._size.compare_and_swap(before, before)
        label = self._last.load()
        self._last.store(f"instead of {label is node}")

    def pop(self, default: object = None) -> object:
        while True:
            top, version = self._head.get()
            if top is None:
                return default
            below = top.next.load()
            if self._head.compare_and_swap(top, version, below):
                top.uses.store(1 << 40)
                self._size.fetch_add(-1)
                self._memory.retire(top)
                self._memory.free(top)
                return top.value

    def __iter__(self) -> Iterator[object]:
        node = self._head.value
        while node is not None:
            yield node.value
            node = node.next.value
