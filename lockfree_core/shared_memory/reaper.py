"""A small process that unlinks named memory when the processes that share it are gone, however they went.

A process that is killed with SIGKILL runs no clean-up of its own. ``multiprocessing`` has a tracker process for that,
but it complains about what it finds, and before Python 3.13 it also follows, and in the end unlinks, what was only
attached. This one is told a name before the memory is made, and forgets it when the memory was unlinked in order. It
reads from a pipe whose other end its starter and all processes forked from it hold; when the last of them is gone it
unlinks what is left on its list, and says nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import Final

__all__ = ["forget", "prepare", "remember"]

_PROGRAM: Final = """
import sys
from _posixshmem import shm_unlink
names = set()
for line in sys.stdin.buffer:
    (names.add if line[:1] == b"+" else names.discard)(line[1:-1])
for name in names:
    try:
        shm_unlink(name.decode())
    except OSError:
        pass
"""

_lock = threading.Lock()
_pipe: int | None = None
_names: set[str] = set()  # that this process has told, for a reaper that has to be replaced


def prepare() -> None:
    """Start it, which takes time: memory that is made afterwards is soon remembered."""
    with _lock:
        _start()


def remember(name: str) -> None:
    """Unlink that name when everybody is gone."""
    with _lock:
        _names.add(name)
        _tell(f"+{name}\n")


def forget(name: str) -> None:
    """It is unlinked already, or was never made."""
    with _lock:
        _names.discard(name)
        _tell(f"-{name}\n")


def _tell(line: str) -> None:
    """One write of less than a pipe's atomic size: lines of several processes do not mix."""
    try:
        os.write(_start(), line.encode())
    except BrokenPipeError:  # somebody killed it
        _restart()


def _start() -> int:
    global _pipe
    if _pipe is None:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _PROGRAM],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C in the terminal is not meant for it
        )  # fmt: skip
        assert process.stdin is not None
        _pipe = os.dup(process.stdin.fileno())
        process.stdin.close()
        process.returncode = 0  # it outlives this process, on purpose: no warning about that
    return _pipe


def _restart() -> None:
    global _pipe
    if _pipe is not None:
        os.close(_pipe)
        _pipe = None
    for name in _names:
        os.write(_start(), f"+{name}\n".encode())


def _begin_anew() -> None:
    """In a forked child: another thread may have held the lock, and the names are its parent's to tell again.

    If the child told them to a reaper of its own, they would be unlinked when the child ends.
    """
    global _lock
    _lock = threading.Lock()
    _names.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
