"""What viewers of one side see: names, records, snapshots and the latest of each kind of state message.

A ``Stream`` is one generation; a ``Feed`` is the place where viewers stand, and keeps them over a restart.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, Protocol

from app.messages import encode
from app.services.history import History, Snapshot

__all__ = ["Feed", "FeedRun", "Stream", "Waker"]

# While an engine makes a snapshot its threads stand still. Where that takes long (a structure with very many nodes) it
# must not be all that they do: a snapshot is followed by so many times its own duration without one.
_REST: Final = 9
# Seconds. On a machine with too little processor a snapshot takes long without any thread standing still: it waits in
# the pipe, or for the engine's turn. Whoever needs one sees nothing until it comes, so the rest may not grow with that.
_LONGEST_REST: Final = 3.0

NAME_LISTS: Final = ("sites", "cells", "types", "values", "operations", "processes")


class Waker(Protocol):
    """A viewer, as far as a stream knows it."""

    def wake(self) -> None:
        """Something may have changed."""


class FeedRun(Protocol):
    """A run, as far as viewers know it."""

    @property
    def description(self) -> tuple[int, str]:
        """A number that grows with each change, and the ``run`` message."""

    def describe(self) -> dict[str, Any]:
        """The run as ``GET /api/runs/{run}`` gives it."""

    def viewers_changed(self) -> None:
        """Somebody came or went."""


class Stream:
    """One generation of one side.

    ``ask`` asks the engine for a snapshot; an engine that is gone is told apart by ``is_over``.
    """

    def __init__(self, generation: int, budget: int, ask: Callable[[str], None]) -> None:
        self.generation = generation
        self.history = History(generation, budget)
        self.names: dict[str, list[Any]] = {name: [] for name in NAME_LISTS}
        self.name_texts: list[str] = []  # one for each names report, ready to be sent
        self.state: dict[str, tuple[int, str]] = {}  # by type: version and text of the latest
        self.is_over = False
        self.lost = 0  # records that a full ring swallowed
        self.records = 0
        self.sink: Callable[[int, bytes, int], None] | None = None  # gets every batch: first, records, count
        self._ask = ask
        self._asked = False
        self._asked_at = 0.0
        self._ask_again = 0.0
        self._version = 0

    def add_names(self, report: dict[str, Any]) -> None:
        """Take a names report: it is valid for all records that come after it."""
        fields: dict[str, Any] = {name: report[name] for name in ("from", *NAME_LISTS) if name in report}
        for name in NAME_LISTS:
            self.names[name].extend(fields.get(name, ()))
        self.name_texts.append(encode("names", fields))

    def add_records(self, first: int, records: bytes, count: int, lost: int) -> None:
        """Take a batch from the merger."""
        self.history.add(first, records, lost)
        self.records += count
        self.lost += lost
        if self.sink is not None:
            self.sink(first, records, count)
        if lost:
            self.want_snapshot("lost")
        elif self.history.wants_snapshot:
            self.want_snapshot("request")

    def add_snapshot(self, report: dict[str, Any]) -> Snapshot:
        """Take a snapshot from the engine."""
        if self._asked:
            took = time.monotonic() - self._asked_at
            self._ask_again = time.monotonic() + min(took * _REST, _LONGEST_REST)
        self._asked = False
        snapshot = Snapshot.from_report(report)
        self.history.keep(snapshot)
        return snapshot

    def want_snapshot(self, reason: str) -> None:
        """Ask the engine for a snapshot, unless one is on its way or the last one was made too shortly before."""
        now = time.monotonic()
        if not self._asked and not self.is_over and now >= self._ask_again:
            self._asked, self._asked_at = True, now
            self._ask(reason)

    def snapshot_refused(self) -> None:
        """The engine could not make the snapshot: the next one who wants one asks again."""
        self._asked = False

    def tell(self, type: str, fields: dict[str, Any]) -> None:
        """Set the latest message of a type; a viewer that is slow gets only the last one."""
        self._version += 1
        self.state[type] = (self._version, encode(type, fields))

    def end(self, fields: dict[str, Any]) -> None:
        """The engine is gone: nothing more comes."""
        self.is_over = True
        self.tell("ended", fields)


class Feed:
    """One side of a run as viewers see it, over all generations. ``stream`` is None where the run has no such side."""

    def __init__(self, run: FeedRun, side: int) -> None:
        self.run = run
        self.side = side
        self.stream: Stream | None = None
        self.viewers: set[Waker] = set()

    def enter(self, viewer: Waker) -> None:
        """A viewer comes."""
        self.viewers.add(viewer)
        self.run.viewers_changed()

    def leave(self, viewer: Waker) -> None:
        """A viewer goes; one that never came may as well."""
        if viewer in self.viewers:
            self.viewers.remove(viewer)
            self.run.viewers_changed()

    def wake(self) -> None:
        """Tell all viewers to look."""
        for viewer in self.viewers:
            viewer.wake()
