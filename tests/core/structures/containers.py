"""Stacks and queues under one pair of names, and which keys are which."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tests.core.engine_kit import factory_of

__all__ = ["COUNTERS", "EMPTY", "FLAWED_COUNTER", "FLAWED_QUEUES", "FLAWED_STACKS", "QUEUES", "STACKS", "Container"]

STACKS: Final = ("treiber-stack", "locked-stack", "hazard-pointer-stack", "epoch-stack", "tagged-stack")
QUEUES: Final = ("michael-scott-queue", "locked-queue", "hazard-pointer-queue", "epoch-queue", "tagged-queue")
COUNTERS: Final = ("atomic-counter", "locked-counter", "process-add-counter")
FLAWED_STACKS: Final = ("freeing-stack", "unvalidated-hazard-stack", "wrapping-tag-stack")
FLAWED_QUEUES: Final = ("storing-queue", "freeing-queue")
FLAWED_COUNTER: Final = "racy-counter"

EMPTY: Final = object()


class Container:
    """A stack or queue: ``put`` and ``take``."""

    def __init__(self, key: str, memory: Any = None) -> None:
        structure: Any = factory_of(key)(memory)
        is_stack = key in STACKS + FLAWED_STACKS
        self.structure = structure
        self.put: Callable[[Any], None] = structure.push if is_stack else structure.enqueue
        self.take: Callable[..., Any] = structure.pop if is_stack else structure.dequeue

    def drain(self) -> list[Any]:
        """Take until it is empty."""
        return list(iter(lambda: self.take(EMPTY), EMPTY))
