"""Every structure on every memory, one thread: what comes out, in which order, and what an empty one gives."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.engine_kit import World, factory_of
from tests.core.structures.containers import (
    COUNTERS,
    FLAWED_COUNTER,
    FLAWED_QUEUES,
    FLAWED_STACKS,
    QUEUES,
    STACKS,
    Container,
)


@pytest.mark.parametrize("any_key", [*STACKS, *QUEUES, *FLAWED_STACKS, *FLAWED_QUEUES])
def test_without_a_memory_it_is_an_ordinary_structure(any_key: str) -> None:
    container = Container(any_key)
    container.put("a")
    assert container.take() == "a"
    assert container.take() is None


def test_takes_what_was_put_in_its_order(world: World, key: str) -> None:
    container = Container(key, world.memory)
    for value in range(5):
        container.put(value)
    expected = [4, 3, 2, 1, 0] if key in STACKS else [0, 1, 2, 3, 4]
    assert list(container.structure) == expected, "a walk sees the same order"
    assert [container.take() for _ in range(5)] == expected
    assert list(container.structure) == []


def test_empty_gives_the_default_itself(world: World, key: str) -> None:
    container = Container(key, world.memory)
    default = object()
    assert container.take(default) is default
    assert container.take() is None
    container.put(1)
    assert container.take(default) == 1
    assert container.take(default) is default


def test_values_come_back_as_the_same_objects(world: World, key: str) -> None:
    container = Container(key, world.memory)
    values: list[Any] = [None, False, 0, "", [], object(), 1 << 70, float("nan"), container]
    for value in values:
        container.put(value)
    taken = container.drain()
    if key in STACKS:
        taken.reverse()
    assert len(taken) == len(values)
    assert all(mine is yours for mine, yours in zip(taken, values, strict=True))


def test_two_structures_on_one_memory_share_nothing(world: World, key: str) -> None:
    one, other = Container(key, world.memory), Container(key, world.memory)
    one.put(1)
    assert other.take() is None
    assert one.take() == 1


@pytest.mark.parametrize("counter_key", [*COUNTERS, FLAWED_COUNTER])
def test_counter_counts(world: World, counter_key: str) -> None:
    counter = factory_of(counter_key)(world.memory)
    assert (counter.get(), counter.value) == (0, 0)
    assert [counter.increment() for _ in range(4)] == [1, 2, 3, 4]
    assert (counter.get(), counter.value) == (4, 4)


@pytest.mark.parametrize("counter_key", [*COUNTERS, FLAWED_COUNTER])
def test_counter_begins_where_it_is_told(counter_key: str) -> None:
    made: Any = factory_of(counter_key)
    assert made(initial=41).increment() == 42
