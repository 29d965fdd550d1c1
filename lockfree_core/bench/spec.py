"""What a sample is told: a candidate, a workload, how long."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from lockfree_core.bench.candidates import find_candidate
from lockfree_core.bench.workloads import Workload
from lockfree_core.errors import BenchError

__all__ = ["KINDS", "LONGEST_SAMPLE_S", "SampleSpec"]

KINDS: Final = ("throughput", "latency", "race")
LONGEST_SAMPLE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class SampleSpec:
    """One sample.

    Attributes:
        kind: one of ``KINDS``.
        candidate: ``structure/implementation``; of a race ``race/name``.
        workload: what the threads do.
        seconds: how long; of a race, nothing.
        warm_up: seconds before.
        operations: of each thread of a race.
    """

    kind: str
    candidate: str
    workload: Workload = field(default_factory=Workload)
    seconds: float = 0.1
    warm_up: float = 0.02
    operations: int = 20_000

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise BenchError(f"a sample's kind is one of {', '.join(KINDS)}; got {self.kind!r}")
        _check_number("seconds", self.seconds, 0.001, LONGEST_SAMPLE_S)
        _check_number("warm_up", self.warm_up, 0.0, LONGEST_SAMPLE_S)
        _check_number("operations", self.operations, 1, 10**7)
        if self.kind == "race":
            _check_race(self.candidate)
        elif find_candidate(self.candidate).shared and self.kind == "latency":
            raise BenchError(f"there are no latencies of {self.candidate}")

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "kind": self.kind, "candidate": self.candidate, "workload": self.workload.as_dict(),
            "seconds": self.seconds, "warm_up": self.warm_up, "operations": self.operations,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: object) -> SampleSpec:
        """From plain data.

        Raises:
            BenchError: for anything else than known fields within their limits.
        """
        if not isinstance(data, dict) or not {"kind", "candidate"} <= set(data):
            raise BenchError("a sample is an object with kind and candidate")
        known = {"kind", "candidate", "workload", "seconds", "warm_up", "operations"}
        if set(data) - known:
            raise BenchError(f"a sample has no {', '.join(sorted(map(str, set(data) - known)))}")
        rest = {name: value for name, value in data.items() if name != "workload"}
        return cls(workload=Workload.from_dict(data.get("workload", {})), **rest)

    def title(self) -> str:
        """The candidate, for people."""
        if self.kind == "race":
            from lockfree_core.bench.races import RACES  # here: only a race needs them

            return RACES[self.candidate.partition("/")[2]].title
        return find_candidate(self.candidate).title


def _check_number(name: str, value: object, least: float, most: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise BenchError(f"{name} is a number from {least:g} to {most:g}; got {value!r}")


def _check_race(candidate: object) -> None:
    from lockfree_core.bench.races import RACES

    family, _, name = str(candidate).partition("/")
    if family != "race" or name not in RACES:
        raise BenchError(f"a race is one of {', '.join(f'race/{each}' for each in RACES)}; got {candidate!r}")
