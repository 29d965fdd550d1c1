"""Counters between processes on the stage: from hand-made frames, from real runs, and on the page itself.

And the counter in stripes, which has no cell for its sum either.
"""

from __future__ import annotations

import base64
import os
import random
import re
import signal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from lockfree_core import native
from lockfree_core.catalog import CATALOG
from lockfree_core.trace.layout import RECORD_BYTES
from tests.browser.conftest import OpenPage
from tests.browser.scenes import evaluate, prepare
from tests.browser.test_accessibility import violations
from tests.core.kit import by_hand
from tests.serving import Server, wait_until

SIZES = [(345, 340), (600, 400), (900, 420)]
BETWEEN_PROCESSES = [key for key, entry in CATALOG.items() if entry.processes]
LIMIT_S = 60.0
VISITED = "localStorage.setItem('lockfree-lab.visited', 'yes')"

needs_extension = pytest.mark.skipif(not native.available(), reason=str(native.unavailable_reason()))


@pytest.fixture
def scenes(page: Page, static_url: str) -> Page:
    return prepare(page, static_url)


def picture(page: Page, state: str, size: tuple[int, int] = (760, 400)) -> dict[str, Any]:
    """What of a state stands on the stage."""
    script = """const { svg } = mount(STATES[argument.state](layout), ...argument.size);
        const all = (selector) => [...svg.querySelectorAll(selector)];
        const textsOf = (element) => [...element.querySelectorAll("text")].map(({ textContent }) => textContent);
        const textOf = (element) => textsOf(element).filter(Boolean);
        const words = svg.querySelector(".words text:last-child");
        while (words.textContent === "") await new Promise(requestAnimationFrame);
        return {
            texts: all(".layer > .text text").map((text) => text.textContent),
            boxes: all(".process").map((box) => [box.getAttribute("class").split(" ").at(-1), ...textOf(box)]),
            pieces: all(".process").map((box) => box.querySelectorAll(".box").length),
            titles: all(".process title").map((title) => title.textContent),
            tickets: all(".ticket").map(textOf),
            chips: all(".chip[data-thread]").map((chip) => chip.getAttribute("aria-label")),
            squares: all(".mark.lost").length, words: words.textContent,
        };"""
    found: dict[str, Any] = evaluate(page, script, {"state": state, "size": size})
    return found


# -- hand-made frames


def test_each_process_has_walls_and_a_ticket_and_all_share_one_page(scenes: Page) -> None:
    found = picture(scenes, "processes: clash")
    assert "one page of shared memory, mapped by 4 processes; nothing else is shared" in found["texts"]
    assert "P1 and P3 both want 42: one will lose its CAS" in found["texts"]
    assert found["tickets"] == [["read 41", "wants 42"], ["read 40", "wants 41", "1"], ["read 41", "wants 42"]]
    assert [box[-1] for box in found["boxes"]] == ["31305", "31307", "31309", "31311"]
    assert found["titles"] == ["process 31305", "process 31307", "process 31309", "process 31311"]
    assert found["chips"][:2] == [
        "P1: process 31305, read 41, wants 42, increment",
        "P2: process 31307, read 40, wants 41, stale, increment",
    ]
    assert found["words"].startswith("shared value 41; P1 (31305) read 41, wants 42; P2 (31307) read 40, wants 41")


def test_a_killed_process_is_a_broken_box_that_keeps_what_it_wanted(scenes: Page) -> None:
    found = picture(scenes, "processes: killed")
    assert found["pieces"] == [1, 2, 1, 1]
    assert "killed: SIGKILL" in found["boxes"][1]
    assert ["read 40", "wanted 41"] in found["tickets"]
    assert "one page of shared memory, mapped by 3 processes; nothing else is shared" in found["texts"]
    assert "P2 killed inside increment, before its CAS." in found["words"]


def test_lost_updates_lie_in_a_tray_a_square_each(scenes: Page) -> None:
    found = picture(scenes, "processes: lost updates")
    assert found["squares"] == 27
    assert {"27 lost updates", "lost update: P2 wrote 41 over 41"} <= set(found["texts"])
    assert found["words"].endswith("27 lost updates.")
    many = picture(scenes, "processes: many lost updates")
    assert "P1, P2, P3 want 1204312: 3 updates may become one" in many["texts"]
    assert f"+{31_204 - many['squares']:,}".replace(",", "\u202f") in many["texts"]


