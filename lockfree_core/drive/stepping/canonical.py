"""Objects spelled out, so that two executions of the same program can be compared.

Two spellings are equal exactly if the objects are: the same values in the same places, and the same objects *shared*
in the same places, for a compare-and-swap looks at identity. Objects are therefore numbered in the order in which they
are met; nothing depends on addresses.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from random import Random
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, MethodType, ModuleType
from typing import Any, Final

from lockfree_core.drive.nodes import cells_of
from lockfree_core.drive.stepping.lane import SteppedLane
from lockfree_core.drive.stepping.lock import ScheduledLock
from lockfree_core.drive.stepping.memory import ScheduledMemory
from lockfree_core.drive.stepping.recorder import Recorder

__all__ = ["Spelling"]

_SMALLEST_CACHED: Final = -5  # CPython keeps one object for each of these integers
_LARGEST_CACHED: Final = 256
_SCALARS: Final = (int, float, complex, str, bytes)
_known_fields: Final[dict[type, list[str]]] = {}
_MACHINERY: Final = (ScheduledMemory, Recorder, FrameType, ModuleType, BuiltinFunctionType, type)


class Spelling:
    """Collects parts; ``text`` is all of them.

    ``held`` are the numbers of the nodes that were met otherwise than through a cell: whoever holds them can bind them
    to a local without reading a cell. ``opaque`` says that something was met whose state cannot be read.
    """

    def __init__(self) -> None:
        self.held: set[int] = set()
        self.opaque = False
        self.met_again = 0  # the largest number of an object that was met more than once since this was reset
        self.objects = 0
        self._parts: list[str] = []
        self._numbers: dict[int, int] = {}
        self._equals: dict[tuple[type, Any], list[int]] = {}
        self._alive: list[Any] = []  # an address must not be given out again while it stands for an object
        self._below = 0  # how many cells lie between the root and what is spelled

    @property
    def text(self) -> str:
        """The whole."""
        return "\x1f".join(self._parts)

    def say(self, *parts: object) -> None:
        """Parts that are no objects of the execution."""
        self._parts += map(str, parts)

    def put(self, value: Any) -> None:
        """One object, with everything that can be reached from it."""
        if value is None or value is True or value is False or value is Ellipsis:
            self.say(value)
        elif isinstance(value, _SCALARS):
            self._scalar(value)
        elif isinstance(value, SteppedLane):
            self.say("lane", value.index)
        elif isinstance(value, _MACHINERY):
            self.say(getattr(value, "__qualname__", type(value).__name__))
        elif not self._known(value):
            self._composite(value)
        if hasattr(value, "trace_id") and self._below == 0:
            self.held.add(value.trace_id)

    def _scalar(self, value: Any) -> None:
        """Its value, and which of the objects with that value it is."""
        if type(value) is int and _SMALLEST_CACHED <= value <= _LARGEST_CACHED:
            self.say(value)
            return
        twins = self._equals.setdefault((type(value), value), [])
        if id(value) not in twins:
            twins.append(id(value))
            self._alive.append(value)
        self.say(type(value).__name__, repr(value), twins.index(id(value)))

    def _known(self, value: Any) -> bool:
        number = self._numbers.get(id(value))
        if number is None:
            self._numbers[id(value)] = self.objects
            self._alive.append(value)
            self.objects += 1
            return False
        self.met_again = max(self.met_again, number)
        self.say("@", number)
        return True

    def _composite(self, value: Any) -> None:
        if isinstance(value, ScheduledLock):
            holder = None if value.holder is None else value.holder.index
            self.say("lock", value.cell_id, holder, [lane.index for lane in value.waiters])
        elif hasattr(value, "cell_id"):
            self._cell(value)
        elif hasattr(value, "trace_id"):
            self._node(value)
        elif isinstance(value, list | tuple | deque):
            self._row(type(value).__name__, value)
        elif isinstance(value, dict):
            self._row("dict", [part for pair in value.items() for part in pair])
        elif isinstance(value, set | frozenset):
            self._row("set", sorted(value, key=_order_in_a_set))
        elif isinstance(value, FunctionType):
            self.say(value.__code__.co_qualname, value.__code__.co_firstlineno)
            self._row("closure", [cell.cell_contents for cell in value.__closure__ or ()])
        elif isinstance(value, MethodType):
            self._row(f"method {value.__func__.__qualname__}", [value.__self__])
        elif isinstance(value, Random):
            self.say(value.getstate())
        elif hasattr(value, "__next__"):
            self._iterator(value)
        else:
            self._object(value)

    def _cell(self, cell: Any) -> None:
        self.say("cell", cell.cell_id, getattr(cell, "version", ""))
        self._below += 1
        self.put(cell.value)
        self._below -= 1

    def _node(self, node: Any) -> None:
        self.say("node", node.trace_id, node.trace_generation, node.trace_freed, node.trace_retired)
        cells = cells_of(node)
        for name in _fields(type(node)):
            field = getattr(node, name, None)
            if not name.startswith("trace_") and not hasattr(field, "cell_id"):
                self.say(name)
                self.put(field)
        self._row("cells", cells)

    def _row(self, name: str, values: Iterable[Any]) -> None:
        self.say(name, "[")
        for value in values:
            self.put(value)
        self.say("]")

    def _iterator(self, value: Any) -> None:
        """What is left in it, where it tells."""
        try:
            rest = value.__reduce__()
        except TypeError:
            self.opaque = True
            self.say(type(value).__name__)
            return
        self._row(type(value).__name__, rest if isinstance(rest, tuple) else ())

    def _object(self, value: Any) -> None:
        self.say("object", type(value).__qualname__)
        fields = {name: getattr(value, name, None) for name in _fields(type(value))} | getattr(value, "__dict__", {})
        for name, field in sorted(fields.items()):
            self.say(name)
            self.put(field)


def _fields(kind: type) -> list[str]:
    """The slots of a class, its bases' too."""
    if kind not in _known_fields:
        _known_fields[kind] = _find_fields(kind)
    return _known_fields[kind]


def _find_fields(kind: type) -> list[str]:
    slots = [getattr(base, "__slots__", ()) for base in kind.__mro__]
    names = {name for row in slots for name in ((row,) if isinstance(row, str) else row)}
    return sorted(names - {"__dict__", "__weakref__"})


def _order_in_a_set(value: Any) -> tuple[str, str]:
    number = getattr(value, "trace_id", getattr(value, "cell_id", None))
    return type(value).__name__, repr(value) if number is None else f"{number:012}"


def spell_code(code: CodeType) -> tuple[str, str, int]:
    """A function, by where it stands."""
    return code.co_filename, code.co_qualname, code.co_firstlineno
