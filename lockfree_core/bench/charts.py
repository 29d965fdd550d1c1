"""What of a run is drawn: charts as plain values, each with its intervals, its words and its table.

How they look (colours, dashes, axes) is none of this module's business; which of them a run gives is. A run of one
workload gives bars; where a number varies (threads, think time) it gives lines; where something else varies as well,
bars with a place for each combination, or lines for each of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from lockfree_core.bench.chart_model import Chart, Point, Series
from lockfree_core.bench.histogram import QUANTILES
from lockfree_core.bench.races import RACES
from lockfree_core.bench.results import Case, Run
from lockfree_core.bench.statistics import Interval, median_interval
from lockfree_core.bench.verdict import baseline_of

__all__ = ["Cell", "cells_of", "charts"]

_NUMBERS: Final = ("threads", "think", "keys", "insert_share", "prefill", "capacity")
_AXES: Final = {
    "threads": "threads", "think": "think time, turns of an empty loop", "keys": "keys", "prefill": "items inside",
    "insert_share": "inserts, %", "capacity": "capacity", "backoff": "back-off", "interpreter": "interpreter",
}  # fmt: skip
_VENUES: Final = {"threads": "", "kernel": " in C without the GIL", "processes": " between processes"}
_FEW: Final = 2  # values of a number that are worth bars for each of them, beside the lines


@dataclass(frozen=True, slots=True)
class Cell:
    """A measured case with the lock that it is compared with, and which of several runs it is from."""

    case: Case
    base: Case | None
    cores: object
    run: int = 0
    run_title: str = ""

    @property
    def structure(self) -> str:
        """``stack``."""
        return self.case.spec.candidate.partition("/")[0]

    @property
    def implementation(self) -> str:
        """``native``."""
        return self.case.spec.candidate.partition("/")[2]

    def value(self, dimension: str) -> object:
        """Of the interpreter or a field of the workload."""
        return self.case.interpreter if dimension == "interpreter" else getattr(self.case.spec.workload, dimension)


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure of a case as it is drawn."""

    key: str
    title: str
    unit: str
    of: Callable[[Cell], Interval | None]
    mark: float | None = None
    is_log: bool = False


def _scaled(interval: Interval | None, factor: float) -> Interval | None:
    if interval is None:
        return None
    return replace(
        interval, median=interval.median * factor, low=interval.low * factor, high=interval.high * factor
    )  # fmt: skip


def _throughput(cell: Cell) -> Interval | None:
    return _scaled(cell.case.interval(), 1e-6)


def _ratio(cell: Cell) -> Interval | None:
    if cell.base is None or cell.base is cell.case:
        return None
    return cell.case.ratio_to(cell.base)


def _retries(cell: Cell) -> Interval | None:
    return _scaled(cell.case.interval("retry_rate"), 100)


def _memory(cell: Cell) -> Interval | None:
    """What the process grew by while the structure was built and used; of kernels, all that it had."""
    if cell.case.values("start_kb"):
        pairs = zip(cell.case.by_round("peak_kb"), cell.case.by_round("start_kb"), strict=True)
        grown = [(peak - start) / 1024 for peak, start in pairs if peak is not None and start is not None]
        return median_interval(grown) if grown else None
    return _scaled(cell.case.interval("peak_kb"), 1 / 1024)


def _tail(cell: Cell) -> Interval | None:
    return _scaled(cell.case.interval("p99.9"), 1e-3)


_OF_THROUGHPUT: Final = (
    Measure("throughput", "Throughput", "millions of operations a second", _throughput),
    Measure("ratio", "Throughput as a multiple of the lock's", "times the lock's", _ratio, 1.0),
    Measure("retries", "Lost compare-and-swaps", "% of all decisive ones", _retries),
    Measure("memory", "Memory", "MB at the most, above what the process had before", _memory),
)
_TAIL: Final = Measure("tail", "Slowest operation in a thousand", "µs, p99.9", _tail, is_log=True)


def charts(run: Run) -> list[Chart]:
    """All charts of a run, in the order in which they are read."""
    cells = cells_of(run)
    of_throughput = [cell for cell in cells if cell.case.spec.kind == "throughput"]
    of_latency = [cell for cell in cells if cell.case.spec.kind == "latency"]
    found: list[Chart] = []
    for measure in _OF_THROUGHPUT:
        found += _drawn(measure, of_throughput)
    found += _quantiles(of_latency)
    if len({cell.case.spec.workload for cell in of_latency}) > 1:
        found += _drawn(_TAIL, of_latency)
    return found + _races([cell for cell in cells if cell.case.spec.kind == "race"])


def cells_of(run: Run, number: int = 0) -> list[Cell]:
    """What was measured, without the null candidates: they show what the harness costs and are no contestants."""
    cells, cores = [], run.environment.get("cores", "?")
    for group in run.groups():
        base = baseline_of(group) if group[0].spec.kind != "race" else None
        cells += [Cell(case, base, cores, number, run.name or run.id) for case in group
                  if case.values() and not case.spec.candidate.endswith("/null")]  # fmt: skip
    return cells


