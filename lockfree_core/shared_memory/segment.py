"""Named memory that several processes map: what ``multiprocessing.shared_memory`` makes, without its tracker.

The names and the memory are the same, so either can attach to what the other made. The tracker is left out because
before Python 3.13 it cannot be switched off: it unlinks what a process only attached, and warns of what a killed one
left. Here the process that made a segment unlinks it when it ends, by itself or by an exception, and
:mod:`~lockfree_core.shared_memory.reaper` does so after a kill.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import secrets
import weakref
from typing import Final

from lockfree_core.errors import NativeError
from lockfree_core.shared_memory import reaper

try:
    import _posixshmem  # type: ignore[import-not-found, unused-ignore]
except ImportError:  # not a POSIX system
    _posixshmem = None

__all__ = ["Segment"]

_PREFIX: Final = "lockfree_"
_LONGEST: Final = 200  # bytes


class Segment:
    """A segment that was made, or attached to.

    Raises:
        FileExistsError: when the name is taken.
        FileNotFoundError: when there is none of that name.
    """

    def __init__(self, name: str, size: int, *, create: bool) -> None:
        self.name = name
        self._fd, self.map = _make(name, size) if create else _attach(name, size)
        self._finish = weakref.finalize(self, _finish, self._fd, self.map, name, os.getpid() if create else 0)

    @classmethod
    def make(cls, size: int, name: str | None = None) -> Segment:
        """A new segment, under that name or one that nobody has."""
        if name is not None:
            check_name(name)
            reaper.prepare()  # so that the name is remembered as soon as it is known to be ours
            segment = cls(name, size, create=True)
            reaper.remember(_path(name))
            return segment
        name = _PREFIX + secrets.token_hex(8)
        reaper.remember(_path(name))
        return cls(name, size, create=True)

    @classmethod
    def attach(cls, name: str, size: int) -> Segment:
        """The segment of that name, which somebody else made."""
        return cls(check_name(name), size, create=False)

    @property
    def is_mine(self) -> bool:
        """Whether this very process made it: a forked child did not."""
        state = self._finish.peek()
        return state is not None and state[2][3] == os.getpid()

    @property
    def fileno(self) -> int:
        """The descriptor of the memory, for record locks."""
        return self._fd

    def close(self) -> None:
        """Unmap it, and unlink its name if this process made it. The others go on with what they have mapped."""
        self._finish()


def check_name(name: str) -> str:
    """The name, if it can be one.

    Raises:
        TypeError, ValueError: if not, with what came.
    """
    if not isinstance(name, str):
        raise TypeError(f"a name is a str, got {type(name).__name__}")
    try:
        length = len(name.encode())
    except UnicodeEncodeError:  # half a surrogate pair
        length = 0
    if not 0 < length <= _LONGEST or name in (".", "..") or "/" in name or "\0" in name or "\n" in name:
        raise ValueError(f"a name has 1 to {_LONGEST} bytes, no slash, and is no dot or two, got {name!r}")
    return name


def _path(name: str) -> str:
    return "/" + name


def _make(name: str, size: int) -> tuple[int, mmap.mmap]:
    fd = _open(name, os.O_CREAT | os.O_EXCL | os.O_RDWR)
    try:
        os.ftruncate(fd, size)
        return fd, mmap.mmap(fd, size)
    except BaseException:
        os.close(fd)
        _posixshmem.shm_unlink(_path(name))
        raise


def _attach(name: str, size: int) -> tuple[int, mmap.mmap]:
    fd = _open(name, os.O_RDWR)
    try:
        there = os.fstat(fd).st_size
        if there < size:
            raise ValueError(f"the shared memory {name!r} has {there} bytes, and {size} are needed")
        return fd, mmap.mmap(fd, size)
    except BaseException:
        os.close(fd)
        raise


def _open(name: str, flags: int) -> int:
    if _posixshmem is None:
        raise NativeError("named shared memory needs a POSIX system")
    try:
        return int(_posixshmem.shm_open(_path(name), flags, mode=0o600))
    except FileExistsError:
        raise FileExistsError(f"there is shared memory named {name!r} already") from None
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no shared memory named {name!r}") from None


def _finish(fd: int, memory: mmap.mmap, name: str, maker: int) -> None:
    with contextlib.suppress(BufferError):  # somebody holds a view of it still; the mapping goes with that
        memory.close()
    os.close(fd)
    if maker == os.getpid():
        with contextlib.suppress(FileNotFoundError):  # somebody else has unlinked it
            _posixshmem.shm_unlink(_path(name))
        reaper.forget(_path(name))
