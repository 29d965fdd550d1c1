"""Lock-free data structures in Python, written to be read, watched and used.

Importing this package loads nothing but the standard library.
"""

from lockfree_core.memory import (
    AtomicInteger,
    AtomicReference,
    ConstantBackoff,
    ExponentialBackoff,
    HardwareMemory,
    LockedMemory,
    NoBackoff,
    VersionedReference,
    default_memory,
)
from lockfree_core.structures import AtomicCounter, MichaelScottQueue, TreiberStack

__version__ = "0.1.0"

__all__ = [
    "AtomicCounter",
    "AtomicInteger",
    "AtomicReference",
    "ConstantBackoff",
    "ExponentialBackoff",
    "HardwareMemory",
    "LockedMemory",
    "MichaelScottQueue",
    "NoBackoff",
    "TreiberStack",
    "VersionedReference",
    "__version__",
    "default_memory",
]
