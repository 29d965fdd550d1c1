"""The matrix: structure by implementation, and how each is built.

What a candidate builds are bare callables, bound once, so that a sample calls nothing but the structure itself.
"""

from __future__ import annotations

from _operator import is_
from _thread import get_ident
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from lockfree_core import native
from lockfree_core.bench import stand_ins
from lockfree_core.bench.workloads import Workload
from lockfree_core.errors import BenchError

if TYPE_CHECKING:
    from lockfree_core.memory import Backoff, Memory

__all__ = ["CANDIDATES", "IMPLEMENTATIONS", "STRUCTURES", "Candidate", "Parts", "find_candidate", "matrix"]

STRUCTURES: Final = ("counter", "stack", "queue", "ring", "dictionary")

# implementation: what it is, as people read it, and its progress guarantee.
IMPLEMENTATIONS: Final[Mapping[str, tuple[str, str]]] = {
    "null": ("nothing: the loop alone", "none"),
    "mutex": ("a lock around what Python has", "blocking"),
    "rwlock": ("a readers-writer lock around what Python has", "blocking"),
    "twin": ("the same nodes as the lock-free one, under a lock", "blocking"),
    "emulated": ("the algorithm in Python on emulated compare-and-swap, which itself takes a small lock", "emulated"),
    "hardware": ("the algorithm in Python on hardware cells", "lock-free"),
    "native": ("the algorithm in C", "lock-free"),
    "native-rwlock": ("a dict under a readers-writer lock, in C", "blocking"),
    "striped": ("a cell for each thread, in C", "lock-free"),
    "standard": ("what the standard library has", "interpreter"),
    "simplequeue": ("queue.SimpleQueue", "interpreter"),
    "queue": ("queue.Queue or queue.LifoQueue", "blocking"),
    "kernel": ("a loop in C without the GIL, lock-free", "lock-free"),
    "kernel-mutex": ("a loop in C without the GIL, under a pthread mutex", "blocking"),
    "kernel-spinlock": ("a loop in C without the GIL, under a spinlock", "blocking"),
    "process-lock": ("multiprocessing.Value between processes", "blocking"),
    "process-cas": ("compare-and-swap in shared memory between processes", "lock-free"),
    "process-add": ("fetch-and-add in shared memory between processes", "lock-free"),
}


class CountingBackoff:
    """Counts the lost compare-and-swaps that it is told of; each thread writes its own entry."""

    def __init__(self, policy: Backoff) -> None:
        self._policy = policy
        self._losses: dict[int, int] = {}

    def pause(self, losses: int) -> None:
        """Count, then wait as the policy says."""
        thread = get_ident()
        self._losses[thread] = self._losses.get(thread, 0) + 1
        self._policy.pause(losses)

    def losses(self) -> int:
        """Of all threads."""
        return sum(self._losses.values())


@dataclass(frozen=True, slots=True)
class Parts:
    """A built structure: two callables to call (a counter has one), how to look inside, and its lost attempts."""

    first: Callable[..., Any]  # increment, put, or set
    second: Callable[..., Any] | None = None  # take, or get
    look: Callable[[], Any] | None = None  # a counter's value, a dictionary's entries
    losses: Callable[[], int] | None = None  # lost decisive attempts so far; None where there are none to lose


@dataclass(frozen=True, slots=True)
class Candidate:
    """One cell of the matrix. ``guard`` is a kernel's; ``shared`` the kind of a counter between processes."""

    structure: str
    implementation: str
    title: str
    build: Callable[[Workload], Parts] | None = None
    needs_native: bool = False
    guard: str = ""
    shared: str = ""

    @property
    def key(self) -> str:
        """Its name: ``stack/native``."""
        return f"{self.structure}/{self.implementation}"

    @property
    def progress(self) -> str:
        """``lock-free``, ``blocking``, ``emulated``, ``interpreter`` (its own locks) or ``none``."""
        if self.structure == "ring" and IMPLEMENTATIONS[self.implementation][1] == "lock-free":
            return "no lock"  # a thread stopped between claim and stamp makes others wait
        return IMPLEMENTATIONS[self.implementation][1]

    @property
    def venue(self) -> str:
        """Where its threads run: in the interpreter, in C without its lock, or as processes. Only like is compared."""
        return "kernel" if self.guard else "processes" if self.shared else "threads"

    def unavailable(self) -> str | None:
        """Why it cannot be measured on this interpreter; None if it can."""
        return native.unavailable_reason() if self.needs_native else None


def _on(
    memory: str, make: Callable[[Memory, Workload], Any], first: str, second: str = "", look: str = ""
) -> Callable[[Workload], Parts]:
    """An algorithm in Python on a memory, its losses counted."""

    def build(workload: Workload) -> Parts:
        backoff = CountingBackoff(workload.policy.for_python())
        structure = make(_class("lockfree_core.memory", memory)(backoff), workload)
        return _bound(structure, first, second, look, backoff.losses)

    return build


