"""Stepping: what one step is, who can take it, and how an execution ends."""

from __future__ import annotations

import pytest

from lockfree_core.drive.schedulers import RoundRobin
from lockfree_core.drive.stepping.execution import extend, outcome
from lockfree_core.drive.stepping.schedule import MOST_STEPS
from lockfree_core.errors import ScheduleError
from lockfree_core.scenarios import StepSpec, run_spec
from tests.core.drive.stepping.kit import opened, run, schedule_of, texts


@pytest.mark.parametrize(
    ("structure", "program", "start", "steps"),
    [
        ("treiber-stack", "push 1", "", 4),
        ("treiber-stack", "pop", "", 1),
        ("treiber-stack", "pop", "push 1", 3),
        ("locked-stack", "push 1", "", 6),
        ("michael-scott-queue", "enqueue 1", "", 6),
        ("michael-scott-queue", "dequeue", "enqueue 1", 5),
        ("atomic-counter", "increment", "", 2),
        ("racy-counter", "increment", "", 2),
        ("split-cas-counter", "increment", "", 3),
        ("copy-on-write-map", "set 1 10", "", 3),
        ("copy-on-write-map", "set 1 11", "set 1 10", 5),
        ("copy-on-write-map", "get 1", "set 1 10", 1),
        ("copy-on-write-map", "get 9", "", 1),
        ("rw-lock-map", "get 1", "set 1 10", 5),
        ("app-state", "set volume 1", "", 3),
        ("app-state", "snapshot", "", 1),
        ("paired-accounts", "move_right 1", "", 5),
        ("two-lock-accounts", "move_right 1", "", 9),
        ("treiber-stack", "work 7", "", 7),
    ],
)
def test_an_operation_that_runs_alone_takes_so_many_steps(structure: str, program: str, start: str, steps: int) -> None:
    with opened(structure, program, start, f"1x{steps}") as stepper:
        lane = stepper.lanes[0]
        assert (lane.starts, lane.ends, lane.ended) == ([1], [steps], True)
        assert stepper.movable() == []
        assert outcome(stepper) == {"kind": "finished", "message": "Every thread has ended."}


def test_before_the_first_step_every_thread_stands_before_its_first_access() -> None:
    with opened("treiber-stack", "push 3 | pop | ", "push 1") as stepper:
        assert [pending and pending.access for pending in stepper.first] == ["allocate", "load", None]
        assert stepper.movable() == [0, 1]
        assert stepper.recorder.count == 0
        assert [lane["status"] for lane in stepper.start["lanes"]] == ["idle", "idle", "stopped"]


def test_a_step_is_one_access_with_what_follows_it() -> None:
    with opened("treiber-stack", "push 3; pop", schedule="1x7") as stepper:
        assert texts(stepper) == [
            "T1 allocate a node for 3: n1",
            "T1 load head: None",
            "T1 store n1.next = None",
            "T1 CAS head: None → n1, won",
            "T1 load head: n1",
            "T1 load n1.next: None",
            "T1 CAS head: n1 → None, won",
        ]
        assert (stepper.lanes[0].results, stepper.lanes[0].ends) == (["None", "3"], [4, 7])


def test_time_is_the_step_number() -> None:
    with opened("treiber-stack", "push 3 | push 4", schedule="1212") as stepper:
        assert [row.first + row.records for row in stepper.steps][-1] == stepper.recorder.count
        assert stepper.recorder.step == len(stepper.steps) == 4


def test_an_operation_without_an_access_takes_one_step_to_return() -> None:
    with opened("app-state", "audit; snapshot", schedule="11") as stepper:
        assert texts(stepper) == ["T1 load state: n1", "T1 load state: n1"]
    with opened("treiber-stack", "work 1; pop", schedule="11") as stepper:
        assert texts(stepper) == ["T1 work", "T1 load head: None"]
        assert stepper.lanes[0].results == ["None", "empty"]


def test_a_thread_that_waits_cannot_move_until_the_lock_is_free() -> None:
    with opened("locked-counter", "increment | increment | increment", schedule="123") as stepper:
        assert [stepper.why_stuck(thread) for thread in range(3)] == [
            None,
            "thread 2 waits for lock, which thread 1 holds",
            "thread 3 waits for lock, which thread 1 holds",
        ]
        (lock,) = stepper.memory.locks
        assert [lane.index for lane in lock.waiters] == [1, 2]
        run(stepper, "111")
        assert stepper.movable() == [1, 2], "a free lock goes to whoever comes first"
        run(stepper, "3")
        assert [lane.index for lane in lock.waiters] == [1]
        assert stepper.why_stuck(1) == "thread 2 waits for lock, which thread 3 holds"
        run(stepper, "333.2x4")
        assert [lane.results for lane in stepper.lanes] == [["1"], ["3"], ["2"]]


def test_a_thread_that_comes_to_a_held_lock_can_be_overtaken_when_it_is_free() -> None:
    with opened("locked-counter", "increment | increment; increment", schedule="21") as stepper:
        run(stepper, "222.2")
        assert stepper.why_stuck(0) == "thread 1 waits for lock, which thread 2 holds"


@pytest.mark.parametrize(
    ("schedule", "thread", "message"),
    [
        ("", 2, "there is no thread 3; there are 2"),
        ("", -1, "there is no thread 0; there are 2"),
        ("11", 0, "thread 1 has ended"),
        ("k1", 0, "thread 1 was killed"),
    ],
)
def test_who_cannot_move_is_told_why(schedule: str, thread: int, message: str) -> None:
    with opened("atomic-counter", "increment | increment", schedule=schedule) as stepper:
        before = stepper.recorder.count
        with pytest.raises(ScheduleError, match=message):
            stepper.step(thread)
        with pytest.raises(ScheduleError, match=message):
            stepper.kill(thread)
        assert stepper.recorder.count == before


