"""History, comparison and report: found, compared, imported, deleted; and a file that says all of it offline."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from app.export.report import to_html
from lockfree_core.bench.formats import to_json
from lockfree_core.bench.results import Run
from tests.browser.conftest import ColorScheme, OpenPage
from tests.browser.measure.kit import OpenMeasure, a_run, banner, drop, keep, wait_drawn
from tests.browser.test_accessibility import violations
from tests.core.bench.bench_kit import PLACE, around, case, made

NAMES = """() => [...document.querySelectorAll(".history-table tbody a")].map((link) => link.textContent)"""


@pytest.fixture(autouse=True)
def empty(home: Path) -> None:
    """No test knows of the runs of another one."""
    (home / "bench.sqlite3").unlink(missing_ok=True)


def place(**changes: Any) -> dict[str, Any]:
    return {**PLACE, **changes}


# History


def test_runs_are_found_sorted_and_deleted(measure: OpenMeasure, home: Path) -> None:
    first = a_run("alpha", place=place(date="2026-01-01T00:00:00Z"), note="laptop")
    second = a_run("beta", place=place(date="2026-01-02T00:00:00Z", cpu="Other CPU"))
    third = made(case("stack/mutex", [1.0]), place=place(date="2026-01-03T00:00:00Z"), name="gamma", ended="budget")
    keep(home, first, second, third)
    page = measure("/history")
    expect(page.locator(".history-count")).to_have_text("3 runs")
    assert page.evaluate(NAMES) == ["gamma", "beta", "alpha"]
    page.keyboard.press("/")
    page.keyboard.type("test cpu")
    expect(page.locator(".history-count")).to_have_text("2 of 3 runs")
    assert page.evaluate(NAMES) == ["gamma", "alpha"]
    page.keyboard.type(" LAPTOP")
    assert page.evaluate(NAMES) == ["alpha"]
    expect(page).to_have_url(re.compile(r"/measure/history\?words=test\+cpu\+LAPTOP$"))
    page.get_by_label("Search in the history").fill("nothing like it")
    expect(page.locator(".history-count")).to_have_text("No run holds these words")
    page.get_by_label("Search in the history").fill("")
    page.get_by_role("button", name="Samples").click()
    assert page.evaluate(NAMES)[-1] == "gamma"
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Run")
    assert page.evaluate(NAMES) == ["alpha", "beta", "gamma"]
    page.reload()
    page.locator(".history-table a").first.wait_for()
    assert page.evaluate(NAMES) == ["alpha", "beta", "gamma"]
    page.get_by_role("checkbox", name=re.compile("alpha")).check()
    page.get_by_role("checkbox", name=re.compile("beta")).check()
    page.get_by_role("button", name="Delete 2 runs").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator(".history-count")).to_have_text("1 run")
    assert page.evaluate(NAMES) == ["gamma"]
    page.get_by_role("button", name=re.compile("^Delete gamma")).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator(".state.card")).to_contain_text("No run is kept yet")


@pytest.mark.allow_console_errors("409", "422", "503")
def test_import_and_everything_that_is_no_result(measure: OpenMeasure, home: Path, tmp_path: Path) -> None:
    page = measure("/history")
    expect(page.locator(".state.card")).to_contain_text(f"Runs are kept in {home}")
    run = a_run("From elsewhere", place=place(cpu="Far CPU"))
    file = tmp_path / "elsewhere.json"
    file.write_text(to_json(run), encoding="utf-8")
    with page.expect_file_chooser() as chooser:
        page.locator(".state.card").get_by_role("button", name="Import a file …").click()
    chooser.value.set_files(file)
    expect(page.locator(".history-table a")).to_have_text("From elsewhere")
    expect(page.locator(".history-table a")).to_be_focused()
    drop(page, "again.json", to_json(run))
    expect(banner(page, "inHistory")).to_contain_text("again.json is in the history already.")
    newer = {**json.loads(to_json(run)), "version": 99}
    for name, text, words in (
        ("text.json", "no json", "It is no JSON"),
        ("other.json", '{"a": 1}', "this is no result of lockfree-lab bench"),
        ("newer.json", json.dumps(newer), "of version 99; this Lockfree Lab reads up to 1. Update it"),
    ):
        drop(page, name, text)
        expect(banner(page, "refused")).to_contain_text(f"{name} was not imported.")
        expect(banner(page, "refused")).to_contain_text(words)
    expect(banner(page, "inHistory")).to_have_count(0)
    banner(page, "refused").get_by_role("button", name="Close").click()
    expect(page.locator(".state")).to_have_count(0)
    expect(page.locator(".history-table tbody tr")).to_have_count(1)
    (home / "bench.sqlite3").write_bytes(b"this is no database, and long enough to be read as one" * 20)
    page.reload()
    expect(banner(page, "historyBroken")).to_contain_text("is damaged or no database")
    (home / "bench.sqlite3").unlink()
    banner(page, "historyBroken").get_by_role("button", name="Try again").click()
    expect(banner(page, "emptyHistory")).to_be_visible()


# Comparison


def test_runs_are_compared_with_the_first(measure: OpenMeasure, home: Path) -> None:
    old = a_run("old", place=place(date="2026-01-01T00:00:00Z"))
    new = a_run("new", 1.5, place=place(date="2026-01-02T00:00:00Z", compiler="another cc"))
    keep(home, old, new)
    page = measure("/history")
    for name in ("old", "new"):
        page.get_by_role("checkbox", name=re.compile(name)).check()
    page.get_by_role("link", name="Compare 2 runs").click()
    page.wait_for_url(f"**/measure/compare?runs={old.id},{new.id}")
    expect(page.locator(".compared-runs li")).to_have_count(2)
    expect(page.locator(".compare-place .bullets")).to_contain_text("Compiler: cc / another cc.")
    rows = page.locator(".changes-table tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("stacknative TreiberStack")
    expect(rows.nth(0)).to_contain_text(re.compile(r"1\.50 \(1\.\d\d to 1\.\d\d\)▲ better"))
    wait_drawn(page)
    page.get_by_role("switch").uncheck()
    expect(rows).to_have_count(8)
    expect(page.locator(".changes-head [role=status]")).to_have_text("2 of 8 cases changed beyond noise")
    expect(page).to_have_url(re.compile("&all=1$"))
    page.reload()
    expect(rows).to_have_count(8)
    expect(page.get_by_role("switch")).not_to_be_checked()
    assert violations(page) == []


def test_a_chart_of_few_rows_has_its_legend_under_the_title_of_its_axis(measure: OpenMeasure, home: Path) -> None:
    runs = [a_run(name, factor) for name, factor in (("one", 1.0), ("two", 1.5), ("three", 0.7))]
    keep(home, *runs)
    page = measure("/compare", query={"runs": ",".join(run.id for run in runs)})
    wait_drawn(page)
    chart = page.locator(".result-chart").first
    title, legend = (chart.locator(part).bounding_box() for part in (".xtitle", ".legend"))
    assert title and legend and title["y"] + title["height"] <= legend["y"]


@pytest.mark.allow_console_errors("422", "404")
def test_what_cannot_be_compared(measure: OpenMeasure, home: Path) -> None:
    one, other = a_run("one"), made(case("queue/mutex", around(1e6)), name="other")
    keep(home, one, other)
    page = measure("/compare", query={"runs": f"{one.id},{other.id}"})
    expect(banner(page, "notComparable")).to_contain_text("no measured case in common")
    page = measure("/compare", query={"runs": one.id})
    expect(banner(page, "chooseTwo")).to_be_visible()
    page = measure("/compare", query={"runs": f"{one.id},gone"})
    expect(banner(page, "noRun")).to_be_visible()


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_nothing_is_wrong_for_assistive_technology(measure: OpenMeasure, home: Path) -> None:
    page = measure("/history")
    expect(page.locator(".state.card")).to_be_visible()
    assert violations(page) == []
    keep(home, a_run("one"), a_run("two"))
    page.reload()
    page.get_by_role("checkbox", name=re.compile("one")).check()
    assert violations(page) == []


# The report


def reported() -> Run:
    broken = case("stack/twin", [1e6])
    broken.samples.append({"ok": False, "reason": "an item was lost </script><b>"})
    run = a_run("Report <i>&", note="a note")
    run.cases.append(broken)
    return run


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_a_report_is_whole_offline(open_page: OpenPage, tmp_path: Path, color_scheme: ColorScheme) -> None:
    run = reported()
    file = tmp_path / "report.html"
    file.write_text(to_html(run), encoding="utf-8")
    assert file.stat().st_size < 2_000_000
    page = open_page(offline=True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    expect(page.locator("html")).to_have_attribute("data-ready", "yes")
    expect(page.get_by_role("heading", level=1)).to_have_text("Report <i>&")
    expect(page.locator(".run-note")).to_have_text("a note")
    expect(page.locator(".verdict-list").first).to_contain_text("native TreiberStack is faster")
    trouble = "stack/twin, 8 threads, CPython 3.11.0: an item was lost </script><b>"
    expect(page.locator(".trouble.fault")).to_contain_text(trouble)
    expect(page.locator(".place-list")).to_contain_text("Test CPU")
    charts = page.locator(".result-chart")
    expect(page.locator(".chart-picture[data-drawn] .main-svg:first-child")).to_have_count(charts.count())
    assert charts.count() >= 5
    ground = "() => document.querySelector('.chart-picture').layout.paper_bgcolor"
    before = page.evaluate(ground)
    page.get_by_role("button", name="Light or dark").click()
    page.wait_for_function(f"(before) => ({ground})() !== before", arg=before)
    page.get_by_role("button", name="Light or dark").click()
    page.wait_for_function(f"(before) => ({ground})() === before", arg=before)
    assert violations(page) == []
    with page.expect_download() as found:
        charts.first.get_by_role("button", name="PNG").click()
    assert struct.unpack_from(">II", Path(found.value.path()).read_bytes(), 16) == (2400, 1440)
    assert [url for url in asked if not url.startswith(("file:", "blob:", "data:"))] == []


def test_a_report_says_all_of_it_without_scripts(open_page: OpenPage, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(to_html(reported()), encoding="utf-8")
    page = open_page(java_script_enabled=False)
    page.goto(file.as_uri())
    expect(page.locator("main")).to_contain_text("native TreiberStack is faster")
    expect(page.locator("main")).to_contain_text("an item was lost </script><b>")
    expect(page.locator("table")).to_have_count(2)
