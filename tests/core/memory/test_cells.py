"""Cells: the same answers from the emulated ones and the traced ones, in one thread and in several."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockfree_core.memory import LockedMemory
from lockfree_core.memory.cells import AtomicInteger, AtomicReference, VersionedReference
from tests.core.engine_kit import MEMORIES, PlainWorld, World, make_world

THREADS = 4
ROUNDS = 500


@pytest.fixture(params=MEMORIES)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with make_world(request.param) as made:
        yield made


class Everything:
    """Equal to whatever it is compared with: only identity tells it apart."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


# -- references


def test_reference_loads_what_was_stored(world: World) -> None:
    first, second = object(), object()
    cell = world.memory.reference(first, "cell")
    assert cell.load() is first
    assert cell.store(second) is None
    assert cell.load() is second
    assert cell.value is second


def test_reference_is_swapped_by_identity_and_not_by_equality(world: World) -> None:
    here, equal, new = [1, 2], [1, 2], [3]
    cell = world.memory.reference(here, "cell")
    assert not cell.compare_and_swap(equal, new)
    assert cell.load() is here
    assert cell.compare_and_swap(here, new)
    assert cell.load() is new
    assert not cell.compare_and_swap(Everything(), here)
    assert cell.load() is new


def test_reference_that_was_lost_can_be_swapped_from_what_is_there(world: World) -> None:
    cell = world.memory.reference(None, "cell")
    assert cell.compare_and_swap(None, "a")
    assert not cell.compare_and_swap(None, "b")
    assert cell.compare_and_swap(cell.load(), "b")
    assert cell.value == "b"


def test_get_and_set_gives_the_old_value(world: World) -> None:
    first, second = object(), object()
    cell = world.memory.reference(first, "cell")
    assert cell.get_and_set(second) is first
    assert cell.get_and_set(None) is second
    assert cell.load() is None


def test_reference_cannot_tell_a_value_that_came_back(world: World) -> None:
    """ABA: the swap succeeds although the cell changed twice in between."""
    a, b = object(), object()
    cell = world.memory.reference(a, "cell")
    seen = cell.load()
    assert cell.compare_and_swap(a, b) and cell.compare_and_swap(b, a)
    assert cell.compare_and_swap(seen, b)


# -- integers


def test_integer_is_swapped_by_equality(world: World) -> None:
    large, same = int("1" + "0" * 18), int("1" + "0" * 18)
    assert large is not same
    cell = world.memory.integer(large, "cell")
    assert cell.compare_and_swap(same, 3)
    assert not cell.compare_and_swap(4, 5)
    assert cell.load() == 3


def test_integer_adds_and_gives_what_was_there(world: World) -> None:
    cell = world.memory.integer(40, "cell")
    assert [cell.fetch_add(1), cell.fetch_add(-2), cell.fetch_add(0)] == [40, 41, 39]
    assert cell.get_and_set(7) == 39
    cell.store(-1)
    assert (cell.load(), cell.value) == (-1, -1)


@pytest.mark.parametrize("wrong", [None, 1.0, "1", [1]])
def test_atomic_integer_takes_integers_only(wrong: Any) -> None:
    cell = AtomicInteger(5)
    calls: list[Callable[[], object]] = [
        lambda: AtomicInteger(wrong),
        lambda: cell.store(wrong),
        lambda: cell.get_and_set(wrong),
        lambda: cell.fetch_add(wrong),
        lambda: cell.compare_and_swap(wrong, 6),
        lambda: cell.compare_and_swap(5, wrong),
        lambda: VersionedReference(None, wrong),
    ]
    for call in calls:
        with pytest.raises(TypeError, match=f"takes an int, got {type(wrong).__name__}"):
            call()
    assert cell.value == 5


_STEPS = st.lists(
    st.tuples(st.sampled_from(["store", "get_and_set", "fetch_add"]), st.integers())
    | st.tuples(st.just("compare_and_swap"), st.integers(-2, 2), st.integers(-2, 2))
)


@pytest.mark.parametrize("memory", ["locked", "traced"])
@settings(max_examples=50)
@given(start=st.integers(-2, 2), steps=_STEPS)
def test_integer_does_what_an_int_does(memory: str, start: int, steps: list[tuple[Any, ...]]) -> None:
    model = start
    with make_world(memory) as world:
        cell = world.memory.integer(start, "cell")
        for name, *arguments in steps:
            answer = getattr(cell, name)(*arguments)
            if name == "compare_and_swap":
                assert answer is (model == arguments[0])
                model = arguments[1] if answer else model
            else:
                assert answer == (None if name == "store" else model)
                model = model + arguments[0] if name == "fetch_add" else arguments[0]
            assert cell.load() == cell.value == model


# -- versions


def test_versioned_reference_notices_a_value_that_came_back(world: World) -> None:
    a, b = object(), object()
    cell = world.memory.versioned(a, "cell")
    seen, version = cell.get()
    assert (seen is a, version) == (True, 0)
    assert cell.compare_and_swap(a, 0, b)
    assert cell.compare_and_swap(b, 1, a)
    assert cell.get() == (a, 2)
    assert not cell.compare_and_swap(seen, version, b), "the value is back, the version is not"
    assert cell.compare_and_swap(a, 2, b)
    assert (cell.value is b, cell.version) == (True, 3)


