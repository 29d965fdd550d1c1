"""The Watch page against the real server: what a person does, and what the page says when something is not as usual."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.serving import Server, wait_until
from tests.web.test_live import engines

VISITED = "localStorage.setItem('lockfree-lab.visited', 'yes')"
SLOW_S = 60.0
# One that is just being started cannot be stopped yet; it comes with the next look.
STOP_ALL = """async () => {
    const { runs } = await (await fetch('/api/runs')).json();
    const ready = runs.filter((run) => run.state !== 'starting');
    const options = { method: 'DELETE', headers: { 'Content-Type': 'application/json' }, body: '{}' };
    await Promise.all(ready.map((run) => fetch('/api/runs/' + run.id, options)));
    return runs.length === 0;
}"""

OpenWatch = Callable[..., Page]


def fetch_json(page: Page, path: str, method: str = "GET", body: Any = None) -> Any:
    """What the HTTP interface answers to the page itself."""
    return page.evaluate(
        """async ({ path, method, body }) => {
            const headers = method === 'GET' ? {} : { 'Content-Type': 'application/json' };
            const sent = method === 'GET' ? undefined : JSON.stringify(body ?? {});
            const answer = await fetch(path, { method, headers, body: sent });
            const text = await answer.text();
            return text ? JSON.parse(text) : null;
        }""",
        {"path": path, "method": method, "body": body},
    )


def run_of(page: Page) -> dict[str, Any]:
    """The run that the address names, which it does soon after the page has joined."""
    page.wait_for_url(re.compile(r"run=\w+"))
    run = page.evaluate("new URLSearchParams(location.search).get('run')")
    described = fetch_json(page, f"/api/runs/{run}")
    assert isinstance(described, dict)
    return described


def wait_for_run(page: Page, condition: str) -> None:
    """Wait until the run in the address fulfils a condition on ``run``."""
    script = f"""async () => {{
        const id = new URLSearchParams(location.search).get('run');
        const answer = id && await fetch('/api/runs/' + id);
        if (!answer || !answer.ok) return false;
        const run = await answer.json();
        return {condition};
    }}"""
    wait_until(lambda: bool(page.evaluate(script)), SLOW_S, f"the run: {condition}")


@pytest.fixture
def open_watch(open_page: OpenPage, server: Server) -> Iterator[OpenWatch]:
    """Opens the page as somebody who was here before; all runs are stopped in the end."""
    pages: list[Page] = []

    def open_watch(query: str = "structure=treiber-stack", visited: bool = True, **options: Any) -> Page:
        page = open_page(**options)
        pages.append(page)
        if visited:
            page.add_init_script(VISITED)
        page.goto(f"{server.base_url}/watch?{query}&token={server.token}")
        return page

    yield open_watch
    if pages:
        wait_until(lambda: bool(pages[0].evaluate(STOP_ALL)), SLOW_S, "all runs stopped")


@pytest.fixture
def watch(open_watch: OpenWatch) -> Page:
    """The page with a run that goes on, four accesses a second."""
    page = open_watch()
    expect(page.locator(".side-title")).to_have_text("Treiber stack")
    page.wait_for_function("() => document.querySelector('.thread-operation')?.textContent.includes('(')")
    return page


def expect_size(page: Page, width: int, height: int) -> None:
    """Once everything has taken notice of the window's size, the page is as large."""
    page.wait_for_function(
        """([width, height]) => document.documentElement.scrollWidth === width
            && document.documentElement.scrollHeight === height""",
        arg=[width, height],
    )


def test_the_frame_fills_the_window_and_no_more(watch: Page) -> None:
    for width, height in [(1440, 900), (1920, 1080), (1200, 800), (1024, 768)]:
        watch.set_viewport_size({"width": width, "height": height})
        expect_size(watch, width, height)


def test_a_phone_does_not_scroll_sideways(watch: Page) -> None:
    watch.set_viewport_size({"width": 390, "height": 844})
    watch.wait_for_function("document.documentElement.scrollWidth === 390")
    box = watch.get_by_role("button", name="Export").bounding_box()
    assert box is not None and box["x"] + box["width"] <= 390


