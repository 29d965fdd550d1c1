"""Executions for tests: a structure, a program and a scheduler, without the catalog; and what must hold afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from lockfree_core.drive.schedulers import RandomWalk, RoundRobin, Scheduler
from lockfree_core.drive.stepping.execution import describe_execution, end_faults, extend
from lockfree_core.drive.stepping.heap import Heap
from lockfree_core.drive.stepping.program import Call, Method, Program
from lockfree_core.drive.stepping.stepper import Stepper
from lockfree_core.scenarios.spec import StepSpec, open_spec

__all__ = ["Run", "items_of", "run_calls", "run_random"]


@dataclass
class Run:
    """What an execution has come to."""

    faults: list[str]
    messages: list[str]
    results: list[list[str]]
    execution: dict[str, Any]
    heap: Heap | None
    structure: Any
    inside: list[Any] = field(default_factory=list)


def run_calls(
    factory: Callable[[Any], Any],
    *threads: str,
    reuse: str = "lifo",
    start: str = "",
    scheduler: Scheduler | None = None,
) -> Run:
    """Run operations without arguments, such as ``"make; drop"``, on a heap: thread after thread in turn."""
    names = {name.strip() for text in (*threads, start) for name in text.split(";") if name.strip()}
    methods = [Method(name, (), "", 0) for name in sorted(names)]
    program = Program(tuple(map(_calls, threads)), _calls(start))
    with Stepper(factory, methods, program, heap=Heap(reuse)) as stepper:
        problems = extend(stepper, scheduler or RoundRobin())
        assert problems == []
        return _run(stepper)


def run_random(structure: str, program: str, start: str, seed: int, reuse: str = "lifo") -> Run:
    """A random walk over a structure of the catalog, to its end."""
    stepper, problems = open_spec(StepSpec(structure, program, start, seed=seed, reuse=reuse))
    with stepper:
        problems += extend(stepper, RandomWalk(seed))
        assert problems == []
        return _run(stepper)


def items_of(run: Run, put_at_start: Sequence[Any]) -> tuple[Counter[str], Counter[str]]:
    """The items that went in, and those that came out or are inside; they must be the same."""
    put: Counter[str] = Counter(map(str, put_at_start))
    got: Counter[str] = Counter(map(str, run.inside))
    for row in run.execution["threads"]:
        for call in row["calls"]:
            name, _, rest = call["text"].partition("(")
            if rest != ")":
                put[rest[:-1]] += 1
            elif call["result"] != "empty":
                got[call["result"]] += 1
    return put, got


def _calls(text: str) -> tuple[Call, ...]:
    return tuple(Call(name.strip()) for name in text.split(";") if name.strip())


def _run(stepper: Stepper) -> Run:
    faults = [*stepper.recorder.faults, *end_faults(stepper)]
    execution = describe_execution(stepper)
    return Run(
        [fault.kind for fault in faults], [fault.message for fault in faults],
        [lane.results for lane in stepper.lanes], execution, stepper.memory.heap, stepper.structure,
        list(stepper.structure),
    )  # fmt: skip
