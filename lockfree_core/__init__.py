"""Lock-free data structures in Python, written to be read, watched and used.

Importing this package loads nothing but the standard library.
"""

from lockfree_core.memory import (
    AtomicInteger,
    AtomicReference,
    ConstantBackoff,
    ExponentialBackoff,
    LockedMemory,
    NoBackoff,
    VersionedReference,
)
from lockfree_core.structures import (
    AppState,
    AtomicCounter,
    CopyOnWriteMap,
    MapSnapshot,
    MichaelScottQueue,
    PairedAccounts,
    StateHolder,
    TreiberStack,
)

__version__ = "0.1.0"

__all__ = [
    "AppState",
    "AtomicCounter",
    "AtomicInteger",
    "AtomicReference",
    "ConstantBackoff",
    "CopyOnWriteMap",
    "ExponentialBackoff",
    "LockedMemory",
    "MapSnapshot",
    "MichaelScottQueue",
    "NoBackoff",
    "PairedAccounts",
    "StateHolder",
    "TreiberStack",
    "VersionedReference",
    "__version__",
]
