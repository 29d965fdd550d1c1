"""What a node consists of, as the trace tells of it: its cells, and what it holds beside them."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["cells_of", "plain_of", "role_of"]


class KeyAndValue(NamedTuple):
    """An entry of a map. It reads ``3: 30``."""

    key: Any
    value: Any

    def __repr__(self) -> str:
        return f"{self.key!r}: {self.value!r}"


def role_of(name: str) -> str:
    """What a cell of that name is for, whichever of several it is: ``stripe`` for ``stripe 3``."""
    return name.rstrip(" 0123456789")


def cells_of(node: Any) -> list[Any]:
    """A node's cells in the order of its type's fields."""
    cells = [getattr(node, name, None) for kind in type(node).__mro__ for name in getattr(kind, "__slots__", ())]
    return sorted((cell for cell in cells if hasattr(cell, "cell_id")), key=lambda cell: int(cell.cell_id))


def plain_of(node: Any) -> Any:
    """A node's plain ``value``, None where it has none; with its ``key`` where it has one."""
    value = getattr(node, "value", None)
    return KeyAndValue(node.key, value) if hasattr(node, "key") else value
