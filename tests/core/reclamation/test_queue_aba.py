"""ABA in the queue that frees at once: what its module says can happen does, and the cures take it away."""

from __future__ import annotations

from typing import Any

import pytest

from lockfree_core.scenarios import StepSpec, run_spec

TWO_DEQUEUES = ("dequeue | dequeue; enqueue 3; dequeue", "enqueue 1")
REUSED_BEFORE_LINKED = ("enqueue 3 | enqueue 4; dequeue; enqueue 5 | dequeue", "")


def run(structure: str, program: tuple[str, str], schedule: str, then: str = "") -> dict[str, Any]:
    execution = run_spec(StepSpec(structure, *program, schedule=schedule, then=then))
    assert execution["problems"] == []
    return execution


def results(execution: dict[str, Any]) -> list[list[str]]:
    return [[call["result"] for call in row["calls"]] for row in execution["threads"]]


def kinds(execution: dict[str, Any]) -> list[str]:
    return [fault["kind"] for fault in execution["faults"]]


def test_a_dummy_that_comes_back_lets_an_item_out_twice() -> None:
    execution = run("freeing-queue", TWO_DEQUEUES, "1x4.2x18.1x2")
    assert execution["steps"][22]["text"] == "CAS head: n1 → n2, won"
    assert kinds(execution) == ["dangling pointer", "lost items"]
    assert execution["faults"][0]["message"] == "head now points at n2, which was freed"
    assert results(execution) == [["1"], ["1", "None", "3"]]


def test_an_enqueuer_links_behind_a_node_that_is_no_part_of_the_queue() -> None:
    execution = run("freeing-queue", REUSED_BEFORE_LINKED, "1x4.2x13.1x2.3x4")
    texts = [step["text"] for step in execution["steps"]]
    assert texts[16] == "allocate a node for 5: n1 again"
    assert texts[17] == "CAS n1.next: None → n2, won", "behind a node that T2 has not linked yet"
    assert results(execution) == [["None"], ["None", "4", None], ["empty"]], "3 is in, and nobody finds it"


def test_tags_see_that_the_dummy_has_left_and_come_back() -> None:
    execution = run("tagged-queue", TWO_DEQUEUES, "1x4.2x18.1", then="all")
    assert execution["steps"][22]["text"] == "CAS head: n1 v0 → n2, lost: it is n1 v2"
    assert (kinds(execution), execution["account"]["balanced"]) == ([], True)
    assert results(execution) == [["empty"], ["1", "None", "3"]]


def test_the_next_of_a_node_needs_a_tag_too() -> None:
    execution = run("tagged-queue", REUSED_BEFORE_LINKED, "1x4.2x13.1", then="op:1")
    assert execution["steps"][17]["text"] == "CAS n1.next: None v0 → n2, lost: it is None v2"
    execution = run("tagged-queue", REUSED_BEFORE_LINKED, execution["spec"]["schedule"], then="op:3")
    assert results(execution) == [["None"], ["None", "4", None], ["3"]], "who comes after the enqueue finds its item"
    execution = run("tagged-queue", REUSED_BEFORE_LINKED, execution["spec"]["schedule"], then="all")
    assert (kinds(execution), execution["account"]["balanced"]) == ([], True)


@pytest.mark.parametrize("structure", ["hazard-pointer-queue", "epoch-queue"])
def test_a_scheme_keeps_the_dummy_from_coming_back(structure: str) -> None:
    """T1 stands before its CAS while T2 does all that it has to do."""
    execution = run(structure, TWO_DEQUEUES, "")
    while not execution["steps"] or not _stands_before_head(execution):
        schedule = execution["spec"]["schedule"]
        execution = run(structure, TWO_DEQUEUES, f"{schedule}.1")
    for _ in range(3):
        execution = run(structure, TWO_DEQUEUES, execution["spec"]["schedule"], then="op:2")
    assert results(execution)[1] == ["1", "None", "3"]
    execution = run(structure, TWO_DEQUEUES, execution["spec"]["schedule"], then="all")
    lost = [step["text"] for step in execution["steps"] if step["thread"] == 0 and "lost" in step["text"]]
    assert lost and lost[0].startswith("CAS head: n1 → n2, lost: it is ") and "it is n1" not in lost[0]
    assert (kinds(execution), execution["account"]["balanced"]) == ([], True)
    assert results(execution)[0] == ["empty"]


def _stands_before_head(execution: dict[str, Any]) -> bool:
    coming = execution["steps"][-1]["next"]
    return coming is not None and str(coming["text"]).startswith("CAS head")
