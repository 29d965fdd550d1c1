"""The memory of the C extension: each access is one atomic operation, and nothing in it can block.

Under a global interpreter lock that lock is what makes it atomic; on a free-threaded interpreter it is the hardware's
instruction, with a hazard pointer around every load of a reference (``lockfree_core/native/lf_hazard.h``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockfree_core.errors import NativeError
from lockfree_core.memory.base import Backoff, Integer, Memory, Reference, Versioned
from lockfree_core.memory.cells import VersionedReference as EmulatedVersioned
from lockfree_core.memory.everyday import EverydayMemory
from lockfree_core.memory.locked import LockedMemory
from lockfree_core.native import available, unavailable_reason

# The best cells that there are. Both kinds have the same methods; type checkers see the emulated ones.
if TYPE_CHECKING or not available():
    from lockfree_core.memory.cells import AtomicInteger, AtomicReference, VersionedReference
else:
    from lockfree_core.native import AtomicInteger, AtomicReference, VersionedReference

__all__ = ["AtomicInteger", "AtomicReference", "HardwareMemory", "VersionedReference", "default_memory"]


class HardwareMemory(EverydayMemory):
    """Cells of the C extension; Python collects the nodes. Integers have 64 bits and raise OverflowError beyond.

    Raises:
        NativeError: when the extension is not there.
    """

    def __init__(self, backoff: Backoff | None = None, seed: int | None = None, threads: int = 64) -> None:
        if not available():
            raise NativeError(f"there is no hardware memory: {unavailable_reason()}")
        super().__init__(backoff, seed, threads)

    def reference(self, initial: Any, name: str = "") -> Reference[Any]:
        """A new reference cell."""
        return AtomicReference(initial)

    def integer(self, initial: int, name: str = "") -> Integer:
        """A new integer cell."""
        return AtomicInteger(initial)

    def versioned(self, initial: Any, name: str = "", bits: int = 0) -> Versioned[Any]:
        """A new versioned reference cell. One whose version is to wrap is for looking at, and emulated."""
        return EmulatedVersioned(initial, bits=bits) if bits else VersionedReference(initial)


def default_memory(backoff: Backoff | None = None, seed: int | None = None) -> Memory:
    """What a structure works on that is given no memory: hardware cells, or emulated ones without the extension."""
    return HardwareMemory(backoff, seed) if available() else LockedMemory(backoff, seed)
