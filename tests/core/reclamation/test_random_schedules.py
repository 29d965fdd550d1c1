"""Random schedules: what is cured never goes wrong, and what is not does, so the check can fail."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockfree_core.catalog import CATALOG
from lockfree_core.drive.schedulers import RandomWalk
from lockfree_core.drive.stepping.heap import REUSE_POLICIES
from lockfree_core.scenarios.spec import StepSpec, open_spec
from tests.core.stepping_kit import items_of, run_random

CURED: Final = [key for key, entry in CATALOG.items() if entry.heap and entry.variant == "lock-free"]
HAZARD_POINTERS: Final = [key for key in CURED if key.startswith("hazard-pointer")]
START: Final = ("1", "2", "3")
MOST_SLOTS: Final = {"stack": 1, "queue": 2}


def put_and_take(key: str) -> tuple[str, str]:
    return ("push", "pop") if CATALOG[key].family == "stack" else ("enqueue", "dequeue")


@st.composite
def programs(draw: st.DrawFn) -> list[list[bool]]:
    """For each of two to four threads, whether each of its operations puts or takes."""
    thread = st.lists(st.booleans(), min_size=1, max_size=5)
    return draw(st.lists(thread, min_size=2, max_size=4))


def text_of(key: str, program: list[list[bool]]) -> tuple[str, str]:
    """The program and what is inside before; every item is another number."""
    put, take = put_and_take(key)
    values = iter(range(10, 100))
    threads = ["; ".join(f"{put} {next(values)}" if puts else take for puts in thread) for thread in program]
    return " | ".join(threads), "; ".join(f"{put} {value}" for value in START)


@pytest.mark.parametrize("key", CURED)
@settings(max_examples=150)
@given(program=programs(), seed=st.integers(0, 2**32 - 1), reuse=st.sampled_from(list(REUSE_POLICIES)))
def test_what_is_cured_never_goes_wrong(key: str, program: list[list[bool]], seed: int, reuse: str) -> None:
    run = run_random(key, *text_of(key, program), seed, reuse)
    assert run.messages == []
    assert run.execution["outcome"]["kind"] == "finished"
    assert run.execution["account"]["balanced"]
    put, got = items_of(run, START)
    assert put == got, "every item comes out, or is inside, once"


@pytest.mark.parametrize("key", HAZARD_POINTERS)
@settings(max_examples=50)
@given(program=programs(), seed=st.integers(0, 2**32 - 1))
def test_hazard_pointers_hold_back_no_more_than_they_promise(key: str, program: list[list[bool]], seed: int) -> None:
    threads = len(program)
    bound = threads * (threads * MOST_SLOTS[CATALOG[key].family] + 1)
    stepper, _ = open_spec(StepSpec(key, *text_of(key, program)))
    walk = RandomWalk(seed)
    with stepper:
        while (thread := walk.choose(stepper)) is not None:
            stepper.step(thread)
            assert stepper.memory.heap is not None
            assert sum(node.trace_retired >= 0 for node in stepper.memory.heap.nodes) <= bound


@pytest.mark.parametrize(
    ("key", "program", "kinds"),
    [
        ("freeing-stack", "pop; push 10; pop | pop; push 11; pop | pop; push 12; pop",
         {"use after free", "double free", "dangling pointer", "lost items", "leak"}),
        ("freeing-queue", "dequeue; enqueue 10; dequeue | dequeue; enqueue 11; dequeue | enqueue 12; dequeue",
         {"use after free"}),
        ("unvalidated-hazard-stack", "pop | pop; push 10; pop; push 11; pop", {"use after free"}),
        ("wrapping-tag-stack", "pop; push 10; pop | pop; push 11; pop | pop; push 12; pop", {"lost items"}),
    ],
)  # fmt: skip
def test_what_is_flawed_is_found_out(key: str, program: str, kinds: set[str]) -> None:
    put, _ = put_and_take(key)
    start = "; ".join(f"{put} {value}" for value in START)
    found: set[str] = set()
    for seed in range(200):
        found |= set(run_random(key, program, start, seed).faults)
        if kinds <= found:
            return
    raise AssertionError(f"not seen in 200 random schedules: {kinds - found}")


@pytest.mark.parametrize("reuse", REUSE_POLICIES)
def test_a_heap_that_never_uses_an_address_again_has_no_aba_but_use_after_free_all_the_same(reuse: str) -> None:
    program = "pop; push 10; pop | pop; push 11; pop | pop; push 12; pop"
    found: set[str] = set()
    for seed in range(200):
        found |= set(run_random("freeing-stack", program, "push 1; push 2; push 3", seed, reuse).faults)
    assert "use after free" in found
    assert ("lost items" in found) == (reuse != "never")