def test_landmarks_and_labels(watch: Page) -> None:
    for role, name in [
        ("banner", None),
        ("main", "Stage"),
        ("navigation", "Labs"),
        ("complementary", "Structure and knobs"),
    ]:
        landmark = watch.get_by_role(role, name=name) if name else watch.get_by_role(role)  # type: ignore[arg-type]
        assert landmark.count() == 1
    nameless = watch.evaluate(
        """() => [...document.querySelectorAll('button, input, select, [role=button]')]
            .filter((element) => element.checkVisibility())
            .filter((element) => !element.getAttribute('aria-label') && !element.getAttribute('aria-labelledby'))
            .filter((element) => !element.textContent.trim() && !element.labels?.length)
            .map((element) => element.outerHTML.slice(0, 120))"""
    )
    assert nameless == []


def test_no_script_stands_in_the_page(watch: Page) -> None:
    inline = "[...document.scripts].filter((script) => !script.src && script.type !== 'application/json').length"
    assert watch.evaluate(inline) == 0


def test_first_visit_asks_lets_it_happen_and_says_why(open_watch: OpenWatch) -> None:
    page = open_watch("", visited=False)
    question = page.get_by_role("heading", name=re.compile(r"Will T\d's CAS succeed\?"))
    expect(question).to_be_visible()
    wait_for_run(page, "run.state === 'held' && run.knobs.threads === 2")
    page.get_by_role("button", name="No", exact=True).click()
    expect(page.get_by_role("heading", name="Right: it lost.")).to_be_visible()
    expect(page.locator(".question p")).to_contain_text(re.compile(r"T\d lost the CAS on head"))
    page.get_by_role("button", name="Watch on").click()
    expect(page.locator(".question")).to_have_count(0)
    expect(page.locator(".narration")).to_be_visible()


def test_a_knob_takes_effect_while_the_run_goes_on(watch: Page) -> None:
    watch.fill("#knob-threads", "6")
    watch.press("#knob-threads", "Enter")
    wait_for_run(watch, "run.knobs.threads === 6")
    expect(watch.locator(".thread:visible")).to_have_count(6)
    watch.wait_for_url(re.compile("threads=6"))


def test_a_value_out_of_range_is_refused_at_its_field(watch: Page) -> None:
    watch.fill("#knob-threads", "99")
    watch.press("#knob-threads", "Enter")
    expect(watch.locator("#knob-threads-error")).to_contain_text("1 to 32")
    assert run_of(watch)["knobs"]["threads"] == 4


@pytest.mark.allow_console_errors("422")
def test_a_seed_that_is_none_is_refused_at_its_field(watch: Page) -> None:
    watch.fill("#seed", "tuesday")
    with watch.expect_response(lambda answer: "/restart" in answer.url) as answer:
        watch.press("#seed", "Enter")
    assert answer.value.status == 422
    expect(watch.locator(".run-actions .field-error")).to_contain_text("tuesday")


@pytest.mark.allow_console_errors("404")
def test_the_address_brings_the_same_view_back(watch: Page, open_watch: OpenWatch) -> None:
    watch.wait_for_url(re.compile(r"run=\w+"))
    run = run_of(watch)["id"]
    watch.reload()
    expect(watch.locator(".side-title")).to_have_text("Treiber stack")
    watch.wait_for_url(re.compile(f"run={run}"))
    other = open_watch("structure=racy-counter&threads=3&seed=7&run=00000000")
    wait_for_run(other, "run.structure === 'racy-counter' && run.knobs.threads === 3 && run.seed === 7")
    assert run_of(other)["id"] != run


def test_back_goes_to_the_structure_before(watch: Page) -> None:
    watch.wait_for_url(re.compile(r"run=\w+"))
    watch.get_by_role("radio", name="mutex").click()
    expect(watch.locator(".side-title")).to_have_text("Stack behind a mutex")
    watch.wait_for_url(re.compile("locked-stack"))
    watch.go_back()
    expect(watch.locator(".side-title")).to_have_text("Treiber stack")


