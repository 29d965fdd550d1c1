"""A run's counters over time as a Plotly figure and as CSV."""

from __future__ import annotations

import csv
import io
from typing import Final, NamedTuple

from app.services.rates import Point
from app.services.run import Run

__all__ = ["HUES", "Series", "csv_text", "figure", "series"]

# The threads' hues of static/css/theme.css; a test holds the two together.
HUES: Final = {
    "dark": ("#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#f0e442", "#2a8fd0", "#e0661a", "#a08cff"),
    "light": ("#b37700", "#1f86c4", "#008561", "#b3568a", "#6f7a00", "#0062b0", "#d0480f", "#6c57d6"),
}
_PAPER: Final = {"dark": ("#0f1218", "#e6e9ef", "#2a2f3a"), "light": ("#ffffff", "#1a1d23", "#d8dce3")}
_DASHES: Final = ("solid", "dash")


class Series(NamedTuple):
    """One side's points."""

    title: str
    points: list[Point]
    lanes: int
    letter: str = "T"


def series(run: Run) -> list[Series]:
    """The points of all sides."""
    return [
        Series(side.entry.title, side.rates.points(), side.rates.lanes, "P" if side.entry.processes else "T")
        for side in run.sides
    ]


def csv_text(sides: list[Series]) -> str:
    """One row a point and side; retries a second for each thread."""
    lanes = max((side.lanes for side in sides), default=1)
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    retries = [f"retries_per_s_t{lane + 1}" for lane in range(lanes)]
    writer.writerow(["side", "structure", "time_s", "operations_per_s", "records_per_s", "retry_rate", *retries])
    for number, side in enumerate(sides):
        for point in side.points:
            losses = [f"{value:.3f}" for value in point.lane_losses[:lanes]]
            writer.writerow([number, side.title, f"{point.time:.3f}", f"{point.operations:.3f}", f"{point.records:.3f}",
                             f"{point.retry_rate:.6f}", *losses])  # fmt: skip
    return file.getvalue()


def figure(sides: list[Series], theme: str) -> str:
    """The figure as JSON: operations a second, retry rate, retries a second for each thread; sides by line style."""
    import plotly.graph_objects as go

    paper, text, grid = _PAPER[theme]
    chart = go.Figure()
    for number, side in enumerate(sides):
        times = [point.time for point in side.points]
        _add(chart, side, times, [point.operations for point in side.points], "operations/s", text, number, "y")
        _add(chart, side, times, [100 * point.retry_rate for point in side.points], "retry rate", text, number, "y2")
        for lane in range(side.lanes):
            values = [point.lane_losses[lane] for point in side.points]
            _add(chart, side, times, values, f"{side.letter}{lane + 1} retries/s", HUES[theme][lane % 8], number, "y3")
    chart.update_layout(template=None, paper_bgcolor=paper, plot_bgcolor=paper, font={"color": text})
    chart.update_layout(height=720, hovermode="x unified", legend={"orientation": "h", "y": -0.1})
    chart.update_layout(margin={"l": 70, "r": 20, "t": 30, "b": 50})
    chart.update_layout(xaxis={"title": {"text": "seconds since the run began"}, "gridcolor": grid, "anchor": "y3"})
    titles = {"yaxis": "operations/s", "yaxis2": "retry rate, %", "yaxis3": "retries/s"}
    domains = ([0.70, 1.0], [0.36, 0.64], [0.0, 0.30])
    for (axis, title), domain in zip(titles.items(), domains, strict=True):
        chart.update_layout(
            {axis: {"title": {"text": title}, "domain": domain, "rangemode": "tozero", "gridcolor": grid}}
        )
    return str(chart.to_json())


def _add(chart: object, side: Series, times: list[float], values: list[float], name: str, colour: str, number: int,
         axis: str) -> None:  # fmt: skip
    import plotly.graph_objects as go

    line = {"color": colour, "dash": _DASHES[number], "width": 1.5}
    trace = go.Scatter(x=times, y=values, name=f"{side.title}: {name}", mode="lines", line=line, yaxis=axis)
    chart.add_trace(trace)  # type: ignore[attr-defined]
