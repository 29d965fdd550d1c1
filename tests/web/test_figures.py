"""Figures as Plotly takes them: colours that can be told apart on both grounds, and never alone."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

import plotly.graph_objects as go
import pytest

from app.services.chart import HUES
from app.services.figures import PAPER, STYLES, THEMES, describe, figure
from lockfree_core.bench.candidates import CANDIDATES, IMPLEMENTATIONS
from lockfree_core.bench.chart_model import Chart
from lockfree_core.bench.charts import charts
from lockfree_core.bench.comparison_charts import changes_of, comparison_charts
from lockfree_core.bench.results import Case
from lockfree_core.bench.spec import SampleSpec
from lockfree_core.bench.workloads import Workload
from tests.core.bench.bench_kit import around, case, latencies, made
from tests.serving import ROOT

LEAST = 3.0  # contrast of what is drawn with its ground


def theme_colours(theme: str) -> dict[str, str]:
    """The custom properties of ``static/css/theme.css``."""
    sheet = (ROOT / "static" / "css" / "theme.css").read_text(encoding="utf-8")
    block = sheet.partition(f':root[data-theme="{theme}"] {{')[2].partition("}")[0]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


def luminance(colour: str) -> float:
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def some_charts() -> list[Chart]:
    """One of each kind, and more."""
    cases = [case(f"{structure}/{way}", around(rate * threads), threads, retry_rate=0.01)
             for threads in (1, 2, 8) for structure in ("stack", "queue")
             for way, rate in (("mutex", 1e6), ("native", 3e7), ("hardware", 2e6))]  # fmt: skip
    run, other = made(*cases, latencies("stack/mutex", around(5e3))), made(*cases)
    race = Case(
        SampleSpec("race", "race/dict-add", Workload(threads=8)), "p", "P", [{"ok": True, "lost": 1, "expected": 9}]
    )
    bars = [*charts(made(*(case(f"counter/{way}", around(1e6)) for way in ("mutex", "native", "hardware")))),
            *charts(made(race))]  # fmt: skip
    return [*charts(run), *bars, *comparison_charts([run, other], changes_of([run, other]))]


def test_every_implementation_has_a_style_of_its_own() -> None:
    assert set(IMPLEMENTATIONS) - {"null"} <= set(STYLES)
    for theme in THEMES:
        colours = [getattr(style, theme) for key, style in STYLES.items() if not key.startswith("article")]
        assert len(set(colours)) == len(colours)
        assert not set(colours) & set(HUES[theme])  # hue means thread there


@pytest.mark.parametrize("theme", THEMES)
def test_colours_stand_out_from_their_grounds(theme: str) -> None:
    found = theme_colours(theme)
    assert PAPER[theme] == tuple(found[name] for name in ("panel", "text", "muted", "line", "line-strong"))
    grounds = [found[name] for name in ("bg", "panel", "panel-2")]
    weak = {
        key for key, style in STYLES.items() for ground in grounds if contrast(getattr(style, theme), ground) < LEAST
    }
    assert weak == set()
    assert min(contrast(PAPER[theme][index], PAPER[theme][0]) for index in (1, 2)) >= 4.5  # text
    assert contrast(PAPER[theme][4], PAPER[theme][0]) >= LEAST  # axes and marks


def test_no_two_of_a_chart_differ_by_colour_alone() -> None:
    for structure in dict.fromkeys(each.structure for each in CANDIDATES.values()):
        for venue in ("threads", "kernel", "processes"):
            ways = [each.implementation for each in CANDIDATES.values() if each.structure == structure
                    and each.venue == venue and each.implementation != "null"]  # fmt: skip
            for one, other in itertools.combinations(ways, 2):
                assert STYLES[one].symbol != STYLES[other].symbol, (structure, one, other)
                assert STYLES[one].pattern != STYLES[other].pattern, (structure, one, other)


def test_all_kinds_are_there() -> None:
    kinds = {chart.kind for chart in some_charts()}
    assert kinds == {"bars", "dots", "lines", "quantiles", "changes", "beside"}


@pytest.mark.parametrize("theme", THEMES)
def test_plotly_takes_every_figure(theme: str) -> None:
    for chart in some_charts():
        drawn: dict[str, Any] = json.loads(json.dumps(figure(chart, theme)))
        go.Figure(drawn)  # raises where a property is none
        assert len(drawn["data"]) == len(chart.series)
        assert drawn["layout"]["paper_bgcolor"] == PAPER[theme][0]
        for trace in drawn["data"]:
            error = trace.get("error_x", trace.get("error_y"))
            assert error["visible"] is False if "visible" in error else len(error["array"]) == len(trace["y"])


def test_the_mark_of_a_ratio_is_drawn() -> None:
    ratios = [chart for chart in some_charts() if chart.mark is not None]
    assert {chart.kind for chart in ratios} == {"lines", "dots", "changes"}
    for chart in ratios:
        layout = figure(chart, "dark")["layout"]
        (shape,), (note,) = layout["shapes"], layout["annotations"]
        assert 1.0 in (shape["x0"], shape["y0"]) and "as" in note["text"]


def test_what_people_wrote_is_no_markup() -> None:
    runs = [made(case("stack/mutex", around(rate)), name="<a href='x'>a & b</a>") for rate in (1e6, 2e6)]
    for chart in comparison_charts(runs, changes_of(runs)):
        drawn = json.dumps(figure(chart, "dark"))
        assert "<a" not in drawn and "&lt;a href=" in drawn
        assert "<a href='x'>a & b</a>" in chart.words


def test_what_the_page_is_sent() -> None:
    for chart in some_charts():
        sent = describe(chart, "light")
        assert set(sent) == {"key", "title", "words", "figure", "table"}
        assert "cores" in sent["words"]
        assert all(len(row) == len(sent["table"]["columns"]) for row in sent["table"]["rows"])
