"""The bounded ring and its mutex twin: order, fullness, who waits for whom, and that every item is accounted for."""

from __future__ import annotations

import re
from collections import deque
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockfree_core.catalog import CATALOG
from lockfree_core.drive.schedulers import RandomWalk
from lockfree_core.drive.stepping.execution import describe_names, extend
from lockfree_core.scenarios import run_spec
from lockfree_core.scenarios.spec import StepSpec, open_spec
from lockfree_core.structures.locked.ring import LockedRing
from lockfree_core.structures.ring_queue import RingQueue
from lockfree_core.trace.fold import Fold, Names
from tests.core.engine_kit import factory_of
from tests.core.structures.containers import EMPTY

RINGS: Final = tuple(key for key, entry in CATALOG.items() if entry.family == "ring")
CAPACITY: Final = 4

kinds = pytest.mark.parametrize("kind", [RingQueue, LockedRing])
rings = pytest.mark.parametrize("key", RINGS)


@st.composite
def programs(draw: st.DrawFn) -> tuple[str, int]:
    """For each of two to four threads what it does, each put with another number; and how many are inside before."""
    thread = st.lists(st.booleans(), min_size=1, max_size=5)
    values = iter(range(10, 100))
    threads = [
        "; ".join(f"try_put {next(values)}" if puts else "try_get" for puts in calls)
        for calls in draw(st.lists(thread, min_size=2, max_size=4))
    ]
    return " | ".join(threads), draw(st.integers(0, CAPACITY + 1))


def start_of(inside: int) -> str:
    return "; ".join(f"try_put {value}" for value in range(1, inside + 1))


# -- one thread


@kinds
@settings(max_examples=60)
@given(capacity=st.integers(1, 5), calls=st.lists(st.none() | st.integers(0, 9), max_size=60))
def test_does_what_a_bounded_deque_does(kind: Any, capacity: int, calls: list[int | None]) -> None:
    ring, model = kind(capacity), deque[int]()
    assert ring.capacity == capacity
    for value in calls:
        if value is None:
            assert ring.try_get(EMPTY) is (model.popleft() if model else EMPTY)
        else:
            assert ring.try_put(value) is (len(model) < capacity)
            model.extend([value] if len(model) < capacity else [])
        assert list(ring) == list(model)
        assert len(ring) == len(model)


@kinds
def test_a_stored_none_is_told_apart_from_empty(kind: Any) -> None:
    ring = kind(2)
    assert ring.try_put(None)
    assert ring.try_get(EMPTY) is None
    assert ring.try_get(EMPTY) is EMPTY


@kinds
@pytest.mark.parametrize(
    ("capacity", "error"), [(0, ValueError), (-3, ValueError), ("4", TypeError), (None, TypeError)]
)
def test_a_capacity_that_is_none_is_refused(kind: Any, capacity: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="a capacity is "):
        kind(capacity)


@rings
def test_the_labs_use_a_ring_of_four(key: str) -> None:
    assert factory_of(key)(None).capacity == CAPACITY


# -- threads under random schedules


@rings
@settings(max_examples=150)
@given(program=programs(), seed=st.integers(0, 2**32 - 1))
def test_items_come_out_once_and_in_the_order_in_which_they_went_in(
    key: str, program: tuple[str, int], seed: int
) -> None:
    text, inside = program
    stepper, problems = open_spec(StepSpec(key, text, start_of(inside), seed=seed))
    assert problems == []
    with stepper:
        walk = RandomWalk(seed)
        puts, gets = list(range(1, min(inside, CAPACITY) + 1)), []
        while (thread := walk.choose(stepper)) is not None:
            lane = stepper.lanes[thread]
            before = (lane.inserted, lane.removed)
            stepper.step(thread)
            assert stepper.account()["balanced"], "after each step, also while slots are claimed and not stamped"
            assert 0 <= stepper.account()["inside"] <= CAPACITY
            if lane.inserted > before[0]:
                puts.append(lane.calls[lane.number - 1].arguments[0])
            if lane.removed > before[1]:
                gets.append((thread, lane.number - 1))
        taken = [int(stepper.lanes[thread].results[number]) for thread, number in gets]
        assert taken + list(stepper.structure) == puts
        results = [result for lane in stepper.lanes for result in lane.results]
        assert results.count("True") + min(inside, CAPACITY) == len(puts)
        assert set(results) <= {"True", "False", "empty", *map(str, puts)}


