"""Source maps, line by line: where a debugger finds what a script was made of (ECMA-426, revision 3 of the format)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Final

__all__ = ["source_map"]

_DIGITS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def source_map(sources: Sequence[str], origins: Iterable[tuple[int, int] | None]) -> str:
    """The map.

    Args:
        sources: addresses, as seen from the map.
        origins: for each line of the script, which source and which line of it, from 0; None where there is none.
    """
    lines = []
    source_before = line_before = 0
    for origin in origins:
        if origin is None:
            lines.append("")
            continue
        source, line = origin
        # Four numbers: column here, source, line and column there; each as the difference from the one before.
        lines.append(f"A{_number(source - source_before)}{_number(line - line_before)}A")
        source_before, line_before = source, line
    return json.dumps({"version": 3, "sources": list(sources), "names": [], "mappings": ";".join(lines)})


def _number(value: int) -> str:
    """Base 64, five bits a digit, the lowest first; the sign is the lowest bit of all."""
    rest = abs(value) << 1 | (value < 0)
    digits = ""
    while True:
        digit, rest = rest & 31, rest >> 5
        digits += _DIGITS[digit | (32 if rest else 0)]
        if not rest:
            return digits
