"""The engine's way to the nursery: ask for a process, have one killed, look at what they share."""

from __future__ import annotations

import contextlib
import os
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, Final

from lockfree_core.drive.launch import child_environment
from lockfree_core.errors import EngineError

__all__ = ["Children"]

_LIMIT_S: Final = 30.0  # that it is gone is seen at once; this is for one that is starved
_GONE: Final = ("gone",)


class Children:
    """The nursery and its processes. Close it.

    Args:
        on_death: called with lane, number of the process and exit code, when one has ended that nobody here has killed.
        on_halt: called with lane, number of the process, and whether somebody has halted it (SIGSTOP) or let it go on.

    Both are called from a thread of their own, and in order. It is not the one that reads answers: they may wait for
    somebody who waits for an answer.
    """

    def __init__(
        self, on_death: Callable[[int, int, int], None], on_halt: Callable[[int, int, bool], None] | None = None
    ) -> None:
        self._told: dict[str, Callable[..., None] | None] = {"died": on_death, "halted": on_halt}
        self._news: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._answers: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self._channel, other = Pipe()
        command = [sys.executable, "-m", "lockfree_core.drive.processes.nursery", str(other.fileno())]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, pass_fds=(other.fileno(),), env=child_environment()
        )
        other.close()
        self._reader = threading.Thread(target=self._read, name="nursery", daemon=True)
        self._reader.start()
        threading.Thread(target=self._tell, name="nursery news", daemon=True).start()

    @property
    def pid(self) -> int:
        """The nursery's number."""
        return self._process.pid

    def make(
        self, factory: Any, shared: str, insert: str, prefill: list[tuple[Any, ...]]
    ) -> list[tuple[str, str, int]]:
        """Make and fill the structure; kind, name and value of all that it shares.

        Raises:
            EngineError: when that does not work.
        """
        made: list[tuple[str, str, int]] = self._ask(
            "make", f"{factory.__module__}:{factory.__qualname__}", shared, insert, prefill
        )
        return made

    def fork(self, lane: int) -> tuple[int, Connection]:
        """A process for a lane: its number, and the engine's end of its pipe."""
        ours, theirs = Pipe()
        with theirs:
            pid: int = self._ask("fork", lane, handle=theirs.fileno())
        return pid, ours

    def kill(self, pid: int) -> None:
        """SIGKILL; returns when it is dead."""
        self._ask("kill", pid)

    def peek(self, number: int) -> int:
        """What an integer holds now, or whether a lock is held."""
        return int(self._ask("peek", number))

    def count_inside(self) -> int:
        """How much is inside the structure."""
        return int(self._ask("inside"))

    def measure(self, threads: int, seconds: float, insert: str, knobs: dict[str, Any]) -> tuple[int, float]:
        """Let so many processes insert, with nobody watching; how many operations that were, and how long it took."""
        operations, elapsed = self._ask("measure", threads, seconds, insert, knobs)
        return int(operations), float(elapsed)

    def close(self) -> None:
        """End them all; returns when they are gone. Idempotent."""
        with self._lock, contextlib.suppress(OSError):
            self._channel.send(("end",))
        try:
            self._process.wait(_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        self._channel.close()

    def _ask(self, *message: Any, handle: int | None = None) -> Any:
        with self._lock:
            try:
                self._channel.send(message)
                if handle is not None:
                    _send_handle(self._channel, handle)
                answer = self._answers.get(timeout=_LIMIT_S)
            except (OSError, queue.Empty):
                answer = _GONE
        if answer[0] == "refused":
            raise EngineError(answer[1])
        if answer is _GONE:
            raise EngineError("the process that starts the others does not answer; restart the run")
        return answer[1]

    def _read(self) -> None:
        while True:
            try:
                message = self._channel.recv()
            except (EOFError, OSError):
                self._answers.put(_GONE)
                self._news.put(_GONE)
                return
            (self._news if message[0] in self._told else self._answers).put(message)

    def _tell(self) -> None:
        while (news := self._news.get()) is not _GONE:
            told = self._told[news[0]]
            if told is not None:
                told(*news[1:])


def _send_handle(channel: Connection, handle: int) -> None:
    """A copy of a descriptor. Not by ``multiprocessing``: it may wait for a word that the reader would take."""
    with socket.socket(fileno=os.dup(channel.fileno())) as way:
        socket.send_fds(way, [b"h"], [handle])
