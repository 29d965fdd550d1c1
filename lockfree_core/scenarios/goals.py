"""What puzzles ask for, as predicates over an execution."""

from __future__ import annotations

from collections.abc import Callable

from lockfree_core.scenarios.played import CAS, Played
from lockfree_core.trace.layout import Kind

__all__ = ["Goal", "blocked", "deadlock", "faults", "helps", "is_lost", "loses", "raises", "returns", "waiting"]

Goal = Callable[[Played], bool]


def loses(thread: int, times: int) -> Goal:
    """A thread loses that many decisive CASes in a row within one operation."""

    def goal(played: Played) -> bool:
        streak = 0
        for record in played.of(thread, Kind.BEGIN, *CAS):
            if record.kind == Kind.CAS_LOST and played.decisive(record):
                streak += 1
            elif record.kind == Kind.BEGIN or played.decisive(record):
                streak = 0
            if streak >= times:
                return True
        return False

    return goal


def helps(helper: int, helped: int) -> Goal:
    """A thread swings a pointer to a node that another one has linked."""

    def goal(played: Played) -> bool:
        won = played.of(helper, Kind.CAS_WON)
        return any(not played.decisive(row) and played.allocated_by(row.after) == helped for row in won)

    return goal


def returns(thread: int, *results: str) -> Goal:
    """The first operations of a thread have returned these."""
    return lambda played: played.results(thread)[: len(results)] == list(results)


def is_lost(items: int) -> Goal:
    """That many items are missing from the account, everybody having finished or not."""
    return lambda played: bool(played.account["lost"] >= items)


def faults(kind: str) -> Goal:
    """There is a fault of that kind."""
    return lambda played: any(fault["kind"] == kind for fault in played.faults)


def raises(played: Played) -> bool:
    """An operation has raised."""
    return faults("raised")(played)


def deadlock(played: Played) -> bool:
    """Threads wait for each other."""
    return played.outcome == "deadlock"


def blocked(played: Played) -> bool:
    """Whoever is left waits for somebody who will never move again."""
    return played.outcome == "blocked"


def waiting(threads: int) -> Goal:
    """That many threads wait for locks at the same time."""
    return lambda played: sum(" waits for " in (thread["stuck"] or "") for thread in played.threads) >= threads
