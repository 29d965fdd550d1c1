"""The charts that only some runs have: the classic table, latencies from the median to the slowest, and races."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lockfree_core.bench.candidates import find_candidate
from lockfree_core.bench.chart_cells import VENUES, WAYS, Cell, load_words, scaled, slug, where_words
from lockfree_core.bench.chart_model import Chart, Point, Series
from lockfree_core.bench.classic import ARTICLE, THREADS, classic_table
from lockfree_core.bench.histogram import QUANTILES
from lockfree_core.bench.races import RACES
from lockfree_core.bench.results import Run
from lockfree_core.bench.statistics import Interval, median_interval

__all__ = ["classic_chart", "quantile_charts", "race_charts"]


def classic_chart(run: Run) -> list[Chart]:
    """The classic article's bars beside this machine's. C is left to the other charts, where there is room for it."""
    table = {structure: ways for structure, ways in classic_table(run).items() if len(ways) > 1}
    if not table:
        return []
    points: dict[str, list[Point]] = {}
    for structure, ways in table.items():
        claim = ARTICLE[structure]
        for key, value, title in (("article-lock", claim.locked, "article: lock"),
                                  ("article", claim.lock_free, "article: lock-free")):  # fmt: skip
            points.setdefault(key, []).append(Point(structure, Interval(value, value, value, 0.0, 0), title, key))
        for way, key in (("lock", claim.lock), ("emulated", "emulated"), ("hardware", "hardware")):
            interval = scaled(ways.get(way, (None, None))[0], 1e-6)
            if interval is not None:
                title = find_candidate(f"{structure}/{key}").title
                points.setdefault(key, []).append(Point(structure, interval, title, key))
    names = WAYS | {"article-lock": "article: lock", "article": "article: lock-free"}
    cores = run.environment.get("cores", "?")
    return [Chart(
        key="classic", kind="bars", title=f"The classic table, redrawn: {THREADS} threads",
        where=f"here {cores} cores, {_first_interpreter(run)}; the article's on 4 cores", x_title="structure",
        y_title="millions of operations a second", x_scale="category", is_log=False, mark=None,
        series=tuple(Series(key, names[key], tuple(each)) for key, each in points.items()),
    )]  # fmt: skip


def _first_interpreter(run: Run) -> str:
    return next((case.interpreter for case in run.cases), "") or "this interpreter"


def quantile_charts(cells: Sequence[Cell]) -> Iterator[Chart]:
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
                      if (interval := scaled(cell.case.interval(name), 1e-3))]  # fmt: skip
            series.append(Series(cell.implementation, cell.case.spec.title(), tuple(points), cell.run))
        head = f"{structure}, {load_words(mine[0])}" + (f", {interpreter}" if several else "")
        yield Chart(
            key=slug(f"latency {venue if venue != 'threads' else ''} {head}"), kind="quantiles",
            title=f"Latency{VENUES[str(venue)]}: {head}", where=where_words(mine[0], ()),
            x_title="share of operations that took no longer", y_title="µs", x_scale="quantile", is_log=True, mark=None,
            series=tuple(series),
        )  # fmt: skip


def race_charts(cells: Sequence[Cell]) -> list[Chart]:
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
    load = load_words(cells[0])
    return [Chart(
        key="races", kind="bars", title=f"Lost by unguarded programs: {load}", where=f"{cells[0].cores} cores, {load}",
        x_title="program", y_title="% lost of what should be there", x_scale="category", is_log=False, mark=None,
        series=series,
    )]  # fmt: skip