def test_a_lock_that_a_dead_process_holds_says_why_nobody_goes_on(scenes: Page) -> None:
    found = picture(scenes, "processes: lock of the dead")
    assert (
        "The lock does not know that P1 is dead: nothing gives it back, and whoever wants it waits for ever"
        in found["texts"]
    )
    assert [box[1] for box in found["boxes"]] == ["died with the lock", *["waits for the lock"] * 3]
    assert "everyone waits for ever" in found["texts"]
    assert "P1 holds the mutex, 3 processes waiting: P2, P3, P4." in found["words"]


@pytest.mark.parametrize("size", [(345, 340), (900, 420)])
def test_where_all_have_no_room_the_chosen_one_is_among_those_shown(scenes: Page, size: tuple[int, int]) -> None:
    found = picture(scenes, "processes: 32 of them", size)
    names = [chip.partition(":")[0] for chip in found["chips"]]
    assert "P31" in names and names[0] == "P1"
    rest = 32 - len(names)
    assert (f"+{rest} more" in found["texts"]) == (rest > 0)


def test_threads_are_threads_again_on_the_next_picture(scenes: Page) -> None:
    picture(scenes, "processes: clash")
    names = evaluate(
        scenes,
        """const { svg } = mount(STATES["counter: clash"](layout), 740, 390);
        return [...svg.querySelectorAll(".ticket .lane")].map((name) => name.textContent);""",
    )
    assert names == ["T2", "T1", "T3"]


@pytest.mark.parametrize("size", SIZES)
def test_stripes_have_their_threads_under_them_and_their_sum_above(scenes: Page, size: tuple[int, int]) -> None:
    found = picture(scenes, "stripes: four threads", size)
    assert {"the sum of 8 stripes; no cell holds it", *(f"stripe {index}" for index in range(8))} <= set(found["texts"])
    assert [text for text in found["texts"] if text.isdecimal()] == ["6", "2", "1", "4", "0", "0", "0", "0"]
    assert found["chips"] == ["T1: has added here", "T2: adds here", "T3: adds here", "T4: adds here"]
    assert found["words"].startswith("sum 13 of stripe 0: 6, stripe 1: 2, stripe 2: 1, stripe 3: 4")


# -- real runs


def play(structure: str) -> tuple[list[dict[str, Any]], bytes]:
    """Processes that step by lot, one of which is killed on the way: the reports, and the records of that time."""
    choose = random.Random(7)
    with by_hand(structure, threads=4) as hand:
        for number in range(36):
            if number == 20:
                hand.do("kill", lane=1)
                hand.wait_for(lambda: hand.statuses()[1] == "killed", "the death")
            hand.command("step", lane=choose.choice((0, 2, 3) if number >= 20 else (0, 1, 2, 3)))
        hand.snapshot()
        return list(hand.reports), hand.data


@needs_extension
@pytest.mark.parametrize("structure", BETWEEN_PROCESSES)
def test_real_runs_are_drawn_without_a_blemish(scenes: Page, structure: str) -> None:
    reports, data = play(structure)
    start, *_, end = [report for report in reports if report["type"] == "snapshot"]
    names: dict[str, Any] = {}
    for report in reports:
        if report["type"] != "names":
            continue
        for name, rows in report.items():
            if isinstance(rows, list):
                names.setdefault(name, []).extend(rows)
    entry = CATALOG[structure].describe()
    found = evaluate(
        scenes,
        """const { createLayout } = await import("/static/js/layout.js");
        const { Model } = await import("/static/js/model.js");
        const { createEvents } = await import("/static/js/events.js");
        const { records, entry, header, sizes, last } = argument;
        const built = createLayout(layout);
        const model = new Model(built);
        const bytes = Uint8Array.from(atob(records), (character) => character.charCodeAt(0));
        model.load({ header, bytes });
        const found = { end: model.timeline.seek(last).cells.get(argument.value).value };
        for (let position = 3; position <= last; position += 3) {
            const { on, emit } = createEvents();
            const context = {
                names: model.names, layout: built, entry, prefers: { reducedMotion: true }, on, emit,
                history: model.history,
            };
            const frame = {
                state: model.timeline.seek(position), position, mode: "held", speed: 1, regime: "each", rate: 1,
                incident: null, flow: null,
            };
            for (const size of sizes) {
                const mounted = mount({ world: { context }, frame }, ...size);
                const list = blemishes(mounted.svg);
                if (list.length > 0) found[`position ${position}, ${size}`] = list;
                mounted.close();
            }
        }
        return found;""",
        {
            "records": base64.b64encode(data).decode(),
            "entry": entry,
            "header": {"names": names, "snapshot": start, "first": 0},
            "sizes": SIZES,
            "last": len(data) // RECORD_BYTES - 1,
            "value": next(cell["id"] for cell in names["cells"] if cell["name"] == "value"),
        },
    )
    assert found == {"end": end["cells"][0]["value"]}


