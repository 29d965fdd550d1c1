"""What an execution is made from, as text: what a URL, a command line, a test or a scenario holds."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from typing import Any, Final

from lockfree_core.catalog import CATALOG, Entry, of_lab
from lockfree_core.drive.schedulers import OneOperation, Priority, RandomWalk, RoundRobin, Scheduler
from lockfree_core.drive.stepping.execution import describe_execution, extend, replay
from lockfree_core.drive.stepping.heap import REUSE_POLICIES, Heap
from lockfree_core.drive.stepping.program import MOST_THREADS, Method, Problem, Program, parse_program
from lockfree_core.drive.stepping.schedule import Move, format_schedule, parse_schedule
from lockfree_core.drive.stepping.stepper import Stepper

__all__ = ["BACKOFFS", "SPEC_VERSION", "StepSpec", "run_spec"]

SPEC_VERSION: Final = 1
BACKOFFS: Final = ("none", "exponential")

_LARGEST_SEED: Final = 4_294_967_295


@dataclass(frozen=True, slots=True)
class StepSpec:
    """An execution, as text.

    ``structure`` is a key of the catalog; ``program``, ``start`` and ``schedule`` are as in
    ``lockfree_core.drive.stepping``; ``seed`` fixes what is drawn; ``reuse`` is what the simulated heap does, where the
    structure needs one. ``then`` is what to do after the schedule: ``op:1`` (thread 1 to the end of its operation),
    ``all`` (everybody in turn), ``random:7`` (a random walk with that seed), ``priority:3.1`` (the most urgent first).
    """

    structure: str = "treiber-stack"
    program: str = ""
    start: str = ""
    schedule: str = ""
    seed: int = 1
    backoff: str = "none"
    reuse: str = "lifo"
    then: str = ""

    @classmethod
    def from_texts(cls, texts: Mapping[str, str]) -> tuple[StepSpec, list[Problem]]:
        """From the parameters of a URL. What is missing has its default; what is wrong, too, and is told of."""
        problems: list[Problem] = []
        known = {item.name for item in fields(cls)} | {"v"}
        found = {name: value for name, value in texts.items() if name in known - {"v", "seed"}}
        version = texts.get("v", str(SPEC_VERSION))
        if not version.isdecimal() or int(version[:9]) > SPEC_VERSION:
            problems.append(
                Problem("v", f"this link was made by a newer version (format {version[:9]}, this one reads up to "
                             f"{SPEC_VERSION}); what is understood of it is shown")
            )  # fmt: skip
        problems += [
            Problem(name, "is no field of a link to an execution; it is left out")
            for name in texts
            if name not in known
        ]
        seed = 1
        if "seed" in texts:
            text = texts["seed"]
            if text.isdecimal() and len(text) <= 10 and int(text) <= _LARGEST_SEED:
                seed = int(text)
            else:
                problems.append(Problem("seed", f"must be a whole number from 0 to {_LARGEST_SEED}; got {text[:20]!r}"))
        spec = cls(**found, seed=seed)
        return spec._checked(problems), problems

    @property
    def entry(self) -> Entry:
        """The structure's place in the catalog.

        Raises:
            KeyError: when there is none.
        """
        return CATALOG[self.structure]

    def describe(self) -> dict[str, Any]:
        """The spec as plain data."""
        return asdict(self)

    def _checked(self, problems: list[Problem]) -> StepSpec:
        values = asdict(self)
        for name, options in (
            ("structure", tuple(of_lab("step"))),
            ("backoff", BACKOFFS),
            ("reuse", tuple(REUSE_POLICIES)),
        ):
            if values[name] not in options:
                problems.append(Problem(name, f"must be one of {', '.join(options)}; got {str(values[name])[:40]!r}"))
                values[name] = StepSpec.__dataclass_fields__[name].default
        entry = CATALOG[values["structure"]]
        if not values["program"].strip():
            values["program"] = entry.program
            values["start"] = values["start"] or entry.start
        return StepSpec(**values)


def methods_of(entry: Entry) -> tuple[Method, ...]:
    """The operations of a structure, as programs name them."""
    return tuple(Method(item.name, item.parameters, item.effect, item.items) for item in entry.operations)


@lru_cache(maxsize=64)
def _parse(text: str, start: str, methods: tuple[Method, ...]) -> tuple[Program, tuple[Problem, ...]]:
    """Kept for a while: a person who steps sends the same program again and again."""
    program, problems = parse_program(text, start, methods)
    return program, tuple(problems)


def open_spec(spec: StepSpec) -> tuple[Stepper, list[Problem]]:
    """A stepper for a spec that has been checked, before its first step; close it."""
    entry = spec.entry
    methods = methods_of(entry)
    program, problems = _parse(spec.program, spec.start, methods)
    module, _, name = entry.factory.partition(":")
    factory = getattr(importlib.import_module(module), name)
    heap = Heap(spec.reuse) if entry.heap else None
    return Stepper(factory, methods, program, seed=spec.seed, backoff=spec.backoff, heap=heap), list(problems)


def run_spec(spec: StepSpec) -> dict[str, Any]:
    """Run a spec that has been checked: the execution as plain data, with its problems and its whole schedule."""
    stepper, problems = open_spec(spec)
    with stepper:
        moves, wrong = parse_schedule(spec.schedule)
        problems += wrong
        cannot = replay(stepper, moves)
        problems += cannot
        if spec.then and not wrong and not cannot:
            scheduler = make_scheduler(spec.then, len(stepper.lanes))
            problems += [scheduler] if isinstance(scheduler, Problem) else extend(stepper, scheduler)
        taken = [Move(row.thread, row.done is None) for row in stepper.steps]
        found = describe_execution(stepper)
    schedule = format_schedule(taken)
    return {
        "spec": spec.describe() | {"schedule": schedule, "then": ""},
        "problems": [problem.describe() for problem in problems],
        **found,
    }


def make_scheduler(text: str, threads: int) -> Scheduler | Problem:
    """The scheduler that ``then`` names."""
    kind, _, rest = text.partition(":")
    numbers = [int(part) for part in rest.split(".") if part.isdecimal() and len(part) <= 10]
    if kind == "all" and not rest:
        return RoundRobin()
    if kind == "random" and len(numbers) == 1:
        return RandomWalk(numbers[0])
    if kind == "op" and len(numbers) == 1 and 1 <= numbers[0] <= threads:
        return OneOperation(numbers[0] - 1)
    if kind == "priority" and numbers and all(1 <= number <= MOST_THREADS for number in numbers):
        return Priority([number - 1 for number in numbers])
    return Problem("then", f"must be op:THREAD, all, random:SEED or priority:3.1.2; got {text[:40]!r}")
