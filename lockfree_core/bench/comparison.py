"""Two or more runs against the first of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lockfree_core.bench.results import Case, Run
from lockfree_core.bench.statistics import Interval
from lockfree_core.errors import ResultError

__all__ = ["Change", "compare", "differences"]


@dataclass(frozen=True, slots=True)
class Change:
    """One case in two runs. ``ratio`` is the other to the first.

    Samples of different runs are no neighbours, so the interval is made of the ends of both: wider than need be,
    never too narrow.
    """

    candidate: str
    words: str
    figure: str
    first: Interval
    other: Interval
    ratio: Interval

    @property
    def is_beyond_noise(self) -> bool:
        """Whether the intervals lie apart, with enough samples on both sides."""
        return self.ratio.is_above(1.0) or self.ratio.is_below(1.0)


def compare(first: Run, other: Run) -> list[Change]:
    """Every case that both have, in the order of the first.

    Raises:
        ResultError: when they have none in common.
    """
    theirs = dict(_keyed(other))
    changes = []
    for key, case in _keyed(first):
        match = theirs.get(key)
        one, two = case.interval(), match.interval() if match else None
        if one and two and one.low > 0 and two.low > 0:
            ratio = Interval(
                two.median / one.median, two.low / one.high, two.high / one.low,
                min(one.confidence, two.confidence), min(one.samples, two.samples),
            )  # fmt: skip
            words = f"{case.interpreter}, {case.spec.workload.words()}"
            changes.append(Change(case.spec.candidate, words, case.figure, one, two, ratio))
    if not changes:
        raise ResultError(f"the runs {first.id} and {other.id} have no measured case in common")
    return changes


def _keyed(run: Run) -> list[tuple[tuple[Any, ...], Case]]:
    """A case is the same in two runs where candidate, workload and kind are, and so is the place among interpreters.

    Not the interpreter itself: comparing two of them is what somebody may want.
    """
    places = list(dict.fromkeys(case.interpreter for case in run.cases))
    return [((case.spec.kind, case.spec.candidate, case.spec.workload, places.index(case.interpreter)), case)
            for case in run.cases]  # fmt: skip


def differences(runs: Sequence[Run]) -> list[str]:
    """What of the environment is not the same everywhere: a ratio may come from that."""
    names = ("cpu", "cores", "system", "interpreter", "gil", "compiler", "native", "commit")
    found = []
    for name in names:
        values = [str(run.environment.get(name, "unknown")) for run in runs]
        if len(set(values)) > 1:
            found.append(f"{name}: {' / '.join(values)}")
    return found
