"""What people write instead of a lock-free structure, and what does nothing at all."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Iterator
from typing import Any

__all__ = ["LockedDeque", "LockedDict", "LockedInteger", "LockedList", "LockedRing", "ReadersWriterDict", "Tickets"]


class LockedInteger:
    """An int behind a lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.value = 0

    def increment(self) -> int:
        """Add one."""
        with self._lock:
            self.value += 1
            return self.value


class Tickets:
    """``itertools.count``, a counter that the interpreter itself keeps whole (without a GIL since 3.14)."""

    def __init__(self) -> None:
        self._count = itertools.count()
        self.increment = self._count.__next__

    @property
    def value(self) -> int:
        """How many were drawn. Draws none."""
        return int(repr(self._count)[len("count(") : -1])


class LockedList:
    """A list behind a lock, as a stack."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._items: list[Any] = []

    def put(self, value: Any) -> None:
        """Push."""
        with self._lock:
            self._items.append(value)

    def take(self) -> Any:
        """Pop, or None."""
        with self._lock:
            return self._items.pop() if self._items else None


class LockedDeque:
    """A deque behind a lock, as a queue."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._items: deque[Any] = deque()

    def put(self, value: Any) -> None:
        """Put at the end."""
        with self._lock:
            self._items.append(value)

    def take(self) -> Any:
        """The oldest, or None."""
        with self._lock:
            return self._items.popleft() if self._items else None


class LockedRing(LockedDeque):
    """A deque behind a lock that is full at some point."""

    def __init__(self, capacity: int) -> None:
        super().__init__()
        self._capacity = capacity

    def put(self, value: Any) -> bool:  # type: ignore[override]
        """Put at the end, if there is room."""
        with self._lock:
            if len(self._items) >= self._capacity:
                return False
            self._items.append(value)
            return True


class LockedDict:
    """A dict behind a lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[Any, Any] = {}

    def get(self, key: Any) -> Any:
        """The value, or None."""
        with self._lock:
            return self._entries.get(key)

    def set(self, key: Any, value: Any) -> None:
        """Give the key that value."""
        with self._lock:
            self._entries[key] = value

    def items(self) -> Iterator[tuple[Any, Any]]:
        """All entries, exact only while no thread operates."""
        return iter(self._entries.items())


class ReadersWriterDict(LockedDict):
    """A dict behind a readers-writer lock: readers count themselves in and out, a writer waits until none is inside.

    Readers come first, as in the first solution of Courtois, Heymans and Parnas (CACM 14(10), 1971).
    """

    def __init__(self) -> None:
        super().__init__()
        self._turnstile = threading.Lock()
        self._readers = 0

    def get(self, key: Any) -> Any:
        """The value, or None."""
        with self._turnstile:
            self._readers += 1
            if self._readers == 1:
                self._lock.acquire()
        try:
            return self._entries.get(key)
        finally:
            with self._turnstile:
                self._readers -= 1
                if self._readers == 0:
                    self._lock.release()
