"""The page of a run, against the real server with quick samples: choose, run, look on, read, take away."""

from __future__ import annotations

import csv
import io
import json
import re
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Locator, Page, expect

from lockfree_core.bench.results import Case
from lockfree_core.bench.spec import SampleSpec
from lockfree_core.bench.workloads import Workload
from tests.browser.conftest import OpenPage
from tests.browser.measure_kit import a_run, keep, measuring, open_measure, wait_drawn
from tests.browser.test_accessibility import violations
from tests.core.bench.bench_kit import made
from tests.serving import ROOT, Server

SMALL = {"structures": "stack", "implementations": "mutex,native", "threads": "8"}
"""Three cases with the null candidate: eighteen samples."""
ENDLESS = {**SMALL, "precision": "0.1"}
"""The same, as precise as these samples never get."""

OpenMeasure = Callable[..., Page]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("measure")


@pytest.fixture(scope="module")
def quick(home: Path) -> Iterator[Server]:
    with measuring(home) as running:
        yield running


@pytest.fixture
def context_options() -> dict[str, Any]:
    return {"reduced_motion": "reduce", "accept_downloads": True}


@pytest.fixture
def measure(open_page: OpenPage, quick: Server, home: Path) -> Iterator[OpenMeasure]:
    """Opens a page of Measure; whatever runs is ended after the test."""

    def open_it(path: str = "", *, role: str = "presenter", query: dict[str, str] | None = None, **more: Any) -> Page:
        page = open_page(**more)
        if role == "viewer":
            page.goto(f"{quick.base_url}/measure{path}")
        else:
            open_measure(page, quick, path, **(query or {}))
        return page

    yield open_it
    (home / "hold").unlink(missing_ok=True)
    requests = open_page().request
    requests.get(quick.launch_url)
    headers = {"origin": quick.base_url, "content-type": "application/json"}
    requests.delete(f"{quick.base_url}/api/bench/job", headers=headers, data={})


def start(page: Page) -> None:
    """Enter, with nothing in focus."""
    expect(page.locator(".python")).to_have_count(2)
    page.keyboard.press("Enter")


def wait_ended(page: Page) -> None:
    ended = re.compile(r"as narrow as asked|cancelled|was over|were done")
    expect(page.locator(".run-line")).to_contain_text(ended)
    expect(page.locator("#progress")).to_be_hidden()


def wait_taken(page: Page, samples: int) -> None:
    page.wait_for_function("(least) => parseInt(document.querySelector('.now-left').textContent) >= least", arg=samples)


def tab_to(page: Page, target: Locator) -> None:
    for _ in range(80):
        if target.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {target}")


# Choosing


