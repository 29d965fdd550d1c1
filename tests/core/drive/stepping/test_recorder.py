"""The trace of an execution: the fold of its records is the memory, at every step; and it is the same every time."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockfree_core.catalog import CATALOG
from lockfree_core.drive.schedulers import RandomWalk
from lockfree_core.drive.stepping.execution import describe_execution
from lockfree_core.drive.stepping.program import Method
from lockfree_core.drive.stepping.stepper import Stepper
from lockfree_core.scenarios import StepSpec, run_spec
from lockfree_core.scenarios.spec import methods_of, open_spec
from lockfree_core.trace.layout import RECORD, RECORD_BYTES, Kind
from tests.core.drive.stepping.kit import fold_of, folds_of, memory_of, opened, own_spec, run, schedule_of, shown_of
from tests.serving import ROOT

each = pytest.mark.parametrize("structure", CATALOG)

ARGUMENTS = st.integers(1, 4)


def names_of(stepper: Stepper) -> dict[str, Any]:
    return dict(describe_execution(stepper)["names"])


@st.composite
def calls(draw: st.DrawFn, method: Method, structure: str) -> str:
    """A call of that method."""
    entry = next(item for item in CATALOG[structure].operations if item.name == method.name)
    keys = st.sampled_from(entry.keys or (1, 2, 3))
    given = [str(draw(keys if name == "key" else ARGUMENTS)) for name in method.parameters]
    return " ".join([method.name, *given])


@st.composite
def executions(draw: st.DrawFn, structure: str) -> StepSpec:
    """A small program on that structure, what comes before it, and a random walk."""
    methods = methods_of(CATALOG[structure])
    call = st.sampled_from(methods).flatmap(lambda method: calls(method, structure))
    thread = st.lists(call, min_size=1, max_size=3).map("; ".join)
    threads = draw(st.lists(thread, min_size=1, max_size=3))
    start = draw(st.lists(calls(methods[0], structure), max_size=3))
    seed = draw(st.integers(0, 1000))
    backoff = draw(st.sampled_from(["none", "exponential"]))
    return StepSpec(structure, " | ".join(threads), "; ".join(start), seed=seed, backoff=backoff)


def walk_with_memory(stepper: Stepper, seed: int, death: int) -> tuple[list[dict[str, Any]], list[int]]:
    """Walk at random, at most 120 steps, the one with that number a death; the memory, and the number of records, after
    each step."""
    walk = RandomWalk(seed)
    memories, ends = [memory_of(stepper)], [0]
    for step in range(1, 121):
        thread = walk.choose(stepper)
        if thread is None:
            break
        if step == death:
            stepper.kill(thread)
        else:
            stepper.step(thread)
        memories.append(memory_of(stepper))
        ends.append(stepper.recorder.count)
    return memories, ends


@each
@settings(max_examples=20)
@given(data=st.data())
def test_the_fold_of_the_records_is_the_memory_at_every_step(structure: str, data: st.DataObject) -> None:
    """Undoing steps folds a shorter stretch, from the start again: it arrives at what was there before."""
    spec = data.draw(executions(structure))
    stepper, problems = open_spec(spec)
    assert problems == []
    with stepper:
        memories, ends = walk_with_memory(stepper, spec.seed, data.draw(st.integers(0, 20)))
        names = names_of(stepper)
        assert folds_of(stepper, names, ends) == memories
        back = data.draw(st.integers(0, len(ends) - 1))
        assert fold_of(stepper, names, ends[back]) == memories[back]
        folded, shown = shown_of(stepper, names)
        assert folded == shown


@each
@settings(max_examples=15)
@given(data=st.data())
def test_two_replays_are_the_same_to_the_byte(structure: str, data: st.DataObject) -> None:
    spec = data.draw(executions(structure))
    walked = run_spec(StepSpec(**{**spec.describe(), "then": f"random:{spec.seed}"}))
    replayed = [run_spec(StepSpec(**{**spec.describe(), "schedule": walked["spec"]["schedule"]})) for _ in range(2)]
    # A walk that ran into an operation that never ends says so; its schedule does not know.
    texts = {json.dumps(execution, sort_keys=True) for execution in (walked | {"problems": []}, *replayed)}
    assert len(texts) == 1


@each
def test_a_shorter_schedule_is_the_beginning_of_the_longer_one(structure: str) -> None:
    """Which is what makes back, fork and undo."""
    whole = run_spec(own_spec(structure, then="random:5"))
    data = base64.b64decode(whole["records"])
    for length in range(0, len(whole["steps"]), 3):
        with opened(structure, whole["spec"]["program"], whole["spec"]["start"]) as stepper:
            for row in whole["steps"][:length]:
                stepper.step(row["thread"])
            assert data.startswith(bytes(stepper.recorder.data))
            assert stepper.recorder.count == sum(row["records"] for row in whole["steps"][:length])


@each
def test_records_are_numbered_and_every_step_has_its_own(structure: str) -> None:
    execution = run_spec(own_spec(structure, then="all"))
    data = base64.b64decode(execution["records"])
    rows = list(RECORD.iter_unpack(data))
    assert len(data) == execution["count"] * RECORD_BYTES
    assert [row[1] for row in rows] == list(range(len(rows)))
    assert [step["first"] for step in execution["steps"]] == [
        sum(step["records"] for step in execution["steps"][:index]) for index in range(len(execution["steps"]))
    ]
    assert all(step["records"] > 0 for step in execution["steps"])
    for number, step in enumerate(execution["steps"], 1):
        own = rows[step["first"] : step["first"] + step["records"]]
        assert {row[0] for row in own} == {number * 1_000_000_000}
        assert {row[2] for row in own} == {step["thread"]}


@each
def test_everything_that_records_name_was_announced(structure: str) -> None:
    execution = run_spec(own_spec(structure, then="random:2"))
    names = execution["names"]
    sites = {site["id"] for site in names["sites"]}
    values = {value["id"] for value in names["values"]}
    for row in RECORD.iter_unpack(base64.b64decode(execution["records"])):
        assert row[4] == 0 or row[4] in sites
        assert row[3] not in (Kind.LOCAL, Kind.FAULT) or row[5] in values
    assert len({site["id"] for site in names["sites"]}) == len(names["sites"])


@each
def test_no_text_of_a_trace_depends_on_the_machine(structure: str) -> None:
    """An address in a value's text would make two executions differ."""
    execution = run_spec(own_spec(structure, then="random:4"))
    assert not [value for value in execution["names"]["values"] if " at 0x" in value["text"]]


