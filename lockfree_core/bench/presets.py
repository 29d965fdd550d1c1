"""Runs that answer one question each."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from lockfree_core.bench.candidates import CANDIDATES, find_candidate
from lockfree_core.bench.interpreters import Interpreter
from lockfree_core.bench.races import RACES
from lockfree_core.bench.results import Case
from lockfree_core.bench.spec import KINDS, SampleSpec
from lockfree_core.bench.workloads import Workload
from lockfree_core.errors import BenchError

__all__ = ["CUSTOM_KINDS", "CUSTOM_SECONDS", "CUSTOM_THREADS", "PRESETS", "Preset", "cases_of", "custom_cases",
           "preset_cases"]  # fmt: skip

# A custom run that says nothing of them.
CUSTOM_THREADS: Final = (2, 8)
CUSTOM_KINDS: Final = ("throughput",)
CUSTOM_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Preset:
    """A question.

    Attributes:
        question: in words.
        candidates: ``structure/implementation``; none of a race.
        workloads: each candidate is measured with each.
        kinds: of samples.
        seconds: of one sample.
        warm_up: seconds before.
        budget_s: how long the run may take unless somebody says otherwise.
        every_interpreter: whether it is asked of all that are there.
    """

    question: str
    candidates: tuple[str, ...]
    workloads: tuple[Workload, ...]
    kinds: tuple[str, ...] = ("throughput",)
    seconds: float = 0.1
    warm_up: float = 0.02
    budget_s: float = 60.0
    every_interpreter: bool = False


def _pick(structures: str, implementations: str) -> tuple[str, ...]:
    """Those of the matrix that there are, a structure at a time."""
    names = [f"{structure}/{way}" for structure in structures.split() for way in implementations.split()]
    return tuple(name for name in names if name in CANDIDATES)


def _threads(*counts: int) -> tuple[Workload, ...]:
    return tuple(Workload(threads=count) for count in counts)


_CLASSIC: Final = (
    *_pick("counter stack", "null mutex emulated hardware native standard"),
    *_pick("queue", "mutex emulated hardware native standard"),  # whose loop is the stack's: no null candidate
    *_pick("dictionary", "null rwlock mutex emulated hardware native native-rwlock standard"),
)

PRESETS: Final[Mapping[str, Preset]] = {
    "classic": Preset("the table of the classic article: lock-free against lock-based, two threads and eight", _CLASSIC,
                      _threads(2, 8), seconds=0.04, warm_up=0.01, budget_s=50.0),
    "scaling": Preset("how throughput changes with the number of threads",
                      _pick("counter stack queue dictionary", "null mutex hardware native standard"),
                      _threads(1, 2, 4, 8, 16), budget_s=180.0),
    "sweep": Preset("from how much work between two operations on contention no longer matters",
                    _pick("stack counter", "null mutex hardware native kernel kernel-mutex"),
                    tuple(Workload(threads=8, think=think) for think in (0, 10, 100, 1000, 10_000)), budget_s=120.0),
    "backoff": Preset("what waiting after a lost compare-and-swap is worth",
                      _pick("stack queue counter", "null mutex emulated hardware native kernel kernel-mutex"),
                      tuple(Workload(threads=8, backoff=name)
                            for name in ("none", "short", "default", "constant", "long")),
                      budget_s=120.0),
    "interpreters": Preset("what the GIL changes",
                           _pick("counter stack queue dictionary",
                                 "null mutex rwlock hardware native striped standard"),
                           _threads(1, 8), budget_s=180.0, every_interpreter=True),
    "kernels": Preset("what the GIL hides: the same structures in C, without it",
                      _pick("counter stack queue ring", "null kernel kernel-mutex kernel-spinlock"), _threads(1, 2, 8),
                      budget_s=90.0),
    "latency": Preset("how long the slowest operations take",
                      _pick("stack queue", "null mutex hardware native standard simplequeue queue"), _threads(8),
                      kinds=("throughput", "latency"), seconds=0.2, budget_s=90.0),
    "processes": Preset("counting between processes",
                        _pick("counter", "null process-lock process-cas process-add"), _threads(1, 4), seconds=0.2,
                        budget_s=60.0),
    "memory": Preset("what copies take", _pick("dictionary", "null rwlock mutex emulated hardware native"),
                     (Workload(threads=8, keys=10_000),), budget_s=30.0),
    "races": Preset("what unguarded programs lose", (), _threads(8), kinds=("race",), budget_s=60.0,
                    every_interpreter=True),
}  # fmt: skip


def preset_cases(
    name: str, pythons: Sequence[Interpreter] = (), threads: Sequence[int] = (), seconds: float | None = None,
    kinds: Sequence[str] = (), structures: Sequence[str] = (),
) -> list[Case]:  # fmt: skip
    """The cases of a preset; what is given beside it replaces its own.

    Raises:
        BenchError: when there is no such preset, or nothing of it is left.
    """
    if name not in PRESETS:
        raise BenchError(f"a preset is one of {', '.join(PRESETS)}; got {name!r}")
    preset = PRESETS[name]
    _check_kinds(name, kinds, preset.kinds == ("race",))
    keys = [f"race/{race}" for race in RACES] if preset.kinds == ("race",) else list(preset.candidates)
    if structures:
        keys = [key for key in keys if key.partition("/")[0] in structures]
        if keys and "race" not in structures and not any(key.endswith("/null") for key in keys):
            keys.insert(0, f"{keys[0].partition('/')[0]}/null")
    if not keys:
        raise BenchError(f"there is nothing of {', '.join(structures)} in {name}")
    loads = [replace(preset.workloads[0], threads=count) for count in threads] or list(preset.workloads)
    if threads and len(preset.workloads) > 1 and len({load.threads for load in preset.workloads}) == 1:
        loads = [replace(load, threads=count) for count in threads for load in preset.workloads]
    return cases_of(keys, loads, kinds or preset.kinds, seconds or preset.seconds, pythons, preset.warm_up)


def custom_cases(
    candidates: Iterable[str], workloads: Sequence[Workload], kinds: Sequence[str], seconds: float,
    pythons: Sequence[Interpreter] = (),
) -> list[Case]:  # fmt: skip
    """Cells of the matrix, a null candidate for each of their structures with them.

    Raises:
        BenchError: when there is no such candidate, or nothing to measure.
    """
    _check_kinds("a custom run", kinds, False)
    found = [find_candidate(key) for key in candidates]
    keys = {f"{each.structure}/null" for each in found} | {each.key for each in found}
    return cases_of(sorted(keys, key=_order), workloads, kinds, seconds, pythons)


def _check_kinds(what: str, kinds: Iterable[str], is_race: bool) -> None:
    """Races are programs of their own, not samples of a structure."""
    there = [kind for kind in KINDS if (kind == "race") == is_race]
    for kind in kinds:
        if kind not in there:
            raise BenchError(f"the kind of a sample of {what} is {' or '.join(there)}; got {kind!r}")


def _order(key: str) -> int:
    return list(CANDIDATES).index(key)


def cases_of(
    keys: Iterable[str], workloads: Sequence[Workload], kinds: Sequence[str], seconds: float,
    pythons: Sequence[Interpreter] = (), warm_up: float = 0.02,
) -> list[Case]:  # fmt: skip
    """Every candidate with every workload, kind and interpreter that it can be measured with."""
    places = [(each.path, each.title) for each in pythons if each.reason is None] or [(sys.executable, _here())]
    cases = []
    for path, title in places:
        for kind in kinds:
            for load in workloads:
                for key in keys:
                    if kind != "latency" or not find_candidate(key).shared:
                        cases.append(Case(SampleSpec(kind, key, load, seconds, warm_up), path, title))
    if not cases:
        raise BenchError("there is nothing to measure: no thread count, no kind of sample or no interpreter is left")
    return cases


def _here() -> str:
    import platform

    gil: Any = getattr(sys, "_is_gil_enabled", lambda: True)()
    return f"{platform.python_implementation()} {platform.python_version()}{'' if gil else ' free-threaded'}"
