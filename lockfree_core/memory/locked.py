"""The memory that works everywhere: emulated cells, Python's own collection, nothing recorded."""

from __future__ import annotations

from typing import Any

from lockfree_core.memory.cells import AtomicInteger, AtomicReference, VersionedReference
from lockfree_core.memory.everyday import EverydayMemory

__all__ = ["LockedMemory"]


class LockedMemory(EverydayMemory):
    """Cells with an emulated compare-and-swap (see :mod:`lockfree_core.memory.cells`); Python collects the nodes."""

    def reference(self, initial: Any, name: str = "") -> AtomicReference[Any]:
        """A new reference cell."""
        return AtomicReference(initial)

    def integer(self, initial: int, name: str = "") -> AtomicInteger:
        """A new integer cell."""
        return AtomicInteger(initial)

    def versioned(self, initial: Any, name: str = "", bits: int = 0) -> VersionedReference[Any]:
        """A new versioned reference cell, whose version has so many bits; with 0 it never wraps."""
        return VersionedReference(initial, bits=bits)
