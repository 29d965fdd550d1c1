"""Known-bad counters between processes, each naming its bug."""

from lockfree_core.shared_memory.flawed.racy_counter import RacySharedCounter

__all__ = ["RacySharedCounter"]
