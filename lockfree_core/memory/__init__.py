"""Cells, locks and nodes: the shared state that structures work on.

The cells named here are the best that there are: those of the C extension, or without it the emulated ones of
``lockfree_core.memory.cells``.
"""

from lockfree_core.memory.backoff import ConstantBackoff, ExponentialBackoff, NoBackoff
from lockfree_core.memory.base import Backoff, Integer, Lock, Memory, Reference, Versioned
from lockfree_core.memory.hardware import (
    AtomicInteger,
    AtomicReference,
    HardwareMemory,
    VersionedReference,
    default_memory,
)
from lockfree_core.memory.locked import LockedMemory

__all__ = [
    "AtomicInteger",
    "AtomicReference",
    "Backoff",
    "ConstantBackoff",
    "ExponentialBackoff",
    "HardwareMemory",
    "Integer",
    "Lock",
    "LockedMemory",
    "Memory",
    "NoBackoff",
    "Reference",
    "Versioned",
    "VersionedReference",
    "default_memory",
]
