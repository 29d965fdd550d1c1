"""The scenarios of copies: what readers see, which write is lost, and that the cures lose none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lockfree_core.scenarios import run_spec
from lockfree_core.scenarios.copies import COPIES
from lockfree_core.scenarios.registry import SCENARIOS
from tests.core.scenarios.kit import check_captions, check_ending, faults, on, results, run, steps_of, texts

KEYS = [scenario.key for scenario in COPIES]


def test_the_keys_are_those_that_pages_link_to() -> None:
    assert KEYS == ["snapshot-consistency", "reader-passes-dead-writer", "reader-behind-dead-writer",
                    "copy-lost-update", "copy-retry", "frozen-with-mutable"]  # fmt: skip
    assert all(SCENARIOS[key].theme == "copies" for key in KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_a_scenario_ends_as_it_says(key: str) -> None:
    check_ending(key)


@pytest.mark.parametrize("key", KEYS)
def test_captions_stand_where_they_belong(key: str) -> None:
    check_captions(key)


def test_a_reader_sees_the_version_that_it_began_with() -> None:
    execution = run("snapshot-consistency")
    assert results(execution)[0] == ["((1, 10), (2, 20), (3, 30))", "((1, 15), (2, 20), (3, 35))"]
    loads = [text for text in steps_of(execution, 0) if text.startswith("load root")]
    assert loads == ["load root: n5", "load root: n13"], "one load of the root for each reading"


def test_a_dead_writer_stops_readers_behind_a_lock_only() -> None:
    assert results(run("reader-passes-dead-writer"))[1] == ["((1, 10), (2, 20))"]
    execution = run("reader-behind-dead-writer")
    assert (execution["outcome"]["kind"], results(execution)[1]) == ("blocked", [None])


@pytest.mark.parametrize("pause", range(1, 8))
def test_wherever_the_reader_pauses_it_sees_one_version(pause: int) -> None:
    spec = SCENARIOS["snapshot-consistency"].spec
    execution = run_spec(replace(spec, schedule=f"1x{pause}.2x16", then="all"))
    assert execution["problems"] == []
    assert results(execution)[0][0] == "((1, 10), (2, 20), (3, 30))"


def test_with_a_readers_writer_lock_the_writer_waits_instead() -> None:
    spec = SCENARIOS["snapshot-consistency"].spec
    execution = run_spec(replace(spec, structure="rw-lock-map", schedule="1x5.2x4"))
    assert texts(execution)[-3:] == ["T2 load readers: 1"] * 3
    done = run_spec(replace(spec, structure="rw-lock-map", schedule="1x5.2x4", then="all"))
    assert results(done)[0][0] == "((1, 10), (2, 20), (3, 30))"


def test_writes_share_what_they_do_not_change() -> None:
    """Two copies for a map of three entries, and the old version as it was."""
    made = [text for text in steps_of(run("snapshot-consistency"), 1) if text.startswith("allocate")]
    assert made == [
        "allocate a node for 1: n7", "allocate a node for 2: n9",
        "allocate a node for 3: n11", "allocate a node for 2: n13",
    ]  # fmt: skip


def test_an_ignored_loss_is_a_lost_write() -> None:
    execution = run("copy-lost-update")
    assert results(execution) == [["None"], ["None"]], "both were told that all is well"
    assert faults(execution) == [("lost items", 16, -1)]
    assert [execution["account"][name] for name in ("in", "inside", "lost")] == [5, 4, 1]
    spec = SCENARIOS["copy-lost-update"].spec
    read = run_spec(replace(spec, program=spec.program + "; items", then="all"))
    assert results(read)[1][-1] == "((1, 10), (2, 20), (3, 31))"


def test_the_retry_begins_with_the_same_steps_and_loses_nothing() -> None:
    flawed, cured = texts(run("copy-lost-update")), texts(run("copy-retry"))
    assert cured[: len(flawed)] == flawed, "up to the swap that fails"
    execution = run("copy-retry")
    assert [execution["account"][name] for name in ("in", "inside", "lost")] == [5, 5, 0]
    spec = SCENARIOS["copy-retry"].spec
    read = run_spec(replace(spec, program=spec.program + "; items", then="all"))
    assert results(read)[1][-1] == "((1, 11), (2, 20), (3, 31))"


def test_a_frozen_state_with_a_dict_inside_changes_under_its_reader() -> None:
    execution = run("frozen-with-mutable")
    assert faults(execution) == [("raised", 9, 0)]
    message = "RuntimeError: the snapshot has changed: its sum was 10, now it is 12"
    assert execution["faults"][0]["message"] == message
    assert results(execution)[1] == ["None"]


@pytest.mark.parametrize(
    ("key", "cure"),
    [
        ("copy-lost-update", "copy-on-write-map"),
        ("copy-lost-update", "rw-lock-map"),
        ("frozen-with-mutable", "app-state"),
        ("frozen-with-mutable", "locked-state"),
    ],
)
def test_under_the_same_schedule_the_cure_shows_no_fault(key: str, cure: str) -> None:
    execution = on(cure, SCENARIOS[key].spec)
    assert (faults(execution), execution["outcome"]["kind"]) == ([], "finished")
    assert execution["account"]["balanced"]
