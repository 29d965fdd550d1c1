"""What the processes of a run share: integers and locks that the operating system has mapped into all of them.

Made by the nursery before it forks, so it needs no name, and goes with the last process that has it, however that ends.
"""

from __future__ import annotations

import importlib
import mmap
from abc import abstractmethod
from typing import Any, Final, Protocol

from lockfree_core.errors import EngineError
from lockfree_core.native import available, unavailable_reason

__all__ = ["SharedInteger", "SharedLock", "Store", "check_store", "make_store"]

_LINE: Final = 64  # bytes of a cache line: each integer has one of its own
_SIZE: Final = mmap.PAGESIZE


class SharedInteger(Protocol):
    """64 bits that all processes see. What a kind does not have raises EngineError."""

    @abstractmethod
    def load(self) -> int: ...

    @abstractmethod
    def store(self, value: int, /) -> None: ...

    def compare_and_swap(self, expected: int, new: int, /) -> bool:
        """Store ``new`` if the value equals ``expected``, in one step."""
        raise EngineError("there is no compare-and-swap on memory that is only read and written")

    def fetch_add(self, amount: int, /) -> int:
        """Add in one step; what was there before."""
        raise EngineError("there is no fetch-and-add on memory that is only read and written")


class SharedLock(Protocol):
    """A lock between processes."""

    def acquire(self, wait: bool = False) -> bool:
        """Take it if it is free, or wait until it is; whether it was taken."""
        ...

    def release(self) -> None:
        """Free it."""
        ...

    def is_held(self) -> bool:
        """Whether somebody has it, living or dead."""
        ...


class Store(Protocol):
    """Where shared integers and locks come from."""

    def integer(self, initial: int) -> SharedInteger:
        """A new integer."""
        ...

    def lock(self) -> SharedLock:
        """A new lock."""
        ...


def check_store(kind: str) -> None:
    """Raise EngineError where processes cannot share that here, with the reason."""
    if kind == "atomics" and not available():
        raise EngineError(f"there are no atomics between processes: {unavailable_reason()}")
    if kind == "value":
        try:
            importlib.import_module("multiprocessing.synchronize")  # refuses where the system has no semaphores
        except ImportError as error:
            raise EngineError(f"there is no multiprocessing.Value here: {error}") from None


def make_store(kind: str) -> Store:
    """What a plan's ``processes`` names.

    Raises:
        EngineError: when it is not to be had here.
    """
    check_store(kind)
    return _ValueStore() if kind == "value" else _Page(kind == "atomics")


class _Word(SharedInteger):
    """A word that is read and written, as ``memoryview`` does it: nothing makes the two one step."""

    def __init__(self, words: memoryview, index: int) -> None:
        self._words = words
        self._index = index

    def load(self) -> int:
        return int(self._words[self._index])

    def store(self, value: int, /) -> None:
        self._words[self._index] = value


class _Page:
    """One page. With ``atomics`` its integers have the processor's, from the C extension."""

    def __init__(self, atomics: bool) -> None:
        self._map = mmap.mmap(-1, _SIZE)
        self._atomics = atomics
        self._used = 0

    def integer(self, initial: int) -> SharedInteger:
        """An integer on a cache line of its own."""
        offset, self._used = self._used, self._used + _LINE
        if offset + _LINE > _SIZE:
            raise EngineError(f"a page of {_SIZE} bytes has room for {_SIZE // _LINE} integers")
        made = self._atomic(offset) if self._atomics else _Word(memoryview(self._map).cast("q"), offset // 8)
        made.store(initial)
        return made

    def _atomic(self, offset: int) -> SharedInteger:
        from lockfree_core.native import SharedInteger as Atomic

        number: Any = Atomic(self._map, offset)
        return number  # type: ignore[no-any-return]

    def lock(self) -> SharedLock:
        """None: what has atomics needs none, and what is only read and written is there to show what comes of it."""
        raise EngineError("a page of words has no lock; multiprocessing.Value has")


class _Value(SharedInteger):
    """The integer of a ``multiprocessing.Value``, without its lock: the algorithm takes that itself."""

    def __init__(self, value: Any) -> None:
        self._integer = value.get_obj()

    def load(self) -> int:
        return int(self._integer.value)

    def store(self, value: int, /) -> None:
        self._integer.value = value


class _ValueLock:
    """Its lock. Nothing frees it for a process that was killed while it held it."""

    def __init__(self, value: Any) -> None:
        self._lock = value.get_lock()

    def acquire(self, wait: bool = False) -> bool:
        return bool(self._lock.acquire(wait))

    def release(self) -> None:
        self._lock.release()

    def is_held(self) -> bool:
        return bool(self._lock._semlock._is_zero())


class _ValueStore:
    """One ``multiprocessing.Value`` of 64 bits: an integer and a lock."""

    def __init__(self) -> None:
        from multiprocessing import get_context

        self._value: Any = get_context("fork").Value("q", 0)

    def integer(self, initial: int) -> SharedInteger:
        """The one integer."""
        made = _Value(self._value)
        made.store(initial)
        return made

    def lock(self) -> SharedLock:
        """The one lock."""
        return _ValueLock(self._value)
