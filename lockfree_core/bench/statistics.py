"""Medians and ratios with their intervals, from order statistics: nothing is assumed of how samples are distributed.

Samples on a shared machine have a long tail and no mean worth the name. The interval between two of the sorted samples
holds the median of what they were drawn from with a probability that follows from the binomial distribution alone
(H. David, H. Nagaraja: *Order Statistics*, 7.1). With fewer than six samples no such interval reaches 95 %: then it is
from the least to the greatest sample, and its confidence is said.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import comb
from typing import Any, Final

__all__ = ["CONFIDENCE", "Interval", "median_interval", "ratio_interval"]

CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A median, what it lies between, how surely, and of how many samples."""

    median: float
    low: float
    high: float
    confidence: float
    samples: int

    @property
    def half_width(self) -> float:
        """Relative to the median; infinite where that is 0 and the ends are not."""
        reach = max(self.high - self.median, self.median - self.low)
        if not reach:
            return 0.0
        return abs(reach / self.median) if self.median else float("inf")

    @property
    def is_sure(self) -> bool:
        """Whether there were enough samples for the confidence that is asked for."""
        return self.confidence >= CONFIDENCE

    def is_above(self, value: float) -> bool:
        """Whether it lies above that, whole and surely."""
        return self.is_sure and self.low > value

    def is_below(self, value: float) -> bool:
        """Whether it lies below that, whole and surely."""
        return self.is_sure and self.high < value

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def median_interval(samples: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """The median, and the narrowest symmetric pair of samples around it that reaches the confidence.

    Raises:
        ValueError: without samples.
    """
    if not samples:
        raise ValueError("no samples, no median")
    ordered, count = sorted(samples), len(samples)
    # With k samples left out at each end the interval misses if at most k of n lie on one side of the true median.
    outside, tail, reached = 0, 1 / 2**count, 1 - 2 / 2**count
    while outside + 1 < (count + 1) // 2:
        wider = tail + comb(count, outside + 1) / 2**count
        if 1 - 2 * wider < confidence:
            break
        outside, tail, reached = outside + 1, wider, 1 - 2 * wider
    return Interval(
        statistics.median(ordered), ordered[outside], ordered[count - 1 - outside], max(reached, 0.0), count
    )


def ratio_interval(these: Sequence[float], those: Sequence[float]) -> Interval:
    """The median of the ratios of neighbours: samples taken by turns saw the same weather.

    Raises:
        ValueError: without a pair, or where one of those is 0.
    """
    pairs = list(zip(these, those, strict=False))
    if any(other == 0 for _, other in pairs):
        raise ValueError("a ratio to 0")
    return median_interval([one / other for one, other in pairs])
