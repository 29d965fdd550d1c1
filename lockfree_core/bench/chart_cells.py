"""Measured cases as charts need them: each with the lock that it is compared with, and how it is told of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from lockfree_core.bench.results import Case, Run
from lockfree_core.bench.statistics import Interval
from lockfree_core.bench.verdict import baseline_of

__all__ = ["VENUES", "WAYS", "Cell", "cells_of", "load_words", "scaled", "slug", "where_words"]

VENUES: Final = {"threads": "", "kernel": " in C without the GIL", "processes": " between processes"}

# What an implementation is called where several structures stand side by side.
WAYS: Final = {
    "mutex": "a lock", "rwlock": "readers-writer lock", "twin": "same nodes, a lock", "emulated": "emulated CAS",
    "hardware": "Python, hardware cells", "native": "C", "striped": "C, striped", "standard": "standard library",
    "simplequeue": "SimpleQueue", "queue": "queue module", "kernel": "lock-free kernel", "kernel-mutex": "mutex kernel",
    "kernel-spinlock": "spinlock kernel", "native-rwlock": "C, readers-writer lock",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cell:
    """A measured case with the lock that it is compared with, and which of several runs it is from."""

    case: Case
    base: Case | None
    cores: object
    run: int = 0
    run_title: str = ""

    @property
    def structure(self) -> str:
        """``stack``."""
        return self.case.spec.candidate.partition("/")[0]

    @property
    def implementation(self) -> str:
        """``native``."""
        return self.case.spec.candidate.partition("/")[2]

    def value(self, dimension: str) -> object:
        """Of the interpreter or a field of the workload."""
        return self.case.interpreter if dimension == "interpreter" else getattr(self.case.spec.workload, dimension)


def cells_of(run: Run, number: int = 0) -> list[Cell]:
    """What was measured, without the null candidates: they show what the harness costs and are no contestants."""
    cells, cores = [], run.environment.get("cores", "?")
    for group in run.groups():
        base = baseline_of(group) if group[0].spec.kind != "race" else None
        cells += [Cell(case, base, cores, number, run.name or run.id) for case in group
                  if case.values() and not case.spec.candidate.endswith("/null")]  # fmt: skip
    return cells


def scaled(interval: Interval | None, factor: float) -> Interval | None:
    if interval is None:
        return None
    return replace(
        interval, median=interval.median * factor, low=interval.low * factor, high=interval.high * factor
    )  # fmt: skip


def load_words(cell: Cell) -> str:
    return cell.case.spec.workload.words()


def where_words(cell: Cell, varying: Sequence[str]) -> str:
    """Interpreter, cores and workload, as far as they are the same for all."""
    cores = f"{cell.cores} core" if cell.cores == 1 else f"{cell.cores} cores"
    parts = [cell.case.interpreter or "this interpreter"] if "interpreter" not in varying else []
    words = [cores, *parts]
    plain = cell.case.spec.workload
    if not {"threads", "backoff", "think"} & set(varying):
        words.append(plain.words())
    elif "threads" not in varying:
        words.append("1 thread" if plain.threads == 1 else f"{plain.threads} threads")
    return ", ".join(words)


def slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
