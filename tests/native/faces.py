"""Both faces of every structure under one set of names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from lockfree_core import native, structures

__all__ = ["CONTAINERS", "EMPTY", "FACES", "Container", "make"]

FACES: Final = ("python", "native")
EMPTY: Final = object()
ROOM: Final = 1 << 16

# How each puts, how each takes, and whether the last one in is the first one out.
CONTAINERS: Final[dict[str, tuple[str, str, bool]]] = {
    "TreiberStack": ("push", "pop", True),
    "MichaelScottQueue": ("enqueue", "dequeue", False),
    "RingQueue": ("try_put", "try_get", False),
}


def make(face: str, kind: str, *arguments: Any, **keywords: Any) -> Any:
    """A structure of that face; the test is skipped where there is no native core."""
    if face == "native" and not native.available():
        pytest.skip(f"no native core: {native.unavailable_reason()}")
    return getattr(native if face == "native" else structures, kind)(*arguments, **keywords)


class Container:
    """A stack, a queue or a ring: ``put`` and ``take``. A ring has room for all that these tests put in."""

    def __init__(self, face: str, kind: str, room: int = ROOM) -> None:
        put, take, self.is_stack = CONTAINERS[kind]
        self.structure: Any = make(face, kind, *([room] if kind == "RingQueue" else []))
        self.put: Callable[[Any], object] = getattr(self.structure, put)
        self.take: Callable[..., Any] = getattr(self.structure, take)

    def drain(self) -> list[Any]:
        """Take until it is empty."""
        return list(iter(lambda: self.take(EMPTY), EMPTY))
