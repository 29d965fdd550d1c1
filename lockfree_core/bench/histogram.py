"""Latencies in few numbers, with the same relative error everywhere.

As G. Tene's HDR histogram: between two powers of two lie as many buckets as between the next two, so a value is known
to one part in 32 whatever its size, and a histogram of an hour is no larger than one of a second. The greatest value
is kept exactly.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

__all__ = ["QUANTILES", "Histogram"]

_BITS: Final = 5  # 2^5 buckets a doubling

QUANTILES: Final = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999, "p99.99": 0.9999}


class Histogram:
    """How often whole numbers from 0 occurred."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self.total = 0
        self.greatest = 0

    def record(self, value: int, count: int = 1) -> None:
        """Add a value; a negative one (a clock that was set back) counts as 0."""
        value = max(value, 0)
        bucket = _bucket(value)
        self._counts[bucket] = self._counts.get(bucket, 0) + count
        self.total += count
        self.greatest = max(self.greatest, value)

    def record_all(self, values: Iterable[int]) -> None:
        """Add several."""
        for value in values:
            self.record(value)

    def quantile(self, share: float) -> int:
        """The value that this share did not exceed, as the last of its bucket, or the greatest; 0 if there is none."""
        wanted = share * self.total
        for bucket in sorted(self._counts):
            wanted -= self._counts[bucket]
            if wanted <= 1e-9:
                return min(_start(bucket + 1) - 1, self.greatest)
        return self.greatest

    def quantiles(self) -> dict[str, int]:
        """Those that are shown, and the greatest value."""
        return {name: self.quantile(share) for name, share in QUANTILES.items()} | {"max": self.greatest}

    def pairs(self) -> list[list[int]]:
        """Start of each bucket that is not empty, and how many are in it: what is stored and drawn."""
        return [[_start(bucket), self._counts[bucket]] for bucket in sorted(self._counts)]


def _bucket(value: int) -> int:
    if value < 1 << _BITS:
        return value
    shift = value.bit_length() - _BITS - 1
    return (shift << _BITS) + (value >> shift)


def _start(bucket: int) -> int:
    if bucket < 2 << _BITS:
        return bucket
    shift = (bucket >> _BITS) - 1
    return (bucket - (shift << _BITS)) << shift
