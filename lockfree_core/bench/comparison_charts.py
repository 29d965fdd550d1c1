"""Several runs against the first: what changed, case by case, and the charts of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from lockfree_core.bench.candidates import find_candidate
from lockfree_core.bench.chart_model import Chart, Point, Series
from lockfree_core.bench.comparison import Change, compare
from lockfree_core.bench.races import RACES
from lockfree_core.bench.results import Run
from lockfree_core.bench.statistics import Interval
from lockfree_core.errors import ResultError

__all__ = ["Row", "changes_of", "comparison_charts"]

UNITS: Final = {"ops_per_s": (1e-6, "millions of operations a second"), "p99.9": (1e-3, "µs, p99.9"),
                "lost": (1.0, "items lost")}  # fmt: skip
_MOST: Final = 24  # places in one chart


@dataclass(frozen=True, slots=True)
class Row:
    """One case in the first run and in each of the others; None where that has no such case."""

    candidate: str
    words: str
    figure: str
    first: Interval
    others: tuple[tuple[str, Change | None], ...]

    @property
    def title(self) -> str:
        """The candidate, for people."""
        family, _, name = self.candidate.partition("/")
        return RACES[name].title if family == "race" else find_candidate(self.candidate).title

    @property
    def is_beyond_noise(self) -> bool:
        """Whether any of the others lies surely apart from the first."""
        return any(change is not None and change.is_beyond_noise for _, change in self.others)

    def as_dict(self) -> dict[str, Any]:
        """Plain data. Intervals are in the unit of the figure itself: operations a second, ns, items."""
        unit = {"ops_per_s": "operations/s", "p99.9": "ns", "lost": "items"}[self.figure]
        others = [
            change and {"run": run, "interval": change.other.as_dict(), "ratio": change.ratio.as_dict(),
                        "beyond_noise": change.is_beyond_noise} for run, change in self.others
        ]  # fmt: skip
        return {"candidate": self.candidate, "title": self.title, "words": self.words, "figure": self.figure,
                "unit": unit, "first": self.first.as_dict(), "others": others}  # fmt: skip


def changes_of(runs: Sequence[Run]) -> list[Row]:
    """Every case of the first run that another has too, in the order of the first.

    Raises:
        ResultError: when no other run has a case in common with it.
    """
    first, *others = runs
    found: dict[tuple[str, str, str], dict[int, Change]] = {}
    reason: ResultError | None = None
    for number, other in enumerate(others):
        try:
            changes = compare(first, other)
        except ResultError as error:
            reason = reason or error
            continue
        for change in changes:
            found.setdefault((change.candidate, change.words, change.figure), {})[number] = change
    if not found and reason is not None:
        raise reason
    order = [(case.spec.candidate, f"{case.interpreter}, {case.spec.workload.words()}", case.figure)
             for case in first.cases]  # fmt: skip
    return [
        Row(*key, next(iter(found[key].values())).first,
            tuple((other.id, found[key].get(number)) for number, other in enumerate(others)))
        for key in dict.fromkeys(order) if key in found
    ]  # fmt: skip


def comparison_charts(runs: Sequence[Run], rows: Sequence[Row]) -> list[Chart]:
    """The ratios of these rows, then the figures themselves, structure by structure. Null candidates are not drawn."""
    drawn = [row for row in rows if not row.candidate.endswith("/null")]
    return [*_ratios(runs, drawn), *_values(runs, drawn)] if drawn else []


def _ratios(runs: Sequence[Run], rows: Sequence[Row]) -> Iterator[Chart]:
    for figure in dict.fromkeys(row.figure for row in rows):
        mine = [row for row in rows if row.figure == figure]
        for part, some in _parts(mine):
            series = []
            for number, other in enumerate(runs[1:]):
                points = tuple(
                    Point(_place(row), change.ratio, row.title, _key(row)) for row in some
                    if (change := row.others[number][1]) is not None
                )  # fmt: skip
                series.append(Series("", _title(other), points, number + 1))
            what = {"ops_per_s": "throughput", "p99.9": "p99.9", "lost": "items lost"}[figure]
            yield _chart(runs, f"changes-{figure.replace('.', '-')}{part}", "changes",
                         f"What changed: {what} as a multiple of {_title(runs[0])}'s", "times the first run's", 1.0,
                         series)  # fmt: skip


def _values(runs: Sequence[Run], rows: Sequence[Row]) -> Iterator[Chart]:
    groups = dict.fromkeys((row.figure, row.candidate.partition("/")[0]) for row in rows)
    for figure, structure in groups:
        scale, unit = UNITS[figure]
        mine = [row for row in rows if row.figure == figure and row.candidate.startswith(f"{structure}/")]
        for part, some in _parts(mine):
            first = tuple(Point(_place(row), _scaled(row.first, scale), row.title, _key(row)) for row in some)
            series = [Series("", _title(runs[0]), first, 0)]
            for number, other in enumerate(runs[1:]):
                points = tuple(
                    Point(_place(row), _scaled(change.other, scale), row.title, _key(row)) for row in some
                    if (change := row.others[number][1]) is not None
                )  # fmt: skip
                series.append(Series("", _title(other), points, number + 1))
            key = f"compare-{figure.replace('.', '-')}-{structure}{part}"
            yield _chart(runs, key, "beside", f"{structure}, run beside run", unit, None, series)


def _parts(rows: Sequence[Row]) -> Iterator[tuple[str, Sequence[Row]]]:
    """As many charts as it takes for each to be read."""
    for start in range(0, len(rows), _MOST):
        yield f"-{start // _MOST + 1}" if len(rows) > _MOST else "", rows[start : start + _MOST]


def _chart(
    runs: Sequence[Run], key: str, kind: str, title: str, unit: str, mark: float | None, series: Sequence[Series]
) -> Chart:
    where = "; ".join(f"{_title(run)}: {run.environment.get('cores', '?')} cores" for run in runs)
    return Chart(key, kind, title, where, "case", unit, "category", False, mark,
                 tuple(each for each in series if each.points))  # fmt: skip


def _title(run: Run) -> str:
    return f"{run.name} ({run.id})" if run.name else run.id


def _key(row: Row) -> str:
    family, _, way = row.candidate.partition("/")
    return "race" if family == "race" else way


def _place(row: Row) -> str:
    """No two rows have the same."""
    return f"{row.candidate.partition('/')[0]}: {row.title}, {row.words}"


def _scaled(interval: Interval, factor: float) -> Interval:
    return replace(
        interval, median=interval.median * factor, low=interval.low * factor, high=interval.high * factor
    )  # fmt: skip