def _drawn(measure: Measure, cells: Sequence[Cell]) -> Iterator[Chart]:
    """The charts of one measure, a venue after the other: only like is drawn beside like."""
    for venue in _VENUES:
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
        for value in values:
            part = [(cell, interval) for cell, interval in mine if cell.value(name) == value]
            yield _bars(measure, venue, part, "structure", "")
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

    head = structure if varying else _load(mine[0][0])
    axis = "structure" if across == "structure" else " and ".join(_AXES[name].partition(",")[0] for name in varying)
    return _chart(measure, venue, "bars", mine, place, axis, head, _where(mine, varying), "category")


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
    where = _where(mine, [name, *_varying([cell for cell, _ in mine])])
    return _chart(measure, venue, "lines", ordered, place, _AXES[name], title, where, scale)


def _rank(value: object) -> float:
    return value if isinstance(value, int) else -1


def _chart(
    measure: Measure, venue: str, kind: str, mine: Drawn, place: Callable[[Cell], float | str], axis: str, head: str,
    where: str, scale: str,
) -> Chart:  # fmt: skip
    title = f"{measure.title}{_VENUES[venue]}: {head}"
    return Chart(
        key=_slug(f"{measure.key} {venue if venue != 'threads' else ''} {kind} {head}"), kind=kind, title=title,
        where=where, x_title=axis, y_title=measure.unit, x_scale=scale, is_log=measure.is_log, mark=measure.mark,
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
        titles[way, run] = each.pop() if len(each) == 1 else _WAYS.get(way, way)
    return tuple(Series(way, titles[way, run], tuple(points), run) for (way, run), points in found.items())


# What an implementation is called where several structures stand side by side.
_WAYS: Final = {
    "mutex": "a lock", "rwlock": "readers-writer lock", "twin": "same nodes, a lock", "emulated": "emulated CAS",
    "hardware": "Python, hardware cells", "native": "C", "striped": "C, striped", "standard": "standard library",
    "simplequeue": "SimpleQueue", "queue": "queue module", "kernel": "lock-free kernel", "kernel-mutex": "mutex kernel",
    "kernel-spinlock": "spinlock kernel",
}  # fmt: skip


def _load(cell: Cell) -> str:
    return cell.case.spec.workload.words()


def _where(mine: Drawn, varying: Sequence[str]) -> str:
    """Interpreter, cores and workload, as far as they are the same for all."""
    cell = mine[0][0]
    cores = f"{cell.cores} core" if cell.cores == 1 else f"{cell.cores} cores"
    parts = [cell.case.interpreter or "this interpreter"] if "interpreter" not in varying else []
    words = [cores, *parts]
    plain = cell.case.spec.workload
    if not {"threads", "backoff", "think"} & set(varying):
        words.append(plain.words())
    elif "threads" not in varying:
        words.append("1 thread" if plain.threads == 1 else f"{plain.threads} threads")
    return ", ".join(words)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _quantiles(cells: Sequence[Cell]) -> Iterator[Chart]:
    """The distribution of latencies, from the median to the slowest, for each group of compared cases."""
    groups: dict[tuple[object, ...], list[Cell]] = {}
    for cell in cells:
        groups.setdefault((cell.structure, cell.case.venue, cell.case.interpreter, cell.case.spec.workload), []).append(
            cell
        )
    several = len({(cell.case.interpreter, cell.case.spec.workload) for cell in cells}) > 1
    for (structure, venue, interpreter, _), mine in groups.items():
        series = []
        for cell in mine:
            points = [Point(name, interval, cell.case.spec.title(), cell.implementation) for name in (*QUANTILES, "max")
                      if (interval := _scaled(cell.case.interval(name), 1e-3))]  # fmt: skip
            series.append(Series(cell.implementation, cell.case.spec.title(), tuple(points), cell.run))
        head = f"{structure}, {_load(mine[0])}" + (f", {interpreter}" if several else "")
        yield Chart(
            key=_slug(f"latency {venue if venue != 'threads' else ''} {head}"), kind="quantiles",
            title=f"Latency{_VENUES[str(venue)]}: {head}", where=_where([(mine[0], mine[0].case.interval())], ()),  # type: ignore[list-item]
            x_title="share of operations that took no longer", y_title="µs", x_scale="quantile", is_log=True, mark=None,
            series=tuple(series),
        )  # fmt: skip


def _races(cells: Sequence[Cell]) -> list[Chart]:
    """What unguarded programs lost, of what should have been there."""
    if not cells:
        return []
    places = list(dict.fromkeys(cell.case.interpreter for cell in cells))
    found: dict[str, list[Point]] = {place: [] for place in places}
    for cell in cells:
        pairs = zip(cell.case.by_round("lost"), cell.case.by_round("expected"), strict=True)
        shares = [100 * lost / wanted for lost, wanted in pairs if lost is not None and wanted]
        if shares:
            race = RACES[cell.implementation]
            note = (
                f"lost {sum(map(int, cell.case.values('lost'))):,} of {sum(map(int, cell.case.values('expected'))):,}"
            )
            note += "; none expected to be lost" if not race.may_lose else "; some may be lost"
            found[cell.case.interpreter].append(Point(race.title, median_interval(shares), note, "race"))
    series = tuple(Series("race", place or "this interpreter", tuple(points), number)
                   for number, (place, points) in enumerate(found.items()))  # fmt: skip
    load = _load(cells[0])
    return [Chart(
        key="races", kind="bars", title=f"Lost by unguarded programs: {load}", where=f"{cells[0].cores} cores, {load}",
        x_title="program", y_title="% lost of what should be there", x_scale="category", is_log=False, mark=None,
        series=series,
    )]  # fmt: skip
