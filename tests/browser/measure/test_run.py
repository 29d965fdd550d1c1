"""The page of a run, against the real server with quick samples: look on, read, take away."""

from __future__ import annotations

import csv
import io
import re
import struct
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.measure.kit import (
    ENDLESS,
    LASTING,
    SMALL,
    OpenMeasure,
    a_run,
    hold,
    keep,
    measuring,
    open_measure,
    start,
    wait_drawn,
    wait_ended,
    wait_taken,
)
from tests.browser.test_accessibility import violations
from tests.serving import reserved_port

# While it runs


def test_a_run_is_seen_by_every_page_and_outlives_them(measure: OpenMeasure, home: Path) -> None:
    hold(home)
    page = measure(query=LASTING)
    start(page)
    now = re.compile(r"^Round 1: no operation, 8 threads, CPython")
    expect(page.locator(".now-what")).to_have_text(now)
    expect(page.locator(".now-left")).to_contain_text("0 of 18")
    expect(page.locator(".cases tbody tr")).to_have_count(3)
    expect(page.get_by_role("button", name="Start")).to_be_disabled()
    page.close()
    back, viewer = measure(), measure(role="viewer")
    for looker in (back, viewer):
        expect(looker.locator(".cases tr[data-now]")).to_contain_text("no operation")
    expect(viewer.get_by_role("button", name="Cancel")).to_have_count(0)
    expect(viewer.get_by_role("button", name="Start")).to_have_count(0)
    expect(viewer.locator(".choose-foot")).to_contain_text("You are a viewer")
    (home / "hold").unlink()
    for looker in (back, viewer):
        wait_ended(looker)
        expect(looker.locator(".verdict-list").first).to_contain_text("native TreiberStack is faster")
    expect(viewer.get_by_role("button", name="Rename")).to_have_count(0)
    expect(viewer.get_by_role("button", name="Delete")).to_have_count(0)


def test_charts_grow_and_keep_their_zoom(measure: OpenMeasure, home: Path) -> None:
    hold(home, after=9)
    page = measure(query=ENDLESS)
    start(page)
    wait_taken(page, 9)
    page.locator("#result[data-running] .result-chart").first.scroll_into_view_if_needed()
    expect(page.locator("#result[data-running] .chart-picture[data-drawn]").first).to_be_visible()
    page.evaluate("document.querySelector('.chart-picture').kept = true")
    page.locator(".result-chart").first.scroll_into_view_if_needed()
    box = page.locator(".chart-picture .nsewdrag").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.7, steps=4)
    page.mouse.up()
    expect(page.get_by_role("button", name="Reset zoom").first).to_be_visible()
    state = """() => {
        const { layout, data } = document.querySelector(".chart-picture");
        return [layout.yaxis.range, JSON.stringify(data.map(({ customdata }) => customdata))];
    }"""
    zoomed, figures = page.evaluate(state)
    (home / "hold").unlink()
    page.wait_for_function(f"(before) => ({state})()[1] !== before", arg=figures)
    assert page.evaluate(state)[0] == zoomed
    assert page.evaluate("document.querySelector('.chart-picture').kept"), "changed in place"
    page.get_by_role("button", name="Reset zoom").first.click()
    page.wait_for_function(f"(before) => ({state})()[0][1] !== before", arg=zoomed[1])


def test_cancelling_keeps_what_there_is(measure: OpenMeasure, home: Path) -> None:
    hold(home, after=9)
    page = measure(query=ENDLESS)
    start(page)
    wait_taken(page, 9)
    page.keyboard.press("x")
    page.get_by_role("dialog").get_by_role("button", name="Cancel the run").click()
    expect(page.locator(".toast")).to_contain_text("is in the history")  # first: it does not stay for ever
    wait_ended(page)
    expect(page.locator(".run-line")).to_contain_text("cancelled")
    expect(page.locator(".part-table tbody tr")).to_have_count(3)
    expect(page.get_by_role("button", name="Start")).to_be_enabled()


