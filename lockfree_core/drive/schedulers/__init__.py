"""Schedulers: oracles that say which thread moves next. One a file."""

from lockfree_core.drive.schedulers.base import Scheduler
from lockfree_core.drive.schedulers.one_operation import OneOperation
from lockfree_core.drive.schedulers.priority import Priority
from lockfree_core.drive.schedulers.random_walk import RandomWalk
from lockfree_core.drive.schedulers.round_robin import RoundRobin

__all__ = ["OneOperation", "Priority", "RandomWalk", "RoundRobin", "Scheduler"]
