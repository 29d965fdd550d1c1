"""The structures: one algorithm a file; ``locked`` holds the mutex twins, ``flawed`` the known-bad variants."""

from lockfree_core.structures.atomic_counter import AtomicCounter
from lockfree_core.structures.michael_scott_queue import MichaelScottQueue
from lockfree_core.structures.ring_queue import RingQueue
from lockfree_core.structures.striped_counter import StripedCounter
from lockfree_core.structures.treiber_stack import TreiberStack

__all__ = ["AtomicCounter", "MichaelScottQueue", "RingQueue", "StripedCounter", "TreiberStack"]
