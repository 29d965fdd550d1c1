"""The panel: what is measured, chosen by mouse, by keyboard and by address, against the real server."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from lockfree_core.bench.results import Case
from lockfree_core.bench.spec import SampleSpec
from lockfree_core.bench.workloads import Workload
from tests.browser.measure.kit import (
    SMALL,
    OpenMeasure,
    keep,
    open_measure,
    start,
    tab_to,
    wait_ended,
)
from tests.core.bench.bench_kit import made
from tests.serving import ROOT, Server


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
    expect(page).to_have_url(re.compile(r"/measure\?preset=sweep$"))
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
    page.keyboard.type("Cells")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Cells")
    wait_ended(page)
    rows = page.locator(".part-table tbody tr")
    titles = rows.evaluate_all("(rows) => rows.map((row) => row.cells[1].textContent)")
    measured = ["Lock + list", "TreiberStack in Python", "native TreiberStack"]
    assert titles == ["(no operation)", *measured, "(no operation)", "Lock + bounded deque"]
    page.get_by_role("radio", name="Presets").click()
    page.get_by_role("link", name="Run again").click()
    page.wait_for_url("**/measure?structures=**")
    again = "structures=stack,ring&implementations=mutex,hardware,native&without=ring/hardware,ring/native"
    shortly = f"/measure?{again}&threads=8&kinds=latency&rounds=1"
    expect(page).to_have_url(re.compile(f"{re.escape(shortly)}$"))
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
    expect(page).to_have_url(re.compile(r"/measure\?preset=classic&threads=2$"))
    expect(page.locator(".choose-only")).to_be_hidden()


def test_a_preset_of_races_offers_no_other_samples(measure: OpenMeasure) -> None:
    page = measure(query={"preset": "sweep", "kinds": "latency"})
    page.locator(".preset-card", has_text="races").click()
    expect(page).to_have_url(re.compile(r"/measure\?preset=races$"))
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
