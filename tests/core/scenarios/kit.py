"""Scenarios for tests: their executions, the same steps on another structure, and what holds for every one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from lockfree_core.catalog import CATALOG
from lockfree_core.drive.stepping.schedule import parse_schedule
from lockfree_core.drive.stepping.stepper import Stepper
from lockfree_core.scenarios import run_spec
from lockfree_core.scenarios.registry import SCENARIOS
from lockfree_core.scenarios.spec import StepSpec, open_spec
from lockfree_core.trace.words import node_name

__all__ = ["check_captions", "check_ending", "faults", "move_on", "on", "results", "run", "steps_of", "texts"]


@cache
def run(key: str) -> dict[str, Any]:
    """The execution of a scenario."""
    return run_spec(SCENARIOS[key].spec)


def results(execution: dict[str, Any]) -> list[list[str | None]]:
    """What the calls of each thread have returned."""
    return [[call["result"] for call in row["calls"]] for row in execution["threads"]]


def faults(execution: dict[str, Any]) -> list[tuple[str, int, int]]:
    """Kind, step and thread of each fault."""
    return [(fault["kind"], fault["step"], fault["thread"]) for fault in execution["faults"]]


def texts(execution: dict[str, Any]) -> list[str]:
    """What each step did, with its thread."""
    return [f"T{step['thread'] + 1} {step['text']}" for step in execution["steps"]]


def steps_of(execution: dict[str, Any], thread: int) -> list[str]:
    """What the steps of a thread (from 0) did."""
    return [step["text"] for step in execution["steps"] if step["thread"] == thread]


def on(structure: str, spec: StepSpec) -> dict[str, Any]:
    """The same program and start on another structure, under the same schedule as far as it goes.

    A move of a thread that cannot move there is left out, and in the end everybody goes on in turn: a cure takes
    accesses of its own.
    """
    moved = replace(spec, structure=structure, schedule="")
    stepper, problems = open_spec(moved)
    assert problems == []
    with stepper:
        taken = move_on(stepper, spec.schedule)
    return run_spec(replace(moved, schedule=taken, then="all"))


def move_on(stepper: Stepper, schedule: str) -> str:
    """Make the moves of a schedule that can be made; those, as a schedule."""
    taken = []
    for thread, kill in parse_schedule(schedule)[0]:
        if stepper.why_stuck(thread) is None:
            stepper.kill(thread) if kill else stepper.step(thread)
            taken.append(f"k{thread + 1}" if kill else f"{thread + 1}")
    return ".".join(taken)


def check_ending(key: str) -> None:
    """It runs without a problem, and ends with the faults that it names."""
    scenario, execution = SCENARIOS[key], run(key)
    assert execution["problems"] == []
    assert [kind for kind, _, _ in faults(execution)] == list(scenario.faults)
    assert execution["outcome"]["kind"] != "running"
    assert execution["account"]["balanced"] == ("lost items" not in scenario.faults)
    assert parse_schedule(execution["spec"]["schedule"]) == parse_schedule(scenario.spec.schedule)
    variant = CATALOG[scenario.spec.structure].variant
    assert (variant == "lock-free") <= (not scenario.faults)
    assert (variant == "flawed") <= bool(scenario.faults)
    assert set(scenario.beside) <= set(SCENARIOS) - {key}


def check_captions(key: str) -> None:
    """They stand at steps in order, the first at the start, the last at the end, and name nodes that have been met."""
    captions = SCENARIOS[key].captions
    at: Sequence[int] = [caption.step for caption in captions]
    assert at[0] == 0 and list(at) == sorted(set(at)) and at[-1] == len(run(key)["steps"])
    met = " ".join(texts(run(key)))
    names = {node_name(row["id"]) for row in run(key)["snapshot"]["nodes"]}
    for caption in captions:
        assert caption.text[-1] in ".…" and len(caption.text) <= 240, caption
        for word in caption.text.replace(",", " ").replace(".", " ").replace(":", " ").replace("…", " ").split():
            if word[0] == "n" and word[1:].isdigit():
                assert word in names or word in met, caption
