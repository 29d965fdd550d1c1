"""A chart as plain values: what stands where, between what, and the same in words and as a table."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any, Final

from lockfree_core.bench.candidates import STRUCTURES
from lockfree_core.bench.statistics import Interval

__all__ = ["Chart", "Point", "Series", "short"]

_SHAPES: Final = {"bars": "Bars", "dots": "Points", "lines": "Lines", "changes": "Points",
                  "beside": "Bars that lie",
                  "quantiles": "Lines from the median to the slowest"}  # fmt: skip
_SPOKEN: Final = 60  # points that are told one by one; a table tells more of them better


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the first axis, what was measured there, and of what: in words, and which implementation it is."""

    x: float | str
    interval: Interval
    title: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """What belongs together.

    ``key`` is the implementation that all points are of, which decides the colour; empty where each has its own.
    ``run`` tells runs apart, or interpreters.
    """

    key: str
    title: str
    points: tuple[Point, ...]
    run: int = 0


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart.

    Attributes:
        key: its name in addresses and files.
        kind: ``bars``, ``dots``, ``lines``, ``quantiles``, ``changes`` or ``beside`` (bars that lie).
        where: cores, interpreter and what else is the same for all of it.
        x_scale: ``category``, ``linear``, ``log`` or ``quantile``.
        is_log: whether the second axis is logarithmic.
        mark: a value that is marked, as 1 in a chart of ratios.
    """

    key: str
    kind: str
    title: str
    where: str
    x_title: str
    y_title: str
    x_scale: str
    is_log: bool
    mark: float | None
    series: tuple[Series, ...]

    @property
    def places(self) -> list[str]:
        """Of an axis of names: structures in the order of the matrix, whatever else as it comes."""
        found = dict.fromkeys(str(point.x) for series in self.series for point in series.points)
        return sorted(found, key=lambda name: STRUCTURES.index(name) if name in STRUCTURES else len(STRUCTURES))

    @property
    def columns(self) -> tuple[str, ...]:
        """Of its table."""
        return self.x_title, "what", f"median ({self.y_title})", "from", "to", "samples", "sure at 95 %"

    @property
    def rows(self) -> list[list[str]]:
        """A row a point."""
        return [
            [_plain(point.x), self._name(series, point), short(point.interval.median), short(point.interval.low),
             short(point.interval.high), str(point.interval.samples), "yes" if point.interval.is_sure else "no"]
            for series in self.series for point in series.points
        ]  # fmt: skip

    def _name(self, series: Series, point: Point) -> str:
        """What the row is of: where series stand for runs or interpreters, those as well."""
        return point.title if series.key not in ("", "race") else f"{point.title}, {series.title}"

    @property
    def words(self) -> str:
        """What somebody is told who cannot see it."""
        head = f"{_SHAPES[self.kind]}: {self.title}. {self.where}. In {self.y_title}, with intervals of 95 %"
        if self.mark is not None:
            head += f"; {self.mark:g} is marked"
        points = sum(len(series.points) for series in self.series)
        told = [_told(series, points > _SPOKEN) for series in self.series if series.points]
        return f"{head}. {' '.join(told)}"

    def as_table(self) -> dict[str, Any]:
        """The table as plain data."""
        return {"columns": list(self.columns), "rows": self.rows}

    def as_csv(self) -> str:
        """The table as CSV, its title and circumstances in every line."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["chart", "where", *self.columns])
        writer.writerows([self.title, self.where, *row] for row in self.rows)
        return out.getvalue()


def _told(series: Series, is_long: bool) -> str:
    points = [series.points[0], series.points[-1]] if is_long and len(series.points) > 1 else series.points
    return f"{series.title}: {'; '.join(f'{_plain(point.x)} {short(point.interval.median)}' for point in points)}."


def _plain(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def short(value: float) -> str:
    """A number with four significant digits, without an exponent where people would write none."""
    if value and abs(value) < 1e-4:
        return f"{value:.3g}"
    digits = 4 - len(f"{int(abs(value))}") if abs(value) >= 1 else 4
    return f"{value:.{max(digits, 0)}f}"
