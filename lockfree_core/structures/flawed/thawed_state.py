"""Known bad: the "frozen" state that holds a mutable dict.

The bug: ``frozen=True`` keeps people from assigning the field, not from changing the dict that it refers to. ``set``
writes into that dict, and then publishes a new version, with a correct compare-and-swap, that holds *the same* dict.
So the change is public before it is published, and every snapshot that anybody holds changes with it: who reads one
twice may find two different things, and who reads two fields may find a pair that never was.

In the lab the dict is a node ``Settings`` with a cell for each key (``volume``, ``brightness``), which is what a dict
is to threads: shared memory. A version is a node with the cell ``settings``, written when it is made and never after.

The cure: ``lockfree_core.structures.app_state``.
"""

from __future__ import annotations

from lockfree_core.memory import Integer, Memory, Reference, default_memory
from lockfree_core.structures.app_state import AppState

__all__ = ["ThawedState"]


class Settings:
    """The dict. Whoever has it may write."""

    __slots__ = ("brightness", "volume")

    def __init__(self, memory: Memory, volume: int, brightness: int) -> None:
        self.volume: Integer = memory.integer(volume, "volume")
        self.brightness: Integer = memory.integer(brightness, "brightness")


class FrozenVersion:
    """The "frozen" state: its reference to the dict never changes."""

    __slots__ = ("revision", "settings")

    def __init__(self, memory: Memory, settings: Settings, revision: int) -> None:
        self.revision = revision
        self.settings: Reference[Settings] = memory.reference(settings, "settings")


class ThawedState:
    """A holder whose snapshots change, with the methods of ``StateHolder``. For looking at, not for use."""

    def __init__(self, memory: Memory | None = None, initial: AppState | None = None) -> None:
        self._memory = memory or default_memory()
        self._backoff = self._memory.backoff()
        start = initial or AppState()
        settings = self._memory.allocate(Settings, start.volume, start.brightness)
        first = self._memory.allocate(FrozenVersion, settings, 0)
        self._state: Reference[FrozenVersion] = self._memory.reference(first, "state")

    @property
    def updates(self) -> int:
        """A peek for people and debuggers: how many changes were published. Never traced."""
        return self._state.value.revision

    def snapshot(self) -> AppState:
        """Perhaps the state of one moment."""
        current = self._state.load()
        settings = current.settings.load()
        volume = settings.volume.load()
        brightness = settings.brightness.load()
        return AppState(volume, brightness)

    def set(self, key: str, value: int) -> None:
        """Set one field: too early for everybody who holds a snapshot.

        Raises:
            AttributeError: when there is no such field.
        """
        losses = 0
        while True:
            old = self._state.load()
            settings = old.settings.load()
            getattr(settings, key).store(value)  # the bug: this dict belongs to every version there ever was
            new = self._memory.allocate(FrozenVersion, settings, old.revision + 1)
            if self._state.compare_and_swap(old, new):
                return
            losses += 1
            self._backoff.pause(losses)

    def audit(self) -> int:
        """Read one snapshot twice, as a report does that prints a total first and the details after; the sum.

        Raises:
            RuntimeError: when the two readings differ.
        """
        current = self._state.load()
        settings = current.settings.load()
        total = settings.volume.load() + settings.brightness.load()
        again = settings.volume.load() + settings.brightness.load()
        if total != again:
            raise RuntimeError(f"the snapshot has changed: its sum was {total}, now it is {again}")
        return total