def test_structures_of_one_variant_are_chosen_below_the_variants(open_watch: OpenWatch) -> None:
    page = open_watch("structure=atomic-counter")
    ways = page.get_by_role("radiogroup", name="Way")
    expect(ways.get_by_role("radio")).to_have_text(["by CAS loop", "in stripes"])
    ways.get_by_role("radio", name="by CAS loop").press("ArrowRight")
    expect(page.locator(".side-title")).to_have_text("Counter in stripes")
    expect(ways.get_by_role("radio", name="in stripes")).to_be_checked()
    wait_for_run(page, "run.structure === 'striped-counter' && run.state === 'running'")
    page.get_by_role("radio", name="mutex").click()
    expect(page.locator(".side-title")).to_have_text("Counter behind a mutex")
    expect(ways).to_be_hidden()


def test_search_knows_the_usual_names(watch: Page) -> None:
    watch.click("#structure")
    watch.keyboard.type("MSQueue")
    expect(watch.get_by_role("option").first).to_contain_text("Michael-Scott queue")
    watch.keyboard.press("Enter")
    expect(watch.locator(".side-title")).to_have_text("Michael-Scott queue")


def test_keys(watch: Page) -> None:
    watch.keyboard.press("p")
    wait_for_run(watch, "run.state === 'paused'")
    expect(watch.locator(".account-verdict")).to_contain_text("balanced")
    watch.keyboard.press("p")
    wait_for_run(watch, "run.state === 'running'")
    watch.keyboard.press("Space")
    expect(watch.locator(".place-mode")).to_contain_text("view held")
    wait_for_run(watch, "run.state === 'running'")
    watch.keyboard.press("ArrowLeft")
    watch.wait_for_url(re.compile(r"at=\d+"))
    watch.keyboard.press("l")
    expect(watch.locator(".place-mode")).to_contain_text("live")
    watch.keyboard.press("?")
    expect(watch.get_by_role("dialog")).to_contain_text("not the interleaving")
    watch.keyboard.press("Escape")
    expect(watch.get_by_role("dialog")).to_have_count(0)


def test_single_access_pauses_the_run_and_moves_one_thread(watch: Page) -> None:
    watch.keyboard.press("s")
    wait_for_run(watch, "run.state === 'paused'")
    place = watch.locator(".place-number")
    expect(place).to_contain_text("of")
    before = place.inner_text()
    watch.keyboard.press("s")
    expect(place).not_to_have_text(before)


def test_a_chip_opens_the_threads_menu(watch: Page) -> None:
    watch.locator(".thread .chip").nth(1).click()
    watch.get_by_role("menuitem", name="Freeze F").click()
    expect(watch.locator(".thread").nth(1)).to_have_attribute("data-status", "frozen")
    watch.keyboard.press("f")
    expect(watch.locator(".thread").nth(1)).not_to_have_attribute("data-status", "frozen")


def test_kill_asks_first(watch: Page) -> None:
    watch.keyboard.press("3")
    expect(watch.locator(".thread").nth(2)).to_have_attribute("data-chosen", "yes")
    watch.keyboard.press("k")
    watch.get_by_role("button", name="Cancel").click()
    assert watch.locator(".thread").nth(2).get_attribute("data-status") != "killed"
    watch.keyboard.press("k")
    watch.get_by_role("dialog").get_by_role("button", name="Kill T3").click()
    expect(watch.locator(".thread").nth(2)).to_have_attribute("data-status", "killed")


def test_duel_shows_both_and_freezes_the_same_thread_in_both(watch: Page) -> None:
    watch.keyboard.press("d")
    expect(watch.locator(".side-title")).to_have_text(["Treiber stack", "Stack behind a mutex"])
    expect(watch.locator(".lanes-slot")).to_have_count(2)
    wait_for_run(watch, "run.duel && run.state === 'running'")
    watch.keyboard.press("1")
    watch.locator(".thread .chip").first.click()
    watch.get_by_role("menuitem", name="Freeze F").click()
    frozen = watch.locator(".thread").first
    expect(frozen).to_have_attribute("data-status", "frozen")
    watch.locator(".side").nth(1).get_by_role("button", name="code").click()
    expect(watch.locator(".code-file")).to_have_text("stack.py")
    expect(watch.locator(".thread").first).to_have_attribute("data-status", "frozen")


