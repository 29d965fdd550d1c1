"""Lock-free data structures in Python, written to be read, watched and used.

Importing this package loads nothing but the standard library.
"""

import sys
from typing import TYPE_CHECKING

if sys.version_info < (3, 11):  # noqa: UP036 - an engine may be started on any interpreter that somebody names
    raise ImportError(f"Lockfree Lab needs Python 3.11 or newer; this is {sys.version.split()[0]}")

from lockfree_core.lazy import lazily  # noqa: E402

if TYPE_CHECKING:
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
    "HardwareMemory",
    "LockedMemory",
    "MapSnapshot",
    "MichaelScottQueue",
    "NoBackoff",
    "PairedAccounts",
    "StateHolder",
    "TreiberStack",
    "VersionedReference",
    "__version__",
    "default_memory",
]

_HOMES = {
    "AtomicInteger": "memory",
    "AtomicReference": "memory",
    "ConstantBackoff": "memory",
    "ExponentialBackoff": "memory",
    "HardwareMemory": "memory",
    "LockedMemory": "memory",
    "NoBackoff": "memory",
    "VersionedReference": "memory",
    "default_memory": "memory",
    "AppState": "structures",
    "AtomicCounter": "structures",
    "CopyOnWriteMap": "structures",
    "MapSnapshot": "structures",
    "MichaelScottQueue": "structures",
    "PairedAccounts": "structures",
    "StateHolder": "structures",
    "TreiberStack": "structures",
}
__getattr__ = lazily(__name__, _HOMES)
