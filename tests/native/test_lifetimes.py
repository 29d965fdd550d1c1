"""Who owns what: nothing is leaked, nothing freed early, whatever a destructor does and however an interpreter ends."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lockfree_core import native
from tests.core.engine_kit import in_threads
from tests.native.faces import CONTAINERS, EMPTY, Container
from tests.serving import ROOT

pytestmark = pytest.mark.usefixtures("extension")

MANY = 100_000
kinds = pytest.mark.parametrize("kind", CONTAINERS)


class Thing:
    """Something that can be watched, and may do something when it goes."""

    def __init__(self, at_end: Callable[[], object] | None = None) -> None:
        self.at_end = at_end
        self.partner: Any = None

    def __del__(self) -> None:
        if self.at_end is not None:
            self.at_end()


@pytest.fixture
def container(kind: str) -> Container:
    return Container("native", kind, room=MANY)


def resident_kb() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") // 1024


# -- counts


@kinds
def test_a_structure_holds_one_reference_to_each_item(container: Container) -> None:
    thing, default = Thing(), Thing()
    before = sys.getrefcount(thing), sys.getrefcount(default)
    for _ in range(50):
        container.put(thing)
    assert sys.getrefcount(thing) == before[0] + 50
    for _ in range(10):
        assert container.take() is thing
    assert sys.getrefcount(thing) == before[0] + 40
    assert list(container.structure) == [thing] * 40
    assert len(container.drain()) == 40
    for _ in range(10):
        assert container.take(default) is default
    assert (sys.getrefcount(thing), sys.getrefcount(default)) == before


def test_a_full_ring_keeps_nothing_of_what_it_refuses() -> None:
    ring = native.RingQueue[Thing](1)
    thing = Thing()
    ring.try_put(thing)
    before = sys.getrefcount(thing)
    assert not any(ring.try_put(thing) for _ in range(10))
    assert sys.getrefcount(thing) == before


@kinds
def test_what_is_inside_goes_with_the_structure(container: Container) -> None:
    things = [Thing() for _ in range(1_000)]
    alive = [weakref.ref(thing) for thing in things]
    for thing in things:
        container.put(thing)
    del things, thing
    container.take()
    assert sum(each() is not None for each in alive) == 999
    container.__dict__.clear()
    gc.collect()
    assert not any(each() for each in alive)


@kinds
def test_deleting_takes_time_in_proportion_to_what_is_inside(container: Container) -> None:
    """And no deep stack, for structures inside structures."""
    for number in range(MANY):
        container.put(number)
    inner: Any = container.structure
    container.__dict__.clear()
    for _ in range(20_000):
        outer = Container("native", "TreiberStack")
        outer.put(inner)
        inner = outer.structure
    del inner, outer
    gc.collect()


# -- cycles and destructors


@kinds
def test_cycles_through_a_structure_are_collected(container: Container) -> None:
    thing = Thing()
    thing.partner = container.structure
    container.put(thing)
    container.put(container.structure)
    gone = weakref.ref(thing)
    container.__dict__.clear()
    del thing
    gc.collect()
    assert gone() is None


@kinds
def test_what_is_inside_keeps_alive_what_it_refers_to(container: Container) -> None:
    thing = Thing()
    thing.partner = Thing()
    inside = weakref.ref(thing.partner)
    container.put(thing)
    del thing
    gc.collect()
    assert inside() is not None


@kinds
def test_a_destructor_may_use_the_structure(container: Container) -> None:
    """It runs in the middle of nothing: the structure is whole."""
    seen: list[Any] = []
    container.put("below")

    def look_and_put() -> None:
        seen.append(list(container.structure))
        container.put("from the destructor")

    container.put(Thing(look_and_put))
    container.put("above")
    container.take()
    container.take()
    if not container.is_stack:
        container.take()
    gc.collect()
    assert len(seen) == 1
    assert "from the destructor" in container.drain()


@kinds
def test_a_destructor_that_puts_another_one_in_does_not_keep_a_dying_cycle_busy_for_ever(kind: str) -> None:
    count = [0]

    def make() -> None:
        structure = Container("native", kind, room=4)

        def again() -> None:
            count[0] += 1
            if count[0] < 1_000:
                structure.put(Thing(again))

        structure.put(Thing(again))
        structure.put(structure.structure)

    make()
    gc.collect()
    assert 1 <= count[0] <= 1_000
    count[0] = 1_000
    gc.collect()


# -- memory


@kinds
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_is_bounded_under_churn(container: Container) -> None:
    def churn() -> None:
        for number in range(MANY // 4):
            container.put(number)
            container.take()

    in_threads(*[churn] * 4)
    before = resident_kb()
    for _ in range(5):
        in_threads(*[churn] * 4)
    assert resident_kb() - before < 4_000
    assert container.take(EMPTY) is EMPTY


@pytest.mark.parametrize("kind", ["TreiberStack", "MichaelScottQueue"])
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_nodes_find_their_way_back_to_a_producer_that_never_takes(kind: str) -> None:
    container = Container("native", kind)

    def produce() -> None:
        for number in range(MANY // 2):
            container.put(number)

    def consume() -> None:
        assert len(container.drain()) == MANY // 2

    for _ in range(2):
        in_threads(produce)
        in_threads(consume)
    before = resident_kb()
    for _ in range(6):
        in_threads(produce)
        in_threads(consume)
    assert resident_kb() - before < 4_000


def test_many_threads_one_after_another_use_the_same_few_numbers() -> None:
    stack = native.TreiberStack[int]()
    for _ in range(300):
        in_threads(lambda: stack.push(1))
    rows = stack.statistics()
    assert sum(row.attempts for row in rows) == 300
    assert len(rows) < 20


# -- statistics


def test_statistics_name_what_each_thread_did() -> None:
    stack = native.TreiberStack[int]()
    assert stack.statistics() == []
    for number in range(10):
        stack.push(number)
    for _ in range(15):
        stack.pop()
    (row,) = stack.statistics()
    assert (row.attempts - row.failures, row.thread >= 0) == (20, True), "a pop of nothing decides nothing"
    counter = native.AtomicCounter()

    def increment() -> None:
        for _ in range(100):
            counter.increment()

    in_threads(*[increment] * 4)
    assert sum(row.attempts - row.failures for row in counter.statistics()) == 400
    assert all(row.longest_streak <= row.failures for row in counter.statistics())


@pytest.mark.parametrize("limits", [(-1, 5), (5, 4), (0, 2**24 + 1)])
@pytest.mark.parametrize("kind", ["TreiberStack", "MichaelScottQueue", "AtomicCounter"])
def test_a_backoff_that_makes_no_sense_is_refused_with_its_numbers(kind: str, limits: tuple[int, int]) -> None:
    base, cap = limits
    with pytest.raises(ValueError, match=f"got base {base} and cap {cap}"):
        getattr(native, kind)(backoff_base=base, backoff_cap=cap)


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
import threading, time
from lockfree_core import native
stack, queue, cell = native.TreiberStack(), native.MichaelScottQueue(), native.AtomicReference(None)
def work():
    while True:
        stack.push(object()); queue.enqueue([stack.pop()]); cell.store(queue.dequeue()); cell.load()
for _ in range(8):
    threading.Thread(target=work, daemon=True).start()
time.sleep(0.2)
print("over")
"""
    assert python(program) == "over"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_goes_on_with_what_was_inside() -> None:
    program = """
import os, threading, warnings
from lockfree_core import native
warnings.simplefilter("ignore", DeprecationWarning)
stack, queue = native.TreiberStack(), native.MichaelScottQueue()
ring, counter = native.RingQueue(8), native.AtomicCounter()
ready, over = threading.Barrier(5), threading.Event()
def work():
    for number in range(1000):
        stack.push(number); queue.enqueue(number); counter.increment()
    ready.wait(); over.wait()
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
ready.wait(); ring.try_put(1)
child = os.fork()
if child == 0:
    new = [threading.Thread(target=lambda: [stack.push(0), queue.enqueue(0), counter.increment()]) for _ in range(4)]
    for thread in new: thread.start()
    for thread in new: thread.join()
    right = len(list(stack)) == len(list(queue)) == counter.get() == 4004 and ring.try_get() == 1
    os._exit(0 if right else 1)
status = os.waitpid(child, 0)[1]
over.set()
for thread in threads: thread.join()
print(status, len(list(stack)), len(list(queue)), counter.get(), len(ring))
"""
    assert python(program) == "0 4000 4000 4000 1"