def test_versioned_reference_compares_the_value_by_identity(world: World) -> None:
    here, equal = [1], [1]
    cell = world.memory.versioned(here, "cell")
    assert not cell.compare_and_swap(equal, 0, None)
    assert not cell.compare_and_swap(here, 1, None)
    assert cell.get() == (here, 0)
    assert cell.compare_and_swap(here, 0, here)
    assert cell.version == 1, "a change to the same value is a change"


def test_versioned_reference_may_begin_at_any_version() -> None:
    assert VersionedReference("a", 7).get() == ("a", 7)


@pytest.mark.parametrize("bits", [1, 2, 5])
def test_a_version_of_few_bits_wraps_round(world: World, bits: int) -> None:
    cell = world.memory.versioned("a", "cell", bits)
    versions = []
    for _ in range(2 * 2**bits):
        value, version = cell.get()
        versions.append(version)
        assert cell.compare_and_swap(value, version, value)
    assert versions == [*range(2**bits)] * 2
    assert cell.compare_and_swap("a", 0, "b"), "it is what it was before all these changes"


def test_a_version_has_no_negative_number_of_bits(world: World) -> None:
    with pytest.raises(ValueError, match=r"0 \(it never wraps\) or more bits; got -1"):
        world.memory.versioned("a", "cell", -1)
    assert VersionedReference("a", 7, 2).version == 3


# -- how they look


def test_cells_show_their_value() -> None:
    assert repr(AtomicReference("a")) == "AtomicReference('a')"
    assert repr(AtomicInteger(3)) == "AtomicInteger(3)"
    assert repr(VersionedReference(None, 2)) == "VersionedReference(None, version=2)"


def test_cells_have_no_room_for_a_misspelt_attribute() -> None:
    for cell in (AtomicReference(1), AtomicInteger(1), VersionedReference(1)):
        with pytest.raises(AttributeError):
            cell.vlaue = 2  # type: ignore[union-attr]


# -- threads


def increment_by_swap(cell: Any) -> None:
    for _ in range(ROUNDS):
        while True:
            seen = cell.load()
            if cell.compare_and_swap(seen, seen + 1):
                break


def increment_by_adding(cell: Any) -> None:
    for _ in range(ROUNDS):
        cell.fetch_add(1)


@pytest.mark.parametrize("increment", [increment_by_swap, increment_by_adding])
def test_increments_of_many_threads_add_up(world: World, increment: Callable[[Any], None]) -> None:
    cell = world.memory.integer(0, "cell")
    world.run(*[lambda: increment(cell)] * THREADS)
    assert cell.value == THREADS * ROUNDS


def test_every_value_that_is_put_in_by_exchange_comes_out_once(world: World) -> None:
    cell = world.memory.reference(None, "cell")
    taken: list[list[Any]] = [[] for _ in range(THREADS)]

    def body(thread: int) -> None:
        for number in range(ROUNDS):
            taken[thread].append(cell.get_and_set((thread, number)))

    world.run(*(partial(body, thread) for thread in range(THREADS)))
    everything = [value for values in taken for value in values] + [cell.value]
    assert sorted(value for value in everything if value is not None) == sorted(
        (thread, number) for thread in range(THREADS) for number in range(ROUNDS)
    )


def test_versions_count_the_changes_of_many_threads(world: World) -> None:
    cell = world.memory.versioned(0, "cell")

    def body() -> None:
        for _ in range(ROUNDS):
            while True:
                seen, version = cell.get()
                assert seen == version, "value and version are read together"
                if cell.compare_and_swap(seen, version, version + 1):
                    break

    world.run(*[body] * THREADS)
    assert cell.get() == (THREADS * ROUNDS, THREADS * ROUNDS)


def test_the_lock_admits_one_thread(world: World) -> None:
    lock = world.memory.lock("lock")
    cell = world.memory.integer(0, "cell")

    def body() -> None:
        for _ in range(ROUNDS):
            with lock:
                cell.store(cell.load() + 1)

    world.run(*[body] * THREADS)
    assert cell.value == THREADS * ROUNDS


def test_threads_are_numbered_below_the_limit(world: World) -> None:
    numbers: list[int] = []
    world.run(*[lambda: numbers.append(world.memory.thread_index())] * THREADS)
    assert len(set(numbers)) == THREADS
    assert max(numbers) < world.memory.thread_limit()


def test_every_thread_has_a_number_and_a_generator_of_its_own() -> None:
    draws: dict[int, list[float]] = {}
    world = PlainWorld()

    def body() -> None:
        index = world.memory.thread_index()
        assert world.memory.thread_index() == index
        assert world.memory.random() is world.memory.random()
        draws[index] = [world.memory.random().random() for _ in range(3)]

    world.run(*[body] * THREADS)
    assert sorted(draws) == list(range(THREADS))
    assert len({tuple(values) for values in draws.values()}) == THREADS
    again = LockedMemory(seed=world.memory._seed)
    assert [again.random().random() for _ in range(3)] == draws[0], "the same seed gives the same draws"
