"""What native cells must get right beyond what the shared suite asks: counts, cycles, 64 bits, callbacks, races."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from lockfree_core import HardwareMemory, TreiberStack, native
from tests.core.engine_kit import in_threads

pytestmark = pytest.mark.usefixtures("extension")

THREADS = 4
ROUNDS = 3_000
LARGEST = 2**63 - 1


class Thing:
    """Something that can be watched, and may do something when it goes."""

    def __init__(self, at_end: Callable[[], object] = lambda: None) -> None:
        self.at_end = at_end
        self.partner: Any = None

    def __del__(self) -> None:
        self.at_end()


def test_references_are_counted() -> None:
    thing, other = Thing(), Thing()
    before = sys.getrefcount(thing), sys.getrefcount(other)
    cell = native.AtomicReference(thing)
    for _ in range(100):
        assert cell.load() is thing is cell.value
        cell.store(other)
        assert cell.get_and_set(thing) is other
        assert cell.compare_and_swap(thing, thing)
        assert not cell.compare_and_swap(other, other)
        assert "Thing" in repr(cell)
    assert (sys.getrefcount(thing), sys.getrefcount(other)) == (before[0] + 1, before[1])
    del cell
    gc.collect()
    assert (sys.getrefcount(thing), sys.getrefcount(other)) == before


def test_versioned_references_are_counted() -> None:
    thing, other = Thing(), Thing()
    before = sys.getrefcount(thing), sys.getrefcount(other)
    cell = native.VersionedReference(thing)
    for version in range(0, 100, 2):
        assert cell.get() == (thing, version)
        assert cell.compare_and_swap(thing, version, other)
        assert not cell.compare_and_swap(thing, version, other)
        assert not cell.compare_and_swap(other, version, thing)
        assert cell.compare_and_swap(other, version + 1, thing)
    del cell
    gc.collect()
    assert (sys.getrefcount(thing), sys.getrefcount(other)) == before


@pytest.mark.parametrize("kind", ["AtomicReference", "VersionedReference"])
def test_cycles_are_collected(kind: str) -> None:
    thing = Thing()
    thing.partner = getattr(native, kind)(thing)
    gone = weakref.ref(thing)
    del thing
    gc.collect()
    assert gone() is None


def test_a_finalizer_may_ask_a_cell_that_was_cleared() -> None:
    seen = []

    def make() -> None:
        thing = Thing()
        cell = native.AtomicReference(thing)
        thing.at_end = lambda: seen.append(cell.value)
        thing.partner = cell

    make()
    gc.collect()
    assert len(seen) == 1


def test_what_a_destructor_does_to_the_cell_counts() -> None:
    cell: Any = native.AtomicReference(None)
    cell.store(Thing(lambda: cell.store("from the destructor")))
    cell.store("after")
    gc.collect()
    assert cell.load() == "from the destructor"


@pytest.mark.parametrize("kind", ["AtomicReference", "VersionedReference"])
def test_a_long_chain_of_cells_dies_without_a_deep_stack(kind: str) -> None:
    cell: Any = None
    for _ in range(200_000):
        cell = getattr(native, kind)(cell)
    del cell


def test_a_long_stack_dies_without_a_deep_stack() -> None:
    stack: TreiberStack[int] = TreiberStack(HardwareMemory())
    for number in range(200_000):
        stack.push(number)
    del stack


def test_a_subclass_may_add_to_a_cell() -> None:
    class Named(native.AtomicReference[int]):
        def __init__(self, value: int) -> None:
            self.name = "n"

    cell = Named(3)
    assert (cell.load(), cell.name, repr(cell)) == (3, "n", "Named(3)")


def test_looks_like_the_emulated_one() -> None:
    assert repr(native.AtomicReference("a")) == "AtomicReference('a')"
    assert repr(native.AtomicInteger(-3)) == "AtomicInteger(-3)"
    assert repr(native.VersionedReference(None, 2)) == "VersionedReference(None, version=2)"
    assert native.AtomicReference(value=1).load() == 1
    for cell in (native.AtomicReference(1), native.AtomicInteger(1), native.VersionedReference(1)):
        with pytest.raises(AttributeError):
            cell.vlaue = 2  # type: ignore[union-attr]


# -- 64 bits


@pytest.mark.parametrize("number", [LARGEST, -LARGEST - 1, 0, -1])
def test_integers_hold_64_bits(number: int) -> None:
    cell = native.AtomicInteger(number)
    assert cell.load() == number == cell.value
    assert cell.compare_and_swap(number, number)
    cell.store(0)
    assert cell.fetch_add(number) == 0
    assert cell.get_and_set(5) == number


@pytest.mark.parametrize("number", [LARGEST + 1, -LARGEST - 2, 10**30])
def test_more_is_refused_with_the_number(number: int) -> None:
    cell = native.AtomicInteger(5)
    calls: list[Callable[[], object]] = [
        lambda: native.AtomicInteger(number),
        lambda: cell.store(number),
        lambda: cell.get_and_set(number),
        lambda: cell.fetch_add(number),
        lambda: cell.compare_and_swap(5, number),
    ]
    for call in calls:
        with pytest.raises(OverflowError, match=f"64 bits, got {number}"):
            call()
    assert not cell.compare_and_swap(number, 1), "it is not there, so it is not swapped"
    assert cell.load() == 5


@pytest.mark.parametrize(("start", "amount"), [(LARGEST, 1), (-LARGEST - 1, -1), (LARGEST, LARGEST)])
def test_a_sum_that_overflows_is_refused_and_not_written(start: int, amount: int) -> None:
    cell = native.AtomicInteger(start)
    with pytest.raises(OverflowError, match=rf"{start} \+ {amount} has more"):
        cell.fetch_add(amount)
    assert cell.load() == start


def test_even_an_int_that_cannot_be_printed_is_refused() -> None:
    with pytest.raises(OverflowError, match="thousands of digits"):
        native.AtomicInteger(1 << 100_000)


@pytest.mark.parametrize("wrong", [None, 1.0, "1", [1]])
def test_what_is_no_int_is_refused(wrong: Any) -> None:
    cell = native.AtomicInteger(5)
    calls: list[Callable[[], object]] = [
        lambda: native.AtomicInteger(wrong),
        lambda: cell.store(wrong),
        lambda: cell.get_and_set(wrong),
        lambda: cell.fetch_add(wrong),
        lambda: cell.compare_and_swap(wrong, 6),
        lambda: cell.compare_and_swap(5, wrong),
        lambda: native.VersionedReference(None, wrong),
    ]
    for call in calls:
        with pytest.raises(TypeError, match=f"takes an int, got {type(wrong).__name__}"):
            call()
    assert cell.value == 5


ANY: Any = native

WRONG_CALLS: list[Callable[[], object]] = [
    lambda: ANY.AtomicReference(),
    lambda: ANY.AtomicReference(1, 2),
    lambda: ANY.AtomicReference(vlaue=1),
    lambda: ANY.AtomicReference(1).compare_and_swap(1),
    lambda: ANY.AtomicInteger(1, 2),
    lambda: ANY.AtomicInteger().compare_and_swap(1, 2, 3),
    lambda: ANY.VersionedReference(),
    lambda: ANY.VersionedReference(1).compare_and_swap(1, 0),
]


@pytest.mark.parametrize("call", WRONG_CALLS)
def test_wrong_calls_are_type_errors(call: Callable[[], object]) -> None:
    with pytest.raises(TypeError):
        call()


# -- threads


def test_a_load_that_races_with_the_last_drop_gets_what_was_stored() -> None:
    """Each writer drops the only reference to what it replaces, while readers take one of their own."""
    marker = object()
    cell: Any = native.AtomicReference((marker, 0))

    def read() -> None:
        for _ in range(ROUNDS):
            assert cell.load()[0] is marker

    def write() -> None:
        for number in range(ROUNDS):
            cell.store((marker, number))
            assert cell.get_and_set((marker, number, "again"))[0] is marker

    in_threads(*[read] * THREADS, *[write] * 2)


def test_nothing_that_was_replaced_stays_behind() -> None:
    alive = weakref.WeakSet[Thing]()
    cell: Any = native.AtomicReference(None)

    def body() -> None:
        for _ in range(ROUNDS // 10):
            thing = Thing()
            alive.add(thing)
            cell.store(thing)
            cell.load()

    for _ in range(3):
        in_threads(*[body] * THREADS)
    cell.store(None)
    cell.load()
    gc.collect()
    assert len(alive) == 0
