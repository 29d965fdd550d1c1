"""Counters over time: the last ten minutes of a side, ten samples a second, for rates and charts."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from lockfree_core.trace.layout import MAX_LANES

__all__ = ["KEPT_SAMPLES", "Point", "Rates", "Sample"]

KEPT_SAMPLES: Final = 6000
_WINDOW: Final = 10  # samples that a rate is taken over: one second


class Sample(NamedTuple):
    """Counters at one moment; all but the time only ever grow."""

    time: float  # seconds since the run began
    operations: int
    attempts: int
    losses: int
    records: int
    lane_losses: Sequence[int]


class Point(NamedTuple):
    """What happened between two samples."""

    time: float
    operations: float  # a second
    records: float  # a second
    retry_rate: float
    lane_losses: list[float]  # a second, for each lane


class Rates:
    """The samples of one generation of one side."""

    def __init__(self) -> None:
        self._samples: deque[Sample] = deque(maxlen=KEPT_SAMPLES)

    def add(self, time: float, lanes: Iterable[Mapping[str, Any]], totals: Mapping[str, Any], records: int) -> None:
        """Take a sample."""
        losses = array("Q", [0]) * MAX_LANES
        for lane in lanes:
            losses[lane["lane"]] = lane["losses"]
        sample = Sample(time, totals["operations"], totals["attempts"], totals["losses"], records, losses)
        self._samples.append(sample)

    def now(self) -> dict[str, float]:
        """The rates over the last second, as in the ``counters`` message."""
        if len(self._samples) < 2:
            return {"operations": 0.0, "records": 0.0, "retry_rate": 0.0}
        older = self._samples[max(0, len(self._samples) - 1 - _WINDOW)]
        point = _between(older, self._samples[-1])
        return {
            "operations": round(point.operations, 3),
            "records": round(point.records, 3),
            "retry_rate": round(point.retry_rate, 6),
        }

    @property
    def lanes(self) -> int:
        """One more than the highest lane that ever lost an attempt; at least one."""
        newest: Sequence[int] = self._samples[-1].lane_losses if self._samples else ()
        return max((lane + 1 for lane, losses in enumerate(newest) if losses), default=1)

    def points(self, most: int = 600) -> list[Point]:
        """Rates over time, at most so many points, each over a second or more."""
        samples = list(self._samples)
        step = max(_WINDOW, -(-len(samples) // most))
        chosen = samples[::step]
        if samples and chosen[-1] is not samples[-1]:
            chosen.append(samples[-1])
        return [_between(older, newer) for older, newer in zip(chosen, chosen[1:], strict=False)]


def _between(older: Sample, newer: Sample) -> Point:
    seconds = max(newer.time - older.time, 1e-9)
    attempts = newer.attempts - older.attempts
    return Point(
        newer.time,
        (newer.operations - older.operations) / seconds,
        (newer.records - older.records) / seconds,
        (newer.losses - older.losses) / attempts if attempts else 0.0,
        [(new - old) / seconds for old, new in zip(older.lane_losses, newer.lane_losses, strict=True)],
    )
