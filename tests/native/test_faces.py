"""One suite over the Python and the native face of every structure."""

from __future__ import annotations

import inspect
from collections import Counter, deque
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.engine_kit import in_threads
from tests.native.faces import CONTAINERS, EMPTY, FACES, Container, make

THREADS = (2, 4, 16)
ITEMS = 8_000  # of all threads together
LARGEST = 2**63 - 1

faces = pytest.mark.parametrize("face", FACES)
kinds = pytest.mark.parametrize("kind", CONTAINERS)


@pytest.fixture
def container(face: str, kind: str) -> Container:
    return Container(face, kind)


# -- one thread


@faces
@kinds
def test_takes_what_was_put_in_its_order(container: Container) -> None:
    for value in range(100):
        container.put(value)
    expected = list(range(99, -1, -1)) if container.is_stack else list(range(100))
    assert list(container.structure) == expected
    assert container.drain() == expected
    assert list(container.structure) == []


@faces
@kinds
def test_none_is_a_value_and_empty_is_the_default(container: Container) -> None:
    default = object()
    assert container.take(default) is default
    assert container.take(default=default) is default
    assert container.take() is None
    container.put(None)
    assert container.take(default) is None
    assert container.take(default) is default


@faces
@kinds
def test_values_come_back_as_the_same_objects(container: Container) -> None:
    values: list[Any] = [None, False, 0, "", [], object(), 1 << 70, float("nan"), container, container.structure]
    for value in values:
        container.put(value)
    taken = container.drain()
    assert len(taken) == len(values)
    for mine, yours in zip(reversed(taken) if container.is_stack else taken, values, strict=True):
        assert mine is yours


@faces
@kinds
def test_it_has_no_room_for_other_arguments(container: Container) -> None:
    structure = container.structure
    put, take, _ = CONTAINERS[type(structure).__name__]
    wrong: list[tuple[Any, ...]] = [(put, [], {}), (put, [1, 2], {}), (take, [1, 2], {}), (take, [], {"fallback": 1})]
    for name, arguments, keywords in [*wrong, (take, [1], {"default": 2})]:
        with pytest.raises(TypeError):
            getattr(structure, name)(*arguments, **keywords)
    assert list(structure) == []
    assert "default" in inspect.signature(getattr(structure, take)).parameters


_CALLS = st.lists(st.one_of(st.tuples(st.just("put"), st.integers() | st.none()), st.just(("take", None))), max_size=80)


@faces
@kinds
@pytest.mark.parametrize("room", [1, 2, 3, 8])
@settings(max_examples=40)
@given(calls=_CALLS)
def test_does_what_a_deque_does(face: str, kind: str, room: int, calls: list[tuple[str, Any]]) -> None:
    container = Container(face, kind, room)
    model: deque[Any] = deque()
    for call, value in calls:
        if call == "put":
            fits = kind != "RingQueue" or len(model) < room
            assert container.put(value) in (None, fits)
            if fits:
                model.append(value)
        else:
            expected = EMPTY if not model else model.pop() if container.is_stack else model.popleft()
            assert container.take(EMPTY) is expected
        assert list(container.structure) == (list(reversed(model)) if container.is_stack else list(model))
        if kind == "RingQueue":
            assert len(container.structure) == len(model)


# -- the ring's capacity


@faces
@pytest.mark.parametrize("capacity", [0, -1, -(2**70)])
def test_a_capacity_below_one_is_refused_with_the_number(face: str, capacity: int) -> None:
    with pytest.raises(ValueError, match=f"got {capacity}"):
        make(face, "RingQueue", capacity)


@faces
@pytest.mark.parametrize("capacity", [None, 1.0, "8"])
def test_a_capacity_that_is_no_int_is_refused(face: str, capacity: Any) -> None:
    with pytest.raises(TypeError, match=f"a capacity is an int, got {type(capacity).__name__}"):
        make(face, "RingQueue", capacity)


@faces
@pytest.mark.parametrize("capacity", [1, 2, 3, 7, 8, 100])
def test_a_ring_is_full_at_its_capacity_lap_after_lap(face: str, capacity: int) -> None:
    ring = make(face, "RingQueue", capacity)
    assert ring.capacity == capacity
    for lap in range(10):
        assert [ring.try_put((lap, number)) for number in range(capacity + 2)] == [True] * capacity + [False] * 2
        assert ring.try_get() == (lap, 0)
        assert ring.try_put((lap, capacity))
        assert [ring.try_get() for _ in range(capacity)] == [(lap, number) for number in range(1, capacity + 1)]
        assert ring.try_get(EMPTY) is EMPTY


# -- counters


@faces
@given(
    start=st.integers(-LARGEST - 1, LARGEST - 50), calls=st.lists(st.sampled_from(["increment", "get"]), max_size=50)
)
def test_counter_does_what_an_int_does(face: str, start: int, calls: list[str]) -> None:
    counter = make(face, "AtomicCounter", initial=start)
    model = start
    for call in calls:
        model += call == "increment"
        assert getattr(counter, call)() == model == counter.value


@faces
@given(amounts=st.lists(st.integers(-(2**50), 2**50)))
def test_striped_counter_sums_what_was_added(face: str, amounts: list[int]) -> None:
    counter = make(face, "StripedCounter")
    for amount in amounts:
        assert counter.add(amount) is None
    assert counter.increment() is None
    assert counter.sum() == sum(amounts) + 1


@faces
def test_a_counter_that_is_full_says_so(face: str, extension: None) -> None:
    counter = make(face, "AtomicCounter", initial=LARGEST)
    with pytest.raises(OverflowError, match="64 bits"):
        counter.increment()
    assert counter.get() == LARGEST


# -- many threads


@faces
@kinds
@pytest.mark.parametrize("threads", THREADS)
def test_every_item_comes_out_once_and_in_order(container: Container, threads: int) -> None:
    """Half of the threads put, half take, and what one producer put reaches each consumer in order."""
    half = threads // 2
    share = ITEMS // threads
    taken: list[list[tuple[int, int]]] = [[] for _ in range(half)]
    done: list[int] = []

    def produce(thread: int) -> None:
        for number in range(share):
            container.put((thread, number))
        done.append(thread)

    def consume(thread: int) -> None:
        while True:
            over = len(done) == half
            value = container.take(EMPTY)
            if value is not EMPTY:
                taken[thread].append(value)
            elif over:
                return

    in_threads(
        *(partial(produce, thread) for thread in range(half)), *(partial(consume, thread) for thread in range(half))
    )
    assert Counter(value for values in taken for value in values) == Counter(
        (thread, number) for thread in range(half) for number in range(share)
    )
    if not container.is_stack:
        for values in taken:
            for thread in range(half):
                numbers = [number for origin, number in values if origin == thread]
                assert numbers == sorted(numbers)


@faces
@pytest.mark.parametrize("threads", THREADS)
def test_every_increment_gets_a_number_of_its_own(face: str, threads: int) -> None:
    counter, striped = make(face, "AtomicCounter"), make(face, "StripedCounter")
    share = ITEMS // threads
    numbers: list[list[int]] = [[] for _ in range(threads)]

    def body(thread: int) -> None:
        for _ in range(share):
            numbers[thread].append(counter.increment())
            striped.increment()

    in_threads(*(partial(body, thread) for thread in range(threads)))
    assert sorted(number for mine in numbers for number in mine) == list(range(1, threads * share + 1))
    assert all(mine == sorted(mine) for mine in numbers)
    assert counter.get() == striped.sum() == threads * share
