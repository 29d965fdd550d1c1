"""What of a run is drawn: charts as plain values, each with its intervals, its words and its table.

How they look (colours, dashes, axes) is none of this module's business; which of them a run gives is. A run of one
workload gives bars; where a number varies (threads, think time) it gives lines; where something else varies as well,
bars with a place for each combination, or lines for each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from lockfree_core.bench.candidates import IMPLEMENTATIONS
from lockfree_core.bench.chart_cells import VENUES, WAYS, Cell, cells_of, load_words, scaled, slug, where_words
from lockfree_core.bench.chart_model import Chart, Point, Series
from lockfree_core.bench.results import Run
from lockfree_core.bench.special_charts import classic_chart, quantile_charts, race_charts
from lockfree_core.bench.statistics import Interval, median_interval

__all__ = ["charts"]

_NUMBERS: Final = ("threads", "think", "keys", "insert_share", "prefill", "capacity")
_AXES: Final = {
    "threads": "threads", "think": "think time, turns of an empty loop", "keys": "keys", "prefill": "items inside",
    "insert_share": "inserts, %", "capacity": "capacity", "backoff": "back-off", "interpreter": "interpreter",
}  # fmt: skip
_FEW: Final = 2  # values of a number that are worth bars for each of them, beside the lines


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure of a case as it is drawn.

    ``shape`` is that of a chart without lines; ``few`` the values of a number from which on lines are worth it;
    ``decades`` the span from which on an axis without bars is logarithmic.
    """

    key: str
    title: str
    unit: str
    of: Callable[[Cell], Interval | None]
    mark: float | None = None
    shape: str = "bars"
    few: int = 3
    decades: float = 99.0


def _throughput(cell: Cell) -> Interval | None:
    return scaled(cell.case.interval(), 1e-6)


def _ratio(cell: Cell) -> Interval | None:
    if cell.base is None or cell.base is cell.case:
        return None
    return cell.case.ratio_to(cell.base)


def _retries(cell: Cell) -> Interval | None:
    return scaled(cell.case.interval("retry_rate"), 100)


def _memory(cell: Cell) -> Interval | None:
    """What the process grew by while the structure was built and used; of kernels, all that it had."""
    if cell.case.values("start_kb"):
        pairs = zip(cell.case.by_round("peak_kb"), cell.case.by_round("start_kb"), strict=True)
        grown = [(peak - start) / 1024 for peak, start in pairs if peak is not None and start is not None]
        return median_interval(grown) if grown else None
    return scaled(cell.case.interval("peak_kb"), 1 / 1024)


def _tail(cell: Cell) -> Interval | None:
    return scaled(cell.case.interval("p99.9"), 1e-3)


_OF_THROUGHPUT: Final = (
    Measure("throughput", "Throughput", "millions of operations a second", _throughput, few=2, decades=1.3),
    Measure("ratio", "Throughput as a multiple of the lock's", "times the lock's", _ratio, 1.0, "dots", decades=0.9),
    Measure("retries", "Lost compare-and-swaps", "% of all decisive ones", _retries),
    Measure("memory", "Memory", "MB at the most, above what the process had before", _memory),
)
_TAIL: Final = Measure("tail", "Slowest operation in a thousand", "µs, p99.9", _tail, shape="dots", decades=1.0)


def charts(run: Run) -> list[Chart]:
    """All charts of a run, in the order in which they are read."""
    cells = cells_of(run)
    of_throughput = [cell for cell in cells if cell.case.spec.kind == "throughput"]
    of_latency = [cell for cell in cells if cell.case.spec.kind == "latency"]
    found = classic_chart(run)
    for measure in _OF_THROUGHPUT:
        found += _drawn(measure, of_throughput)
    found += quantile_charts(of_latency)
    if len({cell.case.spec.workload for cell in of_latency}) > 1:
        found += _drawn(_TAIL, of_latency)
    return found + race_charts([cell for cell in cells if cell.case.spec.kind == "race"])


def _drawn(measure: Measure, cells: Sequence[Cell]) -> Iterator[Chart]:
    """The charts of one measure, a venue after the other: only like is drawn beside like."""
    for venue in VENUES:
        mine = [(cell, interval) for cell in cells if cell.case.venue == venue and (interval := measure.of(cell))]
        if not mine:
            continue
        varying = _varying([cell for cell, _ in mine])
        numbers = [name for name in varying if name in _NUMBERS]
        if not varying:
            yield _bars(measure, venue, mine, "structure", "")
        elif len(numbers) == 1 and len(varying) == 1:
            yield from _against_number(measure, venue, mine, numbers[0])
        else:
            yield from _against_several(measure, venue, mine, varying)


def _varying(cells: Sequence[Cell]) -> list[str]:
    return [name for name in _AXES if len({cell.value(name) for cell in cells}) > 1]


Drawn = Sequence[tuple[Cell, Interval]]


def _against_number(measure: Measure, venue: str, mine: Drawn, name: str) -> Iterator[Chart]:
    values = _ordered({cell.value(name) for cell, _ in mine})
    structures = _structures(mine)
    if len(values) <= _FEW and len(structures) > 1:
        for value in values if measure.key != "memory" else values[-1:]:  # which grows with threads, if at all
            part = [(cell, interval) for cell, interval in mine if cell.value(name) == value]
            yield _bars(measure, venue, part, "structure", "")
        if len(values) < measure.few:
            return
    for structure in structures:
        yield _lines(measure, venue, [pair for pair in mine if pair[0].structure == structure], name, structure)


