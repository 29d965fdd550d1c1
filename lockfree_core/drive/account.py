"""Sums over lanes, and the account of items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

__all__ = ["count_inside", "is_refused", "jain_index", "make_account", "totals"]

_SUMMED: Final = (
    "operations", "attempts", "wins", "losses", "help", "help_won", "in", "out", "empty", "backoff_us", "delay_us",
)  # fmt: skip


def jain_index(values: Sequence[float]) -> float:
    """Jain's fairness index: 1 where all have the same, 1/n where one has everything, 1 where nobody has anything.

    R. Jain, D. Chiu, W. Hawe: A Quantitative Measure of Fairness. DEC TR-301, 1984.
    """
    squares = sum(value * value for value in values)
    return 1.0 if squares == 0 else sum(values) ** 2 / (len(values) * squares)


def totals(lanes: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The lanes' counters added up, with the longest streak, retry rate (losses ÷ attempts), fairness of operations."""
    rows = list(lanes)
    result: dict[str, Any] = {name: sum(row[name] for row in rows) for name in _SUMMED}
    result["longest_streak"] = max((row["longest_streak"] for row in rows), default=0)
    result["retry_rate"] = result["losses"] / result["attempts"] if result["attempts"] else 0.0
    result["fairness"] = jain_index([row["operations"] for row in rows])
    return result


def is_refused(result: object) -> bool:
    """Whether an insertion that gave this result told its caller that it had put nothing in: there was no room."""
    return result is False


def count_inside(structure: Any) -> int | None:
    """What took effect, where the structure counts that itself: a counter's value, a map's or a state's changes.

    None: what is inside must be found by a walk.
    """
    for name in ("value", "updates"):
        counted = getattr(structure, name, None)
        if counted is not None:
            return int(counted)
    return None


def make_account(
    reason: str, sequence: int, inserted: int, removed: int, inside: int, in_flight: Mapping[int, int]
) -> dict[str, Any]:
    """The balance in = out + inside + in flight, at a moment when no thread moves.

    An insertion counts when it takes effect; one that returns without having taken effect counts then, for its caller
    was told that it had; one that was refused, as by a full ring, never does. So for a map, of which nothing is taken
    out, ``in`` are the changes that took effect or were acknowledged, ``inside`` those that led to what is there now,
    and ``lost`` those that were acknowledged in vain.

    Args:
        reason: why it was drawn up.
        sequence: the last sequence number that it covers.
        inserted: items whose insertion took effect or was acknowledged, the prefilled ones included.
        removed: items whose removal took effect, whether or not it has returned.
        inside: items that a walk through the structure finds.
        in_flight: for each lane that stands between the effect of its removal and its return, its items.
    """
    flying = sum(in_flight.values())
    out = removed - flying
    lost = inserted - out - inside - flying
    return {
        "type": "account",
        "reason": reason,
        "sequence": sequence,
        "in": inserted,
        "out": out,
        "inside": inside,
        "in_flight": [{"lane": lane, "items": items} for lane, items in in_flight.items() if items],
        "lost": lost,
        "balanced": lost == 0,
    }
