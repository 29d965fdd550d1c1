"""Mutex twins: the same structures with one lock around each operation, for comparison."""

from lockfree_core.structures.locked.counter import LockedCounter
from lockfree_core.structures.locked.queue import LockedQueue
from lockfree_core.structures.locked.stack import LockedStack

__all__ = ["LockedCounter", "LockedQueue", "LockedStack"]