# -- the page


STOP_ALL = """async () => {
    const { runs } = await (await fetch('/api/runs')).json();
    const options = { method: 'DELETE', headers: { 'Content-Type': 'application/json' }, body: '{}' };
    await Promise.all(runs.map((run) => fetch('/api/runs/' + run.id, options)));
}"""


@needs_extension
def test_the_page_says_that_a_process_is_halted_and_offers_to_kill_it(open_page: OpenPage, server: Server) -> None:
    page = open_page(reduced_motion="reduce")
    page.add_init_script(VISITED)
    page.goto(f"{server.base_url}/watch?structure=process-cas-counter&threads=3&speed=50&token={server.token}")
    try:
        boxes = page.locator(".scene .process")
        expect(boxes).to_have_count(3)
        victim = int(boxes.nth(1).locator("title").text_content().split()[1])  # type: ignore[union-attr]
        banner = page.locator(".state.banner[data-name=halted]")
        expect(banner).to_have_count(0)
        os.kill(victim, signal.SIGSTOP)
        expect(banner).to_contain_text("P2 is halted from outside (SIGSTOP)")
        expect(banner).to_contain_text(f"kill -CONT {victim}")
        page.wait_for_url(re.compile(r"[?&]run="))  # else a reload begins a run of its own
        page.reload()
        expect(banner).to_contain_text("P2 is halted")
        assert violations(page) == []
        os.kill(victim, signal.SIGCONT)
        expect(banner).to_have_count(0)
        os.kill(victim, signal.SIGSTOP)
        banner.get_by_role("button", name="Kill what is halted").click()
        expect(page.locator("#threads .thread[data-status=killed]")).to_have_count(1)
        expect(banner).to_have_count(0)
    finally:
        page.evaluate(STOP_ALL)


@needs_extension
def test_the_page_speaks_of_processes_and_sees_a_kill_from_a_terminal(open_page: OpenPage, server: Server) -> None:
    page = open_page(reduced_motion="reduce")
    page.add_init_script(VISITED)
    page.goto(f"{server.base_url}/watch?structure=process-locked-counter&threads=3&speed=50&token={server.token}")
    try:
        expect(page.locator("[data-knob=threads] label")).to_have_text("Processes")
        expect(page.locator("#threads .thread .chip")).to_have_text(["P1", "P2", "P3"])
        boxes = page.locator(".scene .process")
        expect(boxes).to_have_count(3)
        expect(page.get_by_role("button", name="Step from here")).to_be_disabled()
        page.locator("#threads .thread").nth(1).get_by_role("button", name="Kill P2").click()
        page.get_by_role("menuitem", name="Kill while it holds the lock").click()
        expect(page.locator(".scene .process.killed")).to_have_count(1)
        expect(page.locator(".scene")).to_contain_text("nothing gives it back")
        expect(page.locator("#threads .thread[data-status=waiting]")).to_have_count(2)  # from here on nothing moves
        victim = int(page.locator(".scene .process").nth(2).locator("title").text_content().split()[1])  # type: ignore[union-attr]
        os.kill(victim, signal.SIGKILL)
        expect(page.locator(".scene .process.killed")).to_have_count(2)
        expect(page.locator(".narration")).to_contain_text(f"SIGKILL to process {victim}")
        assert violations(page) == []
    finally:
        page.evaluate(STOP_ALL)
    wait_until(lambda: not Path(f"/proc/{victim}").exists(), LIMIT_S, "the end of the processes")