@rings
def test_a_put_that_finds_it_full_and_a_get_that_finds_it_empty_count_nothing(key: str) -> None:
    full = run_spec(StepSpec(key, "try_put 8; try_put 9", start_of(CAPACITY + 2), then="all"))
    assert [call["result"] for call in full["threads"][0]["calls"]] == ["False", "False"]
    assert [full["account"][name] for name in ("in", "out", "inside", "lost")] == [CAPACITY, 0, CAPACITY, 0]
    empty = run_spec(StepSpec(key, "try_get; try_get", then="all"))
    assert [call["result"] for call in empty["threads"][0]["calls"]] == ["empty", "empty"]
    assert [empty["account"][name] for name in ("in", "out", "inside", "lost")] == [0, 0, 0, 0]


# -- who waits for whom


def stalled(schedule: str, then: str = "") -> dict[str, Any]:
    return run_spec(StepSpec("ring-queue", "try_put 3 | try_put 4; try_get", schedule=schedule, then=then))


@pytest.mark.parametrize("steps", [3, 4])
def test_a_producer_that_dies_before_its_stamp_lets_its_consumer_go_round_for_ever(steps: int) -> None:
    execution = stalled(f"1x{steps}.k1", then="all")
    [problem] = execution["problems"]
    assert re.fullmatch(r"T2's try_get\(\) has not returned after \d+ steps; .*", problem["message"])
    assert execution["threads"][1]["calls"][0]["result"] == "True", "at other slots one goes on"
    assert execution["outcome"]["kind"] == "running"
    assert execution["account"]["balanced"]


@pytest.mark.parametrize("steps", [1, 2])
def test_a_producer_that_dies_before_its_claim_harms_nobody(steps: int) -> None:
    execution = stalled(f"1x{steps}.k1", then="all")
    assert execution["problems"] == []
    assert [call["result"] for call in execution["threads"][1]["calls"]] == ["True", "4"]


def test_a_consumer_that_dies_before_its_stamp_stops_the_producer_one_lap_later() -> None:
    spec = StepSpec("ring-queue", "try_get | try_put 5; try_put 6", start_of(3), schedule="1x4.k1", then="all")
    execution = run_spec(spec)
    assert execution["threads"][1]["calls"][0]["result"] == "True"
    assert execution["problems"][0]["message"].startswith("T2's try_put(6) has not returned")
    assert execution["account"]["balanced"]


def test_a_lone_thread_is_never_held_up() -> None:
    with open_spec(StepSpec("ring-queue", "; ".join(["try_put 1; try_get"] * 12)))[0] as stepper:
        assert extend(stepper, RandomWalk(1)) == []
        assert stepper.lanes[0].results == ["True", "1"] * 12


# -- what the trace can tell


@rings
def test_every_slot_is_a_cell_with_a_name(key: str) -> None:
    names = {cell["name"] for cell in run_spec(StepSpec(key, "try_put 1 | try_get"))["names"]["cells"]}
    parts = ("stamp", "value") if key == "ring-queue" else ("value",)
    slots = {f"slot {index} {part}" for index in range(CAPACITY) for part in parts}
    assert names == {"head", "tail", *slots} | ({"lock"} if key == "locked-ring" else set())


def test_only_what_was_read_is_told_as_read() -> None:
    """``losses`` is 0, and so is the tail that was read; it is the tail alone that can go stale."""
    stepper, _ = open_spec(StepSpec("ring-queue", "try_put 3 | try_put 4"))
    with stepper:
        for thread in (0, 0, 1, 1):
            stepper.step(thread)
        fold = Fold.from_snapshot(stepper.start, Names([describe_names(stepper)]))
        fold.apply_bytes(bytes(stepper.recorder.data))
        cells = {cell["name"]: cell["id"] for cell in describe_names(stepper)["cells"]}
        for lane in fold.state.lanes:
            origins = {local.name: local.cell for local in lane.locals.values()}
            assert origins == {"losses": 0, "tail": cells["tail"], "stamp": cells["slot 0 stamp"]}
