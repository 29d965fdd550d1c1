"""Many threads at once on every structure and every memory: every item is accounted for."""

from __future__ import annotations

import itertools
from collections import Counter
from functools import partial
from typing import Any

import pytest

from tests.core.engine_kit import TracedWorld, World, factory_of
from tests.core.structures.containers import COUNTERS, EMPTY, QUEUES, Container

THREADS = 4
ITEMS_A_THREAD = 200


def test_one_producer_and_one_consumer_keep_the_order(world: World, key: str) -> None:
    container = Container(key, world.memory)
    values = list(range(ITEMS_A_THREAD))
    taken: list[int] = []

    def produce() -> None:
        for value in values:
            container.put(value)

    def consume() -> None:
        while len(taken) < len(values):
            value = container.take(EMPTY)
            if value is not EMPTY:
                taken.append(value)

    world.run(produce, consume)
    assert sorted(taken) == values
    if key in QUEUES:
        assert taken == values


def test_many_producers_and_consumers_lose_and_double_nothing(world: World, key: str) -> None:
    container = Container(key, world.memory)
    taken: list[list[tuple[int, int]]] = [[] for _ in range(THREADS)]

    def body(thread: int) -> None:
        for number in range(ITEMS_A_THREAD):
            container.put((thread, number))
            value = container.take(EMPTY)
            if value is not EMPTY:
                taken[thread].append(value)

    world.run(*(partial(body, thread) for thread in range(THREADS)))
    rest = container.drain()
    everything = Counter(value for values in [*taken, rest] for value in values)
    assert everything == Counter((thread, number) for thread in range(THREADS) for number in range(ITEMS_A_THREAD))
    if key in QUEUES:
        for values in [*taken, rest]:
            for thread in range(THREADS):
                numbers = [number for origin, number in values if origin == thread]
                assert numbers == sorted(numbers), "one producer's items reach one consumer in order"


@pytest.mark.parametrize("counter_key", COUNTERS)
def test_every_increment_gets_a_number_of_its_own(world: World, counter_key: str) -> None:
    counter = factory_of(counter_key)(world.memory)
    numbers: list[list[int]] = [[] for _ in range(THREADS)]

    def body(thread: int) -> None:
        numbers[thread] += [counter.increment() for _ in range(ITEMS_A_THREAD)]

    world.run(*(partial(body, thread) for thread in range(THREADS)))
    total = THREADS * ITEMS_A_THREAD
    assert counter.get() == total
    assert sorted(number for mine in numbers for number in mine) == list(range(1, total + 1))
    assert all(mine == sorted(mine) for mine in numbers)


@pytest.mark.parametrize("key", ["treiber-stack", "michael-scott-queue"])
def test_lost_attempts_are_counted_and_backed_off_from(key: str) -> None:
    world = TracedWorld(gap_share=100, gap_kind="yield", backoff="constant", backoff_base_us=2)
    try:
        container = Container(key, world.memory)
        losers = world.control.lanes

        def put_until_lost() -> None:
            for number in itertools.count():
                if number >= ITEMS_A_THREAD and any(lane.losses for lane in losers):
                    return
                container.put(number)

        world.run(*[put_until_lost] * THREADS)
        lanes = world.control.lanes[1:]
        losses = sum(lane.losses for lane in lanes)
        inside: list[Any] = container.drain()
        assert losses > 0
        assert sum(lane.wins for lane in lanes) == len(inside) >= THREADS * ITEMS_A_THREAD
        assert sum(lane.backoff_us for lane in lanes) == 2 * losses
    finally:
        world.close()
