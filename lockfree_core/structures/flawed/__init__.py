"""Known-bad variants, each naming its bug: what the real ones guard against, and proof that a checker can fail."""

from lockfree_core.structures.flawed.freeing_queue import FreeingQueue
from lockfree_core.structures.flawed.freeing_stack import FreeingStack
from lockfree_core.structures.flawed.ignoring_map import IgnoringMap
from lockfree_core.structures.flawed.racy_counter import RacyCounter
from lockfree_core.structures.flawed.split_cas_counter import SplitCasCounter
from lockfree_core.structures.flawed.storing_queue import StoringQueue
from lockfree_core.structures.flawed.thawed_state import ThawedState
from lockfree_core.structures.flawed.two_locks import TwoLockAccounts
from lockfree_core.structures.flawed.unvalidated_hazard_stack import UnvalidatedHazardStack
from lockfree_core.structures.flawed.wrapping_tag_stack import WrappingTagStack

__all__ = [
    "FreeingQueue",
    "FreeingStack",
    "IgnoringMap",
    "RacyCounter",
    "SplitCasCounter",
    "StoringQueue",
    "ThawedState",
    "TwoLockAccounts",
    "UnvalidatedHazardStack",
    "WrappingTagStack",
]
