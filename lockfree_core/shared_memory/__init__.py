"""Counters between processes: one behind a lock, two on hardware atomics; ``flawed`` has the bad one."""

from lockfree_core.shared_memory.counter import SharedMemoryCounter
from lockfree_core.shared_memory.locked_counter import SharedAtomicCounter

__all__ = ["SharedAtomicCounter", "SharedMemoryCounter"]
