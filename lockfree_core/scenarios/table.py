"""Executions as text: a table with a line for each step and a column for each thread."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, Final

__all__ = ["FAULT_MARK", "format_table"]

FAULT_MARK: Final = "!!"

_GAP: Final = "  "
_NARROWEST: Final = 12


def format_table(execution: Mapping[str, Any], widest: int = 48) -> str:
    """The table of an execution as ``run_spec`` gives it.

    An operation's call stands above its first step and its result under its last one; a fault stands under the step
    in which it happened, on a line that begins with ``!!``. Problems with what was asked for come first, outcome and
    account last. The text ends without a line feed, and no line ends in a space.

    Args:
        execution: what ``run_spec`` returns.
        widest: columns are as wide as what stands in them, at most so many characters; longer texts are wrapped.
    """
    cells = _cells(execution)
    threads = execution["threads"]
    widths = [_width(cells, thread, widest) for thread in range(len(threads))]
    number_width = len(str(len(execution["steps"])))
    lines = [f"? {problem['field']}: {problem['message']}" for problem in execution["problems"]]
    lines += [_line(" " * number_width, [f"T{thread + 1}" for thread in range(len(threads))], widths)]
    lines += [_line("-" * number_width, ["-" * width for width in widths], widths)]
    for number, (thread, texts) in enumerate(cells, 1):
        lines += _step(number, thread, texts, widths, number_width)
        lines += _faults(execution, number, ended=False)
    lines += _faults(execution, len(cells), ended=True)
    return "\n".join([*lines, "", *_ending(execution)])


def _cells(execution: Mapping[str, Any]) -> list[tuple[int, list[tuple[bool, str]]]]:
    """For each step its thread and its texts; the one that carries the step's number is marked."""
    begins: dict[tuple[int, int], list[str]] = {}
    ends: dict[tuple[int, int], list[str]] = {}
    for thread, row in enumerate(execution["threads"]):
        for call in row["calls"]:
            begins.setdefault((thread, call["first"]), []).append(call["text"])
            ends.setdefault((thread, call["last"]), []).append(f"= {call['result']}")
    found = []
    for number, step in enumerate(execution["steps"], 1):
        key = (step["thread"], number)
        texts = [(False, text) for text in begins.get(key, ())]
        texts.append((True, step["text"]))
        texts += [(False, text) for text in ends.get(key, ())]
        found.append((step["thread"], texts))
    return found


def _width(cells: Sequence[tuple[int, Sequence[tuple[bool, str]]]], thread: int, widest: int) -> int:
    lengths = [len(text) for owner, texts in cells if owner == thread for _, text in texts]
    return min(max([_NARROWEST, *lengths]), max(widest, _NARROWEST))


def _step(
    number: int, thread: int, texts: Sequence[tuple[bool, str]], widths: Sequence[int], number_width: int
) -> list[str]:
    lines = []
    for numbered, text in texts:
        for index, part in enumerate(textwrap.wrap(text, widths[thread], subsequent_indent="  ") or [""]):
            label = str(number) if numbered and index == 0 else ""
            lines.append(_line(label.rjust(number_width), [""] * thread + [part], widths))
    return lines


def _line(label: str, texts: Sequence[str], widths: Sequence[int]) -> str:
    padded = [text.ljust(width) for text, width in zip(texts, widths, strict=False)]
    return _GAP.join([label, *padded]).rstrip()


def _faults(execution: Mapping[str, Any], step: int, ended: bool) -> list[str]:
    """Those of a step by some thread, or those of the whole that show at the end."""
    found = [row for row in execution["faults"] if row["step"] == step and (row["thread"] < 0) == ended]
    names = ["" if ended else f" by T{row['thread'] + 1}" for row in found]
    return [f"{FAULT_MARK} {row['kind']}{name}: {row['message']}" for row, name in zip(found, names, strict=True)]


def _ending(execution: Mapping[str, Any]) -> list[str]:
    outcome, account = execution["outcome"], execution["account"]
    flying = sum(row["items"] for row in account["in_flight"])
    parts = [f"{account[name]} {name}" for name in ("in", "out", "inside")] + ([f"{flying} in flight"] * bool(flying))
    lost = account["lost"]
    verdict = f"{lost} lost" if lost > 0 else f"{-lost} too many" if lost < 0 else "balanced"
    message = f": {outcome['message']}" if outcome["message"] else ""
    return [f"outcome: {outcome['kind']}{message}", f"account: {', '.join(parts)}: {verdict}"]
