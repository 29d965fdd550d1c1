"""What a sample's threads did, kept so that it costs nothing while the clock runs, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from typing import Any, Final

from lockfree_core.bench.workloads import MOST_THREADS, Workload

__all__ = ["Tally", "Writer", "difference", "missing_tokens"]

_PATTERN: Final = 256  # draws are made beforehand and repeat
_SHOWN: Final = 3


class Tally:
    """What one thread of a mix put and took. Its numbers go up by the stride, so that they tell how many there were."""

    def __init__(self, thread: int, insert_share: int, stride: int) -> None:
        import random  # here: most samples draw nothing, and need not load it

        draw = random.Random(thread).random
        self.draws = cycle([draw() * 100 < insert_share for _ in range(_PATTERN)])
        self.number = thread + 1
        self._stride = stride
        self.puts = self.put_sum = self.out = self.out_sum = 0

    def add(self, turns: int, number: int, empty: int, out_sum: int, refused: int = 0, refused_sum: int = 0) -> None:
        """After so many turns: the last number put, how many takes found nothing, how many puts found no room."""
        puts = (number - self.number) // self._stride
        self.puts += puts - refused
        self.put_sum += puts * (self.number + self._stride + number) // 2 - refused_sum
        self.out += turns - puts - empty
        self.out_sum += out_sum
        self.number = number


class Writer:
    """One thread's endless plan, and which values it has set."""

    def __init__(self, thread: int, workload: Workload) -> None:
        import random

        draws = random.Random(thread)
        share = workload.insert_share
        self._thread = thread
        self._plan = [
            (draws.randrange(workload.keys), index % 2 == 0 if share is None else draws.random() * 100 < share)
            for index in range(_PATTERN)
        ]
        self.steps = cycle(self._plan)
        self._counts: list[int] = []  # of each call

    def next_value(self, count: int) -> int:
        """What the next call of so many turns sets."""
        self._counts.append(count)
        return self._value(len(self._counts))

    def _value(self, call: int) -> int:
        return call * MOST_THREADS * 2 + self._thread

    def sets(self) -> int:
        """How many sets there were."""
        whole, rest = divmod(sum(self._counts), _PATTERN)
        writes = [is_set for _, is_set in self._plan]
        return whole * sum(writes) + sum(writes[:rest])

    def last_written(self) -> dict[int, int]:
        """Key and value, going backwards until the plan repeats."""
        at, seen = sum(self._counts), 0
        found: dict[int, int] = {}
        for call in range(len(self._counts), 0, -1):
            for _ in range(min(self._counts[call - 1], _PATTERN - seen)):
                at, seen = at - 1, seen + 1
                key, is_set = self._plan[at % _PATTERN]
                if is_set:
                    found.setdefault(key, self._value(call))
            if seen >= _PATTERN:
                break
        return found


def difference(expected: int, found: int) -> str:
    return f"{expected - found:,} lost" if found < expected else f"{found - expected:,} too many"


def missing_tokens(expected: Sequence[int], found: Sequence[Any]) -> str | None:
    """What is wrong with the tokens found, or None."""
    from collections import Counter

    tally, wanted = Counter(found), set(expected)
    parts = []
    nothing = tally.pop(None, 0)
    strangers = [item for item in tally if item not in wanted]
    lost = [token for token in expected if token not in tally]
    doubled = [item for item, count in tally.items() if count > 1]
    for what, items in (("lost", lost), ("there more than once", doubled), ("made up", strangers)):
        if items:
            some = ", ".join(str(item) for item in items[:_SHOWN]) + (", …" if len(items) > _SHOWN else "")
            parts.append(f"{len(items)} of {len(expected)} items {what} ({some})")
    if nothing:
        parts.append(f"{nothing} takes found nothing although there were items")
    return "; ".join(parts) or None
