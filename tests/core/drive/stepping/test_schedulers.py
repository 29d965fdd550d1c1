"""Schedulers: whom each of them lets move, exactly."""

from __future__ import annotations

import pytest

from lockfree_core.drive.schedulers import OneOperation, Priority, RandomWalk, RoundRobin, Scheduler
from lockfree_core.drive.schedulers.base import awake
from lockfree_core.drive.stepping.program import Problem
from lockfree_core.drive.stepping.schedule import parse_schedule
from lockfree_core.scenarios import StepSpec, run_spec
from lockfree_core.scenarios.spec import make_scheduler
from tests.core.drive.stepping.kit import opened, run, schedule_of, texts

URGENT = "increment | work 3 | increment"


@pytest.mark.parametrize(
    ("program", "begin", "schedule"),
    [
        ("work 2 | work 2 | work 2", "", "123123"),
        ("work 2 | work 5", "", "1212222"),
        ("work 2 | | work 3", "", "13133"),
        ("work 3 | work 3", "22", "221211"),
        ("work 3 | work 3 | work 3", "k2", "k2.313131"),
        ("work 1", "k1", "k1"),
        ("increment | increment", "", "121222"),
    ],
)
def test_round_robin_goes_on_after_whoever_moved_last(program: str, begin: str, schedule: str) -> None:
    with opened("atomic-counter", program, schedule=begin) as stepper:
        run(stepper, RoundRobin())
        assert texts_agree(schedule_of(stepper), schedule)
        assert stepper.movable() == []


def texts_agree(one: str, other: str) -> bool:
    """Whether two schedules are the same moves, however written."""
    return parse_schedule(one) == parse_schedule(other)


def test_round_robin_leaves_out_who_cannot_move() -> None:
    with opened("locked-counter", "increment | increment | increment") as stepper:
        run(stepper, RoundRobin())
        assert schedule_of(stepper) == "123111.2x4.3x4"
        assert [lane.results for lane in stepper.lanes] == [["1"], ["2"], ["3"]]


@pytest.mark.parametrize(
    ("structure", "begin", "order", "schedule"),
    [
        ("locked-counter", "", [2, 1, 0], "3x4.222.1x4"),
        ("locked-counter", "1", [2, 1, 0], "13222111.3x4"),
        ("locked-counter", "1", [2, 0, 1], "13111.3x4.222"),
        ("atomic-counter", "1", [2, 1, 0], "133222111"),
        ("atomic-counter", "", [], "1122233"),
        ("atomic-counter", "", [1], "2221133"),
        ("atomic-counter", "", [7, 2], "3311222"),
    ],
)
def test_priority_lets_the_most_urgent_move_that_can(
    structure: str, begin: str, order: list[int], schedule: str
) -> None:
    with opened(structure, URGENT, schedule=begin) as stepper:
        run(stepper, Priority(order))
        assert schedule_of(stepper) == schedule


def test_one_operation_runs_alone_to_its_end() -> None:
    with opened("treiber-stack", "push 1; push 2 | pop", schedule="11") as stepper:
        run(stepper, OneOperation(0))
        assert schedule_of(stepper) == "1x4"
        run(stepper, OneOperation(0))
        assert schedule_of(stepper) == "1x8"
        run(stepper, OneOperation(0))
        assert schedule_of(stepper) == "1x8", "there is nothing left for it to do"
        run(stepper, OneOperation(1))
        assert schedule_of(stepper) == "1x8.222"


def test_one_operation_stops_where_it_cannot_move() -> None:
    with opened("locked-counter", "increment | increment", schedule="1") as stepper:
        run(stepper, OneOperation(1))
        assert texts(stepper)[1:] == ["T2 take lock: waits for T1"]


def test_a_random_walk_is_the_same_for_the_same_seed() -> None:
    def walk(seed: int) -> str:
        with opened("treiber-stack", "push 1; pop | push 2; pop | pop", "push 0") as stepper:
            run(stepper, RandomWalk(seed))
            assert stepper.movable() == []
            return schedule_of(stepper)

    walks = [walk(seed) for seed in range(8)]
    assert walks == [walk(seed) for seed in range(8)]
    assert len(set(walks)) == 8
    assert walks[7] == "13112232223332.1x4.23312121232.3x4.2x5"


def test_a_random_walk_lets_everybody_move() -> None:
    with opened("atomic-counter", " | ".join(["work 50"] * 4)) as stepper:
        run(stepper, RandomWalk(3))
        turns = [row.thread for row in stepper.steps[:100]]
        assert [turns.count(thread) for thread in range(4)] == [30, 30, 18, 22]


@pytest.mark.parametrize("scheduler", [RoundRobin(), RandomWalk(1), Priority([0]), OneOperation(0)])
def test_where_nobody_can_move_nobody_is_chosen(scheduler: Scheduler) -> None:
    with opened("two-lock-accounts", "move_right 1 | move_left 2", schedule="111.222.12") as stepper:
        assert scheduler.choose(stepper) is None


def test_who_rests_is_not_chosen_while_others_can_move() -> None:
    with opened(
        "atomic-counter", "increment | increment; increment", schedule="1221", backoff="exponential"
    ) as stepper:
        run(stepper, "1")
        assert stepper.lanes[0].rests_until > stepper.recorder.step + 1
        assert awake(stepper) == [1]
        run(stepper, "22")
        assert stepper.lanes[1].ended
        assert awake(stepper) == [0], "where all rest, whose rest ends first moves"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("all", RoundRobin),
        ("random:0", RandomWalk),
        ("op:2", OneOperation),
        ("priority:3", Priority),
        ("priority:3.1.2", Priority),
    ],
)
def test_a_scheduler_has_a_name(text: str, kind: type) -> None:
    assert type(make_scheduler(text, 2)) is kind


@pytest.mark.parametrize(
    "text",
    ["", "none", "all:1", "op", "op:0", "op:3", "op:x", "random", "random:1.2", "random:99999999999",
     "priority:", "priority:9", "priority:0"],
)  # fmt: skip
def test_a_name_that_is_none_is_told_of(text: str) -> None:
    found = make_scheduler(text, 2)
    message = f"must be op:THREAD, all, random:SEED or priority:3.1.2; got {text!r}"
    assert found == Problem("then", message)


def test_what_follows_a_schedule_is_given_back_as_a_schedule() -> None:
    execution = run_spec(StepSpec("atomic-counter", "increment | increment", schedule="1", then="op:2"))
    assert (execution["spec"]["schedule"], execution["spec"]["then"]) == ("122", "")
