"""The maps that ``tests.bench.native`` compares: of 10, 1,000 and 100,000 keys, updates only, or nine reads in ten.

All keys are there from the beginning. A batch is made of prepared keys, which are objects of their own, so that threads
neither make keys nor share their reference counts; it is unrolled, so that a call costs more than the loop around it.
"""

from __future__ import annotations

import importlib
import itertools
import random
from collections.abc import Callable
from typing import Any, Final

from lockfree_core import HardwareMemory, native, structures
from lockfree_core.bench.stand_ins import ReadersWriterDict
from lockfree_core.structures import locked

__all__ = ["BATCH", "MAPS", "SIZES"]

BATCH: Final = 200
SIZES: Final = (10, 1_000, 100_000)
ROW: Final = 10
BATCHES: Final = 256

Body = Callable[[int], None]


def peer(module: str, name: str) -> Callable[[], Any]:
    """A class of a package that may not be there."""
    return lambda: getattr(importlib.import_module(module), name)()


# name: how to make one, how to set, how to get. The first is what the ratios of the others are taken against.
_WAYS: Final[dict[str, tuple[Callable[[], Any], str, str]]] = {
    "RWLockMap in Python": (lambda: locked.RWLockMap[int, int](HardwareMemory()), "s.set({}, 1)", "s.get({})"),
    "readers-writer lock + dict": (ReadersWriterDict, "s.set({}, 1)", "s.get({})"),
    "native RWLockMap": (lambda: native.RWLockMap[int, int](), "s.set({}, 1)", "s.get({})"),
    "CopyOnWriteMap in Python": (
        lambda: structures.CopyOnWriteMap[int, int](HardwareMemory()), "s.set({}, 1)", "s.get({})",
    ),
    "native CopyOnWriteMap": (lambda: native.CopyOnWriteMap[int, int](), "s.set({}, 1)", "s.get({})"),
    "dict": (dict, "s[{}] = 1", "s.get({})"),
    "ft_utils ConcurrentDict": (peer("ft_utils.concurrency", "ConcurrentDict"), "s[{}] = 1", "s.get({})"),
    "cereggii AtomicDict": (peer("cereggii", "AtomicDict"), "s[{}] = 1", "s.get({})"),
}  # fmt: skip


def batches_of(size: int) -> list[list[tuple[int, ...]]]:
    """Rows of keys drawn by lot, for one batch each."""
    draw = random.Random(size).randrange
    return [[tuple(draw(size) for _ in range(ROW)) for _ in range(BATCH // ROW)] for _ in range(BATCHES)]


def compiled(structure: Any, size: int, sets: int, put: str, get: str) -> Body:
    """A loop over the rows of a batch; so many places of each row are set, the others are read."""
    names = [f"k{place}" for place in range(ROW)]
    calls = [(put if place < sets else get).format(name) for place, name in enumerate(names)]
    scope: dict[str, Any] = {"structure": structure, "batches": batches_of(size), "turn": itertools.count()}
    source = (
        "def body(count):\n"
        "    s = structure\n"
        f"    for _ in range(max(count // {BATCH}, 1)):\n"
        f"        for {', '.join(names)} in batches[next(turn) % {BATCHES}]:\n"
    )
    exec(source + "".join(f"            {call}\n" for call in calls), scope)
    body: Body = scope["body"]
    return body


def prepared(name: str, size: int, sets: int) -> Callable[[], Body]:
    """How to make the map of that name, with all its keys."""
    make, put, get = _WAYS[name]

    def prepare() -> Body:
        structure = make()
        fill: dict[str, Any] = {"s": structure, "size": size}
        exec(f"def fill():\n    for key in range(size):\n        {put.format('key')}\n", fill)
        fill["fill"]()
        return compiled(structure, size, sets, put, get)

    return prepare


def _families() -> dict[str, dict[str, Callable[[], Body]]]:
    families: dict[str, dict[str, Callable[[], Body]]] = {}
    for (what, sets), size in itertools.product((("updates", ROW), ("90 % reads", 1)), SIZES):
        title = f"map of {size:,}, {what}"
        families[title] = {f"{name}, {size:,}, {what}": prepared(name, size, sets) for name in _WAYS}
    return families


# family: name: how to prepare one.
MAPS: Final = _families()
