"""The structures: one algorithm a file; ``locked`` holds the mutex twins, ``flawed`` the known-bad variants."""

from lockfree_core.structures.app_state import AppState, StateHolder
from lockfree_core.structures.atomic_counter import AtomicCounter
from lockfree_core.structures.copy_on_write_map import CopyOnWriteMap, MapSnapshot
from lockfree_core.structures.michael_scott_queue import MichaelScottQueue
from lockfree_core.structures.paired_accounts import PairedAccounts
from lockfree_core.structures.treiber_stack import TreiberStack

__all__ = [
    "AppState",
    "AtomicCounter",
    "CopyOnWriteMap",
    "MapSnapshot",
    "MichaelScottQueue",
    "PairedAccounts",
    "StateHolder",
    "TreiberStack",
]
