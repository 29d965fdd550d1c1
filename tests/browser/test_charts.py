"""The live charts: what they say and draw of the counters of the last minute."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.views_kit import open_kit

MOUNT = """async (duel) => {
    const { createCharts } = await import("/static/js/charts.js");
    const root = document.getElementById("root");
    root.style.cssText = "position:fixed;left:0;top:0;width:389px;height:216px";
    root.className = "charts-panel";
    kit.heard = [];
    const on = (event, listener) => void (event === "counters" && kit.heard.push(listener));
    const peer = { on, run: kit.context.run };
    kit.view = createCharts(root, kit.context, duel ? { peer } : {});
    kit.losses = [0, 0];
    kit.tick = (tenths, { paused = false, operations = 90, rate = 0.25, attempts = 10, more = [1, 3] } = {}) => {
        kit.losses = kit.losses.map((losses, lane) => losses + more[lane]);
        kit.context.emit("counters", kit.counters({
            time: tenths * 1e8, paused, lanes: kit.losses.map((losses) => ({ losses })), totals: { attempts },
            rates: { operations, records: 0, retry_rate: rate },
        }));
    };
    kit.tickPeer = (tenths, operations) => kit.heard.forEach((listener) => listener(kit.counters({
        time: tenths * 1e8, lanes: [{}, {}], totals: { attempts: 0 }, rates: { operations, records: 0, retry_rate: 0 },
    })));
    // Columns of the first canvas that hold ink of the given colour.
    kit.ink = (chart, token) => {
        const canvas = document.querySelectorAll(".chart canvas")[chart];
        const probe = document.createElement("canvas").getContext("2d");
        probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(token).trim();
        probe.fillRect(0, 0, 1, 1);
        const [red, green, blue] = probe.getImageData(0, 0, 1, 1).data;
        const { data, width, height } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const columns = new Set();
        for (let index = 0; index < width * height; index += 1) {
            const at = index * 4;
            const near = Math.abs(data[at] - red) + Math.abs(data[at + 1] - green) + Math.abs(data[at + 2] - blue) < 60;
            if (data[at + 3] > 120 && near) columns.add(index % width);
        }
        return [...columns].sort((one, other) => one - other).map((column) => column / width);
    };
}"""


@pytest.fixture
def charts(static_page: Page) -> Page:
    return mounted(static_page, duel=False)


def mounted(page: Page, duel: bool, theme: str = "dark") -> Page:
    open_kit(page, ("charts",), theme)
    page.add_style_tag(url="/static/vendor/uplot/uPlot.min.css")
    page.evaluate(MOUNT, duel)
    return page


def figure(page: Page, title: str) -> Any:
    return page.locator(".chart", has=page.get_by_text(title, exact=True)).locator(".chart-value")


def test_the_newest_figures_stand_at_the_right(charts: Page) -> None:
    charts.evaluate("for (let tenth = 0; tenth < 30; tenth += 1) kit.tick(tenth)")
    expect(figure(charts, "Operations a second")).to_have_text("90")
    expect(figure(charts, "Retry rate")).to_have_text("25 %")
    expect(figure(charts, "Retries a thread")).to_have_text("most 30/s")
    expect(charts.get_by_role("img", name="Retry rate: 25 %")).to_be_visible()


def test_a_rate_before_the_first_attempt_is_none(charts: Page) -> None:
    charts.evaluate("kit.tick(0, { attempts: 0, rate: 0 })")
    expect(figure(charts, "Retry rate")).to_have_text("–")


def test_a_paused_run_leaves_a_gap(charts: Page) -> None:
    charts.evaluate(
        "for (let tenth = 0; tenth < 600; tenth += 1) kit.tick(tenth, { paused: tenth >= 200 && tenth < 400 })"
    )
    expect(figure(charts, "Operations a second")).to_have_text("90")
    columns = charts.evaluate("kit.settled().then(() => kit.ink(0, '--text'))")
    gaps = [(left, right) for left, right in zip(columns, columns[1:], strict=False) if right - left > 0.1]
    assert len(gaps) == 1
    assert gaps[0][1] - gaps[0][0] == pytest.approx((1 - columns[0]) / 3, abs=0.05), "a third of the minute"


def test_paused_is_said(charts: Page) -> None:
    charts.evaluate("kit.tick(0); kit.tick(1); kit.tick(2, { paused: true })")
    expect(figure(charts, "Operations a second")).to_have_text("90 (paused)")


def test_silence_breaks_the_line(charts: Page) -> None:
    series = charts.evaluate("""async () => {
        const { ChartSeries } = await import("/static/js/chart-series.js");
        const series = new ChartSeries(1);
        const at = (time) => kit.counters({ time: time * 1e9, lanes: [{ losses: 0 }], totals: { attempts: 1 },
            rates: { operations: 5, records: 0, retry_rate: 0 } });
        [0, 0.1, 9, 9.1].forEach((time) => series.add(0, at(time)));
        return [series.times, series.sides[0].operations];
    }""")
    assert series == [[0, 0.1, 8, 9, 9.1], [5, 5, None, 5, 5]]


def test_only_the_last_minute_is_kept(charts: Page) -> None:
    kept = charts.evaluate("""async () => {
        const { ChartSeries } = await import("/static/js/chart-series.js");
        const series = new ChartSeries(1);
        for (let tenth = 0; tenth < 3000; tenth += 1) {
            series.add(0, kit.counters({ time: tenth * 1e8, lanes: [{ losses: tenth }], totals: { attempts: 1 },
                rates: { operations: 1, records: 0, retry_rate: 0 } }));
        }
        const side = series.sides[0];
        const columns = [series.times, side.operations, side.retryRate, side.retries[0]];
        return [...columns.map((column) => column.length), series.times[0]];
    }""")
    assert kept[0] == kept[1] == kept[2] == kept[3]
    assert 600 <= kept[0] <= 660
    assert kept[4] <= 299.9 - 60


@pytest.mark.parametrize("color_scheme", ["dark", "light"])
def test_a_line_a_thread_in_its_hue(static_page: Page, color_scheme: str) -> None:
    mounted(static_page, duel=False, theme=color_scheme)
    static_page.evaluate("for (let tenth = 0; tenth < 600; tenth += 1) kit.tick(tenth, { more: [2, 6] })")
    static_page.evaluate("kit.settled()")
    assert len(static_page.evaluate("kit.ink(2, '--t0')")) > 100
    assert len(static_page.evaluate("kit.ink(2, '--t1')")) > 100


def test_the_theme_repaints(charts: Page) -> None:
    charts.evaluate("for (let tenth = 0; tenth < 600; tenth += 1) kit.tick(tenth)")
    charts.evaluate("kit.settled()")
    charts.evaluate("""async () => {
        document.documentElement.dataset.theme = "light";
        document.documentElement.dispatchEvent(new CustomEvent("themechange"));
        await kit.settled();
    }""")
    assert len(charts.evaluate("kit.ink(0, '--text')")) > 100


def test_the_word_injected_stands_where_delay_is_injected(charts: Page) -> None:
    charts.evaluate("kit.tick(0)")
    assert charts.locator(".chart-injected:visible").count() == 0
    charts.evaluate("kit.context.emit('run', { ...kit.context.run, knobs: { gap_share: 40 } })")
    words = charts.locator(".chart-injected:visible")
    assert words.all_inner_texts() == ["injected", "injected"]
    assert "repeating-linear-gradient" in words.first.evaluate("(word) => getComputedStyle(word).backgroundImage")


def test_a_duel_has_both_sides_in_one_chart_and_their_ratio(static_page: Page) -> None:
    page = mounted(static_page, duel=True)
    page.evaluate("for (let tenth = 0; tenth < 300; tenth += 1) { kit.tick(tenth); kit.tickPeer(tenth + 0.3, 400); }")
    expect(figure(page, "Operations a second")).to_have_text("─ 90  ╌ 400  ratio 0.23")
    expect(figure(page, "Retry rate")).to_have_text("─ 25 %  ╌ –")
    expect(page.get_by_role("img", name="Operations a second: lock-free 90 mutex 400 ratio 0.23")).to_be_visible()
    columns = page.evaluate("kit.settled().then(() => kit.ink(0, '--text'))")
    gaps = [right - left for left, right in zip(columns, columns[1:], strict=False)]
    assert max(gaps) < 0.1, "one side's moments do not break the other side's line"


def test_a_new_generation_begins_anew(charts: Page) -> None:
    charts.evaluate("for (let tenth = 0; tenth < 300; tenth += 1) kit.tick(tenth)")
    charts.evaluate("kit.context.emit('cleared', null); kit.losses = [0, 0]; kit.tick(0); kit.tick(1)")
    expect(figure(charts, "Retries a thread")).to_have_text("most 30/s")
    columns = charts.evaluate("kit.settled().then(() => kit.ink(0, '--text'))")
    assert columns == [] or max(columns) < 0.3
