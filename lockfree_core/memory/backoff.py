"""Backoff policies: what a thread does between a lost compare-and-swap and its next try.

Losing means that somebody else got on; trying again at once means to disturb them again. Waiting a random while that
doubles with every loss lets a crowd dissolve, at the price of latency and of fairness (T. Anderson: The Performance
of Spin Lock Alternatives for Shared-Memory Multiprocessors. IEEE TPDS 1(1), 1990).
"""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass

__all__ = ["ConstantBackoff", "ExponentialBackoff", "NoBackoff", "backoff_us"]


def backoff_us(policy: str, base_us: float, cap_us: float, losses: int, generator: random.Random) -> float:
    """Microseconds to wait after that many losses under ``none``, ``constant`` or ``exponential`` backoff.

    The exponential one draws evenly from half to the whole of ``base · 2^(losses - 1)``, at most ``cap``.

    Raises:
        ValueError: for another policy.
    """
    if policy == "none":
        return 0.0
    if policy == "constant":
        return min(base_us, cap_us)
    if policy == "exponential":
        longest = min(cap_us, base_us * 2.0 ** min(losses - 1, 40))
        return longest * (0.5 + 0.5 * generator.random())
    raise ValueError(f"a backoff policy is none, constant or exponential; got {policy!r}")


class NoBackoff:
    """Try again at once."""

    def pause(self, losses: int) -> None:
        """Return."""


@dataclass(frozen=True)
class ConstantBackoff:
    """Wait the same time, in microseconds, after every loss."""

    us: float = 50.0

    def pause(self, losses: int) -> None:
        """Sleep."""
        time.sleep(self.us / 1e6)


class ExponentialBackoff:
    """Wait twice as long after every loss in a row, with jitter, up to a cap; both in microseconds."""

    def __init__(self, base_us: float = 10.0, cap_us: float = 2000.0, seed: int | None = None) -> None:
        if not 0 < base_us <= cap_us:
            raise ValueError(f"a backoff needs 0 < base <= cap, got base {base_us} and cap {cap_us}")
        self.base_us = base_us
        self.cap_us = cap_us
        self._seed = seed
        self._local = threading.local()

    def pause(self, losses: int) -> None:
        """Sleep."""
        try:
            generator = self._local.generator
        except AttributeError:
            generator = self._local.generator = random.Random(self._seed)
        time.sleep(backoff_us("exponential", self.base_us, self.cap_us, losses, generator) / 1e6)