def test_code_never_clips_and_marks_threads(watch: Page) -> None:
    expect(watch.locator(".code-line .chip").first).to_be_visible()
    for width in (1024, 1440):
        watch.set_viewport_size({"width": width, "height": 900})
        watch.wait_for_function("""() => [...document.querySelectorAll('.code-text')]
            .every((line) => line.scrollWidth <= line.clientWidth + 1)""")


def test_theme_is_kept(watch: Page) -> None:
    before = watch.evaluate("document.documentElement.dataset.theme")
    watch.keyboard.press("t")
    assert watch.evaluate("document.documentElement.dataset.theme") != before
    watch.reload()
    assert watch.evaluate("document.documentElement.dataset.theme") != before


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_theme_follows_the_system(watch: Page, color_scheme: str) -> None:
    assert watch.evaluate("document.documentElement.dataset.theme") == color_scheme


def test_narrow_screens_have_a_drawer_and_tabs(watch: Page) -> None:
    watch.set_viewport_size({"width": 1024, "height": 768})
    expect(watch.locator("#knobs")).not_to_be_in_viewport()
    watch.click("#drawer-button")
    expect(watch.locator("#knob-threads")).to_be_in_viewport()
    watch.keyboard.press("Escape")
    expect(watch.locator("#knobs")).not_to_be_in_viewport()
    expect(watch.locator("#threads")).to_be_hidden()
    watch.get_by_role("tab", name="Threads").click()
    expect(watch.locator("#threads")).to_be_visible()
    expect(watch.locator("#code")).to_be_hidden()


def test_projector_shows_ten_lines_at_twenty_pixels(watch: Page) -> None:
    watch.set_viewport_size({"width": 1920, "height": 1080})
    watch.keyboard.press("v")
    expect(watch.locator("#knobs")).to_be_hidden()
    expect(watch.locator("#lanes")).to_be_hidden()
    sizes = "[getComputedStyle(document.querySelector('.code')).fontSize, getComputedStyle(document.body).fontSize]"
    assert watch.evaluate(sizes) == ["20px", "20px"]
    watch.wait_for_function("Math.round(document.querySelector('.code').clientHeight / (20 * 1.5)) === 10")
    watch.set_viewport_size({"width": 1440, "height": 900})  # too low for both: the code stands beside the stage
    watch.wait_for_function("""() => document.querySelector('.code').getBoundingClientRect().left
        > document.querySelector('.stage-panel').offsetWidth - 1""")
    watch.keyboard.press("v")
    expect(watch.locator("#knobs")).to_be_visible()


def test_touch_targets_are_large(open_watch: OpenWatch) -> None:
    page = open_watch(has_touch=True, is_mobile=True)
    expect(page.locator(".thread").first).to_be_attached()
    small = page.evaluate(
        """() => ['.button', '.icon-button', '.knob-ask', '.knob-field', '.segmented > *', '.thread-action']
            .flatMap((selector) => [...document.querySelectorAll(selector)])
            .filter((element) => element.checkVisibility())
            .map((element) => [element.className, Math.round(element.getBoundingClientRect().height)])
            .filter(([, height]) => height < 42)"""
    )
    assert small == []


def test_a_crashed_engine_is_told_and_can_be_restarted(watch: Page, server: Server) -> None:
    watch.wait_for_url(re.compile(r"run=\w+"))
    for process in engines(server):
        os.kill(process, signal.SIGKILL)
    state = watch.locator(".state.card")
    expect(state).to_contain_text("The engine crashed")
    expect(state).to_contain_text("SIGKILL")
    state.get_by_role("button", name="Restart").click()
    expect(state).to_have_count(0)
    wait_for_run(watch, "run.state === 'running'")


def test_a_worker_that_raised_is_told(open_watch: OpenWatch) -> None:
    page = open_watch("structure=storing-queue&threads=8&gap_share=100&speed=0")
    banner = page.locator(".state.banner[data-name=raised]")
    expect(banner).to_contain_text("raised")
    banner.get_by_role("button", name="Show where").click()
    expect(page.locator(".thread[data-status=raised]").first).to_be_attached()
    banner.get_by_role("button", name="Close").click()
    expect(banner).to_have_count(0)


