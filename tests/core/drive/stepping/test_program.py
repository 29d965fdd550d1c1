"""Programs: what is right is read as it was written, what is wrong is told of and left out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockfree_core.drive.stepping.program import (
    MOST_OPERATIONS,
    MOST_START,
    MOST_THREADS,
    MOST_WORK,
    WORK,
    Call,
    Method,
    Problem,
    format_program,
    parse_program,
)

METHODS = (
    Method("push", ("value",), "head", 1),
    Method("pop", (), "head", -1),
    Method("set", ("key", "value"), "root", 1),
)
SIGNATURES = "push <value>, pop, set <key> <value>, work <N>"

_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1_000_000, 1_000_000),
    st.from_regex(r"[A-Za-z_]\w{0,11}", fullmatch=True).filter(str.isascii),
    st.text(st.characters(codec="ascii", categories=["L", "N", "S", "Zs"], exclude_characters="\"'|;"), max_size=12),
)
_CALLS = st.one_of(
    st.builds(lambda value: Call("push", (value,)), _VALUES),
    st.just(Call("pop")),
    st.builds(lambda key, value: Call("set", (key, value)), _VALUES, _VALUES),
    st.builds(lambda steps: Call(WORK, (steps,)), st.integers(1, MOST_WORK)),
)
_THREADS = st.lists(st.lists(_CALLS, max_size=4).map(tuple), min_size=1, max_size=MOST_THREADS).map(tuple)


def problems_of(program: str, start: str = "") -> list[Problem]:
    return parse_program(program, start, METHODS)[1]


@given(threads=_THREADS)
def test_a_program_that_was_written_is_read_as_it_was(threads: tuple[tuple[Call, ...], ...]) -> None:
    program, problems = parse_program(format_program(threads), "", METHODS)
    assert program.threads == threads
    assert bool(problems) == (not any(threads))


@pytest.mark.parametrize(
    ("text", "threads"),
    [
        ("push 1; pop | pop", ((Call("push", (1,)), Call("pop")), (Call("pop"),))),
        ("push(1);pop()|pop", ((Call("push", (1,)), Call("pop")), (Call("pop"),))),
        ("  push   -7 ;; pop;", ((Call("push", (-7,)), Call("pop")),)),
        ("push None | push True | push 'a b' | push word", tuple((Call("push", (value,)),) for value in
                                                                 (None, True, "a b", "word"))),
        ("set 1, 2 | set(a 3) | set 'None' \"x\"", ((Call("set", (1, 2)),), (Call("set", ("a", 3)),),
                                                     (Call("set", ("None", "x")),))),
        ("work 3 | | pop", ((Call(WORK, (3,)),), (), (Call("pop"),))),
    ],
)  # fmt: skip
def test_the_ways_to_write_it(text: str, threads: tuple[Any, ...]) -> None:
    program, problems = parse_program(text, "", METHODS)
    assert (program.threads, problems) == (threads, [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("jump 1", f"there is no operation 'jump'; there are {SIGNATURES}"),
        ("()", f"there is no operation '()'; there are {SIGNATURES}"),
        ("push", "expected push <value>; got no arguments in 'push'"),
        ("push 1 2", "expected push <value>; got 2 arguments in 'push 1 2'"),
        ("pop 1", "expected pop; got 1 argument in 'pop 1'"),
        ("set 1", "expected set <key> <value>; got 1 argument in 'set 1'"),
        ("push 1000001", "push: a number lies between -1000000 and 1000000; got 1000001"),
        ("push -99999999999", "push: a number lies between -1000000 and 1000000; got -99999999999"),
        ("push " + "x" * 25, "push: a word has at most 24 characters; got 25"),
        ("push a\x07b", "push: a word is made of printable characters; got 'a\\x07b'"),
        ("work", "expected work N with N from 1 to 50; got ''"),
        ("work 0", "expected work N with N from 1 to 50; got '0'"),
        ("work 51", "expected work N with N from 1 to 50; got '51'"),
        ("work 1 2", "expected work N with N from 1 to 50; got '1 2'"),
    ],
)
def test_what_is_wrong_is_told_and_left_out(text: str, message: str) -> None:
    program, problems = parse_program(f"pop | pop; {text}; push 5", "", METHODS)
    assert problems == [Problem("program", message, thread=1, index=1)]
    assert program.threads == ((Call("pop"),), (Call("pop"), Call("push", (5,))))


def test_what_is_wrong_in_the_start_is_told_as_such() -> None:
    program, problems = parse_program("pop", "push 1; jump; push 2", METHODS)
    assert program.start == (Call("push", (1,)), Call("push", (2,)))
    assert [(problem.field, problem.thread, problem.index) for problem in problems] == [("start", -1, 1)]


@pytest.mark.parametrize("text", ["", "   ", "|", " ; | ;; "])
def test_a_program_without_an_operation_is_told_of(text: str) -> None:
    assert problems_of(text) == [Problem("program", f"must name an operation: {SIGNATURES}")]


def test_more_threads_than_there_may_be_are_left_out() -> None:
    program, problems = parse_program(" | ".join(["pop"] * 9), "", METHODS)
    assert len(program.threads) == MOST_THREADS
    assert problems == [Problem("program", "must have at most 8 threads; got 9", thread=8)]


def test_more_operations_than_there_may_be_are_left_out() -> None:
    program, problems = parse_program("; ".join(["pop"] * 30), "; ".join(["push 1"] * 201), METHODS)
    assert (len(program.threads[0]), len(program.start)) == (MOST_OPERATIONS, MOST_START)
    assert problems == [
        Problem("program", "must have at most 24 operations a thread", 0, 24),
        Problem("start", "must have at most 200 operations", -1, 200),
    ]


def test_texts_that_are_too_long_are_not_read() -> None:
    program, problems = parse_program("pop | " + "pop;" * 1000, "push 1;" * 600, METHODS)
    assert program.threads == ((),) and program.start == ()
    assert [(problem.field, problem.message) for problem in problems[:2]] == [
        ("program", "must have at most 4000 characters; got 4006"),
        ("start", "must have at most 4000 characters; got 4200"),
    ]


@given(text=st.text(max_size=80), start=st.text(max_size=80))
def test_nothing_that_is_typed_raises(text: str, start: str) -> None:
    program, problems = parse_program(text, start, METHODS)
    again, _ = parse_program(format_program(program.threads), "", METHODS)
    assert again.threads == program.threads
    assert all(problem.message and problem.describe() for problem in problems)


def test_a_problem_is_plain_data() -> None:
    described = Problem("program", "wrong", 1, 2).describe()
    assert described == {"field": "program", "message": "wrong", "thread": 1, "index": 2}


def test_a_call_reads_as_python_writes_it() -> None:
    assert [Call("pop").text, Call("set", ("a", None)).text] == ["pop()", "set('a', None)"]