def test_from_choosing_to_export_with_the_keyboard_alone(measure: OpenMeasure, home: Path) -> None:
    page = measure()
    expect(page.locator(".state.card")).to_contain_text("Nothing was measured on this machine yet")
    tab_to(page, page.get_by_role("radio", name="Presets"))
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Custom run")).to_have_attribute("aria-checked", "true")
    tab_to(page, page.get_by_role("checkbox", name="hardware", exact=True))
    page.keyboard.press("Space")
    expected = re.compile(r"^8 cases, 48 samples at the least: \d+\ss to 1\smin\.$")
    expect(page.locator(".choose-estimate")).to_have_text(expected)
    tab_to(page, page.get_by_role("button", name="2 threads", exact=True))
    page.keyboard.press("Space")
    expect(page.locator(".choose-estimate")).to_contain_text("4 cases, 24 samples")
    tab_to(page, page.get_by_label("Name", exact=True))
    page.keyboard.type("Keyboard")
    page.keyboard.press("Enter")
    wait_ended(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Keyboard")
    expect(page.locator(".verdict-list").first).to_contain_text("is the fastest")
    expect(page.locator(".run-machine")).to_contain_text("core")
    tab_to(page, page.get_by_role("button", name="Export ▾"))
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    with page.expect_download() as found:
        page.keyboard.press("Enter")
    assert found.value.suggested_filename.endswith(".json")
    result = json.loads(Path(found.value.path()).read_text())
    measured = [case["candidate"] for case in result["cases"]]
    assert measured == ["stack/null", "stack/mutex", "stack/native", "stack/standard"]
    assert {case["workload"]["threads"] for case in result["cases"]} == {8}


def test_what_is_chosen_is_in_the_address(measure: OpenMeasure) -> None:
    page = measure()
    page.get_by_role("radio", name="Presets").wait_for()
    page.locator(".preset-card", has_text="sweep").click()
    assert page.url.endswith("/measure?preset=sweep")
    expect(page.locator(".choose-estimate")).to_contain_text("60 cases, 360 samples at the least")
    page.get_by_role("radio", name="Custom run").click()
    page.get_by_role("checkbox", name="dict", exact=True).check()
    slider = page.get_by_role("slider", name="Keys, slider")
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.get_by_label("Time budget").fill("7")
    page.get_by_label("Time budget").press("Tab")
    before = page.evaluate("location.search")
    assert re.search(r"structures=stack,dictionary&.*keys=\d+&budget_s=7$", before)
    page.reload()
    expect(page.get_by_role("checkbox", name="dict", exact=True)).to_be_checked()
    expect(page.get_by_label("Time budget")).to_have_value("7")
    assert page.evaluate("location.search") == before


def test_the_matrix_says_what_cannot_be_measured_and_why(measure: OpenMeasure, quick: Server) -> None:
    reason = "the C extension is not built"

    def without(route: Any) -> None:
        answer = route.fetch()
        text = re.sub(r'("key": "stack/native", .*?"unavailable": )null', rf'\1"{reason}"', answer.text())
        route.fulfill(response=answer, body=text)

    page = measure("/history")
    page.route("**/measure?structures*", without)
    open_measure(page, quick, **SMALL)
    cell = page.locator('.matrix-cell[data-state="unavailable"]')
    expect(cell).to_have_text(re.compile("native TreiberStack: cannot be measured here"))
    expect(page.locator(".matrix-reasons")).to_have_text(f"Not here: native TreiberStack. {reason}")
    page.get_by_role("checkbox", name="mutex", exact=True).uncheck()
    expect(page.locator(".choose-estimate")).to_have_text("None of these can be measured here; see why below.")
    expect(page.get_by_role("button", name="Start")).to_be_disabled()


def test_single_cells_are_chosen_and_a_run_is_repeated_with_its_very_choice(measure: OpenMeasure) -> None:
    query = {**SMALL, "structures": "stack,ring", "kinds": "latency", "rounds": "1"}
    page = measure(query=query)
    cell = page.get_by_role("button", name="native RingQueue", exact=True)
    expect(cell).to_have_attribute("aria-pressed", "true")
    cell.click()
    expect(cell).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("button", name="RingQueue in Python", exact=True)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    taken_in = page.get_by_role("button", name="TreiberStack in Python", exact=True)
    expect(taken_in).to_be_focused()
    expect(taken_in).to_have_attribute("aria-pressed", "true")
    chosen = "structures=stack,ring&implementations=mutex,native&without=ring/native&also=stack/hardware"
    assert page.evaluate("location.search") == f"?{chosen}&threads=8&kinds=latency&rounds=1"
    tab_to(page, page.get_by_text("What these are"))
    tab_to(page, page.get_by_label("Name", exact=True))
    expect(page.locator(".choose-estimate")).to_contain_text("6 cases, 6 samples at the least")
    page.keyboard.press("Enter")
    wait_ended(page)
    rows = page.locator(".part-table tbody tr")
    titles = rows.evaluate_all("(rows) => rows.map((row) => row.cells[1].textContent)")
    measured = ["Lock + list", "TreiberStack in Python", "native TreiberStack"]
    assert titles == ["(no operation)", *measured, "(no operation)", "Lock + bounded deque"]
    page.get_by_role("radio", name="Presets").click()
    page.get_by_role("link", name="Run again").click()
    page.wait_for_url("**/measure?structures=**")
    again = "structures=stack,ring&implementations=mutex,hardware,native&without=ring/hardware,ring/native"
    assert page.url.endswith(f"/measure?{again}&threads=8&kinds=latency&rounds=1"), "the same cells, said more shortly"
    expect(page.locator(".choose-estimate")).to_contain_text("6 cases, 6 samples at the least")


def test_a_narrowed_preset_is_repeated_and_widened(measure: OpenMeasure, home: Path) -> None:
    cases = [Case(SampleSpec("throughput", f"counter/{way}", Workload(2), 0.04), "/far/python", "far")
             for way in ("null", "mutex", "emulated", "hardware", "native", "standard")]  # fmt: skip
    run = made(*cases)
    run.preset, run.settings = "classic", {"precision": 0.05, "budget_s": 50.0}
    keep(home, run)
    page = measure(f"/runs/{run.id}")
    page.get_by_role("link", name="Run again").click()
    page.wait_for_url("**/measure?preset=classic&only=counter&threads=2&python=/far/python")
    expect(page.locator(".choose-only")).to_contain_text("Of classic only: counter.")
    expect(page.locator(".choose-estimate")).to_contain_text("6 cases")
    expect(page.locator("#choose")).to_contain_text("Asked for, and not here: /far/python. Choose above.")
    page.locator(".python", has_text="runs this server").get_by_role("checkbox").check()
    page.get_by_role("button", name="All of it").click()
    assert page.url.endswith("/measure?preset=classic&threads=2")
    expect(page.locator(".choose-only")).to_be_hidden()


def test_a_preset_of_races_offers_no_other_samples(measure: OpenMeasure) -> None:
    page = measure(query={"preset": "sweep", "kinds": "latency"})
    page.locator(".preset-card", has_text="races").click()
    assert page.url.endswith("/measure?preset=races")
    page.get_by_text("Threads, samples, limits").click()
    expect(page.get_by_role("checkbox", name="races", exact=True)).to_be_checked()
    expect(page.get_by_role("checkbox", name="latency", exact=True)).to_be_hidden()


def test_an_interpreter_without_the_package_is_offered_with_the_command(measure: OpenMeasure) -> None:
    page = measure()
    lacking = page.locator(".python", has_text="CPython 3.99.1 free-threaded")
    expect(lacking).to_contain_text("GIL off")
    expect(lacking).to_contain_text("No module named 'numpy'")
    expect(lacking.locator("code")).to_have_text(re.compile(rf"/python3\.99 -m pip install {re.escape(str(ROOT))}$"))
    expect(lacking.get_by_role("checkbox")).to_be_disabled()
    expect(lacking.get_by_role("button", name=re.compile("Copy the command"))).to_be_visible()
    expect(page.locator(".python", has_text="runs this server").get_by_role("checkbox")).to_be_checked()


@pytest.mark.allow_console_errors("422")
def test_what_the_server_refuses_stands_at_its_field(measure: OpenMeasure) -> None:
    page = measure(query={**SMALL, "structures": "ring", "capacity": "4"})
    start(page)
    expect(page.locator(".choose-foot [role=alert]")).to_contain_text("capacity is at least prefill + threads + 1")
    expect(page.get_by_role("button", name="Start")).to_be_enabled()
    page.get_by_label("Interval within").fill("0.01")
    page.get_by_label("Interval within").press("Enter")
    expect(page.locator(".choose-foot [role=alert]")).to_contain_text("precision: must be")
    expect(page.get_by_label("Interval within")).to_have_attribute("aria-invalid", "true")


# While it runs


def test_a_run_is_seen_by_every_page_and_outlives_them(measure: OpenMeasure, home: Path) -> None:
    (home / "hold").touch()
    page = measure(query=SMALL)
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
    page = measure(query=ENDLESS)
    start(page)
    wait_taken(page, 9)
    (home / "hold").touch()
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
    page = measure(query=ENDLESS)
    start(page)
    wait_taken(page, 9)
    (home / "hold").touch()
    page.keyboard.press("x")
    page.get_by_role("dialog").get_by_role("button", name="Cancel the run").click()
    wait_ended(page)
    expect(page.locator(".run-line")).to_contain_text("cancelled")
    expect(page.locator(".part-table tbody tr")).to_have_count(3)
    expect(page.locator(".toast")).to_contain_text("is in the history")
    expect(page.get_by_role("button", name="Start")).to_be_enabled()


@pytest.mark.allow_console_errors("ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE")
def test_a_server_that_goes_is_told_and_the_page_goes_on_when_it_is_back(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page()
    with measuring(tmp_path) as first:
        open_measure(page, first, **ENDLESS)
        start(page)
        wait_taken(page, 9)
        (tmp_path / "hold").touch()
        port = int(first.base_url.rpartition(":")[2])
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
    (home / "hold").touch()
    page = measure(query=SMALL)
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
