"""Known bad: two accounts with a lock each, taken in opposite orders.

The bug: a move takes the lock of the account that it takes from, and then that of the other one. Two moves in opposite
directions can each hold what the other one waits for, and then wait for ever: a deadlock. Locks do not compose: each
account is correct on its own. (The four conditions are those of E. Coffman, M. Elphick, A. Shoshani: *System
Deadlocks*. Computing Surveys 3(2), 1971; taking locks in one order for all breaks the circular wait.)

Representation: integer cells ``left``, ``right``; locks ``left lock``, ``right lock``; ``moves`` counts.

The cure: ``lockfree_core.structures.paired_accounts``, with one compare-and-swap over both balances.
"""

from __future__ import annotations

from lockfree_core.memory import Memory, default_memory

__all__ = ["TwoLockAccounts"]


class TwoLockAccounts:
    """Two accounts that can deadlock, with the methods of ``PairedAccounts``. For looking at, not for use."""

    def __init__(self, memory: Memory | None = None, left: int = 100, right: int = 100) -> None:
        self._memory = memory or default_memory()
        self._left_lock = self._memory.lock("left lock")
        self._right_lock = self._memory.lock("right lock")
        self._left = self._memory.integer(left, "left")
        self._right = self._memory.integer(right, "right")
        self._moves = self._memory.integer(0, "moves")

    @property
    def updates(self) -> int:
        """A peek for people and debuggers: how many moves took place. Never traced."""
        return self._moves.value

    def move_right(self, value: int) -> None:
        """Move so much from the left account to the right one, or wait for ever."""
        with self._left_lock:
            left = self._left.load()
            self._left.store(left - value)
            with self._right_lock:
                right = self._right.load()
                self._right.store(right + value)
                self._moves.fetch_add(1)

    def move_left(self, value: int) -> None:
        """Move so much from the right account to the left one, or wait for ever."""
        with self._right_lock:  # the bug: the other way round than in move_right
            right = self._right.load()
            self._right.store(right - value)
            with self._left_lock:
                left = self._left.load()
                self._left.store(left + value)
                self._moves.fetch_add(1)

    def balances(self) -> tuple[int, int]:
        """Left and right at one moment."""
        with self._left_lock:
            left = self._left.load()
            with self._right_lock:
                right = self._right.load()
        return left, right
