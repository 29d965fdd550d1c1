"""Two accounts under one compare-and-swap: what two locks are taken for, without a lock.

Problem: money is moved between two accounts by any number of threads. Nobody may ever see it gone from one and not
yet on the other.

Paper: M. Herlihy: *A Methodology for Implementing Highly Concurrent Data Objects*. TOPLAS 15(5), 1993 (copy the
object, change the copy, swing the one pointer to it).

Representation: the one cell ``balances`` points at a pair: a node whose cells ``left`` and ``right`` are set when it is
made and never written after; its plain ``moves`` counts the moves that led to it. Accounts may go into the red.

Invariant: the sum of all pairs that were ever published is the same.

Progress: lock-free. A move fails to swing ``balances`` only if another move succeeded in between. Nothing is held while
somebody waits for something else, so there is nothing to deadlock on.
"""

from __future__ import annotations

from lockfree_core.memory import Integer, Memory, Reference, default_memory

__all__ = ["PairedAccounts"]


class Pair:
    """Both balances at one moment."""

    __slots__ = ("left", "moves", "right")

    def __init__(self, memory: Memory, left: int, right: int, moves: int) -> None:
        self.moves = moves
        self.left: Integer = memory.integer(left, "left")
        self.right: Integer = memory.integer(right, "right")


class PairedAccounts:
    """Two accounts, left and right.

    >>> accounts = PairedAccounts()
    >>> accounts.move_right(30)
    >>> accounts.balances()
    (70, 130)
    """

    def __init__(self, memory: Memory | None = None, left: int = 100, right: int = 100) -> None:
        self._memory = memory or default_memory()
        self._backoff = self._memory.backoff()
        first = self._memory.allocate(Pair, left, right, 0)
        self._balances: Reference[Pair] = self._memory.reference(first, "balances")

    @property
    def updates(self) -> int:
        """A peek for people and debuggers: how many moves took place. Never traced."""
        return self._balances.value.moves

    def move_right(self, value: int) -> None:
        """Move so much from the left account to the right one."""
        losses = 0
        while True:
            old = self._balances.load()
            left = old.left.load()
            right = old.right.load()
            new = self._memory.allocate(Pair, left - value, right + value, old.moves + 1)
            # Winning moves the money; losing means that another move came in between, so compute anew from that.
            if self._balances.compare_and_swap(old, new):
                return
            losses += 1
            self._backoff.pause(losses)

    def move_left(self, value: int) -> None:
        """Move so much from the right account to the left one."""
        losses = 0
        while True:
            old = self._balances.load()
            right = old.right.load()
            left = old.left.load()
            new = self._memory.allocate(Pair, left + value, right - value, old.moves + 1)
            # As in move_right: all or nothing.
            if self._balances.compare_and_swap(old, new):
                return
            losses += 1
            self._backoff.pause(losses)

    def balances(self) -> tuple[int, int]:
        """Left and right at one moment: a pair that was published does not change."""
        pair = self._balances.load()
        left = pair.left.load()
        right = pair.right.load()
        return left, right