HASHED = """
import hashlib, json
from lockfree_core.catalog import CATALOG
from lockfree_core.scenarios import StepSpec, run_spec
for key, entry in CATALOG.items():
    for then in ("all", "random:9"):
        execution = run_spec(StepSpec(key, entry.program, entry.start, backoff="exponential", then=then))
        print(key, then, hashlib.sha256(json.dumps(execution).encode()).hexdigest())
"""


def test_an_execution_is_the_same_in_every_process() -> None:
    """Whatever order strings hash to there."""
    outputs = set()
    for number in ("0", "1", "2", "3"):
        environment = {**os.environ, "PYTHONHASHSEED": number}
        command = [sys.executable, "-c", HASHED]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=True
        )
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert outputs.pop().count("\n") == 2 * len(CATALOG)


# -- how the cells of a new node begin


def test_cells_that_begin_with_something_are_told_of_with_their_allocation() -> None:
    with opened("copy-on-write-map", "set 1 11", "set 1 10; set 2 20", "1x7") as stepper:
        rows = list(RECORD.iter_unpack(bytes(stepper.recorder.data)))
        kinds = [Kind(row[3]).name for row in rows if row[3] not in (Kind.LOCAL, Kind.BEGIN, Kind.END)]
        assert kinds == [*["LOAD"] * 4, "ALLOCATE", "LOAD", "ALLOCATE", "STORE"]
        first, second = (row for row in rows if row[3] == Kind.ALLOCATE)
        store = rows[-1]
        assert store[4] == second[4], "at the site of the allocation"
        assert store[5] == second[6], "the new root's left"
        assert (store[6], store[7]) == (0, first[5]), "from None to the new leaf"
        assert len(stepper.steps) == 7, "they are part of the step that allocates"
        names = names_of(stepper)
        assert fold_of(stepper, names) == memory_of(stepper)


def test_an_integer_cell_begins_with_a_number() -> None:
    with opened("paired-accounts", "move_right 30", schedule="1x4") as stepper:
        stores = [row for row in RECORD.iter_unpack(bytes(stepper.recorder.data)) if row[3] == Kind.STORE]
        words = stepper.recorder.words
        assert [(words.cell(row[5]), words.value(row[7])) for row in stores] == [("n2.left", "70"), ("n2.right", "130")]


def test_cells_that_begin_with_none_are_not_told_of() -> None:
    with opened("michael-scott-queue", "enqueue 1", schedule="1") as stepper:
        kinds = [row[3] for row in RECORD.iter_unpack(bytes(stepper.recorder.data))]
        assert Kind.STORE not in kinds


def test_a_node_without_cells_is_a_node() -> None:
    with opened("app-state", "set volume 7", "set brightness 3") as stepper:
        run(stepper, "111")
        names = names_of(stepper)
        assert fold_of(stepper, names) == memory_of(stepper)
        assert names["types"] == [{"id": 1, "name": "Version", "fields": [], "pooled": False}]
        assert schedule_of(stepper) == "111"


# -- locals


def test_locals_are_values_and_nodes_and_no_machinery() -> None:
    """Neither the path that is being filled nor the cell that is followed is told of."""
    with opened("copy-on-write-map", "set 1 11", "set 1 10; set 2 20", "1x6") as stepper:
        folded, _ = shown_of(stepper, names_of(stepper))
        read = {name: stepper.recorder.words.value(code) for name, code in folded[0].items()}
        assert {"old_root", "found", "version", "losses", "child", "kept", "copy"} <= set(read)
        assert not {"path", "branch"} & set(read)
        assert (read["old_root"], read["version"], read["losses"]) == ("n3", "3", "0")


def test_a_thread_has_no_locals_between_two_operations() -> None:
    with opened("atomic-counter", "increment; increment", schedule="11") as stepper:
        assert shown_of(stepper, names_of(stepper)) == ([{}], [{}])
        run(stepper, "1")
        folded, shown = shown_of(stepper, names_of(stepper))
        assert folded == shown and set(folded[0]) == {"losses", "value"}
