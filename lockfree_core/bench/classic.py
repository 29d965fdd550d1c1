"""The table of the classic article on lock-free structures in Python, beside what this machine says.

The article's figures: millions of operations a second with 8 threads on 4 cores, 1 million operations, about 5 % of
compare-and-swaps lost. Its lock-free structures emulate compare-and-swap; here they stand beside those on hardware
cells and those in C.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lockfree_core.bench.results import Case, Run
from lockfree_core.bench.statistics import Interval
from lockfree_core.bench.workloads import Workload

__all__ = ["ARTICLE", "COLUMNS", "THREADS", "Claim", "classic_table", "classic_text"]

THREADS: Final = 8
COLUMNS: Final = ("structure", "article: lock", "lock-free", "ratio", "here: lock", "emulated", "ratio", "Python",
                  "ratio", "C", "ratio")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Claim:
    """A row of the article: which lock, and millions of operations a second with it and without."""

    lock: str
    locked: float
    lock_free: float

    @property
    def ratio(self) -> float:
        """How many times as fast the article found the lock-free one."""
        return self.lock_free / self.locked


ARTICLE: Final[Mapping[str, Claim]] = {
    "counter": Claim("mutex", 2.1, 3.5),
    "stack": Claim("mutex", 1.8, 2.8),
    "queue": Claim("mutex", 1.5, 2.2),
    "dictionary": Claim("rwlock", 1.2, 1.9),
}


def classic_table(run: Run) -> dict[str, dict[str, tuple[Interval | None, Interval | None]]]:
    """For each structure of the article and each implementation: throughput, and the ratio to the article's lock.

    Empty where the run has no such cases with 8 threads under the default workload.
    """
    found: dict[str, dict[str, tuple[Interval | None, Interval | None]]] = {}
    for structure, claim in ARTICLE.items():
        cases = _cases(run, structure)
        lock = cases.get(claim.lock)
        if lock is not None and lock.values():
            ways = {name: cases[name] for name in ("emulated", "hardware", "native") if name in cases}
            found[structure] = {"lock": (lock.interval(), None)}
            found[structure] |= {name: (case.interval(), case.ratio_to(lock)) for name, case in ways.items()}
    return found


def _cases(run: Run, structure: str) -> dict[str, Case]:
    """By implementation, on the first interpreter that the run has; under the article's workload and no other."""
    found: dict[str, Case] = {}
    for case in run.cases:
        name, _, way = case.spec.candidate.partition("/")
        if name == structure and case.spec.kind == "throughput" and case.spec.workload == Workload(threads=THREADS):
            found.setdefault(way, case)
    return found


def classic_text(run: Run) -> list[list[str]]:
    """Rows under ``COLUMNS``; ``–`` where nothing was measured."""
    rows = []
    for structure, ways in classic_table(run).items():
        claim = ARTICLE[structure]
        row = [structure, f"{claim.locked:.1f}", f"{claim.lock_free:.1f}", f"{claim.ratio:.2f}"]
        row.append(_millions(ways["lock"][0]))
        for name in ("emulated", "hardware", "native"):
            throughput, ratio = ways.get(name, (None, None))
            row += [
                _millions(throughput),
                f"{ratio.median:.2f} ({ratio.low:.2f} to {ratio.high:.2f})" if ratio else "–",
            ]
        rows.append(row)
    return rows


def _millions(interval: Interval | None) -> str:
    return f"{interval.median / 1e6:.2f}" if interval else "–"
