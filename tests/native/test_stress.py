"""The long runs that ``make stress`` starts: Python objects through native structures, from 2 to 16 threads."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import pytest

from lockfree_core import native
from tests.native.faces import CONTAINERS, EMPTY, Container

pytestmark = [
    pytest.mark.stress,
    pytest.mark.usefixtures("extension"),
    pytest.mark.skipif("LOCKFREE_STRESS" not in os.environ, reason="millions of operations: make stress"),
    pytest.mark.timeout(900),
]

ITEMS: Final = int(os.environ.get("LOCKFREE_STRESS_ITEMS", "2000000"))
CELL_SECONDS: Final = float(os.environ.get("LOCKFREE_STRESS_SECONDS", "20"))


def together(*bodies: Callable[[], None]) -> None:
    """Run each in a thread of its own, for as long as it takes; what one raises is raised here."""
    errors: list[BaseException] = []

    def guarded(body: Callable[[], None]) -> None:
        try:
            body()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(body,), daemon=True) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


@pytest.mark.parametrize("threads", [2, 4, 8, 16])
@pytest.mark.parametrize("kind", CONTAINERS)
def test_every_object_comes_out_once(kind: str, threads: int) -> None:
    """Half of the threads put new objects, half take; a walker looks on. Queues keep each producer's order."""
    container = Container("native", kind, room=1000)
    half, share = threads // 2, ITEMS // threads * 2
    finished = native.AtomicCounter()
    sums, counts = [0] * half, [0] * half

    def produce(thread: int) -> None:
        for number in range(share):
            item = (thread, number, [number])
            while container.put(item) is False:
                time.sleep(0)
        finished.increment()

    def consume(thread: int) -> None:
        last = [-1] * half
        while True:
            over = finished.get() == half
            item = container.take(EMPTY)
            if item is EMPTY:
                if over:
                    return
                time.sleep(0)
                continue
            origin, number, (same,) = item
            assert same == number
            assert container.is_stack or number > last[origin]
            last[origin] = number
            sums[thread] += number
            counts[thread] += 1

    def walk() -> None:
        while finished.get() < half:
            try:
                for origin, number, (same,) in itertools.islice(container.structure, 100):
                    assert 0 <= origin < half and same == number
            except RuntimeError as error:
                assert "kept changing" in str(error)
            time.sleep(0.01)

    producers = [partial(produce, thread) for thread in range(half)]
    together(*producers, *(partial(consume, thread) for thread in range(half)), walk)
    assert sum(counts) == half * share
    assert sum(sums) == half * share * (share - 1) // 2
    assert container.take(EMPTY) is EMPTY


@pytest.mark.parametrize("threads", [4, 8])
def test_no_cell_gives_an_object_that_was_never_stored(threads: int) -> None:
    """Every store drops the only reference to what was there, and others load at the same time."""
    marker = object()
    cells: Any = [native.AtomicReference((marker, 0)) for _ in range(3)]
    end = time.monotonic() + CELL_SECONDS

    def work(thread: int) -> None:
        for number in itertools.count():
            if number % 1000 == 0 and time.monotonic() > end:
                return
            cell = cells[(number + thread) % len(cells)]
            seen = cell.load()
            assert seen[0] is marker
            if number % 3 == 0:
                cell.store((marker, number))
            elif number % 3 == 1:
                assert cell.get_and_set((marker, number))[0] is marker
            else:
                cell.compare_and_swap(seen, (marker, number))

    together(*(partial(work, thread) for thread in range(threads)))


@pytest.mark.parametrize("threads", [4, 8, 16])
def test_every_version_of_a_map_was_whole(threads: int) -> None:
    """Each thread sets keys of its own, each to how often it was set: the values of a version add up to its number."""
    made = native.CopyOnWriteMap[Any, tuple[int, list[int]]]()
    keys, rounds = 50, ITEMS // threads

    def work(thread: int) -> None:
        for number in range(rounds):
            key, times = f"{thread} {number % keys}", number // keys + 1
            made.set(key, (times, [times]))
            found, (same,) = made.get(key) or (0, [-1])
            assert found == same == times
            other = made.get(f"{(thread + 1) % threads} 0", (0, [0]))
            assert other is not None and other[0] == other[1][0]
            if number % 1000 == 0:
                version = made.snapshot()
                assert sum(value for value, _ in version.values()) == version.version

    together(*(partial(work, thread) for thread in range(threads)))
    assert made.updates == threads * rounds == sum(row.attempts - row.failures for row in made.statistics())


@pytest.mark.parametrize("threads", [4, 8])
def test_a_locked_map_loses_nothing(threads: int) -> None:
    made = native.RWLockMap[tuple[int, int], int]()
    keys, rounds = 50, ITEMS // threads

    def work(thread: int) -> None:
        for number in range(rounds):
            made.set((thread, number % keys), number // keys + 1)
            assert made.get((thread, number % keys)) == number // keys + 1
            if number % 1000 == 0:
                assert len(made.items()) <= len(made.snapshot()) <= threads * keys

    together(*(partial(work, thread) for thread in range(threads)))
    assert made.updates == threads * rounds
    assert sum(made.snapshot().values()) == threads * rounds
