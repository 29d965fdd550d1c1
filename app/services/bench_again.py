"""What has to be asked for to measure a run again: its very cases, read off the run itself."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from app.services.bench_plan import BUDGET_S, PRECISION
from lockfree_core.bench.presets import (
    CUSTOM_KINDS,
    CUSTOM_SECONDS,
    CUSTOM_THREADS,
    PRESETS,
    custom_cases,
    preset_cases,
)
from lockfree_core.bench.results import Case, Run
from lockfree_core.bench.workloads import Workload
from lockfree_core.errors import BenchError

__all__ = ["again"]


def again(run: Run) -> dict[str, Any] | None:
    """A body for ``POST /api/bench/job`` that makes the cases of this run, and beside them null candidates at most.

    As its preset where it has one that still makes them, else as a custom run; None where that cannot ask for them
    either. Not in it is what would be taken anyway.
    """
    found = _of_preset(run) if run.preset in PRESETS else None
    found = found or _of_custom(run)
    return found and found | _pythons(run, found.get("preset")) | _limits(run, found.get("preset"))


def _of_preset(run: Run) -> dict[str, Any] | None:
    preset = PRESETS[run.preset]
    threads, kinds, seconds = _threads(run), _kinds(run), run.cases[0].spec.seconds if run.cases else 0.0
    structures = list(dict.fromkeys(case.spec.candidate.partition("/")[0] for case in run.cases))
    there = dict.fromkeys(key.partition("/")[0] for key in preset.candidates) or structures
    found: dict[str, Any] = {"preset": run.preset}
    if threads != list(dict.fromkeys(load.threads for load in preset.workloads)):
        found["threads"] = threads
    if kinds != list(preset.kinds):
        found["kinds"] = kinds
    if seconds != preset.seconds:
        found["seconds"] = seconds
    if set(structures) != set(there):
        found["structures"] = structures
    try:
        made = preset_cases(run.preset, (), found.get("threads", ()), seconds, kinds, found.get("structures", ()))
    except BenchError:
        return None
    return found if _is_made_of(run, made) else None


def _of_custom(run: Run) -> dict[str, Any] | None:
    """A custom run has one workload but for the threads."""
    if not run.cases:
        return None
    keys = list(dict.fromkeys(case.spec.candidate for case in run.cases))
    spec, plain, threads, kinds = run.cases[0].spec, Workload().as_dict(), _threads(run), _kinds(run)
    load = {name: value for name, value in spec.workload.as_dict().items() if name != "threads"}
    try:
        loads = [Workload(threads=count, **load) for count in threads]
        if not _is_made_of(run, custom_cases(keys, loads, kinds, spec.seconds)):
            return None
    except BenchError:
        return None
    bare = [key for key in keys if not key.endswith("/null")] or keys  # null candidates come by themselves
    more = {"threads": (threads, list(CUSTOM_THREADS)), "kinds": (kinds, list(CUSTOM_KINDS)),
            "seconds": (spec.seconds, CUSTOM_SECONDS)}  # fmt: skip
    workload = {name: value for name, value in load.items() if value != plain[name]}
    return {"custom": {"candidates": bare, "workload": workload}} | {
        name: value for name, (value, usual) in more.items() if value != usual
    }


def _is_made_of(run: Run, made: Sequence[Case]) -> bool:
    """Whether on each of its interpreters it has these samples, no other, in this order."""
    wanted = _samples(made)
    pythons = {case.python for case in run.cases}
    return all(_samples([case for case in run.cases if case.python == python]) == wanted for python in pythons)


def _samples(cases: Sequence[Case]) -> list[tuple[object, ...]]:
    """What decides; null candidates, which every run gets, decide only where there is nothing else."""
    named = [case for case in cases if not case.spec.candidate.endswith("/null")] or cases
    return [(case.spec.kind, case.spec.candidate, case.spec.workload, case.spec.seconds) for case in named]


def _threads(run: Run) -> list[int]:
    return list(dict.fromkeys(case.spec.workload.threads for case in run.cases))


def _kinds(run: Run) -> list[str]:
    return list(dict.fromkeys(case.spec.kind for case in run.cases))


def _pythons(run: Run, preset: str | None) -> dict[str, Any]:
    found = list(dict.fromkeys(case.python for case in run.cases))
    is_usual = found == [sys.executable] and not (preset and PRESETS[preset].every_interpreter)
    return {} if is_usual or not all(found) else {"pythons": found}


def _limits(run: Run, preset: str | None) -> dict[str, Any]:
    """Of the settings what can be asked for; a file from elsewhere may lack them."""
    settings, found = run.settings, dict[str, Any]()
    budget, precision, rounds = (settings.get(name) for name in ("budget_s", "precision", "most"))
    usual = PRESETS[preset].budget_s if preset else BUDGET_S[2]
    if isinstance(budget, int | float) and budget != usual:
        found["budget_s"] = budget
    if precision == 0 and isinstance(rounds, int):
        found["rounds"] = rounds
    elif isinstance(precision, int | float) and precision > 0 and round(precision * 100, 6) != PRECISION[2]:
        found["precision"] = round(precision * 100, 6)
    return found
