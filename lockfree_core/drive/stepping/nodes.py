"""Classes of nodes as the scheduled memory knows them: their cells, and plain fields that tell of use after free."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from lockfree_core.trace.words import node_name

__all__ = ["MOST_FIELDS", "NodeKind", "has_text", "learn_kind"]

MOST_FIELDS: Final = 4  # cells of a node

_NODE_SLOTS: Final = (
    "trace_cell", "trace_freed", "trace_generation", "trace_id", "trace_memory", "trace_retired",
)  # fmt: skip


class NodeKind(NamedTuple):
    """A class of nodes as the trace knows it: number, the class to make nodes of, the names of its cells."""

    number: int
    traced: Any
    fields: tuple[str, ...]


def learn_kind(
    node: Callable[..., Any], arguments: tuple[Any, ...], number: int, threads: int, pooled: bool
) -> NodeKind:
    """Make one of these nodes for trial, and a subclass from it that carries what a traced node needs.

    Args:
        node: makes a node from a memory and ``arguments``.
        arguments: those of the first allocation.
        number: the number that the class gets.
        threads: how many the memory is for.
        pooled: whether such nodes live on the simulated heap.

    Raises:
        ValueError: when it has too many cells.
    """
    probe = _Probe(threads)
    made = node(probe, *arguments)
    base = type(made)
    if len(probe.fields) > MOST_FIELDS:
        raise ValueError(f"a node has at most {MOST_FIELDS} cells; {base.__name__} has {len(probe.fields)}")
    body: dict[str, Any] = {"__slots__": _NODE_SLOTS, "__module__": __name__}
    if pooled:
        body |= {name: _guarded(name, getattr(base, name)) for name in _plain_fields(made)}
    return NodeKind(number, type(base.__name__, (base,), body), tuple(probe.fields))


def has_text(kind: type) -> bool:
    """Whether objects of a class say what they are by more than their address, which differs from run to run."""
    default: Any = object.__repr__
    return kind.__repr__ is not default


class _Probe:
    """A memory that only notes which cells a node asks for."""

    def __init__(self, threads: int) -> None:
        self.fields: list[str] = []
        self._threads = threads

    def reference(self, initial: object, name: str = "") -> object:
        self.fields.append(name or f"cell {len(self.fields)}")
        return _ProbedCell()

    integer = reference

    def versioned(self, initial: object, name: str = "", bits: int = 0) -> object:
        return self.reference(initial, name)

    def thread_limit(self) -> int:
        return self._threads


class _ProbedCell:
    """Stands for a cell of a node that was made for trial."""


def _plain_fields(node: Any) -> Iterator[str]:
    """The names of a node's slots that hold no cell."""
    for kind in type(node).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if not name.startswith("__") and not isinstance(getattr(node, name, None), _ProbedCell):
                yield name


def _guarded(name: str, slot: Any) -> property:
    """A plain field of nodes on the heap: a thread that uses it after the node was freed is told of, and gets it."""

    def check(node: Any, what: str) -> None:
        # A node that is being made carries no marks yet.
        if getattr(node, "trace_freed", False):
            node.trace_memory.check_alive(node, f"{node_name(node.trace_id)}.{name} {what}")

    def get(node: Any) -> Any:
        check(node, "is read")
        return slot.__get__(node)

    def put(node: Any, value: Any) -> None:
        check(node, "is written")
        slot.__set__(node, value)

    return property(get, put)
