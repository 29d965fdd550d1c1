"""Who owns what in the native maps: nothing is leaked, nothing freed early, whatever destructors do."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from lockfree_core import native
from tests.core.engine_kit import in_threads
from tests.serving import ROOT

pytestmark = pytest.mark.usefixtures("extension")

MANY: Final = 20_000
kinds = pytest.mark.parametrize("kind", ["CopyOnWriteMap", "RWLockMap"])


class Thing:
    """Something that can be watched, and may do something when it goes."""

    def __init__(self, at_end: Callable[[], object] | None = None) -> None:
        self.at_end = at_end
        self.partner: Any = None

    def __del__(self) -> None:
        if self.at_end is not None:
            self.at_end()


class Same:
    """A key with the hash of all others of its kind."""

    def __init__(self, name: int) -> None:
        self.name = name

    def __hash__(self) -> int:
        return 7

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.name == other.name


@pytest.fixture
def made(kind: str) -> Any:
    return getattr(native, kind)()


def resident_kb() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") // 1024


# -- counts


@kinds
def test_a_map_holds_one_reference_to_each_key_and_value(kind: str) -> None:
    made: Any = getattr(native, kind)()
    keys, value, default = [Same(number) for number in range(5)], Thing(), Thing()
    everything = [*keys, value, default]

    def counts() -> list[int]:
        gc.collect()
        return [sys.getrefcount(everything[number]) for number in range(7)]

    before = counts()
    for number in range(100):
        made.set(keys[number % 5], value)
        assert made.get(keys[number % 5]) is value is made.get(Same(number % 5))
        assert made.get(Same(9), default) is default
    assert len(made.items()) == len(made.snapshot()) == len(list(made)) == 5
    assert [now - then for now, then in zip(counts(), before, strict=True)] == [1] * 5 + [5, 0]
    for number in range(5):
        made.set(keys[number], None)
    assert counts()[5] == before[5]
    made = None
    assert counts() == before


@kinds
def test_a_failed_call_keeps_nothing(made: Any) -> None:
    class Refusing(Same):
        __hash__ = Same.__hash__

        def __eq__(self, other: object) -> bool:
            raise LookupError

    made.set(Same(1), 1)
    key, value = Refusing(1), Thing()
    before = sys.getrefcount(key), sys.getrefcount(value)
    for _ in range(10):
        with pytest.raises(LookupError):
            made.set(key, value)
        with pytest.raises(LookupError):
            made.get(key, value)
        with pytest.raises(TypeError):
            made.set([], value)
    gc.collect()
    assert (sys.getrefcount(key), sys.getrefcount(value)) == before


def test_a_snapshot_keeps_its_version_and_nothing_else() -> None:
    made = native.CopyOnWriteMap[int, Any]()
    alive = []
    for number in range(10):
        thing = Thing()
        alive.append(weakref.ref(thing))
        made.set(0, thing)
        if number == 4:
            snapshot = made.snapshot()
    del thing
    gc.collect()
    assert [number for number, each in enumerate(alive) if each() is not None] == [4, 9]
    del snapshot
    gc.collect()
    assert [number for number, each in enumerate(alive) if each() is not None] == [9]


@kinds
def test_what_is_inside_goes_with_the_map(kind: str) -> None:
    made = getattr(native, kind)()
    things = [Thing() for _ in range(1_000)]
    alive = [weakref.ref(thing) for thing in things]
    for number, thing in enumerate(things):
        made.set(number, thing)
    del things, thing
    gc.collect()
    assert all(each() for each in alive)
    del made
    gc.collect()
    assert not any(each() for each in alive)


@kinds
def test_maps_inside_maps_die_without_a_deep_stack(kind: str) -> None:
    inner: Any = None
    for number in range(MANY):
        outer = getattr(native, kind)()
        outer.set(number, inner)
        inner = outer.snapshot() if number % 2 and kind == "CopyOnWriteMap" else outer
    del inner, outer
    gc.collect()


# -- cycles and destructors


@kinds
def test_cycles_through_a_map_are_collected(kind: str) -> None:
    made = getattr(native, kind)()
    thing = Thing()
    thing.partner = made
    made.set("thing", thing)
    made.set("itself", made)
    made.set("snapshot", made.snapshot())
    made.set(thing, (made,))
    gone = weakref.ref(thing)
    del thing, made
    gc.collect()
    assert gone() is None


def test_a_cycle_through_a_snapshot_is_collected() -> None:
    made = native.CopyOnWriteMap[str, Any]()
    thing = Thing()
    made.set("thing", thing)
    thing.partner = made.snapshot()
    gone = weakref.ref(thing)
    made.set("thing", None)
    del thing
    gc.collect()
    assert gone() is None
    assert made.get("thing") is None


@kinds
def test_what_is_inside_keeps_alive_what_it_refers_to(made: Any) -> None:
    thing = Thing()
    thing.partner = Thing()
    inside = weakref.ref(thing.partner)
    made.set("thing", thing)
    del thing
    gc.collect()
    assert inside() is made.get("thing").partner


@kinds
def test_a_finalizer_may_ask_a_map_that_was_cleared(kind: str) -> None:
    seen: list[Any] = []

    def make() -> None:
        made, thing = getattr(native, kind)(), Thing()
        thing.at_end = lambda: seen.append((made.get("thing"), len(made.items()), len(made.snapshot()), list(made)))
        thing.partner = made
        made.set("thing", thing)

    make()
    gc.collect()
    assert len(seen) == 1


@kinds
def test_what_a_destructor_does_to_the_map_counts(made: Any) -> None:
    seen: list[Any] = []

    def come_back() -> None:
        seen.append(made.get("key"))
        made.set("from the destructor", 1)
        seen.append(dict(made.items()))

    made.set("key", Thing(come_back))
    made.set("key", "after")
    gc.collect()
    assert seen == ["after", {"key": "after", "from the destructor": 1}]
    assert made.updates == 3


@kinds
def test_a_destructor_may_wait_for_another_thread_that_uses_the_map(made: Any) -> None:
    """So it runs when the map's own work is done."""

    def ask_another() -> None:
        in_threads(lambda: made.set("other", made.get("key")))

    made.set("key", Thing(ask_another))
    made.set("key", "after")
    gc.collect()
    assert made.get("other") == "after"