@pytest.mark.allow_console_errors("ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE")
def test_a_server_that_goes_is_told_and_the_page_goes_on_when_it_is_back(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page()
    hold(tmp_path, after=9)
    with reserved_port() as port:
        with measuring(tmp_path, port) as first:
            open_measure(page, first, **ENDLESS)
            start(page)
            wait_taken(page, 9)
        banner = page.locator('.state[data-name="serverGone"]')
        expect(banner).to_be_visible()
        expect(page.locator(".pill.bad, .pill", has_text="no server")).to_be_visible()
        expect(page.locator(".cases tbody tr")).to_have_count(3)
        with measuring(tmp_path, port):
            expect(banner).to_be_hidden()
            expect(page.locator("#progress")).to_be_hidden()
            expect(page.locator(".run-line")).to_contain_text("cancelled")


# The result


def test_failed_samples_are_listed_with_their_reason(measure: OpenMeasure) -> None:
    page = measure(query={**SMALL, "think": "13"})
    start(page)
    wait_ended(page)
    failed = page.locator(".trouble.fault")
    expect(failed.locator("h3")).to_have_text("Failed samples: 1")
    expect(failed).to_contain_text("stack/native, 8 threads, think 13, CPython")
    expect(failed).to_contain_text("an item was lost: 41 went in, 40 came out")


def test_every_chart_is_handed_out_as_picture_and_table(measure: OpenMeasure, home: Path) -> None:
    run = a_run("Kept <b>run</b> &")
    keep(home, run)
    page = measure(f"/runs/{run.id}")
    wait_drawn(page)
    chart = page.locator('[data-chart="throughput-bars-8-threads"]')
    title = chart.locator(".chart-title").inner_text()
    label = chart.locator("[role=img]").get_attribute("aria-label") or ""
    assert label.startswith(f"Bars: {title}. 4 cores, CPython 3.11.0") and "C: stack 9.000" in label

    def save(kind: str) -> tuple[str, bytes]:
        with page.expect_download() as found:
            chart.get_by_role("button", name=kind).click()
        return found.value.suggested_filename, Path(found.value.path()).read_bytes()

    chart.scroll_into_view_if_needed()
    name, picture = save("PNG")
    assert re.fullmatch(r"lockfree-lab_bench-Kept-b-run-b-_[a-z0-9-]+_[\dT-]+\.png", name)
    assert picture.startswith(b"\x89PNG") and struct.unpack_from(">II", picture, 16) == (2400, 1440)
    drawn = ElementTree.fromstring(save("SVG")[1].decode())
    words = " ".join(drawn.itertext())
    assert title in words and "Test CPU · 4 cores" in words and "deque" in words
    rows = list(csv.reader(io.StringIO(save("CSV")[1].decode("utf-8-sig"))))
    chart.locator("summary").click()
    texts = "(rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
    shown = chart.locator(".chart-table tr").evaluate_all(texts)
    assert rows == shown and len(rows) > 3


def test_name_and_note_are_edited_in_place_and_a_run_is_deleted(measure: OpenMeasure, home: Path) -> None:
    run = a_run("Before")
    keep(home, run)
    page = measure(f"/runs/{run.id}")
    page.get_by_role("button", name="Rename").click()
    page.get_by_label("Name of the run").fill("After")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("After")
    expect(page.get_by_role("button", name="Rename")).to_be_focused()
    page.get_by_role("button", name="Add a note").click()
    page.get_by_label("Note on the run").fill("quiet machine")
    page.keyboard.press("Escape")
    expect(page.locator(".run-note")).to_be_hidden()
    page.get_by_role("button", name="Add a note").click()
    page.get_by_label("Note on the run").fill("quiet machine")
    page.keyboard.press("Enter")
    expect(page.locator(".run-note")).to_have_text("quiet machine")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("After")
    expect(page.locator(".run-note")).to_have_text("quiet machine")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_contain_text("“After” of ")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.wait_for_url("**/measure/history")
    expect(page.get_by_role("link", name="After")).to_have_count(0)


@pytest.mark.allow_console_errors("404")
def test_a_run_that_is_not_there(measure: OpenMeasure) -> None:
    page = measure("/runs/gone")
    expect(page.locator(".state.card")).to_contain_text("This run is not here")
    page.get_by_role("button", name="Open the history").click()
    page.wait_for_url("**/measure/history")


def test_the_theme_is_that_of_the_figures(measure: OpenMeasure, home: Path) -> None:
    run = a_run("Themed")
    keep(home, run)
    page = measure(f"/runs/{run.id}")
    wait_drawn(page)
    ground = "() => document.querySelector('.chart-picture').layout.paper_bgcolor"
    light = page.evaluate(ground)
    page.keyboard.press("t")
    page.wait_for_function(f"(light) => ({ground})() !== light", arg=light)
    page.keyboard.press("v")
    expect(page.locator(".part-place")).to_be_hidden()
    page.wait_for_function("() => document.querySelector('.chart-picture').layout.font.size === 18")


def test_the_chart_library_comes_with_the_first_chart(measure: OpenMeasure) -> None:
    page = measure("/history")
    page.get_by_role("heading", name="History").wait_for()
    assert page.evaluate("typeof Plotly") == "undefined"


# Accessibility


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_nothing_is_wrong_for_assistive_technology(measure: OpenMeasure, home: Path) -> None:
    hold(home)
    page = measure(query=LASTING)
    start(page)
    expect(page.locator(".cases tr[data-now]")).to_have_count(1)
    assert violations(page) == []
    (home / "hold").unlink()
    wait_ended(page)
    wait_drawn(page)
    page.locator(".chart-table summary").first.click()
    assert violations(page) == []
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("What the interval means")
    assert violations(page) == []
