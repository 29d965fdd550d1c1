"""A run and what it measured, as plain data that is stored, sent and read back."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from lockfree_core.bench.candidates import find_candidate
from lockfree_core.bench.spec import SampleSpec
from lockfree_core.bench.statistics import Interval, median_interval, ratio_interval
from lockfree_core.errors import BenchError, ResultError

__all__ = ["FORMAT", "VERSION", "Case", "Run", "new_id"]

FORMAT: Final = "lockfree-lab-bench"
VERSION: Final = 1

_ENDINGS: Final = ("running", "precise", "budget", "rounds", "cancelled", "nothing")


def new_id() -> str:
    """A name for a run that nobody else has."""
    return secrets.token_hex(4)


@dataclass(slots=True)
class Case:
    """A candidate with its workload on an interpreter, and its samples in the order in which they were taken."""

    spec: SampleSpec
    python: str = ""
    interpreter: str = ""
    samples: list[dict[str, Any]] = field(default_factory=list)
    unavailable: str | None = None

    @property
    def group(self) -> tuple[Any, ...]:
        """What it has in common with the cases that it is compared with."""
        structure = self.spec.candidate.partition("/")[0]
        return self.python, self.spec.kind, structure, self.venue, self.spec.workload

    @property
    def venue(self) -> str:
        """Where its threads run."""
        return "threads" if self.spec.kind == "race" else find_candidate(self.spec.candidate).venue

    @property
    def figure(self) -> str:
        """The figure that decides when there are enough samples."""
        return {"latency": "p99.9", "race": "lost"}.get(self.spec.kind, "ops_per_s")

    def values(self, figure: str = "") -> list[float]:
        """A figure of all good samples; quantiles of latencies are figures, too."""
        return [value for value in self.by_round(figure) if value is not None]

    def by_round(self, figure: str = "") -> list[float | None]:
        """Likewise, with None where the sample failed."""
        name = figure or self.figure
        found: list[float | None] = []
        for sample in self.samples:
            value = sample.get(name, sample.get("latency_ns", {}).get(name)) if sample["ok"] else None
            found.append(value)
        return found

    def interval(self, figure: str = "") -> Interval | None:
        """The median of a figure with its interval, if there is any."""
        values = self.values(figure)
        return median_interval(values) if values else None

    def ratio_to(self, other: Case, figure: str = "") -> Interval | None:
        """The ratio to another case, over the rounds in which both succeeded."""
        pairs = zip(self.by_round(figure), other.by_round(figure), strict=False)
        good = [(one, two) for one, two in pairs if one is not None and two]
        return ratio_interval(*map(list, zip(*good, strict=True))) if good else None

    def failures(self) -> list[str]:
        """The reasons of failed samples."""
        return [sample["reason"] for sample in self.samples if not sample["ok"]]

    def as_dict(self) -> dict[str, Any]:
        """Plain data; ``summary`` is computed and need not be read back."""
        interval = self.interval()
        return {
            **self.spec.as_dict(), "title": self.spec.title(), "python": self.python, "interpreter": self.interpreter,
            "unavailable": self.unavailable, "samples": self.samples,
            "summary": {"figure": self.figure, **interval.as_dict()} if interval else None,
        }  # fmt: skip


@dataclass(slots=True)
class Run:
    """Cases whose samples alternated.

    ``ended``: ``precise`` (every interval is as narrow as asked), ``budget`` (the time was over before), ``rounds``
    (the most rounds were done before), ``cancelled``, ``nothing`` (no case could be measured); ``running`` until then.
    """

    preset: str
    cases: list[Case]
    environment: dict[str, Any]
    settings: dict[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=new_id)
    name: str = ""
    note: str = ""
    ended: str = "running"
    seconds: float = 0.0

    @property
    def failed_samples(self) -> int:
        """How many samples failed."""
        return sum(len(case.failures()) for case in self.cases)

    def groups(self) -> Iterator[list[Case]]:
        """Cases that are compared with each other, in order."""
        found: dict[tuple[Any, ...], list[Case]] = {}
        for case in self.cases:
            found.setdefault(case.group, []).append(case)
        yield from found.values()

    def summary(self) -> dict[str, Any]:
        """What a list of runs says of it, without its samples."""
        place, cores = self.environment, self.environment.get("cores")
        return {
            "id": self.id, "name": self.name, "note": self.note, "date": str(place.get("date", "")),
            "preset": self.preset, "ended": self.ended, "interpreter": str(place.get("interpreter", "")),
            "cpu": str(place.get("cpu", "")), "cores": cores if isinstance(cores, int) else 0,
            "commit_id": str(place.get("commit", "")), "cases": len(self.cases),
            "samples": sum(len(case.samples) for case in self.cases), "failed": self.failed_samples,
        }  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "format": FORMAT, "version": VERSION, "id": self.id, "name": self.name, "note": self.note,
            "preset": self.preset, "ended": self.ended, "seconds": self.seconds, "settings": self.settings,
            "environment": self.environment, "cases": [case.as_dict() for case in self.cases],
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: object) -> Run:
        """From plain data, whoever wrote it.

        Raises:
            ResultError: when it is no result, a damaged one, or from a newer version.
        """
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise ResultError("this is no result of lockfree-lab bench")
        version = data.get("version")
        if not isinstance(version, int) or isinstance(version, bool) or version < 1:
            raise ResultError(f"the version of the result is a whole number from 1, got {version!r}")
        if version > VERSION:
            raise ResultError(f"the result is of version {version}; this Lockfree Lab reads up to {VERSION}. Update it")
        _require(data, {"id": str, "name": str, "note": str, "preset": str, "ended": str, "settings": dict,
                        "environment": dict, "cases": list})  # fmt: skip
        if data["ended"] not in _ENDINGS:
            raise ResultError(f"ended is one of {', '.join(_ENDINGS)}; got {data['ended']!r}")
        if not data["id"] or not data["id"].isalnum() or len(data["id"]) > 64:
            raise ResultError("id is up to 64 letters and digits")
        seconds = data.get("seconds")
        _check_numbers("seconds", seconds)
        _check_environment(data["environment"])
        return cls(
            data["preset"], [_read_case(case, number) for number, case in enumerate(data["cases"])],
            data["environment"], data["settings"], data["id"], data["name"], data["note"], data["ended"],
            float(seconds),  # type: ignore[arg-type]
        )  # fmt: skip


def _require(data: dict[str, Any], kinds: dict[str, type]) -> None:
    for name, kind in kinds.items():
        if not isinstance(data.get(name), kind):
            raise ResultError(f"{name} is a {kind.__name__}, got {data.get(name)!r:.60}")


def _check_environment(place: dict[str, Any]) -> None:
    """What is computed with; the rest is only shown."""
    cores, load = place.get("cores"), place.get("load_average_before", [])
    if isinstance(cores, bool) or not isinstance(cores, int) or not 1 <= cores <= 2**20:
        raise ResultError(f"environment: cores is a whole number from 1, got {cores!r:.60}")
    if not isinstance(load, list):
        raise ResultError(f"environment: load_average_before is a list, got {load!r:.60}")
    for value in load:
        _check_numbers("environment: load_average_before", value)


def _read_case(data: object, number: int) -> Case:
    if not isinstance(data, dict):
        raise ResultError(f"case {number + 1} is no object")
    fields = ("kind", "candidate", "workload", "seconds", "warm_up", "operations")
    try:
        spec = SampleSpec.from_dict({name: data[name] for name in fields if name in data})
        _require(data, {"python": str, "interpreter": str, "samples": list})
        samples = [_read_sample(sample) for sample in data["samples"]]
    except (BenchError, ResultError, TypeError) as error:
        raise ResultError(f"case {number + 1}: {error}") from None
    unavailable = data.get("unavailable")
    if unavailable is not None and not isinstance(unavailable, str):
        raise ResultError(f"case {number + 1}: unavailable is null or a str")
    return Case(spec, data["python"], data["interpreter"], samples, unavailable)


def _read_sample(data: object) -> dict[str, Any]:
    """A sample whose figures can be computed with, whatever else is in it."""
    if not isinstance(data, dict) or not isinstance(data.get("ok"), bool):
        raise ResultError("a sample is an object with ok")
    if not data["ok"]:
        _require(data, {"reason": str})
        return data
    for name in ("ops_per_s", "seconds", "operations", "cpu_s", "fairness", "retry_rate", "peak_kb", "lost", "found",
                 "expected", "overhead", "start_kb"):  # fmt: skip
        if name in data:
            _check_numbers(name, data[name])
    latencies = data.get("latency_ns", {})
    if not isinstance(latencies, dict):
        raise ResultError("latency_ns is an object")
    for name, value in latencies.items():
        _check_numbers(str(name), value)
    return data


def _check_numbers(name: str, value: object) -> None:
    """Such as the ratio of any two of them is a number, too."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not (value == 0 or 1e-100 < abs(value) < 1e100):
        raise ResultError(f"{name} is a number, got {value!r:.60}")
