"""How value codes and cells read: the one place for Python; ``static/js/names.js`` is the page's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lockfree_core.trace.layout import INTEGER_FLAG, decode_integer

__all__ = ["FIRST_OBJECT", "Words", "node_name"]

FIRST_OBJECT: Final = 64


def node_name(number: int) -> str:
    """What people call a node: ``n7``."""
    return f"n{number - FIRST_OBJECT + 1}"


class Words:
    """Reads codes with what has been announced so far; the mappings may grow meanwhile.

    Args:
        cells: the name of each cell (``head``, ``n7.next``) by its id.
        values: the text of each interned value by its object id.
    """

    def __init__(self, cells: Mapping[int, str], values: Mapping[int, str]) -> None:
        self._cells = cells
        self._values = values

    def value(self, code: int) -> str:
        """``None``, a number, an interned value's text, or a node's name."""
        if code == 0:
            return "None"
        if code & INTEGER_FLAG:
            return str(decode_integer(code))
        return self._values.get(code) or node_name(code)

    def cell(self, number: int) -> str:
        """``head``, ``n7.next``."""
        return self._cells.get(number) or f"cell {number}"