def _class(module: str, name: str) -> Any:
    """Loaded when it is built: a sample is a fresh process, and what it does not measure it need not load."""
    return getattr(import_module(module), name)


def _bound(structure: Any, first: str, second: str, look: str, losses: Callable[[], int] | None = None) -> Parts:
    peek = (lambda: _peek(structure, look)) if look else None
    return Parts(getattr(structure, first), getattr(structure, second) if second else None, peek, losses)


def _peek(structure: Any, name: str) -> Any:
    found = getattr(structure, name)
    return found() if callable(found) else found


def _plain(
    make: Callable[[Workload], Any], first: str, second: str = "", look: str = ""
) -> Callable[[Workload], Parts]:
    return lambda workload: _bound(make(workload), first, second, look)


def _twin(name: str, first: str, second: str = "", look: str = "") -> Callable[[Workload], Parts]:
    """A twin's memory is the one that its lock-free sibling gets by default."""
    memory = "HardwareMemory" if native.available() else "LockedMemory"
    return _plain(
        lambda _: _class("lockfree_core.structures.locked", name)(_class("lockfree_core.memory", memory)()),
        first, second, look,
    )  # fmt: skip


def _library(name: str, second: str) -> Callable[[Workload], Parts]:
    """A queue of the standard library."""
    return _plain(lambda _: _class("queue", name)(), "put", second)


def _native(name: str, first: str, second: str = "", look: str = "") -> Callable[[Workload], Parts]:
    def build(workload: Workload) -> Parts:
        sizes = (workload.capacity,) if name == "RingQueue" else ()
        policy = workload.policy
        own = workload.backoff == "default"  # each has the one that suits it
        backoff = {} if own else {"backoff_base": policy.base, "backoff_cap": policy.cap}
        structure = getattr(native, name)(*sizes, **backoff)
        return _bound(structure, first, second, look, lambda: sum(row.failures for row in structure.statistics()))

    return build


# The cheapest calls that there are: with two arguments, with one, and with none.
_two_arguments, _one_argument, _no_argument = is_, ().count, "".isascii


def _null(structure: str) -> Callable[[Workload], Parts]:
    """Calls of the same shape as the structure's, that do nothing."""
    shapes: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
        "counter": (_no_argument, _no_argument),
        "dictionary": (_two_arguments, _one_argument),
    }
    first, second = shapes.get(structure, (_one_argument, _no_argument))
    return lambda _: Parts(first, second, lambda: None)


def _algorithm(structure: str, name: str, *names: str) -> list[Candidate]:
    """A structure in Python, on either kind of cells."""

    def make(memory: Memory, workload: Workload) -> Any:
        kind = _class("lockfree_core.structures", name)
        return kind(workload.capacity, memory) if structure == "ring" else kind(memory)

    return [
        Candidate(structure, "emulated", f"{name}, emulated CAS", _on("LockedMemory", make, *names)),
        Candidate(structure, "hardware", f"{name} in Python", _on("HardwareMemory", make, *names), needs_native=True),
    ]


def _kernels(structure: str) -> list[Candidate]:
    guards = {"kernel": "lock-free", "kernel-mutex": "mutex", "kernel-spinlock": "spinlock"}
    return [
        Candidate(structure, key, f"C kernel, {guard}", needs_native=True, guard=guard) for key, guard in guards.items()
    ]


def _dictionary_of(entries: dict[Any, Any]) -> Parts:
    return Parts(entries.__setitem__, entries.get, lambda: entries.items())


