"""The native core: cells and structures in C11.

The extension is optional. Where it was not built (no compiler), or does not work (a subinterpreter), this package still
imports: :func:`available` says False, :func:`unavailable_reason` says why, and naming one of its classes raises
:class:`~lockfree_core.errors.NativeError` with that reason. ``lockfree_core.memory.default_memory`` then falls back to
emulated cells.

What is in it has the names and methods of the Python ones, with three differences: arguments are positional
(``default`` may be named); integers have 64 bits and raise :class:`OverflowError` beyond; and the keys of a map are
hashable instead of comparable, so its entries come in no order. A key's own ``__hash__`` and ``__eq__`` may use the map
that asks them: a :class:`CopyOnWriteMap` asks while nothing is held, a :class:`RWLockMap` lets its own thread in again.

Under a global interpreter lock that lock makes each call atomic, and the structures are compiled to plain memory
accesses; on a free-threaded interpreter each access is a hardware atomic. :func:`atomicity` says which.

A forked child goes on with what was inside. Without a global lock another thread may have been in the middle of an
operation at that moment; the lock-free structures do not mind, but in a :class:`RingQueue` the slot that it had claimed
stays claimed in the child, and a :class:`RWLockMap` in which it was stays locked.

C files: ``lf_*`` hold the algorithms and know nothing of Python, ``py_*`` make types of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lockfree_core.errors import NativeError

_missing: str | None = None
try:
    _native = import_module("lockfree_core.native._native")
except ModuleNotFoundError:
    _missing = "the C extension was not built (no C compiler when Lockfree Lab was installed?)"
except ImportError as error:
    _missing = f"the C extension cannot be used: {error}"

if TYPE_CHECKING:
    from lockfree_core.native._native import (
        AtomicCounter,
        AtomicInteger,
        AtomicReference,
        CopyOnWriteMap,
        MapSnapshot,
        MichaelScottQueue,
        RingQueue,
        RWLockMap,
        SharedInteger,
        StripedCounter,
        ThreadStatistics,
        TreiberStack,
        VersionedReference,
    )

__all__ = [
    "AtomicCounter",
    "AtomicInteger",
    "AtomicReference",
    "CopyOnWriteMap",
    "MapSnapshot",
    "MichaelScottQueue",
    "RWLockMap",
    "RingQueue",
    "SharedInteger",
    "StripedCounter",
    "ThreadStatistics",
    "TreiberStack",
    "VersionedReference",
    "atomicity",
    "available",
    "unavailable_reason",
]


def available() -> bool:
    """Whether the extension is there."""
    return _missing is None


def unavailable_reason() -> str | None:
    """Why the extension is not there, as a sentence for people; None if it is."""
    return _missing


def atomicity() -> str:
    """What makes the native cells atomic: ``the interpreter's lock`` or ``hardware atomics``.

    Raises:
        NativeError: without the extension.
    """
    return str(__getattr__("ATOMICITY"))


def __getattr__(name: str) -> Any:
    if _missing is not None and name in (*__all__, "ATOMICITY"):
        raise NativeError(f"lockfree_core.native.{name} is not there: {_missing}")
    if _missing is None and not name.startswith("__"):
        return getattr(_native, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
