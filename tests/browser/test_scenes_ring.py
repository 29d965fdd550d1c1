"""The scene of the bounded ring: whose a slot is, which positions are stale, when it is full or empty."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.scenes import evaluate, prepare
from tests.browser.step_kit import expect_step, wait_ready
from tests.serving import Server


@pytest.fixture
def scenes(page: Page, static_url: str) -> Page:
    prepare(page, static_url)
    evaluate(
        page,
        """for (const name of ["ring", "ring-reading", "bands", "flags"])
            Object.assign(window, await import(`/static/js/scenes/${name}.js`));
        window.viewOf = (name) => STATES[name](layout).world.view();""",
    )
    return page


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("ring: empty", [["free", -1]] * 4),
        ("ring: full", [["filled", -1]] * 4),
        ("ring: claimed", [["emptying", 2], ["filled", -1], ["filled", -1], ["filling", 1]]),
        ("ring: claimed by nobody known", [["emptying", -1], ["filled", -1], ["filled", -1], ["filling", -1]]),
        ("ring: mutex", [["free", -1], ["filled", -1], ["filled", -1], ["filled", -1]]),
    ],
)
def test_a_slot_is_filled_free_or_somebodys(scenes: Page, state: str, expected: list[Any]) -> None:
    found = evaluate(
        scenes, "return readRing(viewOf(argument)).slots.map(({ status, claimer }) => [status, claimer]);", state
    )
    assert found == expected


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("ring: empty", "empty: head and tail are both 5"),
        ("ring: full", "full: tail 9 is a lap ahead of head 5"),
        ("ring: claimed", "3 of 4 slots taken: head 5, tail 8"),
    ],
)
def test_full_and_empty_are_told(scenes: Page, state: str, said: str) -> None:
    texts = """const { svg } = mount(STATES[argument](layout), 900, 420);
        return [...svg.querySelectorAll(".layer text")].map(({ textContent }) => textContent);"""
    assert said in evaluate(scenes, texts, state)
    assert evaluate(scenes, "return describeRing(viewOf(argument));", state).startswith(said)


def test_a_claimed_slot_has_the_hue_of_its_claimer_and_says_so(scenes: Page) -> None:
    found = evaluate(
        scenes,
        """const state = STATES["ring: claimed"](layout);
        const { svg } = mount(state, 900, 420);
        const probe = document.body.appendChild(document.createElement("i"));
        const slots = [...svg.querySelectorAll(".slot")].filter((slot) => slot.dataset.thread !== undefined);
        const seen = slots.map((slot) => {
            probe.style.color = `var(--t${slot.dataset.thread})`;
            const { stroke } = getComputedStyle(slot.querySelector(".box"));
            const label = slot.getAttribute("aria-label");
            return [slot.dataset.thread, stroke === getComputedStyle(probe).color, label];
        });
        slots[0].dispatchEvent(new MouseEvent("click", { bubbles: true }));
        return { seen, emitted: state.world.emitted };""",
    )
    assert found["seen"] == [
        ["2", True, "slot 0: taken by T3, not freed yet. Choose T3"],
        ["1", True, "slot 3: claimed by T2, not filled yet. Choose T2"],
    ]
    assert found["emitted"] == [["select", 2]]


@pytest.mark.parametrize(
    ("slot", "said"),
    [
        ({"status": "filling", "claimer": 1, "value": 0}, "claimed by T2, not filled yet"),
        ({"status": "filling", "claimer": 1, "value": 9}, "put by T2, not stamped"),
        ({"status": "emptying", "claimer": 2, "value": 9}, "being taken by T3"),
        ({"status": "emptying", "claimer": -1, "value": 0}, "taken, not freed yet"),
        ({"status": "filled", "claimer": -1, "value": 9}, ""),
    ],
)
def test_what_is_said_of_a_slot(scenes: Page, slot: dict[str, Any], said: str) -> None:
    assert evaluate(scenes, "return claimText(argument);", slot) == said


def test_positions_are_flags_and_stale_before_they_fail(scenes: Page) -> None:
    found = evaluate(
        scenes,
        """const of = (name) => heldPositions(viewOf(name)).map(({ lane, name, state }) => [lane, name, state]);
        const labels = layoutRing(viewOf("ring: late in a run"), createMetrics(900, 420))
            .filter(({ type }) => type === "flag").map(({ button }) => button.label);
        return { claimed: of("ring: claimed"), mutex: of("ring: mutex"), labels };""",
    )
    assert found["claimed"] == [
        [0, "tail 7", "stale"],
        [3, "head 5", "fresh"],
        [3, "tail 8", "fresh"],
    ], "not those with which T2 and T3 have won their slots"
    assert found["mutex"] == [[1, "head 5", "fresh"], [1, "tail 8", "fresh"]]
    assert found["labels"] == [
        "T32: tail 1234560 points at slot 0, stale, retry 3",
        "T1: head 1234561 points at slot 1",
    ]


def test_a_claimer_that_stops_makes_others_wait(scenes: Page) -> None:
    fates = evaluate(
        scenes,
        """const view = viewOf("ring: claimer killed");
        return [0, 1, 2].map((lane) => othersFate(view, view.state.lanes[lane]));""",
    )
    assert fates == [
        "The others go on.",
        "Whoever comes to slot 3 waits for it.",
        "Whoever comes to slot 0 waits for it.",
    ]


def test_a_ring_with_more_slots_than_fit_is_shown_from_its_head_on(scenes: Page) -> None:
    found = evaluate(
        scenes,
        """const items = layoutRing(viewOf("ring: many slots"), createMetrics(560, 360));
        return { slots: items.filter(({ type }) => type === "slot").map(({ name }) => name),
            said: items.find(({ key }) => key === "ring:writers").text };""",
    )
    assert found["slots"][0] == "slot 6"
    assert found["said"].startswith(f"{24 - len(found['slots'])} more slots")


# In the page, from the stepper's trace


def test_the_stalled_producer_is_played(open_page: OpenPage, server: Server) -> None:
    page = open_page(reduced_motion="reduce")
    page.goto(f"{server.base_url}/step?scenario=ring-stalled-producer&token={server.token}")
    wait_ready(page)
    slot = page.locator(".scene .slot").first
    page.keyboard.press("Home")
    expect(slot).to_contain_text("free")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect_step(page, 3, 23)
    expect(slot).to_have_attribute("aria-label", "slot 0: claimed by T1, not filled yet. Choose T1")
    page.keyboard.press("End")
    expect_step(page, 23, 23)
    expect(slot).to_contain_text("free")
    expect(page.locator(".scene")).to_contain_text("1 of 4 slots taken: head 1, tail 2")
