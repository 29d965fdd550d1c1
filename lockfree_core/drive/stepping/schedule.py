"""Schedules: who moves when, as a short string that reproduces an execution.

``1121`` is: thread 1, thread 1, thread 2, thread 1, a step each. ``2x12`` are twelve steps of thread 2, ``k1`` kills
thread 1 where it stands. Parts are separated by dots: ``1x4.21.k1.2x7``. White space and case do not matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from typing import Final, NamedTuple

from lockfree_core.drive.stepping.program import Problem

__all__ = ["MOST_STEPS", "Move", "format_schedule", "parse_schedule"]

MOST_STEPS: Final = 2000

_SHORTEST_RUN: Final = 4  # "1x4" is as long as "111" with its dot
_LONGEST_TEXT: Final = 3 * MOST_STEPS


class Move(NamedTuple):
    """One entry of a schedule: a step of a thread (counted from 0), or its death."""

    thread: int
    kill: bool = False


def parse_schedule(text: str) -> tuple[list[Move], list[Problem]]:
    """Read a schedule up to what is wrong with it. Whether the threads exist and can move shows when it is run."""
    if len(text) > _LONGEST_TEXT:
        return [], [Problem("schedule", f"must have at most {_LONGEST_TEXT} characters; got {len(text)}")]
    moves: list[Move] = []
    for part in re.sub(r"\s+", "", text).lower().split("."):
        read = _part(part)
        if read is None:
            expected = "expected thread numbers (1121), repeats (2x12) or deaths (k1), separated by dots"
            return moves, [Problem("schedule", f"{expected}; got {part[:40]!r}", index=len(moves))]
        moves += read[: MOST_STEPS + 1 - len(moves)]
        if len(moves) > MOST_STEPS:
            return moves[:MOST_STEPS], [
                Problem("schedule", f"must have at most {MOST_STEPS} steps; the rest is left out", index=MOST_STEPS)
            ]
    return moves, []


def _part(part: str) -> list[Move] | None:
    if re.fullmatch(r"[1-9]*", part):
        return [Move(int(digit) - 1) for digit in part]
    repeated = re.fullmatch(r"([1-9])x([0-9]{1,6})", part)
    if repeated:
        return [Move(int(repeated[1]) - 1)] * min(int(repeated[2]), MOST_STEPS + 1)
    killed = re.fullmatch(r"k([1-9])", part)
    return [Move(int(killed[1]) - 1, True)] if killed else None


def format_schedule(moves: Iterable[Move]) -> str:
    """The string, the same for the same moves, that ``parse_schedule`` reads as them: long runs are written as such."""
    parts: list[str] = []
    digits = ""
    for move, group in groupby(moves):
        count = len(list(group))
        number = str(move.thread + 1)
        if not move.kill and count < _SHORTEST_RUN:
            digits += number * count
            continue
        parts += [digits] * bool(digits)
        digits = ""
        parts += [f"k{number}"] * count if move.kill else [f"{number}x{count}"]
    return ".".join([*parts, *([digits] * bool(digits))])
