"""The process that makes what the others share, forks them, kills them, and buries them.

``python -m lockfree_core.drive.processes.nursery FD`` with one end of a socket pair to the engine inherited as FD. It
has one thread, so it can fork; the engine has many. It is the parent of all processes, so a number that it has not
buried yet is surely theirs, and it can be killed by it. When the engine lets go, or is gone, it ends them and itself.
"""

from __future__ import annotations

import importlib
import mmap
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any, Final, NoReturn

from lockfree_core.drive.account import count_inside
from lockfree_core.drive.knobs import Knobs
from lockfree_core.drive.processes.announced import AnnouncedMemory
from lockfree_core.drive.processes.process import serve
from lockfree_core.drive.processes.store import make_store
from lockfree_core.errors import EngineError, LockfreeError

__all__ = ["Nursery", "main"]

_BATCH: Final = 64  # operations between two looks at the clock


class Nursery:
    """Serves one engine. Each ``on_…`` carries out a message and gives the answer."""

    def __init__(self, channel: Connection) -> None:
        self._channel = channel
        self._children: dict[int, int] = {}  # the lane of each that was not buried yet
        self._woken, self._wake = os.pipe()
        for end in (self._woken, self._wake):
            os.set_blocking(end, False)
        self._memory: Any = None
        self._structure: Any = None

    def run(self) -> None:
        """Until the engine lets go."""
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        try:
            while True:
                for ready in wait([self._channel, self._woken]):
                    if ready is self._channel:
                        self._answer(self._channel.recv())
                    else:
                        os.read(self._woken, 4096)
                        self._look_after_them()
        except (EOFError, OSError):
            self._end()

    def _answer(self, message: tuple[Any, ...]) -> None:
        try:
            answer = getattr(self, f"on_{message[0]}")(*message[1:])
        except LockfreeError as error:
            self._channel.send(("refused", str(error)))
        else:
            self._channel.send(("done", answer))

    def on_make(self, factory: str, shared: str, insert: str, prefill: Sequence[tuple[Any, ...]]) -> Any:
        """Make the structure and fill it; kind, name and value of all that it shares."""
        module, _, name = factory.partition(":")
        self._memory = AnnouncedMemory(make_store(shared))
        self._structure = getattr(importlib.import_module(module), name)(self._memory)
        for arguments in prefill:
            getattr(self._structure, insert)(*arguments)
        return [(kind, name, 0 if kind == "lock" else real.load()) for kind, name, real in self._memory.made]

    def on_fork(self, lane: int) -> int:
        """A process for a lane, whose end of its pipe follows the message; its number."""
        pipe = _receive_handle(self._channel)
        try:
            pid = _fork()
        except BaseException:
            os.close(pipe)
            raise
        if pid == 0:
            self._become_a_process(lane, pipe)
        os.close(pipe)  # or nobody would see its end
        self._children[pid] = lane
        return pid

    def on_measure(self, threads: int, seconds: float, insert: str, knobs: dict[str, Any]) -> tuple[int, float]:
        """Let so many processes insert, with nobody watching; how many operations that were, and how long it took."""
        from lockfree_core.drive.cost import make_backoff

        self._memory.policy = make_backoff(Knobs().changed(knobs))
        done = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("q")
        began = time.monotonic()
        pids = []
        for lane in range(threads):
            pid = _fork()
            if pid == 0:
                self._memory.index = lane
                _work(getattr(self._structure, insert), began + seconds, done, lane)
            pids.append(pid)
        for pid in pids:
            os.waitpid(pid, 0)
        return sum(done), time.monotonic() - began

    def on_kill(self, pid: int) -> None:
        """SIGKILL, and bury it."""
        if pid in self._children:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            del self._children[pid]

    def on_peek(self, number: int) -> int:
        """What an integer holds, or whether a lock is held."""
        kind, _, real = self._memory.made[number]
        return int(real.is_held() if kind == "lock" else real.load())

    def on_inside(self) -> int:
        """How much is inside, as the structure counts."""
        return count_inside(self._structure) or 0

    def on_end(self) -> None:
        """The engine lets go."""
        raise EOFError

    def _become_a_process(self, lane: int, pipe: int) -> None:
        """In the child. It keeps nothing that belongs to its parent, and never returns."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for end in (self._channel.fileno(), self._woken, self._wake):
                os.close(end)
            serve(self._structure, self._memory, lane, pipe)
            status = 0
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(status)

    def _look_after_them(self) -> None:
        """Tell of those that have ended, were halted or go on, by themselves or by somebody else's hand."""
        for pid in list(self._children):
            while pid in self._children and self._tell_change(pid):
                pass

    def _tell_change(self, pid: int) -> bool:
        """Whether something has come to that process, which is told then."""
        changed, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED | os.WCONTINUED)
        if not changed:
            return False
        if os.WIFSTOPPED(status) or os.WIFCONTINUED(status):
            self._channel.send(("halted", self._children[pid], pid, os.WIFSTOPPED(status)))
        else:
            self._channel.send(("died", self._children.pop(pid), pid, os.waitstatus_to_exitcode(status)))
        return True

    def _end(self) -> None:
        for pid in list(self._children):
            self.on_kill(pid)


def _receive_handle(channel: Connection) -> int:
    """The descriptor that follows."""
    with socket.socket(fileno=os.dup(channel.fileno())) as way:
        _, (handle,), _, _ = socket.recv_fds(way, 1, 1)
    return handle


def _fork() -> int:
    try:
        return os.fork()
    except OSError as error:
        raise EngineError(f"no process can be started ({error.strerror}); use fewer") from error


def _work(operation: Callable[[], object], deadline: float, done: memoryview, lane: int) -> NoReturn:
    """The body of a process that is measured. It never returns."""
    count = 0
    try:
        while time.monotonic() < deadline:
            for _ in range(_BATCH):
                operation()
            count += _BATCH
    finally:
        done[lane] = count
        os._exit(0)


def main(arguments: list[str]) -> int:
    """Serve the engine at the other end of that descriptor."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the server decides what ends
    Nursery(Connection(int(arguments[0]))).run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
