"""Exported files, played from disk: no server, no network, no error; and what they say is what terminal and API say."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.export.player import export_player
from app.export.site import build_site
from lockfree_core.scenarios.registry import SCENARIOS
from lockfree_core.scenarios.spec import StepSpec, run_spec
from lockfree_core.scenarios.table import format_table
from tests.browser.conftest import ColorScheme, OpenPage
from tests.browser.test_accessibility import violations

STORY = "lost-cas-and-retry"
LOST_ITEM = StepSpec("storing-queue", "enqueue 3; dequeue | enqueue 4; dequeue", "enqueue 1", schedule="12")
TOLD = """() => [...document.querySelectorAll(".player-trace tbody tr:not(.trace-fault)")].map((row) => ({
    thread: [...row.querySelectorAll("td")].findIndex((cell) => cell.textContent !== ""),
    call: [...row.querySelectorAll(".trace-call")].map((part) => part.textContent),
    text: row.querySelector(".trace-what").textContent,
    result: [...row.querySelectorAll(".trace-result")].map((part) => part.textContent),
}))"""
FAULTS = """() => [...document.querySelectorAll(".trace-fault td")].map((cell) => cell.textContent)"""

OpenFile = Callable[..., Page]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("exported")


@pytest.fixture
def open_file(open_page: OpenPage, folder: Path) -> OpenFile:
    """Opens the file of a scenario (its key) or of a spec, offline."""

    def open_file(what: str | StepSpec, address: str = "", **options: Any) -> Page:
        scenario = SCENARIOS[what] if isinstance(what, str) else None
        spec = scenario.spec if scenario else what
        assert isinstance(spec, StepSpec)
        path = folder / f"{what if isinstance(what, str) else abs(hash(what))}.html"
        if not path.exists():
            path.write_text(export_player(spec, scenario).html, encoding="utf-8")
        page = open_page(offline=True, **options)
        page.goto(f"{path.as_uri()}{address}")
        expect(page.locator("html")).to_have_attribute("data-ready", "yes")
        return page

    return open_file


def place(page: Page) -> Any:
    return expect(page.locator(".player-place"))


def expected_trace(execution: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for number, step in enumerate(execution["steps"], 1):
        calls = execution["threads"][step["thread"]]["calls"]
        rows.append(
            {
                "thread": step["thread"],
                "call": [call["text"] for call in calls if call["first"] == number],
                "text": step["text"],
                "result": [f"= {call['result']}" for call in calls if call["last"] == number],
            }
        )
    return rows


def expected_faults(execution: dict[str, Any]) -> list[str]:
    found = []
    for fault in execution["faults"]:
        who = f" by T{fault['thread'] + 1}" if fault["thread"] >= 0 else ""
        found.append(f"{fault['kind']}{who}: {fault['message']}")
    return found


# -- the story


# Presses a key so many times, each time when the step before is shown, and reads place and caption each time.
WALK = """
async ([key, count]) => {
    const place = document.querySelector(".player-place");
    const seen = [];
    for (let taken = 0; taken < count; taken += 1) {
        const before = place.textContent;
        document.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
        while (place.textContent === before) await new Promise(requestAnimationFrame);
        seen.push([place.textContent, document.querySelector(".player-caption").textContent]);
    }
    return seen;
}
"""


@pytest.mark.parametrize("key", SCENARIOS)
def test_every_scenario_plays_to_its_end_and_back(open_file: OpenFile, key: str) -> None:
    page = open_file(key)
    scenario, execution = SCENARIOS[key], run_spec(SCENARIOS[key].spec)
    steps = len(execution["steps"])
    expect(page.locator("h1")).to_have_text(scenario.title)
    expect(page.locator(".player-claim")).to_have_text(scenario.shows)
    assert page.evaluate(TOLD) == expected_trace(execution)
    assert page.evaluate(FAULTS) == expected_faults(execution)
    forwards = [[f"step {number} of {steps}", caption_at(key, number)] for number in range(1, steps + 1)]
    assert page.evaluate(WALK, ["ArrowRight", steps]) == forwards
    shown = page.locator(".player-outcome").inner_text().splitlines()
    expect(page.locator(".player-faults li")).to_have_count(len(execution["faults"]))
    if execution["outcome"]["kind"] != "running":
        assert shown == format_table(execution).splitlines()[-2:]
    backwards = [[f"step {number} of {steps}", caption_at(key, number)] for number in range(steps - 1, -1, -1)]
    assert page.evaluate(WALK, ["ArrowLeft", steps]) == backwards
    expect(page.locator(".player-faults li")).to_have_count(0)


def caption_at(key: str, step: int) -> str:
    """The caption in force there."""
    return next((item.text for item in reversed(SCENARIOS[key].captions) if item.step <= step), "")


def test_narration_tells_what_the_step_did_forwards_and_back(open_file: OpenFile) -> None:
    page = open_file(STORY)
    said = page.locator(".narration-text")
    expect(said).to_contain_text("Nothing has moved yet.")
    forwards = []
    for _ in range(11):
        before = said.inner_text()
        page.keyboard.press("ArrowRight")
        expect(said).not_to_have_text(before)
        forwards.append(said.inner_text())
    assert "T1 lost the CAS on head" in forwards[7]
    for number in range(10, 0, -1):
        page.keyboard.press("ArrowLeft")
        expect(said).to_have_text(forwards[number - 1])


def test_it_plays_by_itself_and_leaves_time_to_read(open_page: OpenPage, open_file: OpenFile, folder: Path) -> None:
    open_file(STORY)
    page = open_page(offline=True)
    page.clock.install(time=0)
    page.goto((folder / f"{STORY}.html").as_uri())
    page.clock.run_for(100)
    expect(page.locator("html")).to_have_attribute("data-ready", "yes")
    page.clock.pause_at(3_600_000)  # later than any machine comes this far
    page.keyboard.press(" ")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    page.clock.run_for(1200)
    place(page).to_have_text("step 0 of 11")  # the first caption takes longer
    page.clock.run_for(5000)
    place(page).not_to_have_text("step 0 of 11")
    page.clock.run_for(90_000)
    place(page).to_have_text("step 11 of 11")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


def test_scrubbing_and_the_trace_lead_to_a_step(open_file: OpenFile) -> None:
    page = open_file(STORY)
    page.get_by_role("slider", name="Step").fill("6")
    place(page).to_have_text("step 6 of 11")
    page.get_by_role("button", name="Show step 9").click()
    place(page).to_have_text("step 9 of 11")
    expect(page.locator('.player-trace tr[aria-current="step"] .trace-number')).to_have_text("9")


# -- the reader as the scheduler


def test_a_card_and_its_number_let_a_thread_move(open_file: OpenFile) -> None:
    page = open_file(STORY)
    cards = page.locator(".player-card")
    expect(cards.nth(1).locator(".card-next")).to_have_text("allocate a node for 4")
    cards.nth(1).click()
    page.keyboard.press("2")
    page.keyboard.press("1")
    place(page).to_have_text("step 3 of 3")
    execution = run_spec(StepSpec("treiber-stack", "push 3 | push 4", "push 1", schedule="221"))
    assert page.evaluate(TOLD) == expected_trace(execution)
    expect(page.locator(".player-own")).to_contain_text("Your own schedule.")
    expect(page.locator(".player-caption")).to_be_hidden()
    expect(page.locator(".player-foot code")).to_have_text(
        "lockfree-lab step treiber-stack --program 'push 3 | push 4' --start 'push 1' --schedule '221'"
    )
    page.get_by_role("button", name="Back to the story").click()
    place(page).to_have_text("step 0 of 11")
    expect(page.locator(".player-caption")).to_have_text(SCENARIOS[STORY].captions[0].text)


def test_the_storys_own_next_step_stays_in_the_story(open_file: OpenFile) -> None:
    page = open_file(STORY)
    page.keyboard.press("1")
    place(page).to_have_text("step 1 of 11")
    expect(page.locator(".player-caption")).to_have_text(SCENARIOS[STORY].captions[1].text)


def test_to_the_end_of_an_operation_and_no_further(open_file: OpenFile) -> None:
    page = open_file(STORY)
    page.get_by_role("button", name="to the end of the operation").nth(1).click()
    place(page).to_have_text("step 4 of 4")
    card = page.locator(".player-card").nth(1)
    expect(card.locator(".card-next")).to_have_text("has ended")
    expect(card).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("2")
    place(page).to_have_text("step 4 of 4")
    expect(page.get_by_role("log")).to_have_text("thread 2 has ended")


def test_walks_by_hand_are_what_the_api_tells(open_file: OpenFile, seed: int) -> None:
    """Page, terminal and exported file agree, whatever the schedule."""
    page = open_file(LOST_ITEM)
    lots = random.Random(seed)
    endings = set()
    for _ in range(12):
        execution = run_spec(StepSpec(LOST_ITEM.structure, LOST_ITEM.program, LOST_ITEM.start,
                                      then=f"random:{lots.randrange(10**6)}"))  # fmt: skip
        schedule = execution["spec"]["schedule"]
        steps = len(execution["steps"])
        page.evaluate("hash => { location.hash = hash }", f"s={schedule}&at={steps}")
        expect(page.locator(".player-place")).to_have_text(f"step {steps} of {steps}")
        expect(page.locator(".player-foot code")).to_contain_text(f"--schedule '{schedule}'")
        assert page.evaluate(TOLD) == expected_trace(execution)
        assert page.evaluate(FAULTS) == expected_faults(execution)
        assert page.locator(".player-outcome").inner_text().splitlines() == format_table(execution).splitlines()[-2:]
        endings.add(len(execution["faults"]))
    assert endings == {0, 1}


def test_every_access_of_a_walk_by_hand_moves_the_picture(open_file: OpenFile) -> None:
    page = open_file(STORY)
    scene = page.locator(".scene-picture")
    for key, words in (("2", "not published"), ("2", "old_head"), ("2", "T2"), ("2", "won by T2")):
        page.keyboard.press(key)
        expect(scene).to_contain_text(words)


def test_an_address_opens_what_it_was_taken_from(open_file: OpenFile) -> None:
    page = open_file(STORY)
    for key in ("2", "2", "1", "ArrowLeft"):
        page.keyboard.press(key)
    expect(page.locator(".player-place")).to_have_text("step 2 of 3")
    address = page.evaluate("location.hash")
    assert address == "#s=221&at=2"
    again = open_file(STORY, address)
    place(again).to_have_text("step 2 of 3")
    wrong = open_file(STORY, "#s=2222229&at=x")
    place(wrong).to_have_text("step 0 of 11")


def test_the_menu_of_a_threads_mark_in_the_code(open_file: OpenFile) -> None:
    page = open_file(STORY)
    page.keyboard.press("ArrowRight")
    page.locator(".code-chips .chip").first.click()
    page.get_by_role("menuitem", name="One step").click()
    expect(page.locator(".player-place")).to_contain_text("step 2 of")


# -- the map


def test_the_map_leads_to_a_fault(open_file: OpenFile) -> None:
    page = open_file(LOST_ITEM)
    expect(page.locator(".map-legend")).to_contain_text("523 states, 766 steps between them, 24 ends.")
    expect(page.locator(".map-state")).to_have_count(523)
    expect(page.locator(".map-state.fault .map-cross")).to_have_count(16)
    page.get_by_role("button", name="The shortest way to a fault").click()
    expect(page.locator(".player-faults li")).to_have_count(1)
    expect(page.locator(".player-outcome")).to_contain_text("lost")
    steps = int(page.locator(".player-place").inner_text().split()[-1])
    expect(page.locator(".map-step")).to_have_count(steps)
    page.keyboard.press("Home")
    expect(page.locator(".map-step.ahead")).to_have_count(steps)


def test_pressing_a_state_goes_there(open_file: OpenFile) -> None:
    page = open_file(STORY)
    end = page.locator(".map-state.end").first
    end.locator(".map-dot").click()
    expect(page.locator(".player-outcome")).to_contain_text("outcome: finished")
    page.locator('.map-state[data-state="0"] .map-dot').click()
    place(page).to_contain_text("step 0 of")


def test_without_a_graph_the_story_alone_can_be_stepped(open_file: OpenFile) -> None:
    page = open_file("aba-on-reuse")
    expect(page.locator(".player-no-map")).to_contain_text("There are more than 1000 states.")
    first = SCENARIOS["aba-on-reuse"].spec.schedule[0]
    other = "2" if first == "1" else "1"
    page.keyboard.press(other)
    place(page).to_contain_text("step 0 of")
    expect(page.locator(f'.player-card[data-card="{int(other) - 1}"]')).to_have_attribute("aria-disabled", "true")
    page.keyboard.press(first)
    place(page).to_contain_text("step 1 of")


def test_the_heap_is_shown_where_there_is_one(open_file: OpenFile) -> None:
    page = open_file("aba-hazard-pointers", "#at=7")
    heap = page.locator(".player-heap .heap")
    assert " ".join(heap.inner_text().split()) == (
        "in use n1 n2 n3 free none retired none hazard T1 0 n3 hazard T2 0 n3 hazard T3 0 none"
    )
    expect(open_file(STORY).locator(".player-heap")).to_have_count(0)


def test_a_death_ends_the_readers_choice(open_file: OpenFile) -> None:
    page = open_file("killed-mutex", "#at=6")
    cards = page.locator(".player-card")
    expect(cards.nth(0).locator(".card-next")).to_have_text("killed")
    expect(cards.nth(1).locator(".card-why")).to_have_text("thread 2 waits for lock, which thread 1 holds")
    page.keyboard.press("Home")
    page.keyboard.press("2")
    place(page).to_have_text("step 1 of 1")


# -- how it looks, and what it may do


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1024, 1440, 1920])
def test_nothing_is_wider_than_the_window(open_file: OpenFile, width: int, color_scheme: ColorScheme) -> None:
    page = open_file(LOST_ITEM, "#at=2", viewport={"width": width, "height": 900})
    assert page.evaluate("document.documentElement.dataset.theme") == color_scheme
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for selector in (".scene", ".player-code .code", ".player-card >> nth=0", ".player-map", ".player-trace-place"):
        box = page.locator(selector).bounding_box()
        assert box is not None and box["width"] > 150 and box["height"] > 60, selector


def test_light_and_dark(open_file: OpenFile) -> None:
    page = open_file(STORY)
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.keyboard.press("t")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    page.get_by_role("button", name="Light or dark").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == before


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("what", [STORY, LOST_ITEM, "aba-on-reuse"], ids=["story", "lost item", "no graph"])
def test_axe_finds_nothing(open_file: OpenFile, what: str | StepSpec, color_scheme: ColorScheme) -> None:
    page = open_file(what, reduced_motion="reduce")
    page.keyboard.press("End")
    expect(page.locator(".player-place")).not_to_contain_text("step 0")
    assert violations(page) == []


@pytest.mark.allow_console_errors("Content Security Policy")
def test_the_policy_forbids_the_network_and_foreign_scripts(open_file: OpenFile) -> None:
    page = open_file(STORY)
    refused = "async () => { try { await fetch('data:,x'); return 'fetched'; } catch { return 'refused'; } }"
    assert page.evaluate(refused) == "refused"
    ran = """() => {
        const script = document.createElement("script");
        script.textContent = "window.ran = true";
        document.head.append(script);
        return window.ran === true;
    }"""
    assert page.evaluate(ran) is False


def test_without_scripts_there_is_the_table(open_page: OpenPage, open_file: OpenFile, folder: Path) -> None:
    open_file(STORY)
    page = open_page(offline=True, java_script_enabled=False)
    page.goto((folder / f"{STORY}.html").as_uri())
    expect(page.locator("noscript pre")).to_contain_text("CAS head: n1 → n2, lost: it is n3")


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_the_sites_index_leads_to_pages_that_play(
    open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, color_scheme: ColorScheme
) -> None:
    few = {key: SCENARIOS[key] for key in (STORY, "counter-read-then-write", "split-cas-counter")}
    monkeypatch.setattr("app.export.site.SCENARIOS", few)
    list(build_site(tmp_path))
    page = open_page(offline=True, viewport={"width": 1024, "height": 900}, reduced_motion="reduce")
    page.goto((tmp_path / "index.html").as_uri())
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 1024
    page.get_by_role("link", name=few[STORY].title).click()
    expect(page.locator("html")).to_have_attribute("data-ready", "yes")
    expect(page.locator("h1")).to_have_text(few[STORY].title)
    page.get_by_role("link", name="All scenarios").click()
    expect(page.locator(".site-list li")).to_have_count(3)