def _against_several(measure: Measure, venue: str, mine: Drawn, varying: Sequence[str]) -> Iterator[Chart]:
    """Lines against the number of most values where it has three or more, for each combination of the rest."""
    sizes = {name: len({cell.value(name) for cell, _ in mine}) for name in varying if name in _NUMBERS}
    longest = max(sizes, key=lambda name: sizes[name], default="")
    for structure in _structures(mine):
        part = [pair for pair in mine if pair[0].structure == structure]
        if not longest or sizes[longest] <= _FEW:
            yield _bars(measure, venue, part, "combination", structure, varying)
            continue
        rest = [name for name in varying if name != longest]
        for combination in _ordered({_combined(cell, rest) for cell, _ in part}):
            some = [pair for pair in part if _combined(pair[0], rest) == combination]
            yield _lines(measure, venue, some, longest, f"{structure}, {combination}")


def _structures(mine: Drawn) -> list[str]:
    return list(dict.fromkeys(cell.structure for cell, _ in mine))


def _ordered(values: set[object]) -> list[object]:
    return sorted(values, key=lambda value: (not isinstance(value, int), value if isinstance(value, int) else 0,
                                             str(value)))  # fmt: skip


def _combined(cell: Cell, names: Sequence[str]) -> str:
    """Where in a chart a case stands when several things vary."""
    words = {"interpreter": "{}", "threads": "{} threads", "backoff": "back-off {}", "insert_share": "{} % inserts"}
    parts = [words.get(name, f"{name} {{}}").format(cell.value(name)) for name in names]
    return ", ".join("1 thread" if part == "1 threads" else part for part in parts)


def _bars(measure: Measure, venue: str, mine: Drawn, across: str, structure: str, varying: Sequence[str] = ()) -> Chart:
    """Bars: a place for each structure, or for each combination of what varies."""

    def place(cell: Cell) -> str:
        return cell.structure if across == "structure" else _combined(cell, varying)

    head = structure if varying else load_words(mine[0][0])
    axis = "structure" if across == "structure" else " and ".join(_AXES[name].partition(",")[0] for name in varying)
    return _chart(measure, venue, measure.shape, mine, place, axis, head, where_words(mine[0][0], varying), "category")


def _lines(measure: Measure, venue: str, mine: Drawn, name: str, head: str) -> Chart:
    """Lines against a number. Where it spans decades the axis is logarithmic; with a 0 each value has its place."""
    values = [value for value in {cell.value(name) for cell, _ in mine} if isinstance(value, int)]
    is_wide = len(values) > 1 and max(values) >= 8 * max(min(values), 1)
    scale = "linear" if not is_wide else "log" if min(values) > 0 else "category"

    def place(cell: Cell) -> float | str:
        value = cell.value(name)
        if not isinstance(value, int):
            return "by turns"
        return f"{value:,}" if scale == "category" else value

    ordered = sorted(mine, key=lambda pair: _rank(pair[0].value(name)))
    title = f"{head} against {_AXES[name].partition(',')[0]}"
    where = where_words(mine[0][0], [name, *_varying([cell for cell, _ in mine])])
    return _chart(measure, venue, "lines", ordered, place, _AXES[name], title, where, scale)


def _rank(value: object) -> float:
    return value if isinstance(value, int) else -1


def _chart(
    measure: Measure, venue: str, kind: str, mine: Drawn, place: Callable[[Cell], float | str], axis: str, head: str,
    where: str, scale: str,
) -> Chart:  # fmt: skip
    title = f"{measure.title}{VENUES[venue]}: {head}"
    low, high = min(interval.low for _, interval in mine), max(interval.high for _, interval in mine)
    is_log = kind != "bars" and low > 0 and high > low * 10**measure.decades
    return Chart(
        key=slug(f"{measure.key} {venue if venue != 'threads' else ''} {kind} {head}"), kind=kind, title=title,
        where=where, x_title=axis, y_title=measure.unit, x_scale=scale, is_log=is_log, mark=measure.mark,
        series=_series(mine, place),
    )  # fmt: skip


def _series(mine: Drawn, place: Callable[[Cell], float | str]) -> tuple[Series, ...]:
    """One for each implementation, in the order of the matrix, its points in the order given."""
    found: dict[tuple[str, int], list[Point]] = {}
    titles: dict[tuple[str, int], str] = {}
    names: dict[tuple[str, int], set[str]] = {}
    for cell, interval in mine:
        key = cell.implementation, cell.run
        title = cell.case.spec.title()
        found.setdefault(key, []).append(Point(place(cell), interval, title, cell.implementation))
        names.setdefault(key, set()).add(title)
    for (way, run), each in names.items():
        titles[way, run] = each.pop() if len(each) == 1 else WAYS.get(way, way)
    order = list(IMPLEMENTATIONS)
    return tuple(Series(way, titles[way, run], tuple(points), run) for (way, run), points in
                 sorted(found.items(), key=lambda item: (order.index(item[0][0]), item[0][1])))  # fmt: skip
