"""The mutex twin of the paired accounts: two balances, one lock over both.

One lock is coarse, and that is why it cannot deadlock; with one lock an account, everybody must take them in the same
order, see ``lockfree_core.structures.flawed.two_locks``.

Progress: blocking. While a thread holds the lock nobody else gets on; if it is stopped inside, nobody ever does.
"""

from __future__ import annotations

from lockfree_core.memory import Memory, default_memory

__all__ = ["LockedAccounts"]


class LockedAccounts:
    """Two accounts, with the methods of :class:`~lockfree_core.structures.paired_accounts.PairedAccounts`."""

    def __init__(self, memory: Memory | None = None, left: int = 100, right: int = 100) -> None:
        self._memory = memory or default_memory()
        self._lock = self._memory.lock("lock")
        self._left = self._memory.integer(left, "left")
        self._right = self._memory.integer(right, "right")
        self._moves = self._memory.integer(0, "moves")

    @property
    def updates(self) -> int:
        """A peek for people and debuggers: how many moves took place. Never traced."""
        return self._moves.value

    def move_right(self, value: int) -> None:
        """Move so much from the left account to the right one."""
        with self._lock:
            self._left.fetch_add(-value)
            self._right.fetch_add(value)
            self._moves.fetch_add(1)

    def move_left(self, value: int) -> None:
        """Move so much from the right account to the left one."""
        with self._lock:
            self._right.fetch_add(-value)
            self._left.fetch_add(value)
            self._moves.fetch_add(1)

    def balances(self) -> tuple[int, int]:
        """Left and right at one moment."""
        with self._lock:
            left = self._left.load()
            right = self._right.load()
        return left, right