def test_a_collection_while_entries_are_copied_harms_nothing() -> None:
    """Under a lock, a finalizer that comes to the map would find its own thread reading."""
    made = native.RWLockMap[int, Any]()
    done: list[int] = []

    def litter() -> None:
        thing = Thing(lambda: (made.set(len(done), 0), done.append(1)))  # type: ignore[func-returns-value]
        thing.partner = thing

    for number in range(200):
        made.set(number, [number])
    for _ in range(200):
        litter()
        made.items()
        made.snapshot()
    gc.collect()
    assert len(done) == 200


@kinds
def test_a_subclass_may_add_to_a_map(kind: str) -> None:
    class Named(getattr(native, kind)):  # type: ignore[misc]
        name = "n"

    made = Named()
    made.set(1, 2)
    made.other = made
    gone = weakref.ref(made)
    assert (made.get(1), made.name) == (2, "n")
    del made
    gc.collect()
    assert gone() is None


def test_nodes_and_snapshots_are_made_by_maps_only() -> None:
    snapshot = native.CopyOnWriteMap[int, int]().snapshot()
    with pytest.raises(TypeError):
        type(snapshot)()


# -- memory


@kinds
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_is_bounded_under_updates(made: Any) -> None:
    def churn() -> None:
        for number in range(MANY // 4):
            made.set(number % 300, [number])

    in_threads(*[churn] * 4)
    gc.collect()
    before = resident_kb()
    for _ in range(5):
        in_threads(*[churn] * 4)
    gc.collect()
    assert resident_kb() - before < 4_000
    assert made.updates == 24 * (MANY // 4)


# -- statistics


def test_statistics_name_what_each_thread_did() -> None:
    made = native.CopyOnWriteMap[int, int]()
    assert made.statistics() == []
    made.set(1, 1)
    made.get(1)
    (row,) = made.statistics()
    assert (row.attempts, row.failures, row.longest_streak) == (1, 0, 0), "reading decides nothing"

    def change() -> None:
        for number in range(100):
            made.set(number, number)

    in_threads(*[change] * 4)
    assert sum(row.attempts - row.failures for row in made.statistics()) == 401 == made.updates
    assert all(row.longest_streak <= row.failures for row in made.statistics())


def test_a_lost_attempt_is_counted_and_made_again() -> None:
    """The comparison changes the map, so the attempt that it is part of is lost."""

    class Meddling(Same):
        __hash__ = Same.__hash__

        def __eq__(self, other: object) -> bool:
            meddled.set("meddled", 1)
            return super().__eq__(other)

    meddled: Any = native.CopyOnWriteMap()
    meddled.set(Meddling(1), 1)
    meddled.set(Meddling(1), 2)
    (row,) = meddled.statistics()
    assert (row.attempts, row.failures, row.longest_streak) == (4, 1, 1)
    assert dict(meddled.items()) == {"meddled": 1, Same(1): 2}


@pytest.mark.parametrize("limits", [(-1, 5), (5, 4), (0, 2**24 + 1)])
def test_a_backoff_that_makes_no_sense_is_refused_with_its_numbers(limits: tuple[int, int]) -> None:
    base, cap = limits
    with pytest.raises(ValueError, match=f"got base {base} and cap {cap}"):
        native.CopyOnWriteMap(backoff_base=base, backoff_cap=cap)


# -- how a process ends, and how it doubles


def python(program: str) -> str:
    """What a new interpreter prints; it must end well, and warn of nothing."""
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-X", "faulthandler", "-c", program],
        cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60,
    )  # fmt: skip
    assert (answer.returncode, answer.stderr) == (0, "")
    return answer.stdout.strip()


def test_an_interpreter_may_end_while_threads_work() -> None:
    program = """
import threading, itertools
from lockfree_core import native
maps = native.CopyOnWriteMap(), native.RWLockMap()
running = threading.Barrier(9)
def work():
    for number in itertools.count():
        for each in maps:
            each.set(number % 50, [number]); each.get(number % 70); each.snapshot()
        if number == 20:
            running.wait()
for _ in range(8):
    threading.Thread(target=work, daemon=True).start()
running.wait()
print("over")
"""
    assert python(program) == "over"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_goes_on_with_what_was_inside() -> None:
    program = """
import os, threading, warnings
from lockfree_core import native
warnings.simplefilter("ignore", DeprecationWarning)
maps = native.CopyOnWriteMap(), native.RWLockMap()
ready, over = threading.Barrier(5), threading.Event()
def work(thread):
    for number in range(200):
        for each in maps: each.set((thread, number), number)
    ready.wait(); over.wait()
def run(body):
    threads = [threading.Thread(target=body, args=(thread,)) for thread in range(4)]
    for thread in threads: thread.start()
    return threads
threads = run(work)
ready.wait()
child = os.fork()
if child == 0:
    for thread in run(lambda thread: [each.set((thread, 0), -1) for each in maps]): thread.join()
    right = all(len(each) == 800 and each.updates == 804 and each.get((3, 0)) == -1 for each in maps)
    os._exit(0 if right else 1)
status = os.waitpid(child, 0)[1]
over.set()
for thread in threads: thread.join()
print(status, *(len(each) for each in maps), *(each.get((3, 0)) for each in maps))
"""
    assert python(program) == "0 800 800 0 0"
