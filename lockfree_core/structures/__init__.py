"""The structures: one algorithm a file; ``locked`` holds the mutex twins, ``flawed`` the known-bad variants.

``pooled_…`` and ``tagged_…`` are for memory that is freed by hand: on Python's own collection they work, and gain
nothing.
"""

from typing import TYPE_CHECKING

from lockfree_core.lazy import lazily

if TYPE_CHECKING:
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

_HOMES = {
    "AppState": "app_state",
    "StateHolder": "app_state",
    "AtomicCounter": "atomic_counter",
    "CopyOnWriteMap": "copy_on_write_map",
    "MapSnapshot": "copy_on_write_map",
    "FetchAddCounter": "fetch_add_counter",
    "MichaelScottQueue": "michael_scott_queue",
    "PairedAccounts": "paired_accounts",
    "EpochQueue": "pooled_queue",
    "HazardPointerQueue": "pooled_queue",
    "PooledQueue": "pooled_queue",
    "EpochStack": "pooled_stack",
    "HazardPointerStack": "pooled_stack",
    "PooledStack": "pooled_stack",
    "RingQueue": "ring_queue",
    "StripedCounter": "striped_counter",
    "TaggedQueue": "tagged_queue",
    "TaggedStack": "tagged_stack",
    "TreiberStack": "treiber_stack",
}
__getattr__ = lazily(__name__, _HOMES)