@pytest.mark.allow_console_errors("409")
def test_too_many_runs_offers_those_there_are(watch: Page, open_watch: OpenWatch) -> None:
    for _ in range(3):
        fetch_json(watch, "/api/runs", "POST", {"structure": "atomic-counter"})
    page = open_watch("structure=locked-counter")
    card = page.locator(".state.card[data-name=tooManyRuns]")
    expect(card).to_contain_text("4 runs")
    card.get_by_role("button", name="Stop").last.click()
    expect(page.locator(".side-title")).to_have_text("Counter behind a mutex")


def test_a_viewer_sees_everything_and_controls_nothing(watch: Page, open_page: OpenPage) -> None:
    link = watch.evaluate("JSON.parse(document.getElementById('bootstrap').textContent).viewer_link")
    viewer = open_page()
    viewer.goto(link)
    expect(viewer.locator(".side-title")).to_have_text("Treiber stack")
    expect(viewer.locator("#pills")).to_contain_text("view only")
    for control in ["#knob-threads", "#seed", "#duel-button", "#structure"]:
        expect(viewer.locator(control)).to_be_disabled()
    viewer.keyboard.press("p")
    expect(viewer.locator("#toasts")).to_contain_text("only the presenter")
    viewer.get_by_role("button", name="view only").click()
    expect(viewer.get_by_role("note")).to_contain_text("the address that the server printed")
    viewer.keyboard.press("Escape")
    expect(viewer.get_by_role("note")).to_have_count(0)
    assert run_of(watch)["state"] == "running"


def test_a_recording_plays_without_an_engine(watch: Page, tmp_path: Path) -> None:
    watch.keyboard.press("p")
    wait_for_run(watch, "run.state === 'paused'")
    watch.get_by_role("button", name="Export").click()
    with watch.expect_download() as download:
        watch.get_by_role("menuitem", name="Recording").click()
    file = tmp_path / "run.lflt"
    download.value.save_as(file)
    with watch.expect_file_chooser() as chooser:
        watch.click("#open-button")
    chooser.value.set_files(file)
    banner = watch.locator(".state.banner[data-name=recording]")
    expect(banner).to_contain_text("run.lflt")
    expect(watch.locator("#knob-threads")).to_be_disabled()
    watch.keyboard.press("End")
    expect(watch.locator(".thread").first).to_be_visible()
    banner.get_by_role("button", name="Back to live").click()
    expect(banner).to_have_count(0)
    expect(watch.locator("#knob-threads")).to_be_enabled()


def test_a_damaged_recording_is_told(watch: Page, tmp_path: Path) -> None:
    file = tmp_path / "broken.lflt"
    file.write_bytes(b"LFLTRACE\xff\xff\xff\xff{")
    with watch.expect_file_chooser() as chooser:
        watch.click("#open-button")
    chooser.value.set_files(file)
    expect(watch.locator(".state.card[data-name=damaged]")).to_contain_text("broken.lflt")
    watch.get_by_role("button", name="Back to live").click()
    expect(watch.locator(".state.card")).to_have_count(0)


def test_every_thread_is_counted_in_a_table(open_watch: OpenWatch) -> None:
    page = open_watch("structure=michael-scott-queue&threads=3&speed=0&gap_share=20&gap_kind=yield")
    page.get_by_role("button", name="by thread").click()
    table = page.get_by_role("dialog", name="Counts of each thread").get_by_role("table")
    expect(table.get_by_role("rowheader")).to_have_text(["T1", "T2", "T3", "all"])
    columns = (1, 3, 4, 8, 9)  # ops, won, retries, in, out
    for column in columns:
        expect(table.locator(f".counts-all td:nth-child({column + 1})")).not_to_have_text("0")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Pause run").click()
    expect(page.get_by_role("button", name="Resume run")).to_be_visible()
    page.get_by_role("button", name="by thread").click()
    for column in columns:  # a pause stands still, so the rows add up
        figures = [
            int("".join(filter(str.isdigit, text)))
            for text in table.locator(f"td:nth-child({column + 1})").all_inner_texts()
        ]
        assert figures[-1] == sum(figures[:-1]) > 0
