"""What the trace of a structure on the simulated heap tells is what the heap is; and it is told alike everywhere."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockfree_core.catalog import CATALOG
from lockfree_core.drive.nodes import cells_of, plain_of
from lockfree_core.drive.schedulers import RandomWalk
from lockfree_core.drive.stepping.heap import REUSE_POLICIES
from lockfree_core.drive.stepping.stepper import Stepper
from lockfree_core.scenarios.spec import StepSpec, open_spec
from lockfree_core.trace.fold import Fold, Names
from lockfree_core.trace.layout import RECORD, Kind
from tests.serving import ROOT

ON_HEAP = [key for key, entry in CATALOG.items() if entry.heap]
LIMIT_S = 60
REPLAY = """
import hashlib, json, sys
from lockfree_core.catalog import CATALOG
from lockfree_core.scenarios import StepSpec, run_spec
for key, entry in CATALOG.items():
    if entry.heap:
        told = run_spec(StepSpec(key, entry.program, entry.start, then="random:3"))
        print(key, hashlib.sha256(json.dumps(told).encode()).hexdigest())
"""


def heap_of(stepper: Stepper) -> dict[int, tuple[Any, ...]]:
    """The nodes as they are: freed, retired by whom, value, cells."""
    heap, encode = stepper.memory.heap, stepper.memory.encode
    assert heap is not None
    return {
        node.trace_id: (
            node.trace_freed, node.trace_retired, encode(plain_of(node)), [cell.code for cell in cells_of(node)],
        )
        for node in heap.nodes
    }  # fmt: skip


def folded(stepper: Stepper) -> dict[int, tuple[Any, ...]]:
    """The nodes as the trace tells."""
    recorder = stepper.recorder
    names = Names(
        [{"cells": recorder.cells, "types": recorder.types, "values": recorder.values, "sites": recorder.sites}]
    )
    fold = Fold.from_snapshot(stepper.start, names)
    fold.apply_bytes(bytes(recorder.data))
    state = fold.state
    return {
        node.id: (node.freed, node.retired, node.value, [state.cells[cell].value for cell in node.cells])
        for node in state.nodes.values()
    }


@pytest.mark.parametrize("key", ON_HEAP)
@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), steps=st.integers(0, 120), reuse=st.sampled_from(list(REUSE_POLICIES)))
def test_the_trace_tells_what_the_heap_is(key: str, seed: int, steps: int, reuse: str) -> None:
    entry = CATALOG[key]
    stepper, problems = open_spec(StepSpec(key, entry.program, entry.start, reuse=reuse))
    assert problems == []
    walk = RandomWalk(seed)
    with stepper:
        for _ in range(steps):
            thread = walk.choose(stepper)
            if thread is None:
                break
            stepper.step(thread)
        # A node that was retired twice belongs to whoever did it last, in the trace; the heap knows the first one.
        twice = {fault.node for fault in stepper.recorder.faults if fault.kind in ("double retire", "use after free")}
        heap, told = heap_of(stepper), folded(stepper)
        assert {number: row for number, row in told.items() if number not in twice} == {
            number: row for number, row in heap.items() if number not in twice
        }


@pytest.mark.parametrize("key", ON_HEAP)
def test_generations_count_how_often_a_node_was_used_again(key: str) -> None:
    put, take = ("push", "pop") if CATALOG[key].family == "stack" else ("enqueue", "dequeue")
    program = "; ".join(f"{put} {number}; {take}" for number in range(8))
    stepper, _ = open_spec(StepSpec(key, program, f"{put} 1"))
    with stepper:
        while stepper.movable():
            stepper.step(0)
        generations: dict[int, int] = {}
        for record in RECORD.iter_unpack(bytes(stepper.recorder.data)):
            if record[3] == Kind.REUSE:
                assert record[6] == generations.get(record[5], 0) + 1
                generations[record[5]] = record[6]
        assert stepper.memory.heap is not None
        made = {node.trace_id: node.trace_generation for node in stepper.memory.heap.nodes}
        assert {number: count for number, count in made.items() if count} == generations
        assert stepper.recorder.faults == []
    assert sum(generations.values()) + len(made) == 9 + (CATALOG[key].family == "queue"), "and the dummy"


def test_every_process_tells_the_same() -> None:
    """Texts, and what a set would give in its own order, depend on no hash and no address."""
    told = set()
    for seed in ("0", "1", "2", "3"):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed}
        command = [sys.executable, "-W", "error", "-c", REPLAY]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=LIMIT_S)
        assert done.returncode == 0, done.stderr
        told.add(done.stdout)
    assert len(told) == 1
    assert len(told.pop().splitlines()) == len(ON_HEAP)
