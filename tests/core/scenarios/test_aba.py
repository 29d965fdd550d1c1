"""The ABA scenarios: where each ends, which faults it shows, and that each cure removes them in the same story."""

from __future__ import annotations

import base64
from functools import cache
from typing import Any

import pytest

from lockfree_core.catalog import CATALOG
from lockfree_core.scenarios import run_spec
from lockfree_core.scenarios.aba import ABA
from lockfree_core.scenarios.registry import SCENARIOS
from lockfree_core.scenarios.spec import StepSpec
from lockfree_core.trace.fold import Fold, Names
from lockfree_core.trace.layout import RECORD, Kind
from lockfree_core.trace.words import node_name

KEYS = [scenario.key for scenario in ABA]
STORIES = ["aba-on-reuse", "aba-tags", "aba-hazard-pointers", "aba-epochs", "aba-python-collection"]
CURES = STORIES[1:]


@cache
def run(key: str) -> dict[str, Any]:
    return run_spec(SCENARIOS[key].spec)


def records(key: str) -> list[tuple[int, ...]]:
    return list(RECORD.iter_unpack(base64.b64decode(run(key)["records"])))


def results(key: str) -> list[list[str]]:
    return [[call["result"] for call in row["calls"]] for row in run(key)["threads"]]


def freed(key: str) -> list[tuple[int, str]]:
    """Step and name of each node that is freed."""
    return [(row[0] // 1_000_000_000, node_name(row[5])) for row in records(key) if row[3] == Kind.FREE]


# -- what holds for all of them


def test_the_keys_are_those_that_pages_link_to() -> None:
    assert KEYS == [
        "aba-on-reuse", "aba-tags", "aba-hazard-pointers", "aba-epochs", "aba-python-collection", "tag-wraps",
        "hazard-without-revalidation", "stalled-reader-epoch",
    ]  # fmt: skip
    assert all(SCENARIOS[key].theme == "aba" for key in KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_a_scenario_ends_as_it_says(key: str) -> None:
    scenario, execution = SCENARIOS[key], run(key)
    assert execution["problems"] == []
    assert tuple(fault["kind"] for fault in execution["faults"]) == scenario.faults
    assert execution["outcome"]["kind"] == "finished"
    assert execution["account"]["balanced"] == (not scenario.faults)
    assert execution["spec"]["schedule"] == scenario.spec.schedule
    assert (CATALOG[scenario.spec.structure].variant == "flawed") == bool(scenario.faults)
    assert set(scenario.beside) <= set(SCENARIOS) - {key}


@pytest.mark.parametrize("key", KEYS)
def test_captions_stand_at_steps_in_order_and_the_last_one_at_the_end(key: str) -> None:
    steps = [caption.step for caption in SCENARIOS[key].captions]
    assert steps[0] == 0
    assert steps == sorted(set(steps))
    assert steps[-1] == len(run(key)["steps"])
    for caption in SCENARIOS[key].captions:
        assert caption.text[-1] in ".…" and len(caption.text) <= 240, caption


@pytest.mark.parametrize("key", KEYS)
def test_nodes_that_a_caption_names_have_been_met(key: str) -> None:
    execution = run(key)
    texts = " ".join([step["text"] for step in execution["steps"]])
    names = {node_name(row["id"]) for row in execution["snapshot"]["nodes"]}
    for caption in SCENARIOS[key].captions:
        for word in caption.text.replace(",", " ").replace(".", " ").replace(":", " ").split():
            if word[0] == "n" and word[1:].isdigit():
                assert word in names or f"{word}" in texts, caption


# -- the story


def test_the_cures_tell_the_same_story() -> None:
    """Who swings head, in which order, and from where T1 means to swing it."""
    story = [(1, Kind.CAS_WON), (2, Kind.CAS_WON), (1, Kind.CAS_WON)]
    for key in STORIES:
        spec = SCENARIOS[key].spec
        assert (spec.program, spec.start, spec.reuse) == (
            SCENARIOS[STORIES[0]].spec.program,
            "push 1; push 2; push 3",
            "lifo",
        )
        head = next(cell["id"] for cell in run(key)["names"]["cells"] if cell["name"] == "head")
        swings = [row for row in records(key) if row[3] in (Kind.CAS_WON, Kind.CAS_LOST) and row[5] == head]
        assert [(row[2], row[3]) for row in swings[:3]] == story, key
        assert swings[3][2] == 0, "then T1, which has stood before its CAS all the while"
        first_move_of_others = next(row[1] for row in records(key) if row[2] != 0)
        reads = [row for row in records(key)[:first_move_of_others] if row[3] == Kind.LOAD]
        assert [node_name(reads[-1][6])] == ["n2"], "T1 had read n3's next before anybody else moved"
        assert node_name(swings[3][8] or swings[3][6]) == "n3", "it expects n3"
        assert node_name(swings[3][7]) == "n2", "and wants n2 in its place"


def test_on_reuse_the_swing_succeeds_and_an_item_comes_out_twice() -> None:
    assert results("aba-on-reuse") == [["4"], ["3", "None", "2"], ["2"]]
    assert freed("aba-on-reuse") == [(9, "n2"), (10, "n3"), (16, "n3"), (20, "n2")]
    faults = run("aba-on-reuse")["faults"]
    assert [(fault["step"], fault["thread"]) for fault in faults] == [(15, 0), (18, 1), (19, 1), (20, 1), (20, -1)]
    assert run("aba-on-reuse")["account"]["lost"] == -1


@pytest.mark.parametrize("key", CURES)
def test_every_cure_lets_the_swing_fail_and_each_item_come_out_once(key: str) -> None:
    assert results(key) == [["4"], ["3", "None", "1"], ["2"]]
    head = next(cell["id"] for cell in run(key)["names"]["cells"] if cell["name"] == "head")
    lost = [row for row in records(key) if row[3] == Kind.CAS_LOST and row[5] == head]
    assert [row[2] for row in lost] == [0], "T1's, once"


def test_the_tag_is_swapped_with_the_pointer_and_the_schedule_is_the_same() -> None:
    texts = [step["text"] for step in run("aba-tags")["steps"]]
    assert texts[13] == "CAS head: n1 v5 → n3, won, v6 now"
    assert texts[14] == "CAS head: n3 v3 → n2, lost: it is n3 v6"
    same = len("11222.3x4.2x5.1")
    assert SCENARIOS["aba-tags"].spec.schedule[:same] == SCENARIOS["aba-on-reuse"].spec.schedule[:13] + ".1"
    assert freed("aba-tags")[:2] == freed("aba-on-reuse")[:2]


def test_a_hazard_pointer_keeps_one_node_from_being_freed_while_it_stands() -> None:
    texts = [step["text"] for step in run("aba-hazard-pointers")["steps"]]
    published, cleared = texts.index("store hazard T1.0 = n3") + 1, texts.index("store hazard T1.0 = None") + 1
    [step] = [step for step, node in freed("aba-hazard-pointers") if node == "n3"]
    assert published < texts.index("retire n3") + 1 < cleared < step


def test_an_epoch_keeps_everything_from_being_freed_while_it_is_pinned() -> None:
    texts = [step["text"] for step in run("aba-epochs")["steps"]]
    pinned, left = texts.index("store T1 pinned = 0") + 1, texts.index("store T1 pinned = None") + 1
    assert pinned < texts.index("retire n2") + 1 < texts.index("retire n3") + 1 < left
    assert all(step > left for step, _ in freed("aba-epochs"))


def test_under_pythons_collection_nobody_frees() -> None:
    assert freed("aba-python-collection") == []
    assert not any(kind["pooled"] for kind in run("aba-python-collection")["names"]["types"])


# -- what goes wrong with the cures


def test_a_tag_wraps_after_four_changes() -> None:
    texts = [step["text"] for step in run("tag-wraps")["steps"]]
    assert texts[0] == "load head with its version: n3 v3"
    assert texts[18] == "CAS head: n3 v3 → n2, won, v0 now"
    swings = [text for text in texts[:18] if text.startswith("CAS head") and "won" in text]
    assert [text.split()[-2] for text in swings] == ["v0", "v1", "v2", "v3"]
    assert results("tag-wraps") == [["4"], ["3", "None", "2"], ["2", "1"]], "2 comes out twice"


def test_the_same_changes_do_not_fool_a_tag_that_does_not_wrap() -> None:
    spec = SCENARIOS["tag-wraps"].spec
    execution = run_spec(StepSpec("tagged-stack", spec.program, spec.start, schedule="11222.3x8.2x5.1", then="all"))
    assert execution["faults"] == [] and execution["account"]["balanced"]
    assert execution["steps"][18]["text"] == "CAS head: n3 v3 → n2, lost: it is n3 v7"


def test_without_a_second_look_the_hazard_pointer_comes_too_late() -> None:
    texts = [step["text"] for step in run("hazard-without-revalidation")["steps"]]
    scanned, published, was_freed = (
        texts.index(text) + 1 for text in ("load hazard T1.0: None", "store hazard T1.0 = n3", "free n3")
    )
    assert scanned < published < was_freed
    assert [fault["step"] for fault in run("hazard-without-revalidation")["faults"]] == [23, 28, 34]


def test_the_second_look_would_have_seen_it() -> None:
    """The same moves with the real hazard pointers: T1 finds that head has changed, and begins anew."""
    spec = SCENARIOS["hazard-without-revalidation"].spec
    execution = run_spec(
        StepSpec("hazard-pointer-stack", spec.program, spec.start, schedule="1.2x10.1.3x11.21", then="all")
    )
    assert execution["faults"] == [] and execution["account"]["balanced"]
    own = [step["text"] for step in execution["steps"] if step["thread"] == 0]
    assert own[:3] == ["load head: n3", "store hazard T1.0 = n3", "load head: n1"], "n3 is gone"


def test_a_pinned_thread_lets_memory_grow_and_hazard_pointers_do_not() -> None:
    pairs = "; ".join(f"push {number}; pop" for number in range(2, 12))
    waiting, fresh = {}, {}
    for key, stop in (("epoch-stack", "111"), ("hazard-pointer-stack", "111")):
        execution = run_spec(StepSpec(key, f"pop | {pairs}", "push 1", schedule=stop))
        for _ in range(20):
            schedule = execution["spec"]["schedule"]
            execution = run_spec(StepSpec(key, f"pop | {pairs}", "push 1", schedule=schedule, then="op:2"))
        fold = Fold.from_snapshot(execution["snapshot"], Names([execution["names"]]))
        fold.apply_bytes(base64.b64decode(execution["records"]))
        waiting[key] = sum(node.retired >= 0 for node in fold.state.nodes.values())
        fresh[key] = len(fold.state.nodes)
    assert waiting == {"epoch-stack": 10, "hazard-pointer-stack": 0}
    assert fresh == {"epoch-stack": 11, "hazard-pointer-stack": 2}, "n1, and one node over and over"


def test_the_epochs_nodes_come_back_when_the_thread_has_left() -> None:
    assert [node for _, node in freed("stalled-reader-epoch")] == ["n3", "n5", "n7", "n9"]
    assert {step for step, _ in freed("stalled-reader-epoch")} == {87, 88, 89, 90}
    assert run("stalled-reader-epoch")["steps"][90]["text"] == "allocate a node for 7: n9 again"
