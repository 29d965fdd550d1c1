"""The scheduled memory: every access announces itself, hands control to whoever holds the schedule, acts, is recorded.

Algorithms run in greenlets, so their code stays plain: the switch happens inside the cell. While the structure is set
up there is no thread yet; accesses then act at once and leave no record.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from lockfree_core.drive.nodes import cells_of, plain_of
from lockfree_core.drive.stepping.cells import ScheduledInteger, ScheduledReference, ScheduledVersioned
from lockfree_core.drive.stepping.heap import Heap
from lockfree_core.drive.stepping.lock import ScheduledLock
from lockfree_core.drive.stepping.nodes import MOST_FIELDS, NodeKind, has_text, learn_kind
from lockfree_core.drive.stepping.pending import Pending
from lockfree_core.memory.cells import version_mask
from lockfree_core.reclamation.hazard_pointers import SLOT_PREFIX
from lockfree_core.trace.fold import UNNAMED
from lockfree_core.trace.layout import INTEGER_FLAG, INTEGER_MAX, INTEGER_MIN, Kind
from lockfree_core.trace.words import FIRST_OBJECT, node_name

if TYPE_CHECKING:
    from lockfree_core.drive.stepping.lane import SteppedLane
    from lockfree_core.drive.stepping.recorder import Recorder

__all__ = ["ScheduledMemory"]

_FIRST_NODE_CELL: Final = 1 << 16
_FIRST_VALUE: Final = 1 << 24
_LONGEST_REPR: Final = 120


class ScheduledMemory:
    """Memory for one execution.

    Node numbers are dealt to the threads in turn (with two threads the one gets every other number), so a node has
    the same name whatever the schedule: branches of a tree of schedules can be compared.

    Args:
        recorder: takes records and names.
        threads: how many threads the program has.
        seed: fixes what :meth:`random` and the back-off draw.
        backoff: ``none``, or ``exponential``: after a lost CAS a thread rests for a random number of steps.
        heap: where nodes come from and go back to; None: Python's own collection.
    """

    def __init__(
        self, recorder: Recorder, threads: int, seed: int = 0, backoff: str = "none", heap: Heap | None = None
    ) -> None:
        self.recorder = recorder
        self.lane: SteppedLane | None = None  # whose turn it is; None: set-up
        self.detached = False
        self.roots: list[Any] = []
        self.locks: list[ScheduledLock] = []
        self.heap = heap
        self.types: dict[Any, NodeKind] = {}
        self._threads = threads
        self._seed = seed
        self._policy = backoff
        self._values: dict[str, int] = {}
        self._made = [0] * threads  # nodes made by each thread
        self._prepared = 0  # nodes made at set-up
        self._next_root = 1
        self._building: list[int] = []  # numbers for the cells of the node that is being made
        self._fresh: list[Any] = []  # the cells of the node that was made last, in the order of its fields
        self._reused: list[Any] = []  # cells of the node that is being made anew
        self._generators: dict[int, random.Random] = {}

    # -- the Memory protocol

    def reference(self, initial: Any, name: str = "") -> Any:
        """A new reference cell."""
        return self._place(ScheduledReference, initial, name, "reference")

    def integer(self, initial: int, name: str = "") -> Any:
        """A new integer cell."""
        return self._place(ScheduledInteger, initial, name, "integer")

    def versioned(self, initial: Any, name: str = "", bits: int = 0) -> Any:
        """A new versioned reference cell, whose version has so many bits; with 0 it never wraps."""
        cell = self._place(ScheduledVersioned, initial, name, "versioned")
        cell.mask = version_mask(bits)
        return cell

    def lock(self, name: str = "lock") -> Any:
        """A new mutex, which shows who holds it and who waits."""
        lock = ScheduledLock(self, self._root(name or "lock", "lock"), name or "lock")
        self.locks.append(lock)
        return lock

    def backoff(self) -> ScheduledMemory:
        """The policy of this execution."""
        return self

    def pause(self, losses: int) -> None:
        """Rest for a number of steps, as the policy says. A schedule that names a resting thread ends its rest."""
        if self._policy == "none" or self.lane is None or self.detached:
            return
        longest = 1 << min(losses, 5)
        steps = self.random().randint(1, longest)
        lane = self.turn(Pending("backoff", 0, after=steps), sys._getframe(1))
        lane.rests_until = self.recorder.step + steps + 1
        self.recorder.write(lane, Kind.BACKOFF, 0, 0, losses, steps, 0)

    def random(self) -> random.Random:
        """The calling thread's own generator."""
        index = self.thread_index()
        if index not in self._generators:
            self._generators[index] = random.Random(f"{self._seed}:{index}:stepping")
        return self._generators[index]

    def thread_index(self) -> int:
        """The calling thread's number; 0 at set-up."""
        return 0 if self.lane is None else self.lane.index

    def thread_limit(self) -> int:
        """How many threads there are."""
        return self._threads

    def allocate(self, node: Callable[..., Any], *arguments: Any) -> Any:
        """A new node, of a subclass that carries its number; from the heap possibly an old one, as new."""
        kind = self._kind(node, arguments)
        lane = self.lane
        if lane is None or self.detached:
            return self._reuse(kind, arguments) or self._make(kind, self._prepared_number(), arguments)
        frame = sys._getframe(1)
        site, target, _ = self.recorder.site(frame, "allocate")
        self.turn(Pending("allocate", site, after=self.encode(arguments[0]) if arguments else 0), frame)
        made = self._reuse(kind, arguments)
        record, detail = Kind.REUSE, getattr(made, "trace_generation", 0)
        if made is None:
            made = self._make(kind, self._next_number(lane.index), arguments)
            record, detail = Kind.ALLOCATE, made.trace_cell
        lane.bound(target or UNNAMED, made, 0)
        value = self.encode(plain_of(made))
        self.recorder.write(lane, record, site, made.trace_id, detail, value, kind.number)
        for cell in self._fresh:
            # A private store for each cell that does not begin with None, as an allocation alone would have it.
            if cell.code:
                self.recorder.write(lane, Kind.STORE, site, cell.cell_id, 0, cell.code, 0)
        return made

    def retire(self, node: Any) -> None:
        """Record that the node was unlinked: to be freed as soon as nobody can hold it."""
        if self.detached:
            return
        self._mark(Kind.RETIRE, "retire", node)
        name = node_name(node.trace_id)
        if node.trace_freed:
            self._fault("use after free", f"{name} is retired, but it was freed", node)
        elif node.trace_retired >= 0:
            self._fault("double retire", f"{name} is retired a second time", node)
        else:
            node.trace_retired = self.thread_index()

    def free(self, node: Any) -> None:
        """Give the node back to the heap; without one, record that nobody uses it again."""
        if self.detached:
            return
        self._mark(Kind.FREE, "free", node)
        if self.heap is not None and not self.heap.give(node):
            self._fault("double free", f"{node_name(node.trace_id)} is freed a second time", node)

    def check_alive(self, node: Any, what: str) -> None:
        """Tell of it where a node's field is used after the node was freed. ``what`` is said of the thread."""
        if node.trace_freed and not getattr(node, "type_stable", False):
            self._fault("use after free", f"{what}, but {node_name(node.trace_id)} was freed", node)

    def check_target(self, value: Any, cell: int) -> None:
        """Tell of it where a root cell of the structure has come to point at a freed node.

        A hazard pointer may: it is published before anybody knows whether its node is still there, and looked at again.
        """
        if not getattr(value, "trace_freed", False):
            return
        name = self.recorder.words.cell(cell)
        if not name.startswith(SLOT_PREFIX):
            self._fault("dangling pointer", f"{name} now points at {node_name(value.trace_id)}, which was freed", value)

    # -- what cells need

    def turn(self, pending: Pending, frame: FrameType) -> SteppedLane:
        """Announce an access and return when it is its turn."""
        lane = self.lane
        assert lane is not None
        lane.arrive(pending, frame)
        return lane

    def encode(self, value: Any) -> int:
        """The code of a value; interns it where it is neither a node nor a small integer."""
        if value is None:
            return 0
        if type(value) is int and INTEGER_MIN <= value <= INTEGER_MAX:
            return (value & 0x7FFF_FFFF) | INTEGER_FLAG
        number = getattr(value, "trace_id", None)
        return self.intern(_text(value)) if number is None else int(number)

    def encode_arguments(self, arguments: tuple[Any, ...]) -> int:
        """The code of what an operation is called with: of its one argument, or of the text that lists several."""
        if len(arguments) > 1:
            return self.intern(", ".join(map(repr, arguments)))
        return self.encode(arguments[0]) if arguments else 0

    def intern(self, text: str) -> int:
        """The object id that stands for a text."""
        if len(text) > _LONGEST_REPR:
            text = text[: _LONGEST_REPR - 1] + "…"
        number = self._values.get(text)
        if number is None:
            number = self._values[text] = _FIRST_VALUE + len(self._values)
            self.recorder.values.append({"id": number, "text": text})
            self.recorder.value_texts[number] = text
        return number

    def enter_threads(self) -> None:
        """The set-up is over: from now on nodes are the threads'."""
        self._made = [0] * self._threads

    def fates(self) -> tuple[Any, ...]:
        """What decides the names and numbers that are still to be dealt, and what is still to be drawn."""
        return self._made, self._next_root, self._generators

    # -- inside

    def _prepared_number(self) -> int:
        self._prepared += 1
        return FIRST_OBJECT + self._prepared - 1

    def _next_number(self, thread: int) -> int:
        count = self._made[thread]
        self._made[thread] = count + 1
        return FIRST_OBJECT + self._prepared + count * self._threads + thread

    def _make(self, kind: NodeKind, number: int, arguments: tuple[Any, ...]) -> Any:
        first = _FIRST_NODE_CELL + (number - FIRST_OBJECT) * MOST_FIELDS
        self._building = list(range(first, first + len(kind.fields)))
        self._fresh = []
        made = kind.traced(self, *arguments)
        self._building = []
        made.trace_id, made.trace_cell, made.trace_memory = number, first, self
        made.trace_freed, made.trace_retired, made.trace_generation = False, -1, 0
        for cell, name in zip(self._fresh, kind.fields, strict=True):
            cell.node = made
            self.recorder.cell_names[cell.cell_id] = f"{node_name(number)}.{name}"
        if self.heap is not None:
            self.heap.add(made)
        return made

    def _reuse(self, kind: NodeKind, arguments: tuple[Any, ...]) -> Any:
        """A node from the free list, initialised anew with the cells that it has; None where there is none."""
        node = None if self.heap is None else self.heap.take(kind.traced)
        if node is not None:
            self._fresh = cells_of(node)
            self._reused = list(self._fresh)
            kind.traced.__init__(node, self, *arguments)
            self._reused = []
        return node

    def _kind(self, node: Callable[..., Any], arguments: tuple[Any, ...]) -> NodeKind:
        kind = self.types.get(node)
        if kind is None:
            pooled = self.heap is not None
            kind = learn_kind(node, arguments, len(self.recorder.types) + 1, self._threads, pooled)
            self.recorder.types.append(
                {"id": kind.number, "name": kind.traced.__name__, "fields": list(kind.fields), "pooled": pooled}
            )
            self.types[node] = self.types[kind.traced] = kind
        return kind

    def _mark(self, kind: Kind, access: str, node: Any) -> None:
        """Let a thread wait for its turn, and record that it marks a node; at set-up there is nothing to record."""
        if self.lane is None:
            return
        frame = sys._getframe(2)
        site, _, _ = self.recorder.site(frame, access)
        lane = self.turn(Pending(access, site, after=node.trace_id), frame)
        self.recorder.write(lane, kind, site, node.trace_id, 0, 0, 0)

    def _fault(self, kind: str, message: str, node: Any) -> None:
        """Tell of a fault. What happens at set-up, or while threads are unwound, is nobody's."""
        if self.lane is not None and not self.detached:
            self.recorder.fault(self.lane, kind, message, self.intern(message), node.trace_id)

    def _place(self, cell: Callable[..., Any], initial: Any, name: str, kind: str) -> Any:
        if self._reused:
            reused = self._reused.pop(0)
            reused.reset(initial)
            return reused
        if self._building:
            built = cell(self, initial, self._building.pop(0), name)
            self._fresh.append(built)
            return built
        made = cell(self, initial, self._root(name, kind), name)
        self.roots.append(made)
        return made

    def _root(self, name: str, kind: str) -> int:
        number = self._next_root
        self._next_root += 1
        self.recorder.cells.append({"id": number, "name": name or f"cell {number}", "kind": kind})
        self.recorder.cell_names[number] = name or f"cell {number}"
        return number


def _text(value: Any) -> str:
    """What a value reads like, the same in every process: nodes by name, and no address of an object."""
    kind = type(value)
    if kind in (list, tuple):
        items = ", ".join(map(_text, value))
        return f"[{items}]" if kind is list else f"({items}{',' if len(value) == 1 else ''})"
    if kind in (set, frozenset):
        return f"{{{', '.join(sorted(map(_text, value)))}}}"
    number = getattr(value, "trace_id", None)
    if number is not None:
        return node_name(number)
    return repr(value) if has_text(type(value)) else f"<{type(value).__name__}>"
