"""The mutex twin of the state holder: the same immutable versions, one lock around each operation.

Progress: blocking. While a thread holds the lock nobody else gets on; if it is stopped inside, nobody ever does. A
slow function in ``update`` holds up every reader.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lockfree_core.memory import Memory, Reference, default_memory
from lockfree_core.structures.app_state import AppState, Version

__all__ = ["LockedState"]


class LockedState:
    """State behind a mutex, with the methods of :class:`~lockfree_core.structures.app_state.StateHolder`."""

    def __init__(self, memory: Memory | None = None, initial: AppState | None = None) -> None:
        self._memory = memory or default_memory()
        self._lock = self._memory.lock("lock")
        first = self._memory.allocate(Version, initial or AppState(), 0)
        self._state: Reference[Version] = self._memory.reference(first, "state")

    @property
    def updates(self) -> int:
        """A peek for people and debuggers: how many changes led to the state now. Never traced."""
        return self._state.value.revision

    def snapshot(self) -> AppState:
        """The state now. It stays as it is while others replace it."""
        with self._lock:
            current = self._state.load()
        return current.value

    def set(self, key: str, value: int) -> None:
        """Set one field.

        Raises:
            TypeError: when there is no such field.
        """
        self.update(lambda state: replace(state, **{key: value}))

    def update(self, function: Callable[[AppState], AppState]) -> AppState:
        """Replace the state by what ``function`` makes of it, and return that."""
        with self._lock:
            old = self._state.load()
            new = self._memory.allocate(Version, function(old.value), old.revision + 1)
            self._state.store(new)
        return new.value

    def audit(self) -> int:
        """The sum of the fields of one state."""
        with self._lock:
            current = self._state.load()
        return current.value.volume + current.value.brightness
