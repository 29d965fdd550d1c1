"""The counter between processes that the standard library offers: an integer in shared memory behind its lock.

Progress: blocking. A process that is killed while it holds the lock leaves it locked, and every other one waits for
ever.
"""

from __future__ import annotations

import multiprocessing
from multiprocessing.context import BaseContext
from typing import Any, Final

__all__ = ["SharedAtomicCounter"]

_LARGEST: Final = 2**63 - 1


class SharedAtomicCounter:
    """A counter on ``multiprocessing.Value``, with the methods of ``SharedMemoryCounter``; inherit it, or pass it on.

    Args:
        initial: where it begins.
        context: how the processes are started that will share it; the default one if None.
    """

    def __init__(self, initial: int = 0, context: BaseContext | None = None) -> None:
        if not -_LARGEST - 1 <= initial <= _LARGEST:
            raise OverflowError(f"a shared counter has 64 bits, got {initial}")
        self._value: Any = (context or multiprocessing.get_context()).Value("q", initial)

    def increment(self) -> int:
        """Add one; return the number that this call made it."""
        with self._value.get_lock():
            value = int(self._value.value)
            if value == _LARGEST:
                raise OverflowError(f"a shared counter has 64 bits, and {value} + 1 has more")
            self._value.value = value + 1
        return value + 1

    def get(self) -> int:
        """The value now."""
        with self._value.get_lock():
            return int(self._value.value)

    def close(self) -> None:
        """Nothing: the memory goes with the last process that has it."""

    def cleanup(self) -> None:
        """Nothing, as for :meth:`close`."""
