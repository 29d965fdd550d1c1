"""Known-bad variants, each naming its bug: what the real ones guard against, and proof that a checker can fail."""

from lockfree_core.structures.flawed.racy_counter import RacyCounter
from lockfree_core.structures.flawed.storing_queue import StoringQueue

__all__ = ["RacyCounter", "StoringQueue"]
