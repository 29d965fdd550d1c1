"""What stepping costs: running an execution anew, and on the page a click, and scrubbing through a long one.

Every step back, every fork and every link runs the whole execution again, so that is what must be quick.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final

from lockfree_core.drive.schedulers import RandomWalk
from lockfree_core.drive.stepping.execution import describe_execution, extend, replay
from lockfree_core.drive.stepping.program import MOST_OPERATIONS
from lockfree_core.drive.stepping.schedule import Move, format_schedule
from lockfree_core.scenarios.spec import StepSpec, open_spec
from tests.bench.report import Target, environment, print_table, spread, write_result

__all__ = ["measure"]

STEPS: Final = 200
THREADS: Final = 6
ROUNDS: Final = 40
TARGET_MS: Final = 2.0
STRUCTURES: Final = {
    "treiber-stack": "push 1; pop",
    "michael-scott-queue": "enqueue 1; dequeue",
    "locked-stack": "push 1; pop",
    "atomic-counter": "increment",
}


def _moves(spec: StepSpec, steps: int) -> list[Move]:
    """A random walk of so many steps."""
    stepper, problems = open_spec(spec)
    assert not problems, problems
    with stepper:
        extend(stepper, RandomWalk(1), steps)
        assert len(stepper.steps) == steps, len(stepper.steps)
        return [Move(row.thread) for row in stepper.steps]


def _rerun(spec: StepSpec, moves: list[Move]) -> float:
    """Milliseconds to run the moves anew, from the parsed program to the last step."""
    began = time.perf_counter()
    stepper, _ = open_spec(spec)
    with stepper:
        replay(stepper, moves)
    return (time.perf_counter() - began) * 1e3


def _describe(spec: StepSpec, moves: list[Move]) -> float:
    """Milliseconds to put the same execution into plain data."""
    stepper, _ = open_spec(spec)
    with stepper:
        replay(stepper, moves)
        began = time.perf_counter()
        describe_execution(stepper)
        return (time.perf_counter() - began) * 1e3


def measure() -> Path:
    """Each structure, its re-execution and its description in turn."""
    before = environment()
    results: list[dict[str, Any]] = []
    for structure, calls in STRUCTURES.items():
        repeats = MOST_OPERATIONS // len(calls.split(";"))
        spec = StepSpec(structure, " | ".join(["; ".join([calls] * repeats)] * THREADS))
        moves = _moves(spec, STEPS)
        assert len(format_schedule(moves)) <= 2 * STEPS
        _rerun(spec, moves)  # sites are read from the bytecode once in the life of a process
        pairs = [(_rerun(spec, moves), _describe(spec, moves)) for _ in range(ROUNDS)]
        results.append(
            {"structure": structure, "rerun_ms": spread([pair[0] for pair in pairs]),
             "describe_ms": spread([pair[1] for pair in pairs])}
        )  # fmt: skip
    rows = [[row["structure"], row["rerun_ms"]["median"], row["describe_ms"]["median"]] for row in results]
    print_table(
        f"{STEPS} steps, {THREADS} threads (milliseconds, median of {ROUNDS})", ["structure", "run", "describe"], rows
    )
    targets = [
        Target.at_most(f"ms to run {STEPS} steps of {row['structure']}", TARGET_MS, row["rerun_ms"]["median"])
        for row in results
    ]
    return write_result("stepping", before, targets, {"steps": STEPS, "results": results})
