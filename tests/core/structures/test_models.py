"""Any sequence of calls of one thread gives what a list, a deque or an int would."""

from __future__ import annotations

from collections import deque
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.engine_kit import factory_of, make_world
from tests.core.structures.containers import COUNTERS, EMPTY, QUEUES, STACKS, Container

_CALLS = st.lists(st.one_of(st.tuples(st.just("put"), st.integers() | st.text() | st.none()), st.just(("take", None))))


@pytest.mark.parametrize("memory", ["locked", "traced"])
@pytest.mark.parametrize("key", [*STACKS, *QUEUES])
@settings(max_examples=50)
@given(calls=_CALLS)
def test_does_what_a_deque_does(key: str, memory: str, calls: list[tuple[str, Any]]) -> None:
    model: deque[Any] = deque()
    with make_world(memory) as world:
        container = Container(key, world.memory)
        for call, value in calls:
            if call == "put":
                container.put(value)
                model.append(value)
            else:
                expected = EMPTY if not model else model.pop() if key in STACKS else model.popleft()
                assert container.take(EMPTY) is expected
        walked = list(container.structure)
        assert walked == (list(reversed(model)) if key in STACKS else list(model))


@pytest.mark.parametrize("memory", ["locked", "traced"])
@pytest.mark.parametrize("counter_key", COUNTERS)
@settings(max_examples=50)
@given(start=st.integers(), calls=st.lists(st.sampled_from(["increment", "get"])))
def test_counter_does_what_an_int_does(counter_key: str, memory: str, start: int, calls: list[str]) -> None:
    model = start
    with make_world(memory) as world:
        counter = factory_of(counter_key)(world.memory, start)  # type: ignore[call-arg]
        for call in calls:
            model += call == "increment"
            assert getattr(counter, call)() == model
        assert counter.value == model
