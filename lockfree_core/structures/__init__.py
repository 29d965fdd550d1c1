"""The structures: one algorithm a file; ``locked`` holds the mutex twins, ``flawed`` the known-bad variants.

``pooled_…`` and ``tagged_…`` are for memory that is freed by hand: on Python's own collection they work, and gain
nothing.
"""

from lockfree_core.structures.app_state import AppState, StateHolder
from lockfree_core.structures.atomic_counter import AtomicCounter
from lockfree_core.structures.copy_on_write_map import CopyOnWriteMap, MapSnapshot
from lockfree_core.structures.fetch_add_counter import FetchAddCounter
from lockfree_core.structures.michael_scott_queue import MichaelScottQueue
from lockfree_core.structures.paired_accounts import PairedAccounts
from lockfree_core.structures.pooled_queue import EpochQueue, HazardPointerQueue, PooledQueue
from lockfree_core.structures.pooled_stack import EpochStack, HazardPointerStack, PooledStack
from lockfree_core.structures.ring_queue import RingQueue
from lockfree_core.structures.striped_counter import StripedCounter
from lockfree_core.structures.tagged_queue import TaggedQueue
from lockfree_core.structures.tagged_stack import TaggedStack
from lockfree_core.structures.treiber_stack import TreiberStack

__all__ = [
    "AppState",
    "AtomicCounter",
    "CopyOnWriteMap",
    "EpochQueue",
    "EpochStack",
    "FetchAddCounter",
    "HazardPointerQueue",
    "HazardPointerStack",
    "MapSnapshot",
    "MichaelScottQueue",
    "PairedAccounts",
    "PooledQueue",
    "PooledStack",
    "RingQueue",
    "StateHolder",
    "StripedCounter",
    "TaggedQueue",
    "TaggedStack",
    "TreiberStack",
]
