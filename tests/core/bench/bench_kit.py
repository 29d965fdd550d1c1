"""Runs that were never measured, for tests of what is made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lockfree_core.bench.results import Case, Run
from lockfree_core.bench.spec import SampleSpec
from lockfree_core.bench.workloads import Workload

PLACE = {
    "date": "2026-01-02T03:04:05Z", "cpu": "Test CPU", "cores": 4, "system": "Linux x86_64",
    "interpreter": "CPython 3.11.0", "compiler": "cc", "gil": True, "native": "the interpreter's lock",
    "version": "0", "commit": "abc", "load_average_before": [0.0, 0.0, 0.0],
}  # fmt: skip


def sample(value: float, **more: Any) -> dict[str, Any]:
    return {"ok": True, "ops_per_s": value, "operations": 10, "seconds": 0.1, "fairness": 1.0, "cpu_s": 0.1,
            "peak_kb": 2048, **more}  # fmt: skip


def case(candidate: str, values: Sequence[float], threads: int = 8, **more: Any) -> Case:
    spec = SampleSpec("throughput", candidate, Workload(threads=threads))
    return Case(spec, "python", "CPython 3.11.0", [sample(value, **more) for value in values])


def latencies(candidate: str, values: Sequence[float]) -> Case:
    spec = SampleSpec("latency", candidate, Workload(threads=8))
    samples = [{"ok": True, "latency_ns": {"p50": 1, "p99.9": value, "max": value}} for value in values]
    return Case(spec, "python", "CPython 3.11.0", samples)


def made(*cases: Case, ended: str = "precise", place: Mapping[str, Any] = PLACE, **more: Any) -> Run:
    return Run("custom", list(cases), dict(place), {}, ended=ended, **more)


def around(middle: float) -> list[float]:
    """Seven samples that differ by little."""
    return [middle * factor for factor in (0.97, 0.98, 0.99, 1.0, 1.01, 1.02, 1.03)]
