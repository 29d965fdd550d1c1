"""Programs: what each thread is to do, as a line of text such as ``push 1; pop | pop``.

Threads are separated by ``|``, a thread's operations by ``;``, an operation's arguments by spaces or commas; an
argument is a whole number, ``True``, ``False``, ``None``, a string in quotes, or a bare word, which is a string too.
``push(1)`` is read like ``push 1``. Beside the operations of the structure there is ``work N``: N steps that touch
nothing shared.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

__all__ = [
    "MOST_OPERATIONS",
    "MOST_START",
    "MOST_THREADS",
    "MOST_WORK",
    "WORK",
    "Call",
    "Method",
    "Problem",
    "Program",
    "format_program",
    "parse_program",
]

MOST_THREADS: Final = 8
MOST_OPERATIONS: Final = 24  # of one thread
MOST_START: Final = 200  # operations before the threads start
MOST_WORK: Final = 50
WORK: Final = "work"

_LONGEST_TEXT: Final = 4000
_LONGEST_WORD: Final = 24
_TOKEN: Final = re.compile(r"""\s*(?:,\s*)?(?P<token>"[^"]*"|'[^']*'|[^\s,"']+)""")
_WORDS: Final = {"None": None, "True": True, "False": False}
_LARGEST: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Method:
    """An operation that a program may name.

    ``effect`` is the name of the cell whose won CAS (or store) is where the operation takes effect; ``items`` is +1
    where that puts an item in, -1 where it takes one out, 0 where there is nothing to count.
    """

    name: str
    parameters: tuple[str, ...]
    effect: str
    items: int


@dataclass(frozen=True, slots=True)
class Call:
    """One operation of a program."""

    name: str
    arguments: tuple[Any, ...] = ()

    @property
    def text(self) -> str:
        """As Python writes it: ``push(1)``."""
        return f"{self.name}({', '.join(map(repr, self.arguments))})"


@dataclass(frozen=True, slots=True)
class Program:
    """What each thread does, and what is done before they start."""

    threads: tuple[tuple[Call, ...], ...]
    start: tuple[Call, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with what was asked for: the field, where in it, and what was expected and came.

    ``thread`` and ``index`` (of the operation, or of the move in a schedule) count from 0; -1 where they say nothing.
    """

    field: str
    message: str
    thread: int = -1
    index: int = -1

    def describe(self) -> dict[str, Any]:
        """The problem as plain data."""
        return {"field": self.field, "message": self.message, "thread": self.thread, "index": self.index}


def parse_program(text: str, start: str, methods: Sequence[Method]) -> tuple[Program, list[Problem]]:
    """Read a program. What is wrong is left out and told of; what is right is kept.

    Args:
        text: the threads' operations.
        start: operations that fill the structure before the threads start; one thread's.
        methods: the structure's operations.
    """
    problems: list[Problem] = []
    known = {method.name: method for method in methods}
    for field, words in (("program", text), ("start", start)):
        if len(words) > _LONGEST_TEXT:
            problems.append(Problem(field, f"must have at most {_LONGEST_TEXT} characters; got {len(words)}"))
            text, start = (text[:0], start) if field == "program" else (text, start[:0])
    parts = text.split("|")
    if len(parts) > MOST_THREADS:
        problems.append(
            Problem("program", f"must have at most {MOST_THREADS} threads; got {len(parts)}", thread=MOST_THREADS)
        )
        parts = parts[:MOST_THREADS]
    threads = tuple(_calls("program", index, part, known, problems) for index, part in enumerate(parts))
    if not any(threads):
        problems.append(Problem("program", f"must name an operation: {_signatures(known)}"))
    return Program(threads, _calls("start", -1, start, known, problems)), problems


def format_program(threads: Sequence[Sequence[Call]]) -> str:
    """The text that ``parse_program`` reads as these threads."""
    return " | ".join("; ".join(_format_call(call) for call in calls) for calls in threads)


def _format_call(call: Call) -> str:
    return " ".join([call.name, *(_format_value(value) for value in call.arguments)])


def _format_value(value: Any) -> str:
    if not isinstance(value, str):
        return repr(value)
    plain = re.fullmatch(r"[A-Za-z_]\w*", value) and value not in _WORDS
    return value if plain else f'"{value}"' if '"' not in value else f"'{value}'"


def _calls(
    field: str, thread: int, text: str, known: Mapping[str, Method], problems: list[Problem]
) -> tuple[Call, ...]:
    found: list[Call] = []
    most = MOST_START if field == "start" else MOST_OPERATIONS
    for index, words in enumerate(text.split(";")):
        if not words.strip():
            continue
        if len(found) == most:
            message = f"must have at most {most} operations{' a thread' * (field == 'program')}"
            problems.append(Problem(field, message, thread, index))
            break
        call = _call(words, known)
        if isinstance(call, Call):
            found.append(call)
        else:
            problems.append(Problem(field, call, thread, index))
    return tuple(found)


def _call(words: str, known: Mapping[str, Method]) -> Call | str:
    """The call, or what is wrong with it."""
    called = re.fullmatch(r"\s*([A-Za-z_]\w*)\s*\((.*)\)\s*", words)
    if called:
        words = f"{called[1]} {called[2]}"
    tokens = [match["token"] for match in _TOKEN.finditer(words)]
    name, *rest = tokens or [""]
    if name == WORK:
        return _work(rest)
    method = known.get(name)
    if method is None:
        return f"there is no operation {_short(name)!r}; there are {_signatures(known)}"
    if len(rest) != len(method.parameters):
        return f"expected {_signature(method)}; got {_count(len(rest))} in {_short(words.strip())!r}"
    arguments = []
    for token in rest:
        value = _value(token)
        if isinstance(value, ValueError):
            return f"{name}: {value}"
        arguments.append(value)
    return Call(name, tuple(arguments))


def _work(rest: Sequence[str]) -> Call | str:
    if len(rest) == 1 and re.fullmatch(r"[0-9]{1,3}", rest[0]) and 1 <= int(rest[0]) <= MOST_WORK:
        return Call(WORK, (int(rest[0]),))
    return f"expected work N with N from 1 to {MOST_WORK}; got {_short(' '.join(rest))!r}"


def _value(token: str) -> Any:
    """The value that a token stands for; a ValueError, not raised, where it stands for none."""
    if token[0] in "\"'":
        token = token[1:-1]
    elif token in _WORDS:
        return _WORDS[token]
    elif re.fullmatch(r"[+-]?[0-9]+", token):
        if len(token) <= 8 and abs(int(token)) <= _LARGEST:
            return int(token)
        return ValueError(f"a number lies between -{_LARGEST} and {_LARGEST}; got {_short(token)}")
    if len(token) > _LONGEST_WORD:
        return ValueError(f"a word has at most {_LONGEST_WORD} characters; got {len(token)}")
    if not token.isprintable():
        return ValueError(f"a word is made of printable characters; got {_short(token)!r}")
    return token


def _signature(method: Method) -> str:
    return " ".join([method.name, *(f"<{parameter}>" for parameter in method.parameters)])


def _signatures(known: Mapping[str, Method]) -> str:
    return ", ".join([*(_signature(method) for method in known.values()), f"{WORK} <N>"])


def _count(number: int) -> str:
    return f"{number or 'no'} argument{'' if number == 1 else 's'}"


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."
