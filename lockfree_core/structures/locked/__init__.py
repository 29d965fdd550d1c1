"""Mutex twins: the same structures with one lock around each operation, for comparison."""

from typing import TYPE_CHECKING

from lockfree_core.lazy import lazily

if TYPE_CHECKING:
    from lockfree_core.structures.locked.accounts import LockedAccounts
    from lockfree_core.structures.locked.counter import LockedCounter
    from lockfree_core.structures.locked.map import RWLockMap
    from lockfree_core.structures.locked.queue import LockedQueue
    from lockfree_core.structures.locked.ring import LockedRing
    from lockfree_core.structures.locked.stack import LockedStack
    from lockfree_core.structures.locked.state import LockedState

__all__ = ["LockedAccounts", "LockedCounter", "LockedQueue", "LockedRing", "LockedStack", "LockedState", "RWLockMap"]

_HOMES = {
    "LockedAccounts": "accounts",
    "LockedCounter": "counter",
    "RWLockMap": "map",
    "LockedQueue": "queue",
    "LockedRing": "ring",
    "LockedStack": "stack",
    "LockedState": "state",
}
__getattr__ = lazily(__name__, _HOMES)
