"""What an algorithm may ask of a memory: the one door between a structure and the shared state that it works on.

An algorithm is written once, against these protocols. Which memory it is given decides what an access does: take a
small lock (:class:`~lockfree_core.memory.locked.LockedMemory`), or announce itself, pass a gate, act and be recorded
(``lockfree_core.drive.traced``). An algorithm touches shared state through cells only; a plain attribute of a node is
written before the node is published and never after.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol, TypeVar

__all__ = ["Backoff", "Integer", "Lock", "Memory", "Reference", "Versioned"]

T = TypeVar("T")
N = TypeVar("N")


class Reference(Protocol[T]):
    """A cell that holds a reference. Identity decides whether a compare-and-swap succeeds."""

    @property
    def value(self) -> T:
        """A peek for people and debuggers: no access of the algorithm, never traced."""
        ...

    def load(self) -> T:
        """The value now."""
        ...

    def store(self, value: T) -> None:
        """Overwrite the value, whatever it was."""
        ...

    def compare_and_swap(self, expected: T, new: T) -> bool:
        """Store ``new`` if the value *is* ``expected``; say whether it was."""
        ...

    def get_and_set(self, new: T) -> T:
        """Store ``new`` and return what was there."""
        ...


class Integer(Protocol):
    """A cell that holds an integer. Equality decides whether a compare-and-swap succeeds."""

    @property
    def value(self) -> int:
        """A peek for people and debuggers: no access of the algorithm, never traced."""
        ...

    def load(self) -> int:
        """The value now."""
        ...

    def store(self, value: int) -> None:
        """Overwrite the value, whatever it was."""
        ...

    def compare_and_swap(self, expected: int, new: int) -> bool:
        """Store ``new`` if the value equals ``expected``; say whether it did."""
        ...

    def get_and_set(self, new: int) -> int:
        """Store ``new`` and return what was there."""
        ...

    def fetch_add(self, amount: int) -> int:
        """Add ``amount`` and return what was there before."""
        ...


class Versioned(Protocol[T]):
    """A reference with a version that grows with every change, so a value that left and came back is told apart."""

    @property
    def value(self) -> T:
        """A peek for people and debuggers: no access of the algorithm, never traced."""
        ...

    @property
    def version(self) -> int:
        """A peek, likewise."""
        ...

    def get(self) -> tuple[T, int]:
        """Value and version, read together."""
        ...

    def compare_and_swap(self, expected: T, expected_version: int, new_value: T) -> bool:
        """Store ``new_value`` and add one to the version if value *and* version are the expected ones."""
        ...


class Lock(Protocol):
    """A mutex. The twins of the lock-free structures use it, so that a blocked thread can be seen and stepped."""

    def __enter__(self) -> object: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Backoff(Protocol):
    """What to do after a lost compare-and-swap."""

    def pause(self, losses: int) -> None:
        """Wait as the policy says. ``losses`` counts those of this operation, from 1."""
        ...


class Memory(Protocol):
    """Where cells, locks and nodes come from."""

    def reference(self, initial: Any, name: str = "") -> Reference[Any]:
        """A new reference cell. ``name`` is what people see; a node's cells are named after its fields."""
        ...

    def integer(self, initial: int, name: str = "") -> Integer:
        """A new integer cell."""
        ...

    def versioned(self, initial: Any, name: str = "", bits: int = 0) -> Versioned[Any]:
        """A new versioned reference cell. A version of so many ``bits`` wraps round to 0; with 0 bits it never does."""
        ...

    def lock(self, name: str = "") -> Lock:
        """A new mutex."""
        ...

    def backoff(self) -> Backoff:
        """The policy that this memory was made with."""
        ...

    def random(self) -> random.Random:
        """The calling thread's own generator."""
        ...

    def thread_index(self) -> int:
        """A small number that the calling thread keeps, from 0."""
        ...

    def thread_limit(self) -> int:
        """For how many threads state of their own is to be laid out: their numbers lie below it."""
        ...

    def allocate(self, node: Callable[..., N], *arguments: Any) -> N:
        """A new node: ``node(memory, *arguments)``."""
        ...

    def retire(self, node: object) -> None:
        """The node is unlinked; free it as soon as nobody can hold it any more."""
        ...

    def free(self, node: object) -> None:
        """The node is not used again by anybody."""
        ...
