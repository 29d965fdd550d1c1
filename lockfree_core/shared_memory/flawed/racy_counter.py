"""Known bad: the counter in shared memory whose "compare-and-swap" reads and then writes.

The bug: Python has no compare-and-swap on shared memory, so many programs write one: compare, then store. Nothing makes
the two one step. Two processes that both find 41 both store 42; one increment is lost, and both report success.

The cure: ``lockfree_core.shared_memory.counter``.

It says how many it lost: each process keeps the number of its own increments in a row of its own in the same page, and
those add up to what the counter should be.
"""

from __future__ import annotations

import fcntl
import os
import struct
import threading
import time
from types import TracebackType
from typing import Any, Final, Self

from lockfree_core.shared_memory.segment import Segment

__all__ = ["RacySharedCounter"]

_MAGIC: Final = struct.unpack("=q", b"lfracy_1")[0]
_HEAD: Final = 8  # words: magic, value, and the rest of their cache line
_ROWS: Final = 256  # processes, each with its number and its increments
_SIZE: Final = 8 * (_HEAD + 2 * _ROWS)


class RacySharedCounter:
    """A counter that loses increments, with the methods of ``SharedMemoryCounter``. For looking at, not for use.

    Args:
        initial: where it begins.
        name: its name, for :meth:`attach`; None for one that nobody has.
        gap_s: how long an increment stands between its comparison and its store, so that losses show.
    """

    def __init__(self, initial: int = 0, name: str | None = None, gap_s: float = 0.0) -> None:
        self._open(Segment.make(_SIZE, name), gap_s)
        self._words[1] = self._words[2] = initial
        self._words[0] = _MAGIC

    @classmethod
    def attach(cls, name: str, gap_s: float = 0.0) -> Self:
        """The counter of that name, which another process made.

        Raises:
            FileNotFoundError: when there is none.
            ValueError: when it is no such counter.
        """
        counter = cls.__new__(cls)
        counter._open(Segment.attach(name, _SIZE), gap_s)
        if counter._words[0] != _MAGIC:
            counter.close()
            raise ValueError(f"the shared memory {name!r} holds no racy counter")
        return counter

    def _open(self, segment: Segment, gap_s: float) -> None:
        self._segment = segment
        self._words = memoryview(segment.map).cast("q")
        self._gap_s = gap_s
        self._lock = threading.Lock()
        self._row = (0, 0)

    @property
    def name(self) -> str:
        """What other processes attach to."""
        return self._segment.name

    def increment(self) -> int:
        """Add one, perhaps in vain; return the number that this call believes it made it."""
        row = self._own_row()
        while True:
            value = self.get()
            if self._compare_and_swap(value, value + 1):
                break
        with self._lock:
            self._words[row] += 1
        return value + 1

    def _compare_and_swap(self, expected: int, new: int) -> bool:
        if self._words[1] != expected:
            return False
        if self._gap_s:
            time.sleep(self._gap_s)
        self._words[1] = new  # the bug: overwrites what another process has written since the comparison
        return True

    def get(self) -> int:
        """The value now."""
        return self._words[1]

    def made(self) -> int:
        """What the counter would be if it lost nothing. Exact while nobody increments."""
        return self._words[2] + sum(self._words[_HEAD + 1 :: 2])

    def lost(self) -> int:
        """How many increments were lost so far. Exact while nobody increments."""
        return self.made() - self.get()

    def close(self) -> None:
        """Let go of the memory, and unlink its name if this process made it."""
        self._words.release()
        self._segment.close()

    def cleanup(self) -> None:
        """Close it."""
        self.close()

    def _own_row(self) -> int:
        """The word that counts this process' increments. A forked child finds its parent's here, and takes another."""
        process, word = self._row
        if process != os.getpid():
            word = self._claim_row(os.getpid())
            self._row = (os.getpid(), word)
            self._lock = threading.Lock()
        return word

    def _claim_row(self, process: int) -> int:
        """Under a record lock, which the system releases even for a process that was killed."""
        fcntl.lockf(self._segment.fileno, fcntl.LOCK_EX)
        try:
            for word in range(_HEAD, len(self._words), 2):
                if self._words[word] in (0, process):
                    self._words[word] = process
                    return word + 1
        finally:
            fcntl.lockf(self._segment.fileno, fcntl.LOCK_UN)
        raise RuntimeError(f"a racy counter has room for {_ROWS} processes")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).attach, (self.name, self._gap_s)
