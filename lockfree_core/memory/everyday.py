"""What the memories of every day have in common: Python's own collection, nothing recorded, nothing gated."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from lockfree_core.memory.backoff import NoBackoff
from lockfree_core.memory.base import Backoff, Lock

__all__ = ["EverydayMemory"]

N = TypeVar("N")


class EverydayMemory:
    """All of a :class:`~lockfree_core.memory.base.Memory` but its cells.

    Args:
        backoff: the policy for every structure made on this memory; none by default.
        seed: seeds the threads' generators, for repeatable runs.
        threads: how many threads may use a structure that keeps something for each of them, as hazard pointers and
            epochs do. The others do not mind how many there are.
    """

    def __init__(self, backoff: Backoff | None = None, seed: int | None = None, threads: int = 64) -> None:
        if threads < 1:
            raise ValueError(f"a memory is for one thread or more; got {threads}")
        self._backoff = backoff or NoBackoff()
        self._seed = seed
        self._threads = threads
        self._indices = itertools.count()
        self._local = threading.local()

    def lock(self, name: str = "") -> Lock:
        """A new mutex."""
        return threading.Lock()

    def backoff(self) -> Backoff:
        """The policy that this memory was made with."""
        return self._backoff

    def random(self) -> random.Random:
        """The calling thread's own generator."""
        try:
            return self._local.random  # type: ignore[no-any-return]
        except AttributeError:
            seed = None if self._seed is None else f"{self._seed}:{self.thread_index()}"
            self._local.random = random.Random(seed)
            return self._local.random  # type: ignore[no-any-return]

    def thread_index(self) -> int:
        """A small number that the calling thread keeps, from 0 in order of first call."""
        try:
            return self._local.index  # type: ignore[no-any-return]
        except AttributeError:
            self._local.index = next(self._indices)
            return self._local.index  # type: ignore[no-any-return]

    def thread_limit(self) -> int:
        """How many threads this memory was made for."""
        return self._threads

    def allocate(self, node: Callable[..., N], *arguments: Any) -> N:
        """A new node: ``node(memory, *arguments)``."""
        return node(self, *arguments)

    def retire(self, node: object) -> None:
        """Nothing: Python frees a node when nobody holds it, which is what makes reclamation easy here."""

    def free(self, node: object) -> None:
        """Nothing, as for :meth:`retire`."""