def _all() -> Iterable[Candidate]:
    for structure in STRUCTURES:
        yield Candidate(structure, "null", "no operation", _null(structure))
    yield Candidate(
        "counter", "mutex", "Lock + int", _plain(lambda _: stand_ins.LockedInteger(), "increment", "", "value")
    )
    yield Candidate("counter", "twin", "LockedCounter", _twin("LockedCounter", "increment", "", "value"))
    yield from _algorithm("counter", "AtomicCounter", "increment", "", "value")
    yield Candidate(
        "counter", "native", "native AtomicCounter", _native("AtomicCounter", "increment", "", "value"), True
    )
    yield Candidate("counter", "striped", "native StripedCounter",
                    _plain(lambda _: native.StripedCounter(), "increment", "", "sum"), True)  # fmt: skip
    yield Candidate(
        "counter", "standard", "itertools.count", _plain(lambda _: stand_ins.Tickets(), "increment", "", "value")
    )
    for key, kind in (("process-lock", "lock"), ("process-cas", "cas"), ("process-add", "fetch-add")):
        title = {"lock": "multiprocessing.Value", "cas": "shared CAS loop", "fetch-add": "shared fetch-and-add"}[kind]
        yield Candidate("counter", key, title, needs_native=kind != "lock", shared=kind)

    yield Candidate("stack", "mutex", "Lock + list", _plain(lambda _: stand_ins.LockedList(), "put", "take"))
    yield Candidate("stack", "twin", "LockedStack", _twin("LockedStack", "push", "pop"))
    yield from _algorithm("stack", "TreiberStack", "push", "pop")
    yield Candidate("stack", "native", "native TreiberStack", _native("TreiberStack", "push", "pop"), True)
    yield Candidate("stack", "standard", "deque", _plain(lambda _: deque(), "append", "pop"))
    yield Candidate("stack", "queue", "queue.LifoQueue", _library("LifoQueue", "get_nowait"))

    yield Candidate("queue", "mutex", "Lock + deque", _plain(lambda _: stand_ins.LockedDeque(), "put", "take"))
    yield Candidate("queue", "twin", "LockedQueue", _twin("LockedQueue", "enqueue", "dequeue"))
    yield from _algorithm("queue", "MichaelScottQueue", "enqueue", "dequeue")
    yield Candidate(
        "queue", "native", "native MichaelScottQueue", _native("MichaelScottQueue", "enqueue", "dequeue"), True
    )
    yield Candidate("queue", "standard", "deque", _plain(lambda _: deque(), "append", "popleft"))
    yield Candidate("queue", "simplequeue", "SimpleQueue", _library("SimpleQueue", "get_nowait"))
    yield Candidate("queue", "queue", "queue.Queue", _library("Queue", "get_nowait"))

    yield Candidate(
        "ring", "mutex", "Lock + bounded deque", _plain(lambda w: stand_ins.LockedRing(w.capacity), "put", "take")
    )
    yield from _algorithm("ring", "RingQueue", "try_put", "try_get")
    yield Candidate("ring", "native", "native RingQueue", _native("RingQueue", "try_put", "try_get"), True)
    yield Candidate("ring", "queue", "queue.Queue(n)",
                    _plain(lambda w: _class("queue", "Queue")(w.capacity), "put_nowait", "get_nowait"))  # fmt: skip

    yield Candidate(
        "dictionary", "mutex", "Lock + dict", _plain(lambda _: stand_ins.LockedDict(), "set", "get", "items")
    )
    yield Candidate("dictionary", "rwlock", "readers-writer lock + dict",
                    _plain(lambda _: stand_ins.ReadersWriterDict(), "set", "get", "items"))  # fmt: skip
    yield Candidate("dictionary", "twin", "RWLockMap", _twin("RWLockMap", "set", "get", "items"))
    yield from _algorithm("dictionary", "CopyOnWriteMap", "set", "get", "items")
    yield Candidate("dictionary", "native", "native CopyOnWriteMap",
                    _native("CopyOnWriteMap", "set", "get", "items"), True)  # fmt: skip
    yield Candidate("dictionary", "native-rwlock", "native RWLockMap",
                    _plain(lambda _: native.RWLockMap(), "set", "get", "items"), True)  # fmt: skip
    yield Candidate("dictionary", "standard", "dict", lambda _: _dictionary_of({}))
    for structure in ("counter", "stack", "queue", "ring"):
        yield from _kernels(structure)


CANDIDATES: Final[Mapping[str, Candidate]] = {candidate.key: candidate for candidate in _all()}


def find_candidate(key: object) -> Candidate:
    """The candidate of that name.

    Raises:
        BenchError: when there is none, with those that there are.
    """
    if isinstance(key, str) and key in CANDIDATES:
        return CANDIDATES[key]
    structure, _, implementation = str(key)[:80].partition("/")
    if structure not in STRUCTURES:
        raise BenchError(f"a structure is one of {', '.join(STRUCTURES)}; got {structure!r}")
    there = [each.implementation for each in CANDIDATES.values() if each.structure == structure]
    raise BenchError(f"a {structure} is implemented as {', '.join(there)}; got {implementation!r}")


def matrix(structure_names: Iterable[str], implementations: Iterable[str]) -> list[Candidate]:
    """All candidates of these structures that are implemented so.

    Raises:
        BenchError: for an unknown name, or when none is left.
    """
    wanted, ways = list(structure_names), list(implementations)
    for name, known in [(each, STRUCTURES) for each in wanted] + [(each, tuple(IMPLEMENTATIONS)) for each in ways]:
        if name not in known:
            what = "a structure" if known is STRUCTURES else "an implementation"
            raise BenchError(f"{what} is one of {', '.join(known)}; got {name!r}")
    found = [each for each in CANDIDATES.values() if each.structure in wanted and each.implementation in ways]
    if not found:
        raise BenchError(f"none of {', '.join(wanted)} is implemented as {', '.join(ways)}")
    return found
