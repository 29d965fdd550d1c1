"""A lane whose algorithm runs in a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, Final

from lockfree_core.drive.control import Control
from lockfree_core.drive.lane import Lane
from lockfree_core.drive.processes.announced import DO
from lockfree_core.drive.rings import LaneArea
from lockfree_core.trace.layout import Position

__all__ = ["DEAD", "ProcessLane"]


class _Dead:
    """What a process answers that died before it could."""


DEAD: Final = _Dead()


class ProcessLane(Lane):
    """The engine's end of a process.

    Attributes:
        pid: the number of the process, 0 where there is none, or where it is dead.
        sites: site, local and decisiveness of each place in the code, by the number that the process gives it.
        told: what the locals of the running operation hold, as far as accesses were bound to them.
    """

    __slots__ = ("_connection", "_is_awaited", "_kill", "pid", "sites", "told")

    def __init__(self, index: int, control: Control, area: LaneArea, seed: object, kill: Callable[[int], None]) -> None:
        super().__init__(index, control, area, seed)
        self._connection: Connection | None = None
        self._kill = kill
        self._is_awaited = False
        self.pid = 0
        self.sites: dict[int, tuple[int, str | None, bool]] = {}
        self.told: dict[str, Any] = {}

    def join(self, pid: int, connection: Connection) -> None:
        """A new process runs it from now on."""
        self._connection = connection
        self.pid = pid
        self.sites = {}
        self.told = {}

    def part(self) -> None:
        """Let go of the process, which ends then."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def die(self) -> None:
        """SIGKILL: when this returns the process is dead."""
        pid, self.pid = self.pid, 0
        if pid:
            self._kill(pid)

    def say(self, message: tuple[Any, ...]) -> None:
        """Tell the process something. That it is dead comes out with the next answer."""
        assert self._connection is not None
        try:
            self._connection.send(message)
        except OSError:
            return

    def hear(self) -> Any:
        """What the process says next, or :data:`DEAD`."""
        assert self._connection is not None
        self._is_awaited = True
        try:
            self._strike()  # a kill that came before may have found nobody waiting
            return self._connection.recv()
        except (EOFError, OSError):
            return DEAD
        finally:
            self._is_awaited = False

    def let(self) -> None:
        """Let the process do what it has announced."""
        assert self._connection is not None
        try:
            self._connection.send_bytes(DO)
        except OSError:
            return

    def let_and_hear(self) -> Any:
        """Let it, and hear what came of it, or :data:`DEAD`."""
        self.let()
        return self.hear()

    def poke(self) -> None:
        """As in every lane; and a kill that may strike anywhere strikes here, in an access or on the way to the next.

        So a process that somebody has halted (SIGSTOP) can be killed too: it never comes to its gate.
        """
        if self._is_awaited:
            self._strike()
        super().poke()

    def _strike(self) -> None:
        if self.pending == ("kill", Position.ANYWHERE):
            self.die()
