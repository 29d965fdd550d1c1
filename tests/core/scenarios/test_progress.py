"""The scenarios of guarantees: who gets on, who never does, and what the schedules are that show it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lockfree_core.scenarios import run_spec
from lockfree_core.scenarios.progress import PROGRESS
from lockfree_core.scenarios.registry import SCENARIOS
from tests.core.scenarios.kit import check_captions, check_ending, faults, on, results, run, steps_of, texts

KEYS = [scenario.key for scenario in PROGRESS]


def test_the_keys_are_those_that_pages_link_to() -> None:
    assert KEYS == [
        "killed-lock-free", "killed-mutex", "priority-inversion", "priority-lock-free", "deadlock-two-locks",
        "no-deadlock-cas", "starvation", "starvation-backoff", "ring-stalled-producer",
    ]  # fmt: skip
    assert all(SCENARIOS[key].theme == "progress" for key in KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_a_scenario_ends_as_it_says(key: str) -> None:
    check_ending(key)


@pytest.mark.parametrize("key", KEYS)
def test_captions_stand_where_they_belong(key: str) -> None:
    check_captions(key)


# -- killed


def test_who_dies_without_a_lock_harms_nobody() -> None:
    execution = run("killed-lock-free")
    assert execution["outcome"]["kind"] == "finished"
    assert results(execution) == [[None], ["None", "4"]]
    assert [execution["account"][name] for name in ("in", "out", "inside", "lost")] == [2, 1, 1, 0]


def test_who_dies_with_a_lock_takes_everybody_along() -> None:
    execution = run("killed-mutex")
    assert results(execution) == [[None], [None, None]]
    message = "Nobody can move any more: T2 waits for lock, which T1 holds. T1 was killed inside."
    assert execution["outcome"] == {"kind": "blocked", "message": message}
    assert faults(execution) == [("blocked", 6, -1)]
    assert [row["stuck"] for row in execution["threads"]] == [
        "thread 1 was killed",
        "thread 2 waits for lock, which thread 1 holds",
    ]


@pytest.mark.parametrize("death", range(1, 5))
def test_wherever_one_dies_without_a_lock_the_other_gets_done(death: int) -> None:
    spec = SCENARIOS["killed-lock-free"].spec
    execution = run_spec(replace(spec, schedule=f"1x{death - 1}.k1", then="all"))
    assert execution["problems"] == [] and faults(execution) == []
    assert results(execution)[1] == ["None", "4"]


# -- priorities


@pytest.mark.parametrize("key", ["priority-inversion", "priority-lock-free"])
def test_the_schedule_is_what_fixed_priorities_make_of_it(key: str) -> None:
    """T1 enters while it is alone; from then on the most urgent thread moves that can."""
    scenario = SCENARIOS[key]
    assert scenario.priority == (3, 2, 1)
    then = "priority:" + ".".join(map(str, scenario.priority))
    assert run_spec(replace(scenario.spec, schedule="1", then=then))["spec"]["schedule"] == scenario.spec.schedule


def test_with_a_lock_the_most_urgent_waits_for_all_the_work_of_the_one_that_needs_no_lock() -> None:
    execution = run("priority-inversion")
    last = [row["calls"][-1]["last"] for row in execution["threads"]]
    assert last == [17, 14, 21]
    waits = texts(execution).index("T3 take lock: waits for T1") + 1
    work = [number for number, text in enumerate(texts(execution), 1) if text == "T2 work"]
    assert waits == 2 and work == list(range(3, 15))


def test_the_more_work_there_is_the_longer_it_waits_and_without_a_lock_it_never_does() -> None:
    done = {}
    for key in ("priority-inversion", "priority-lock-free"):
        spec = SCENARIOS[key].spec
        for work in (12, 50):
            program = spec.program.replace("work 12", f"work {work}")
            execution = run_spec(replace(spec, program=program, schedule="1", then="priority:3.2.1"))
            done[key, work] = execution["threads"][2]["calls"][0]["last"]
    assert done == {
        ("priority-inversion", 12): 21, ("priority-inversion", 50): 59,
        ("priority-lock-free", 12): 3, ("priority-lock-free", 50): 3,
    }  # fmt: skip


# -- deadlock


def test_each_holds_what_the_other_one_waits_for() -> None:
    execution = run("deadlock-two-locks")
    assert faults(execution) == [("deadlock", 8, -1)]
    assert execution["outcome"]["kind"] == "deadlock"
    assert [row["stuck"] for row in execution["threads"]] == [
        "thread 1 waits for right lock, which thread 2 holds",
        "thread 2 waits for left lock, which thread 1 holds",
    ]
    assert results(execution) == [[None], [None]]


@pytest.mark.parametrize("cure", ["paired-accounts", "locked-accounts"])
def test_under_the_same_schedule_nobody_waits_for_ever(cure: str) -> None:
    execution = on(cure, SCENARIOS["deadlock-two-locks"].spec)
    assert (execution["outcome"]["kind"], faults(execution)) == ("finished", [])
    assert execution["account"]["in"] == execution["account"]["inside"] == 2


def test_with_one_compare_and_swap_the_loser_tries_again_and_no_money_is_lost() -> None:
    swings = [text for text in texts(run("no-deadlock-cas")) if "CAS" in text]
    assert swings == [
        "T1 CAS balances: n1 → n2, won",
        "T2 CAS balances: n1 → n3, lost: it is n2",
        "T2 CAS balances: n2 → n5, won",
    ]
    spec = SCENARIOS["no-deadlock-cas"].spec
    read = run_spec(replace(spec, program=spec.program + "; balances", then="all"))
    assert results(read)[1][-1] == "(110, 90)"


# -- starvation


def losses(key: str, thread: int, **changes: object) -> int:
    execution = run_spec(replace(SCENARIOS[key].spec, **changes))  # type: ignore[arg-type]
    return sum("lost" in text for text in steps_of(execution, thread))


def test_one_loses_eight_times_while_the_counter_moves_on() -> None:
    execution = run("starvation")
    assert losses("starvation", 1) == 8 and losses("starvation", 0) == 0
    assert results(execution) == [[str(number) for number in range(1, 9)], ["9"]]


def test_its_schedule_is_everybody_in_turn() -> None:
    spec = SCENARIOS["starvation"].spec
    assert run_spec(replace(spec, schedule="", then="all"))["spec"]["schedule"] == run("starvation")["spec"]["schedule"]


def test_it_would_go_on_for_as_long_as_the_other_one_does() -> None:
    program = "; ".join(["increment"] * 24) + " | increment"
    assert losses("starvation", 1, program=program, schedule="", then="all") == 24


def test_with_back_off_it_is_everybody_in_turn_too() -> None:
    spec = SCENARIOS["starvation-backoff"].spec
    assert (spec.program, spec.backoff) == (SCENARIOS["starvation"].spec.program, "exponential")
    assert run_spec(replace(spec, schedule="", then="all"))["spec"]["schedule"] == spec.schedule
    assert losses("starvation-backoff", 1) == 2


def test_other_seeds_cost_it_from_one_loss_to_four() -> None:
    """As its last caption says."""
    found = [losses("starvation-backoff", 1, schedule="", then="all", seed=seed) for seed in range(1, 101)]
    assert (min(found), max(found)) == (1, 4)
