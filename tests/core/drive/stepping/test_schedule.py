"""Schedules: short strings that stand for exactly one sequence of moves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockfree_core.drive.stepping.program import Problem
from lockfree_core.drive.stepping.schedule import MOST_STEPS, Move, format_schedule, parse_schedule

EXPECTED = "expected thread numbers (1121), repeats (2x12) or deaths (k1), separated by dots"

_MOVES = st.lists(
    st.one_of(
        st.builds(lambda thread: [Move(thread)], st.integers(0, 8)),
        st.builds(lambda thread, count: [Move(thread)] * count, st.integers(0, 8), st.integers(1, 30)),
        st.builds(lambda thread: [Move(thread, True)], st.integers(0, 8)),
    ),
    max_size=40,
).map(lambda parts: [move for part in parts for move in part])


@given(moves=_MOVES)
def test_moves_that_were_written_are_read_as_they_were(moves: list[Move]) -> None:
    text = format_schedule(moves)
    assert parse_schedule(text) == (moves, [])
    assert format_schedule(parse_schedule(text)[0]) == text
    assert len(text) <= 3 * max(1, len(moves))


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("", ""),
        ("1121", "1121"),
        ("1.1.2.1", "1121"),
        (" 11 21\n", "1121"),
        ("2X3", "222"),
        ("2x4", "2x4"),
        ("1111", "1x4"),
        ("1x2.1x2", "1x4"),
        ("12x0.1", None),
        ("2x0.1", "1"),
        ("K1.2", "k1.2"),
        ("1x4.21.k1.2x7", "1x4.21.k1.2x7"),
        ("k1.k1", "k1.k1"),
        ("..1..2..", "12"),
    ],
)
def test_the_ways_to_write_it(text: str, canonical: str | None) -> None:
    moves, problems = parse_schedule(text)
    assert (format_schedule(moves) if not problems else None) == canonical


@pytest.mark.parametrize(
    ("text", "read", "part"),
    [
        ("0", "", "0"),
        ("12.10", "12", "10"),
        ("1.2x", "1", "2x"),
        ("1x4.x3", "1x4", "x3"),
        ("11.kk", "11", "kk"),
        ("11.k12.2", "11", "k12"),
        ("1.-2", "1", "-2"),
        ("2x1000000000", "", "2x1000000000"),
        ("1.①", "1", "①"),
        ("1." + "ab" * 40, "1", "ab" * 20),
    ],
)
def test_it_is_read_up_to_what_is_wrong(text: str, read: str, part: str) -> None:
    moves, problems = parse_schedule(text)
    assert format_schedule(moves) == read
    assert problems == [Problem("schedule", f"{EXPECTED}; got {part!r}", index=len(moves))]


@pytest.mark.parametrize("text", ["1x2001", "2x1999.11", "1x999999.2", "12" * 1001])
def test_more_steps_than_there_may_be_are_left_out(text: str) -> None:
    moves, problems = parse_schedule(text)
    assert len(moves) == MOST_STEPS
    assert problems == [Problem("schedule", "must have at most 2000 steps; the rest is left out", index=MOST_STEPS)]


def test_as_many_steps_as_there_may_be_are_read() -> None:
    moves, problems = parse_schedule("1x2000")
    assert (len(moves), problems) == (MOST_STEPS, [])


def test_a_text_that_is_too_long_is_not_read() -> None:
    assert parse_schedule("1" * 6001) == ([], [Problem("schedule", "must have at most 6000 characters; got 6001")])


@given(text=st.text(max_size=60))
def test_nothing_that_is_typed_raises(text: str) -> None:
    moves, problems = parse_schedule(text)
    assert parse_schedule(format_schedule(moves)) == (moves, [])
    assert len(problems) <= 1
