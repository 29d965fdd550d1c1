"""Cells whose compare-and-swap is emulated with a small lock.

Pure Python has no atomic compare-and-swap, so each cell carries a lock that it holds for the few instructions of one
access. The interface is that of the hardware instruction, and every algorithm on top is the real one; but an emulated
cell is itself *blocking*: a thread that the system stops within those few instructions stops everyone who needs that
cell. What a lock-free algorithm promises holds here for everything outside the cell.
"""

from __future__ import annotations

from _thread import allocate_lock
from typing import Generic, TypeVar

__all__ = ["AtomicInteger", "AtomicReference", "VersionedReference", "version_mask"]

T = TypeVar("T")


class AtomicReference(Generic[T]):
    """A reference with compare-and-swap by identity.

    >>> cell = AtomicReference(None)
    >>> cell.compare_and_swap(None, "a")
    True
    >>> cell.compare_and_swap(None, "b"), cell.value
    (False, 'a')
    """

    __slots__ = ("_lock", "_value")

    def __init__(self, value: T) -> None:
        self._value = value
        self._lock = allocate_lock()

    @property
    def value(self) -> T:
        """The value now, for people and debuggers."""
        return self._value

    def load(self) -> T:
        """The value now."""
        with self._lock:
            return self._value

    def store(self, value: T) -> None:
        """Overwrite the value, whatever it was."""
        with self._lock:
            self._value = value

    def compare_and_swap(self, expected: T, new: T) -> bool:
        """Store ``new`` if the value *is* ``expected``; say whether it was."""
        with self._lock:
            if self._value is expected:
                self._value = new
                return True
            return False

    def get_and_set(self, new: T) -> T:
        """Store ``new`` and return what was there."""
        with self._lock:
            old = self._value
            self._value = new
            return old

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._value!r})"


class AtomicInteger:
    """An integer with compare-and-swap by equality, and fetch-and-add.

    Raises:
        TypeError: from every method that takes a value, when it is no integer.
    """

    __slots__ = ("_lock", "_value")

    def __init__(self, value: int = 0) -> None:
        self._value = _integer(value)
        self._lock = allocate_lock()

    @property
    def value(self) -> int:
        """The value now, for people and debuggers."""
        return self._value

    def load(self) -> int:
        """The value now."""
        with self._lock:
            return self._value

    def store(self, value: int) -> None:
        """Overwrite the value, whatever it was."""
        value = _integer(value)
        with self._lock:
            self._value = value

    def compare_and_swap(self, expected: int, new: int) -> bool:
        """Store ``new`` if the value equals ``expected``; say whether it did."""
        expected, new = _integer(expected), _integer(new)
        with self._lock:
            if self._value == expected:
                self._value = new
                return True
            return False

    def get_and_set(self, new: int) -> int:
        """Store ``new`` and return what was there."""
        new = _integer(new)
        with self._lock:
            old = self._value
            self._value = new
            return old

    def fetch_add(self, amount: int) -> int:
        """Add ``amount`` and return what was there before."""
        amount = _integer(amount)
        with self._lock:
            old = self._value
            self._value = old + amount
            return old

    def __repr__(self) -> str:
        return f"AtomicInteger({self._value!r})"


class VersionedReference(Generic[T]):
    """A reference with a version (a *tagged pointer*), which grows with each change: a value that came back is noticed.

    This is the cure for the ABA problem that IBM's System/370 manual of 1983 gives for its compare-double-and-swap.
    In hardware the version has as many bits as the word leaves room for; ``bits`` gives it so many, and it wraps round.
    With 0 it never does.
    """

    __slots__ = ("_lock", "_mask", "_value", "_version")

    def __init__(self, value: T, version: int = 0, bits: int = 0) -> None:
        self._value = value
        self._mask = version_mask(bits)
        self._version = _integer(version) & self._mask
        self._lock = allocate_lock()

    @property
    def value(self) -> T:
        """The value now, for people and debuggers."""
        return self._value

    @property
    def version(self) -> int:
        """The version now, for people and debuggers."""
        return self._version

    def get(self) -> tuple[T, int]:
        """Value and version, read together."""
        with self._lock:
            return self._value, self._version

    def compare_and_swap(self, expected: T, expected_version: int, new_value: T) -> bool:
        """Store ``new_value`` and raise the version if the value *is* ``expected`` and the version the expected one."""
        with self._lock:
            if self._value is expected and self._version == expected_version:
                self._value = new_value
                self._version = (self._version + 1) & self._mask
                return True
            return False

    def __repr__(self) -> str:
        return f"VersionedReference({self._value!r}, version={self._version})"


def version_mask(bits: int) -> int:
    """What a version of so many bits is masked with after each change; 0 bits: nothing is masked away.

    Raises:
        ValueError: for a negative number.
    """
    if bits < 0:
        raise ValueError(f"a version has 0 (it never wraps) or more bits; got {bits}")
    return (1 << bits) - 1 if bits else -1


def _integer(value: int) -> int:
    if not isinstance(value, int):
        raise TypeError(f"an atomic integer takes an int, got {type(value).__name__}")
    return value
