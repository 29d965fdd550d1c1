"""Immutable state under one compare-and-swap: readers hold what they read, writers replace it.

Problem: a state of several fields that belong together, read by everybody and changed now and then. A reader must see
all fields of one moment; of two changes none may be lost.

Paper: R. Hickey: *A History of Clojure*. HOPL IV, 2020 (the *atom*: an identity whose successive values are
immutable, swapped by a pure function and a compare-and-swap).

Representation: the one cell ``state`` points at a *version*: a node without cells, whose plain ``value`` is the
frozen :class:`AppState` and whose plain ``revision`` counts the changes that led to it.

Invariant: a version, and the state in it, are never written after they were published; ``state`` is swung from a
version to one that was computed from it.

Progress: lock-free. ``update`` calls its function again for as long as others come in between, so the function must
be pure. ``snapshot`` is wait-free: one load. What was loaded stays as it is, however long one looks at it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from lockfree_core.memory import Memory, Reference, default_memory

__all__ = ["AppState", "StateHolder", "Version"]


@dataclass(frozen=True, slots=True)
class AppState:
    """What an application is set to. Frozen all the way down: its fields hold immutable values only."""

    volume: int = 0
    brightness: int = 0


class Version:
    """A state, and the number of changes that led to it."""

    __slots__ = ("revision", "value")

    def __init__(self, memory: Memory, state: AppState, revision: int) -> None:
        self.value = state
        self.revision = revision


class StateHolder:
    """The place where the state of an application is found.

    >>> holder = StateHolder()
    >>> before = holder.snapshot()
    >>> holder.set("volume", 7)
    >>> holder.update(lambda state: replace(state, brightness=state.volume + 1))
    AppState(volume=7, brightness=8)
    >>> before
    AppState(volume=0, brightness=0)
    """

    def __init__(self, memory: Memory | None = None, initial: AppState | None = None) -> None:
        self._memory = memory or default_memory()
        self._backoff = self._memory.backoff()
        first = self._memory.allocate(Version, initial or AppState(), 0)
        self._state: Reference[Version] = self._memory.reference(first, "state")

    @property
    def updates(self) -> int:
        """A peek for people and debuggers: how many changes led to the state now. Never traced."""
        return self._state.value.revision

    def snapshot(self) -> AppState:
        """The state now. It stays as it is while others replace it."""
        current = self._state.load()
        return current.value

    def set(self, key: str, value: int) -> None:
        """Set one field, and leave the others as whoever came before has set them.

        Raises:
            TypeError: when there is no such field.
        """
        self.update(lambda state: replace(state, **{key: value}))

    def update(self, function: Callable[[AppState], AppState]) -> AppState:
        """Replace the state by what ``function`` makes of it, and return that. It may be called more than once."""
        losses = 0
        while True:
            old = self._state.load()
            new = self._memory.allocate(Version, function(old.value), old.revision + 1)
            # Winning publishes the state; losing means that another one came in between, so compute anew from that.
            if self._state.compare_and_swap(old, new):
                return new.value
            losses += 1
            self._backoff.pause(losses)

    def audit(self) -> int:
        """Read one snapshot twice, as a report does that prints a total first and the details after; the sum.

        Raises:
            RuntimeError: when the two readings differ. They never do.
        """
        current = self._state.load()
        total = current.value.volume + current.value.brightness
        again = current.value.volume + current.value.brightness
        if total != again:
            raise RuntimeError(f"the snapshot has changed: its sum was {total}, now it is {again}")
        return total