def test_a_thread_that_has_raised_cannot_move() -> None:
    with opened("thawed-state", "audit | set volume 7", "set volume 1", "1x4.222.11") as stepper:
        assert stepper.why_stuck(0) == (
            "thread 1 has raised RuntimeError: the snapshot has changed: its sum was 1, now it is 7"
        )
        assert [(fault.kind, fault.step, fault.thread) for fault in stepper.recorder.faults] == [("raised", 9, 0)]
        assert stepper.movable() == [1]


def test_a_killed_thread_keeps_what_it_holds() -> None:
    with opened("locked-counter", "increment | increment", schedule="11.k1.2") as stepper:
        assert texts(stepper)[2:] == ["T1 killed", "T2 take lock: waits for T1"]
        assert stepper.movable() == []
        message = "Nobody can move any more: T2 waits for lock, which T1 holds. T1 was killed inside."
        assert outcome(stepper) == {"kind": "blocked", "message": message}
        assert stepper.account()["in"] == 0


def test_a_thread_that_waits_can_be_killed() -> None:
    with opened("locked-counter", "increment | increment | increment", schedule="123.k2.111") as stepper:
        assert stepper.movable() == [2]
        run(stepper, "3x4")
        assert outcome(stepper)["kind"] == "finished"
        assert [lane.results for lane in stepper.lanes] == [["1"], [], ["2"]]


def test_a_thread_killed_before_its_first_step_has_begun_nothing() -> None:
    with opened("atomic-counter", "increment | increment", schedule="k1.22") as stepper:
        assert (stepper.lanes[0].starts, stepper.lanes[1].results) == ([], ["1"])
        assert outcome(stepper)["kind"] == "finished"


def test_killed_between_its_effect_and_its_return_an_item_is_in_flight() -> None:
    with opened("locked-stack", "pop", "push 1", schedule="1x4.k1") as stepper:
        account = stepper.account()
        assert (account["in_flight"], account["out"], account["balanced"]) == ([{"lane": 0, "items": 1}], 0, True)


def test_two_locks_in_opposite_orders_are_a_deadlock() -> None:
    with opened("two-lock-accounts", "move_right 1 | move_left 2", schedule="111.222.12") as stepper:
        assert stepper.movable() == []
        assert outcome(stepper) == {
            "kind": "deadlock",
            "message": "Deadlock: T1 waits for right lock, which T2 holds; T2 waits for left lock, which T1 holds.",
        }


def test_of_three_who_wait_one_that_was_killed_is_to_blame() -> None:
    with opened("locked-counter", "increment | increment | increment", schedule="1.23.k1") as stepper:
        assert outcome(stepper)["message"] == (
            "Nobody can move any more: T2 waits for lock, which T1 holds; T3 waits for lock, which T1 holds. "
            "T1 was killed inside."
        )


def test_an_operation_that_never_ends_is_told_of() -> None:
    """A writer waits for a reader that was killed inside: it looks again and again."""
    with opened("rw-lock-map", "get 1 | set 1 11", "set 1 10", "111.k1") as stepper:
        problems = extend(stepper, RoundRobin())
        assert [problem.message for problem in problems] == [
            "T2's set(1, 11) has not returned after 500 steps; it may never return under this schedule"
        ]
        assert (problems[0].thread, problems[0].index) == (1, 504)
        assert outcome(stepper)["kind"] == "running"


def test_an_execution_has_a_longest_length() -> None:
    endless = run_spec(StepSpec("rw-lock-map", "get 1 | set 1 11", "set 1 10", "111.k1.2x1996", then="all"))
    assert len(endless["steps"]) == MOST_STEPS
    assert [problem["message"] for problem in endless["problems"]] == ["an execution has at most 2000 steps"]


def test_a_schedule_is_followed_up_to_the_move_that_cannot_be_made() -> None:
    execution = run_spec(StepSpec("atomic-counter", "increment | increment", schedule="1112"))
    assert execution["spec"]["schedule"] == "11"
    assert execution["problems"] == [
        {"field": "schedule", "message": "step 3 cannot be taken: thread 1 has ended", "thread": 0, "index": 2}
    ]


def test_a_schedule_that_was_wrong_is_not_gone_on_with() -> None:
    execution = run_spec(StepSpec("atomic-counter", "increment | increment", schedule="1.z", then="all"))
    assert len(execution["steps"]) == 1 and len(execution["problems"]) == 1


def test_closing_unwinds_without_a_trace() -> None:
    with opened("locked-counter", "increment | increment", schedule="112") as stepper:
        pass
    assert stepper.recorder.count == 5
    assert not any(lane._greenlet for lane in stepper.lanes)
    stepper.close()


def test_nodes_have_the_same_names_whatever_the_schedule() -> None:
    def names(schedule: str) -> set[str]:
        with opened("treiber-stack", "push 1; push 2 | push 3", "push 0", schedule) as stepper:
            return {text.rpartition(": ")[2] for text in texts(stepper) if "allocate" in text}

    assert names("1x8.2x4") == names("2x4.1x8") == names("12121212.1x4") == {"n2", "n3", "n4"}


def test_a_thread_that_backs_off_rests_and_a_schedule_can_end_that() -> None:
    with opened("atomic-counter", "increment | increment", schedule="12.12.2", backoff="exponential") as stepper:
        assert texts(stepper)[-1] in ("T2 back off for 1 step", "T2 back off for 2 steps")
        assert stepper.lanes[1].rests_until > stepper.recorder.step
        run(stepper, "22")
        assert schedule_of(stepper) == "121.2x4"
        assert stepper.lanes[1].results == ["2"]
