"""The memory of an algorithm in a process of its own: before each access it says what it is going to do, and waits.

Messages to the engine are tuples whose first item says which: ``site`` (a place in the code, once), ``load``,
``store``, ``compare_and_swap``, ``fetch_add``, ``acquire``, ``release``, ``pause``, and at the end of a call ``return``
or ``raised``. The engine sends :data:`DO` when an access may be done; what came of it follows, alone.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import FrameType, TracebackType
from typing import Any, Final

from lockfree_core.drive.processes.store import SharedInteger, SharedLock, Store
from lockfree_core.drive.sites import Site, SiteTable
from lockfree_core.errors import EngineError
from lockfree_core.memory import Backoff, NoBackoff
from lockfree_core.trace.layout import MAX_LANES

__all__ = ["DO", "AnnouncedMemory", "Link"]

DO: Final = b"do"


class Link:
    """The process's end of its pipe to the engine. Whatever is asked for raises EOFError once the engine is gone."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sites = SiteTable(self._tell_site)
        self._instruction = 0

    def announce(self, verb: str, frame: FrameType, cell: int, *arguments: Any) -> None:
        """Say what is going to happen; return when it may."""
        entry = self._sites.entries.get(id(frame.f_code) + frame.f_lasti)
        if entry is None:
            self._instruction = frame.f_lasti
            entry = self._sites.resolve(frame, verb)
        self._connection.send((verb, entry[0], cell, *arguments))
        self.wait()

    def pause(self, losses: int) -> None:
        """A compare-and-swap was lost: return when the policy of the run says so."""
        self._connection.send(("pause", losses))
        self.wait()

    def wait(self) -> None:
        """Return when the engine says so."""
        self._connection.recv_bytes()

    def answer(self, outcome: Any) -> None:
        """What came of it."""
        self._connection.send(outcome)

    def _tell_site(self, site: Site) -> None:
        self._connection.send(("site", tuple(site), self._instruction))


class AnnouncedMemory:
    """Shared integers and locks for an algorithm.

    Attributes:
        link: the pipe; None where nobody needs to be asked: while the nursery sets the structure up, and untraced.
        policy: the backoff where there is no link.
        index: the number of this process.
        made: what was handed out, in order: kind, name, and the thing itself.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.link: Link | None = None
        self.policy: Backoff = NoBackoff()
        self.index = 0
        self.made: list[tuple[str, str, Any]] = []

    def integer(self, initial: int, name: str = "") -> AnnouncedInteger:
        """A new integer cell."""
        real = self._store.integer(initial)
        self.made.append(("integer", name, real))
        return AnnouncedInteger(self, len(self.made) - 1, real)

    def lock(self, name: str = "") -> AnnouncedLock:
        """A new mutex."""
        real = self._store.lock()
        self.made.append(("lock", name, real))
        return AnnouncedLock(self, len(self.made) - 1, real)

    def reference(self, initial: Any, name: str = "") -> Any:
        """None: an address means nothing in another process."""
        raise EngineError("what processes share are integers and locks; a reference means nothing in another process")

    def versioned(self, initial: Any, name: str = "", bits: int = 0) -> Any:
        """None, as for a reference."""
        return self.reference(initial, name)

    def allocate(self, node: Callable[..., Any], *arguments: Any) -> Any:
        """None, as for a reference."""
        return self.reference(node)

    def retire(self, node: object) -> None:
        """None, as for a reference."""
        self.reference(node)

    def free(self, node: object) -> None:
        """None, as for a reference."""
        self.reference(node)

    def backoff(self) -> AnnouncedMemory:
        """The policy of the run, which the engine knows."""
        return self

    def pause(self, losses: int) -> None:
        """Back off."""
        if self.link is not None:
            self.link.pause(losses)
        else:
            self.policy.pause(losses)

    def random(self) -> random.Random:
        """A generator that begins anew with each process."""
        return random.Random(self.index)

    def thread_index(self) -> int:
        """The number of this process."""
        return self.index

    def thread_limit(self) -> int:
        """How many there may be."""
        return MAX_LANES


class AnnouncedInteger:
    """An integer that all processes share."""

    __slots__ = ("_memory", "_number", "_real")

    def __init__(self, memory: AnnouncedMemory, number: int, real: SharedInteger) -> None:
        self._memory = memory
        self._number = number
        self._real = real

    @property
    def value(self) -> int:
        """A peek, not announced."""
        return self._real.load()

    def load(self) -> int:
        """The value now."""
        link = self._memory.link
        if link is None:
            return self._real.load()
        link.announce("load", sys._getframe(1), self._number)
        value = self._real.load()
        link.answer(value)
        return value

    def store(self, value: int) -> None:
        """Overwrite the value, whatever it was."""
        link = self._memory.link
        if link is None:
            self._real.store(value)
            return
        link.announce("store", sys._getframe(1), self._number, value)
        self._real.store(value)
        link.answer(None)

    def compare_and_swap(self, expected: int, new: int) -> bool:
        """Store ``new`` if the value equals ``expected``; say whether it did."""
        link = self._memory.link
        if link is None:
            return self._real.compare_and_swap(expected, new)
        link.announce("compare_and_swap", sys._getframe(1), self._number, expected, new)
        won = self._real.compare_and_swap(expected, new)
        link.answer(won)
        return won

    def fetch_add(self, amount: int) -> int:
        """Add ``amount`` and return what was there before."""
        link = self._memory.link
        if link is None:
            return self._real.fetch_add(amount)
        link.announce("fetch_add", sys._getframe(1), self._number, amount)
        before = self._real.fetch_add(amount)
        link.answer(before)
        return before

    def get_and_set(self, new: int) -> int:
        """None: the shared integers have no exchange."""
        raise EngineError("what processes share has no exchange; it has compare-and-swap")


class AnnouncedLock:
    """A mutex between processes. A process that does not get it stands still until it is told to try again."""

    __slots__ = ("_memory", "_number", "_real")

    def __init__(self, memory: AnnouncedMemory, number: int, real: SharedLock) -> None:
        self._memory = memory
        self._number = number
        self._real = real

    def __enter__(self) -> None:
        link = self._memory.link
        if link is None:
            self._real.acquire(wait=True)
            return
        link.announce("acquire", sys._getframe(1), self._number)
        while True:
            taken = self._real.acquire()
            link.answer(taken)
            if taken:
                return
            link.wait()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        link = self._memory.link
        if link is None:
            self._real.release()
            return
        link.announce("release", sys._getframe(1), self._number)
        self._real.release()
        link.answer(None)
