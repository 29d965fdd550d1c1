"""Charts as Plotly figures: plain data, in either theme, each series with a colour of its own and a second mark.

A colour belongs to an implementation, in every chart and every run; it never means a thread (those hues are others)
and never stands alone: lines have a dash and a symbol too, bars a pattern. A test computes the contrasts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import log10
from typing import Any, Final, NamedTuple

from lockfree_core.bench.chart_model import Chart, Point, Series

__all__ = ["PAPER", "STYLES", "THEMES", "Style", "describe", "figure"]

THEMES: Final = ("dark", "light")


class Style(NamedTuple):
    """How an implementation is drawn: its colour on a dark and on a light ground, its symbol, dash and pattern."""

    dark: str
    light: str
    symbol: str
    dash: str
    pattern: str


STYLES: Final[Mapping[str, Style]] = {
    "mutex": Style("#f8bf6c", "#715035", "square", "dash", "/"),
    "rwlock": Style("#ffaab1", "#99576c", "diamond", "longdash", "x"),
    "twin": Style("#c38c37", "#b36139", "square-open", "dot", "\\"),
    "emulated": Style("#8c6ebd", "#714085", "triangle-down", "dashdot", "."),
    "hardware": Style("#94ceff", "#5469b4", "triangle-up", "longdashdot", "|"),
    "native": Style("#74fefd", "#002a67", "circle", "solid", ""),
    "native-rwlock": Style("#c8ac87", "#8a6a00", "diamond-open", "dash", "+"),
    "striped": Style("#00afaf", "#00627e", "circle-open", "dot", "x"),
    "standard": Style("#90c273", "#224f00", "star", "dash", "-"),
    "simplequeue": Style("#daf194", "#63864f", "pentagon", "longdash", "x"),
    "queue": Style("#8b8318", "#2a3026", "hexagon", "dot", "+"),
    "kernel": Style("#639be1", "#3f3e61", "circle", "solid", ""),
    "kernel-mutex": Style("#bd6254", "#5c0300", "square", "dash", "/"),
    "kernel-spinlock": Style("#a49398", "#707c85", "cross", "dot", "."),
    "process-lock": Style("#f2e0e0", "#711e40", "square", "dash", "/"),
    "process-cas": Style("#58889b", "#4c0c49", "triangle-up", "longdashdot", "|"),
    "process-add": Style("#e8b3ff", "#9563ab", "circle", "solid", ""),
    # The figures of the classic article are nobody's here: they have no hue.
    "article-lock": Style("#a8b2bf", "#5c6674", "square-open", "dash", "/"),
    "article": Style("#a8b2bf", "#5c6674", "circle-open", "solid", ""),
    "race": Style("#b0d6b6", "#006c47", "circle", "solid", ""),
}
_RUN_PATTERNS: Final = ("", "/", "x", ".", "-", "+", "\\", "|")
_RUN_DASHES: Final = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_RUN_SYMBOLS: Final = ("circle", "square", "diamond", "triangle-up", "star", "pentagon")
# Ground, text, muted text, grid, and the line that marks a value; the first four are those of static/css/theme.css.
PAPER: Final = {
    "dark": ("#151a21", "#e6edf3", "#a8b2bf", "#2a313c", "#6b7686"),
    "light": ("#f6f7f9", "#14181f", "#4a5360", "#d5dae1", "#7c8694"),
}
_QUANTILE_PLACES: Final = {"p50": 2, "p99": 100, "p99.9": 1_000, "p99.99": 10_000, "max": 100_000}


def describe(chart: Chart, theme: str) -> dict[str, Any]:
    """A chart as the page is sent it."""
    return {"key": chart.key, "title": chart.title, "words": chart.words, "figure": figure(chart, theme),
            "table": chart.as_table()}  # fmt: skip


def figure(chart: Chart, theme: str) -> dict[str, Any]:
    """The Plotly figure."""
    by_run = len({series.run for series in chart.series}) > 1
    draw = {"bars": _bar, "changes": _change, "beside": _lying_bar, "dots": _dot}.get(chart.kind, _line)
    return {"data": [draw(chart, series, theme, by_run) for series in chart.series], "layout": _layout(chart, theme)}


def _colour(series: Series, theme: str) -> str | list[str]:
    """One, or where the points are of several implementations one for each."""
    if series.key:
        return str(getattr(STYLES[series.key], theme))
    return [str(getattr(STYLES[point.key], theme)) for point in series.points]


def _error(points: Sequence[Point], theme: str) -> dict[str, Any]:
    if not any(point.interval.samples for point in points):
        return {"visible": False}  # nobody here measured them
    return {
        "type": "data", "symmetric": False, "array": [point.interval.high - point.interval.median for point in points],
        "arrayminus": [point.interval.median - point.interval.low for point in points], "color": PAPER[theme][1],
        "thickness": 1.2, "width": 4,
    }  # fmt: skip


def _common(chart: Chart, series: Series, theme: str) -> dict[str, Any]:
    points = series.points
    return {
        "name": _text(series.title), "x": [_place(chart, point) for point in points],
        "y": [point.interval.median for point in points], "error_y": _error(points, theme),
        "customdata": [[_text(point.title), point.interval.low, point.interval.high, _surely(point)]
                       for point in points],
        "hovertemplate": "%{customdata[0]}<br>%{x}: %{y:.4~g} (%{customdata[1]:.4~g} to %{customdata[2]:.4~g})"
                         "%{customdata[3]}<extra></extra>",
    }  # fmt: skip


def _text(words: str) -> str:
    """As it stands: Plotly takes tags in its texts for markup, and runs have the names that people give them."""
    return escape(words, quote=False)


def _surely(point: Point) -> str:
    """Of how many samples, and whether those are enough for an interval of 95 %."""
    count = point.interval.samples
    if not count:
        return ""  # nobody here measured it
    words = f", {count} sample" + ("" if count == 1 else "s")
    return words if point.interval.is_sure else f"{words}, too few for 95 %"


def _place(chart: Chart, point: Point) -> float | str:
    if chart.x_scale == "quantile":
        return _QUANTILE_PLACES[str(point.x)]
    return _text(point.x) if isinstance(point.x, str) else point.x


def _bar(chart: Chart, series: Series, theme: str, by_run: bool) -> dict[str, Any]:
    by_run = by_run or not series.key
    pattern = _RUN_PATTERNS[series.run % len(_RUN_PATTERNS)] if by_run else STYLES[series.key].pattern
    colour = _colour(series, theme)
    marker = {
        "color": colour, "line": {"color": colour, "width": 1.5},
        "pattern": {"shape": pattern, "fillmode": "replace", "fgcolor": colour, "bgcolor": PAPER[theme][0], "size": 7},
    }  # fmt: skip
    return {"type": "bar", **_common(chart, series, theme), "marker": marker}


def _dot(chart: Chart, series: Series, theme: str, by_run: bool) -> dict[str, Any]:
    """Like bars, but where the axis is logarithmic and a bar would begin nowhere."""
    line = _line(chart, series, theme, by_run)
    return line | {
        "mode": "markers",
        "offsetgroup": f"{series.key}-{series.run}",
        "marker": line["marker"] | {"size": 11},
    }


def _line(chart: Chart, series: Series, theme: str, by_run: bool) -> dict[str, Any]:
    style = STYLES[series.key]
    dash = _RUN_DASHES[series.run % len(_RUN_DASHES)] if by_run else style.dash
    colour = _colour(series, theme)
    return {
        "type": "scatter", "mode": "lines+markers", **_common(chart, series, theme),
        "line": {"color": colour, "width": 2, "dash": dash},
        "marker": {"color": colour, "symbol": style.symbol, "size": 9, "line": {"color": colour, "width": 1.5}},
    }  # fmt: skip


def _change(chart: Chart, series: Series, theme: str, by_run: bool) -> dict[str, Any]:
    """Points with a row each."""
    symbol = _RUN_SYMBOLS[series.run % len(_RUN_SYMBOLS)]
    return {
        "type": "scatter", "mode": "markers", **_lying(_common(chart, series, theme)),
        "marker": {"color": _colour(series, theme), "symbol": symbol, "size": 10},
    }  # fmt: skip


def _lying_bar(chart: Chart, series: Series, theme: str, by_run: bool) -> dict[str, Any]:
    return _lying(_bar(chart, series, theme, by_run)) | {"orientation": "h"}


def _lying(trace: dict[str, Any]) -> dict[str, Any]:
    """The same with its places on the second axis, where long names are read."""
    turned = trace | {"x": trace["y"], "y": trace["x"], "error_x": trace["error_y"],
                      "hovertemplate": trace["hovertemplate"].replace("%{x}: %{y:.4~g}", "%{x:.4~g}")}  # fmt: skip
    del turned["error_y"]
    return turned


def _layout(chart: Chart, theme: str) -> dict[str, Any]:
    ground, text, muted, grid, strong = PAPER[theme]
    axis = {"gridcolor": grid, "zerolinecolor": strong, "linecolor": strong, "tickcolor": strong, "automargin": True}
    layout: dict[str, Any] = {
        "paper_bgcolor": ground, "plot_bgcolor": ground, "font": {"color": text, "size": 12},
        "title": {"text": _text(chart.title), "x": 0.01, "xanchor": "left", "font": {"size": 15},
                  "subtitle": {"text": _text(chart.where), "font": {"color": muted, "size": 12}}},
        "margin": {"l": 60, "r": 20, "t": 70, "b": 50}, "height": 380, "barmode": "group", "bargap": 0.25,
        "bargroupgap": 0.08, "scattermode": "group" if chart.kind == "dots" else "overlay", "scattergap": 0.3,
        "hovermode": "closest", "showlegend": True,
        "legend": {"orientation": "h", "y": -0.24, "yanchor": "top", "x": 0, "itemwidth": 40},
        "xaxis": axis | {"title": {"text": chart.x_title}} | _x_scale(chart),
        "yaxis": axis | {"title": {"text": chart.y_title}} | _y_scale(chart),
    }  # fmt: skip
    if chart.kind in ("changes", "beside"):
        rows = len({point.x for series in chart.series for point in series.points})
        each = 26 if chart.kind == "changes" else 8 + 14 * len(chart.series)
        layout["xaxis"], layout["yaxis"] = layout["yaxis"], layout["xaxis"] | {"autorange": "reversed", "title": None}
        layout |= {"height": 170 + each * rows, "showlegend": len(chart.series) > 1}
        layout["legend"] |= {"y": -90 / (each * rows + 50)}
    return layout | (_mark(chart, text, muted) if chart.mark is not None else {})


def _y_scale(chart: Chart) -> dict[str, Any]:
    """From 0, or logarithmic: a tick a decade, or where that were few the 2s and 5s too."""
    if not chart.is_log:
        return {"rangemode": "tozero"}
    ends = [
        end for series in chart.series for point in series.points for end in (point.interval.low, point.interval.high)
    ]
    few = max(ends) < 100 * max(min(ends), 1e-12)
    return {"type": "log", "dtick": "D2" if few else 1, "tickformat": ",~g"}


def _mark(chart: Chart, text: str, muted: str) -> dict[str, Any]:
    """The line of the value at which nothing is won and nothing lost."""
    value, line = chart.mark or 1.0, {"color": text, "width": 1.5, "dash": "dot"}
    words = {"showarrow": False, "font": {"color": muted, "size": 11}}
    if chart.kind == "changes":
        above = {"yref": "paper", "y": 1, "x": value, "yanchor": "bottom", "text": "as in the first"}
        return {
            "shapes": [{"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": value, "x1": value, "line": line}],
            "annotations": [words | above],
        }  # fmt: skip
    return {
        "shapes": [{"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": value, "y1": value, "line": line}],
        "annotations": [words | {"xref": "paper", "x": 1, "y": log10(value) if chart.is_log else value,
                                 "text": "as fast as the lock", "xanchor": "right", "yanchor": "bottom"}],
    }  # fmt: skip


def _x_scale(chart: Chart) -> dict[str, Any]:
    if chart.x_scale == "category":
        # Else it would have the order in which series have them, and a series need not have all.
        return {"type": "category", "categoryorder": "array", "categoryarray": [_text(name) for name in chart.places]}
    if chart.x_scale == "quantile":
        return {"type": "log", "tickvals": list(_QUANTILE_PLACES.values()), "ticktext": list(_QUANTILE_PLACES)}
    values = sorted({point.x for series in chart.series for point in series.points if not isinstance(point.x, str)})
    return {"type": chart.x_scale, "tickvals": values, "ticktext": [f"{value:g}" for value in values]}
