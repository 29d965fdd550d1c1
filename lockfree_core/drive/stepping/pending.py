"""What a thread is about to do: its next access, before it happens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from lockfree_core.trace.words import Words

__all__ = ["Pending", "describe_pending"]


class Pending(NamedTuple):
    """The next step of a thread.

    ``access`` is the method called on the cell (or ``acquire``, ``release``, ``allocate``, ``retire``, ``free``,
    ``backoff``, ``work``, ``return``). ``expected`` and ``after`` are value codes; ``after`` is what is to be written,
    added, allocated with, or marked; for a back-off and for work it is a number of steps.
    """

    access: str
    site: int
    cell: int = 0
    expected: int = 0
    after: int = 0
    version: int | None = None


def describe_pending(pending: Pending, words: Words) -> dict[str, Any]:
    """The next step as plain data, with a text such as ``CAS head: n4 → n7``."""
    return {**pending._asdict(), "text": _TEXTS[pending.access](pending, words)}


def _cas(pending: Pending, words: Words) -> str:
    tag = "" if pending.version is None else f" #{pending.version}"
    return f"CAS {words.cell(pending.cell)}: {words.value(pending.expected)}{tag} → {words.value(pending.after)}"


_TEXTS: Mapping[str, Callable[[Pending, Words], str]] = {
    "load": lambda pending, words: f"load {words.cell(pending.cell)}",
    "get": lambda pending, words: f"load {words.cell(pending.cell)} with its version",
    "store": lambda pending, words: f"store {words.cell(pending.cell)} = {words.value(pending.after)}",
    "compare_and_swap": _cas,
    "get_and_set": lambda pending, words: f"swap {words.cell(pending.cell)} for {words.value(pending.after)}",
    "fetch_add": lambda pending, words: f"add {words.value(pending.after)} to {words.cell(pending.cell)}",
    "allocate": lambda pending, words: (
        f"allocate a node for {words.value(pending.after)}" if pending.after else "allocate a node"
    ),
    "retire": lambda pending, words: f"retire {words.value(pending.after)}",
    "free": lambda pending, words: f"free {words.value(pending.after)}",
    "acquire": lambda pending, words: f"take {words.cell(pending.cell)}",
    "release": lambda pending, words: f"release {words.cell(pending.cell)}",
    "backoff": lambda pending, words: f"back off for {pending.after} step{'' if pending.after == 1 else 's'}",
    "work": lambda pending, words: "work",
    "return": lambda pending, words: "return",
}
