"""The scenarios of the first chapters: where each ends, and that a compare-and-swap is the cure."""

from __future__ import annotations

import pytest

from lockfree_core.scenarios.basics import BASICS
from lockfree_core.scenarios.registry import SCENARIOS
from tests.core.scenarios.kit import check_captions, check_ending, faults, on, results, run, steps_of, texts

KEYS = [scenario.key for scenario in BASICS]


def test_the_keys_are_those_that_pages_link_to() -> None:
    assert KEYS == [
        "lost-cas-and-retry", "half-done-enqueue", "simplified-queue-loses-segment", "counter-read-then-write",
        "split-cas-counter",
    ]  # fmt: skip
    assert all(SCENARIOS[key].theme == "basics" for key in KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_a_scenario_ends_as_it_says(key: str) -> None:
    check_ending(key)


@pytest.mark.parametrize("key", KEYS)
def test_captions_stand_where_they_belong(key: str) -> None:
    check_captions(key)


def test_a_lost_cas_costs_one_more_attempt_and_nothing_else() -> None:
    steps = steps_of(run("lost-cas-and-retry"), 0)
    assert [text for text in steps if "CAS" in text] == ["CAS head: n1 → n2, lost: it is n3", "CAS head: n3 → n2, won"]
    assert run("lost-cas-and-retry")["account"]["inside"] == 3


def test_a_half_done_enqueue_is_finished_by_whoever_finds_it() -> None:
    steps = texts(run("half-done-enqueue"))
    assert steps[4] == "T1 CAS n1.next: None → n2, won"
    assert steps[9] == "T2 CAS tail: n1 → n2, won", "help"
    assert steps[14:] == ["T2 CAS tail: n2 → n3, won", "T1 CAS tail: n1 → n2, lost: it is n3"]
    execution = run("half-done-enqueue")
    assert [row["calls"][0]["last"] for row in execution["threads"]] == [16, 15], "T2 is done before T1"


def test_without_the_helper_nobody_would_wait_either() -> None:
    """T1 need not come back at all."""
    spec = SCENARIOS["half-done-enqueue"].spec
    killed = on(spec.structure, type(spec)(spec.structure, spec.program, spec.start, schedule="1x5.k1.2x10"))
    assert (faults(killed), results(killed), killed["account"]["inside"]) == ([], [[None], ["None"]], 2)


def test_the_simplified_queue_loses_what_is_behind_the_lost_node_too() -> None:
    execution = run("simplified-queue-loses-segment")
    assert faults(execution) == [("raised", 21, 1), ("lost items", 21, -1)]
    assert results(execution) == [["None"], ["None", "None", "4", None]]
    assert [execution["account"][name] for name in ("in", "out", "inside", "lost")] == [3, 1, 0, 2]
    assert "'NoneType' object has no attribute 'value'" in execution["faults"][0]["message"]


def test_two_tickets_with_one_number_are_one_increment_less() -> None:
    for key in ("counter-read-then-write", "split-cas-counter"):
        execution = run(key)
        assert results(execution) == [["1"], ["1"]]
        assert [execution["account"][name] for name in ("in", "inside", "lost")] == [2, 1, 1]


def test_the_split_cas_has_compared_before_the_other_writes() -> None:
    compares = [index for index, text in enumerate(texts(run("split-cas-counter"))) if "load" in text]
    assert compares == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("key", "cure", "found"),
    [
        ("simplified-queue-loses-segment", "michael-scott-queue", [["None"], ["None", "None", "4", "5"]]),
        ("simplified-queue-loses-segment", "locked-queue", [["None"], ["None", "None", "3", "4"]]),
        ("counter-read-then-write", "atomic-counter", [["1"], ["2"]]),
        ("counter-read-then-write", "locked-counter", [["1"], ["2"]]),
        ("split-cas-counter", "atomic-counter", [["1"], ["2"]]),
        ("split-cas-counter", "locked-counter", [["1"], ["2"]]),
    ],
)
def test_under_the_same_schedule_the_cure_loses_nothing(key: str, cure: str, found: list[list[str]]) -> None:
    execution = on(cure, SCENARIOS[key].spec)
    assert faults(execution) == [] and execution["account"]["balanced"]
    assert results(execution) == found
