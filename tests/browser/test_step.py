"""The Step page against the real server: a person schedules the threads."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.step_kit import (
    RACE,
    OpenStep,
    address,
    expect_address,
    expect_step,
    next_access,
    press,
    thread_card,
    wait_ready,
)
from tests.browser.test_shell_watch import expect_size
from tests.serving import Server


@pytest.fixture
def context_options() -> dict[str, Any]:
    return {"reduced_motion": "reduce"}


@pytest.fixture
def open_step(open_page: OpenPage, server: Server) -> OpenStep:
    def open_step(query: str = RACE, **options: Any) -> Page:
        page = open_page(**options)
        page.goto(f"{server.base_url}/step?{query}&token={server.token}")
        wait_ready(page)
        return page

    return open_step


# Moving threads


def test_a_card_shows_the_next_access_before_it_happens_and_a_click_makes_it(open_step: OpenStep) -> None:
    page = open_step()
    expect_step(page, 0, 0)
    expect(next_access(page, 1)).to_have_text("allocate a node for 3")
    thread_card(page, 1).click(position={"x": 20, "y": 40})
    expect_step(page, 1, 1)
    expect(next_access(page, 1)).to_have_text("load head")
    page.get_by_role("button", name="Step T1").click()
    expect_step(page, 2, 2)
    expect(next_access(page, 1)).to_have_text("store n2.next = n1")
    expect(page.locator(".narration-text")).to_contain_text("T1 reads head")
    expect(page.locator(".code-line.current .code-text")).to_have_text("old_head = self._head.load()")
    expect(thread_card(page, 1).locator(".card-locals")).to_contain_text("old_head = n1")
    expect(thread_card(page, 1).locator(".call.running")).to_have_text("push(3)")


def test_numbers_move_threads_and_a_lost_cas_is_told(open_step: OpenStep) -> None:
    page = open_step()
    press(page, "11222211")
    expect_step(page, 8, 8)
    expect(page.locator(".narration-text")).to_contain_text("T1 lost the CAS on head")
    expect(thread_card(page, 2).locator(".call.done")).to_contain_text("push(4)")
    expect(thread_card(page, 2).locator(".card-why")).to_have_text("has ended")
    expect(thread_card(page, 2).locator(".card-step")).to_be_hidden()
    expect_address(page, schedule="11.2x4.11")


def test_a_thread_that_cannot_move_says_why(open_step: OpenStep) -> None:
    page = open_step("structure=locked-stack&program=push 3|push 4&schedule=1122")
    expect(thread_card(page, 2).locator(".card-why")).to_have_text("waits for lock, which T1 holds")
    press(page, "2")
    expect(page.locator(".toast")).to_contain_text("T2 cannot move: it waits for lock, which T1 holds")
    expect_step(page, 4, 4)


def test_shift_and_a_number_run_an_operation_to_its_end(open_step: OpenStep) -> None:
    page = open_step()
    page.keyboard.press("Shift+Digit1")
    expect_step(page, 4, 4)
    expect(thread_card(page, 1).locator(".call.done")).to_have_count(1)
    expect_address(page, schedule="1x4")


def test_run_all_and_a_walk_end_everybody(open_step: OpenStep) -> None:
    page = open_step()
    press(page, "a")
    expect_address(page, schedule="1212121.2x4")
    page.keyboard.press("End")
    expect(page.locator(".card-why", has_text="has ended")).to_have_count(2)
    page.keyboard.press("Home")
    press(page, "w")
    page.keyboard.press("End")
    expect(page.locator(".card-why", has_text="has ended")).to_have_count(2)
    expect(page.get_by_label("Seed of the random walk")).to_have_value("2")


def test_kill_stops_the_chosen_thread_for_ever(open_step: OpenStep) -> None:
    page = open_step()
    press(page, "11k")
    expect_step(page, 3, 3)
    expect(thread_card(page, 1).locator(".card-why")).to_have_text("killed: it never moves again")
    expect_address(page, schedule="11.k1")


# Time


def test_back_and_forward_are_free_and_ask_nobody(open_step: OpenStep) -> None:
    page = open_step(f"{RACE}&schedule=11.2x4.11")
    expect_step(page, 8, 8)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    press(page, ["ArrowLeft", "Control+z", "ArrowLeft"])
    expect_step(page, 5, 8)
    expect(next_access(page, 2)).to_have_text("CAS head: n1 → n3")
    press(page, ["ArrowRight", "Control+y"])
    expect_step(page, 7, 8)
    page.keyboard.press("Home")
    expect_step(page, 0, 8)
    expect(page.locator(".narration-text")).to_contain_text("Nothing has moved yet")
    page.keyboard.press("End")
    expect_step(page, 8, 8)
    assert [url for url in asked if "/api/" in url] == []


def test_a_step_in_the_past_forks_and_the_old_branch_stays(open_step: OpenStep) -> None:
    page = open_step(f"{RACE}&schedule=11.2x4.11")
    press(page, ["ArrowLeft"] * 3)
    expect_step(page, 5, 8)
    press(page, "1")
    expect_step(page, 6, 6)
    expect_address(page, schedule="112221", at=None)
    rows = page.locator(".tried-row")
    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_have_attribute("aria-current", "true")
    expect(rows.nth(1)).to_contain_text("forks from branch 1 after step 5")
    rows.nth(0).focus()
    page.keyboard.press("Enter")
    expect_step(page, 8, 8)
    expect_address(page, schedule="11.2x4.11")


def test_the_same_step_as_before_is_no_fork(open_step: OpenStep) -> None:
    page = open_step(f"{RACE}&schedule=11.2x4.11")
    press(page, ["ArrowLeft"] * 3)
    expect_step(page, 5, 8)
    press(page, "2")
    expect_step(page, 6, 8)
    expect(page.locator(".tried-row")).to_have_count(1)


def test_two_branches_stand_side_by_side_at_the_same_step(open_step: OpenStep) -> None:
    page = open_step(f"{RACE}&schedule=11.2x4.11")
    press(page, ["ArrowLeft"] * 3)
    press(page, "1")
    expect_step(page, 6, 6)
    press(page, "c")
    expect(page.locator(".side")).to_have_count(2)
    sentences = page.locator(".narration-text")
    expect(sentences.nth(0)).to_contain_text("T1 points n2.next at n1")
    expect(sentences.nth(1)).to_contain_text("T2 won the CAS on head")
    page.keyboard.press("ArrowLeft")
    expect(sentences.nth(1)).to_contain_text("T2 points n3.next at n1")
    press(page, "c")
    expect(page.locator(".side")).to_have_count(1)
    expect_step(page, 5, 6)


def test_the_axis_and_the_transport_speak_of_steps(open_step: OpenStep) -> None:
    page = open_step(f"{RACE}&schedule=11.2x4.11")
    expect(page.locator(".lanes-canvas")).to_have_attribute("aria-label", re.compile(r"Playhead at step 8\."))
    expect(page.locator(".scrub")).to_have_attribute("max", "8")
    page.locator(".scrub").fill("3")
    expect_step(page, 3, 8)


# What is run


def test_a_program_is_edited_and_the_schedule_stays(open_step: OpenStep) -> None:
    page = open_step(f"{RACE}&schedule=112")
    field = page.get_by_label("program of T2")
    field.fill("pop")
    field.press("Enter")
    expect(thread_card(page, 2).locator(".call")).to_have_text("pop()")
    expect_address(page, program="push 3 | pop", schedule="112")
    page.get_by_role("button", name="+ thread").click()
    expect(page.locator(".thread-card")).to_have_count(3)
    page.get_by_role("button", name="Remove T2").click()
    expect(page.locator(".thread-card")).to_have_count(2)


def test_what_is_wrong_stands_at_the_operation_it_concerns(open_step: OpenStep) -> None:
    page = open_step()
    field = page.get_by_label("program of T1")
    field.fill("push 3; pus 4")
    field.press("Enter")
    error = page.locator("#step-program-1-error")
    expect(error).to_contain_text("there is no operation 'pus'", ignore_case=True)
    expect(error.locator("code")).to_have_text("pus 4")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(thread_card(page, 1).locator(".call")).to_have_text("push(3)")


def test_another_structure_of_the_family_keeps_the_programs(open_step: OpenStep) -> None:
    page = open_step(f"{RACE}&schedule=11")
    page.get_by_role("radio", name="mutex").click()
    expect(page.locator(".side-title")).to_have_text("Stack behind a mutex")
    expect_address(page, structure="locked-stack", program="push 3 | push 4", schedule="11")


# Faults


def test_lost_items_are_a_fault_on_the_stage_and_in_the_tree(open_step: OpenStep) -> None:
    page = open_step("structure=storing-queue&program=enqueue 3|enqueue 4&start=enqueue 1&schedule=1112221122")
    page.keyboard.press("a")
    page.keyboard.press("End")
    fault = page.locator('.fault-item[data-kind="lost items"]')
    expect(fault).to_contain_text("Lost items")
    expect(fault).to_contain_text("The account does not balance")
    expect(page.locator(".tried-fault")).to_have_count(1)
    page.keyboard.press("ArrowLeft")
    expect(fault).to_have_count(0)


def test_a_blocked_execution_is_named(open_step: OpenStep) -> None:
    page = open_step("structure=locked-stack&program=push 3|push 4&schedule=11.k1.22")
    expect(page.locator('.fault-item[data-kind="blocked"]')).to_contain_text("T1 was killed inside")


# The address


def test_a_link_opens_what_was_shown(open_step: OpenStep) -> None:
    page = open_step()
    press(page, "11222211")
    press(page, ["ArrowLeft"])
    expect_step(page, 7, 8)
    expect_address(page, at="7")
    link = page.evaluate("location.href")
    assert len(link) < 200
    sentence = page.locator(".narration-text")
    expect(sentence).to_contain_text("T1 points n2.next at n1")
    page.goto("about:blank")
    page.goto(link)
    wait_ready(page)
    expect_step(page, 7, 8)
    expect(sentence).to_contain_text("T1 points n2.next at n1")


def test_back_in_the_browser_undoes_a_fork(open_step: OpenStep) -> None:
    page = open_step(f"{RACE}&schedule=11.2x4.11")
    press(page, ["ArrowLeft"] * 3)
    expect_address(page, at="5")
    press(page, "1")
    expect_address(page, schedule="112221")
    page.go_back()
    expect_step(page, 5, 8)
    page.go_forward()
    expect_step(page, 6, 6)


def test_a_link_with_errors_opens_and_says_what_is_wrong_and_where(open_step: OpenStep) -> None:
    page = open_step("structure=nope&program=push 3; pus 4|pop&schedule=11239&v=7&colour=red")
    banner = page.locator('.state[data-name="problems"]')
    for words in (
        "made by a newer version",
        "Structure must be one of",
        "Colour is no field",
        "step 4 cannot be taken",
    ):
        expect(banner).to_contain_text(words)
    expect(page.locator(".side-title")).to_have_text("Treiber stack")
    expect(page.locator("#step-program-1-error")).to_contain_text("operation 2")
    expect_step(page, 3, 3)
    banner.get_by_role("button", name="Close").click()
    expect(banner).to_have_count(0)


def test_embedded_there_is_stage_narration_and_transport_alone(open_step: OpenStep) -> None:
    page = open_step("scenario=lost-cas-and-retry&embed=1&at=6")
    for selector in (".top", "#knobs", "#right", "#lanes", "#tried"):
        expect(page.locator(selector)).to_be_hidden()
    for selector in (".scene-picture", ".narration", ".caption-text", ".transport"):
        expect(page.locator(selector)).to_be_visible()
    expect_address(page, scenario="lost-cas-and-retry", embed="1", at="6")


# Scenarios and captions


def test_a_scenario_shows_its_captions_and_is_left_by_a_change(open_step: OpenStep) -> None:
    page = open_step("scenario=lost-cas-and-retry")
    expect_step(page, 0, 11)
    caption = page.locator(".caption-text")
    expect(caption).to_have_text("Two threads want to push onto the same stack. Nobody holds a lock.")
    page.keyboard.press("]")
    expect(caption).to_contain_text("T1 makes its node")
    page.keyboard.press("End")
    expect(caption).to_contain_text("the second attempt succeeds")
    page.keyboard.press("[")
    expect_step(page, 9, 11)
    press(page, ["ArrowLeft"] * 7)
    press(page, "1")
    expect_step(page, 3, 3)
    expect(page.locator(".captions")).to_be_hidden()
    expect_address(page, scenario=None, schedule="111", program="push 3 | push 4")


def test_a_scenario_is_chosen_by_name(open_step: OpenStep) -> None:
    page = open_step()
    page.get_by_label("Scenario", exact=True).select_option("lost-cas-and-retry")
    expect(page.locator(".scenario-shows")).to_contain_text("A compare-and-swap fails only if")
    expect_address(page, scenario="lost-cas-and-retry", structure=None)


# Predict


def test_a_prediction_is_asked_for_and_checked_against_the_trace(open_step: OpenStep) -> None:
    page = open_step()
    press(page, "p11222")
    expect_step(page, 5, 5)
    press(page, "2")
    question = page.locator(".predict-question")
    expect(question).to_contain_text("Will T2's CAS win?")
    expect(question).to_contain_text("It expects n1 in head, and would write n3")
    expect(page.locator(".lanes-scroll")).to_be_hidden()
    expect_step(page, 5, 6)
    press(page, "y")
    expect(question).to_contain_text("Right: it won.")
    expect_step(page, 6, 6)
    press(page, "11")
    expect(question).to_contain_text("Will T1's CAS win?")
    press(page, "y")
    expect(question).to_contain_text("No: it lost.")
    expect(page.locator(".predict-score")).to_have_text("1/2")
    page.reload()
    wait_ready(page)
    expect(page.locator(".predict-score")).to_have_text("1/2")


def test_forward_in_a_scenario_asks_too_and_the_end_cannot_be_peeped_at(open_step: OpenStep) -> None:
    page = open_step("scenario=lost-cas-and-retry")
    press(page, "p")
    page.keyboard.press("End")
    expect_step(page, 5, 11)
    question = page.locator(".predict-question")
    expect(question).to_contain_text("Will T2's CAS win?")
    question.get_by_role("button", name="Skip").click()
    expect_step(page, 6, 11)
    expect(question).to_have_count(0)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(question).to_contain_text("Will T1's CAS win?")


# Puzzles


def test_a_puzzle_says_its_goal_and_when_it_is_reached(open_step: OpenStep) -> None:
    page = open_step("puzzle=lose-an-increment")
    goal = page.locator(".puzzle-goal")
    expect(goal).to_have_text("Not reached yet. Par: 4 steps.")
    press(page, "1212")
    expect(goal).to_have_text("Reached in 4 steps, which is par.")
    expect_address(page, puzzle="lose-an-increment", schedule="1212", program=None)
    chosen = page.get_by_label("Puzzle", exact=True).locator("option:checked")
    expect(chosen).to_have_text("✓ Lose an increment")
    page.get_by_label("Puzzle", exact=True).select_option("")
    expect(goal).to_have_count(0)
    expect_address(page, puzzle=None, structure="racy-counter", schedule="1212")


# The heap


def test_the_heap_panel_shows_what_is_free_retired_and_protected(open_step: OpenStep) -> None:
    page = open_step("scenario=aba-hazard-pointers")
    page.keyboard.press("End")
    heap = page.locator(".heap")
    expect(heap).to_contain_text("hazard")
    expect(heap.locator(".heap-node.freed").first).to_be_visible()
    page.get_by_role("tab", name="Tried").click()
    expect(page.locator(".tried-row")).to_have_count(1)


# States, keyboard, size


@pytest.mark.allow_console_errors("Failed to load resource")
def test_a_server_that_is_gone_is_told_and_what_is_shown_stays(open_page: OpenPage, server: Server) -> None:
    page = open_page()
    is_gone = False
    # From the start: requests of a page that is there already may pass a route that comes later.
    page.route("**/api/step?*", lambda route: route.abort() if is_gone else route.continue_())
    page.goto(f"{server.base_url}/step?{RACE}&schedule=11&token={server.token}")
    expect_step(page, 2, 2)
    is_gone = True
    press(page, "2")
    banner = page.locator('.state[data-name="serverGone"]')
    expect(banner).to_contain_text("The server does not answer.")
    page.keyboard.press("ArrowLeft")
    expect_step(page, 1, 2)
    page.keyboard.press("ArrowRight")
    expect_step(page, 2, 2)
    is_gone = False
    banner.get_by_role("button", name="Try again").click()
    expect_step(page, 3, 3)
    expect(banner).to_have_count(0)


def test_the_keyboard_alone_suffices(open_step: OpenStep) -> None:
    page = open_step()
    page.keyboard.press("?")
    keys = page.locator(".key-list")
    for words in ("one step of that thread", "to the end of its operation", "a random walk", "one step back"):
        expect(keys).to_contain_text(words)
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    press(page, "1122")
    expect_step(page, 4, 4)
    expect(page.locator("#announcer")).to_have_text("Step 4, T2: load head: n1.")
    unreachable = page.evaluate(
        """() => [...document.querySelectorAll("button:not(:disabled), select, input")]
            .filter((element) => element.checkVisibility() && element.tabIndex < 0
                && !["tab", "radio"].includes(element.getAttribute("role")))
            .map((element) => element.outerHTML.slice(0, 80))"""
    )
    assert unreachable == []


def test_the_frame_fills_the_window_and_no_more(open_step: OpenStep) -> None:
    page = open_step(f"{RACE}&schedule=11.2x4.11")
    for width, height in [(1440, 900), (1920, 1080), (1200, 800), (1024, 768)]:
        page.set_viewport_size({"width": width, "height": height})
        expect_size(page, width, height)
    expect(page.locator(".thread-card").first).to_be_visible()


def test_touch_targets_are_large_enough(open_step: OpenStep) -> None:
    page = open_step(f"{RACE}&schedule=11", has_touch=True, is_mobile=True, viewport={"width": 1024, "height": 768})
    low = page.evaluate(
        """() => [...document.querySelectorAll("#right button, #transport button, #tried button")]
            .filter((element) => element.checkVisibility() && element.getBoundingClientRect().height < 44)
            .map((element) => element.outerHTML.slice(0, 120))"""
    )
    assert low == []


def test_tabs_name_the_labs_that_exist(open_step: OpenStep) -> None:
    page = open_step()
    tabs = page.get_by_role("navigation", name="Labs").get_by_role("link")
    expect(tabs.filter(has_text="Watch")).to_have_count(1)
    expect(page.locator('.tabs [aria-current="page"]')).to_have_text("Step")


def test_a_token_leads_to_the_page_itself(open_step: OpenStep) -> None:
    page = open_step("structure=atomic-counter&schedule=12")
    assert page.url.split("?")[0].endswith("/step")
    assert "token" not in address(page)
    expect(page.locator(".side-title")).to_have_text("Counter by CAS loop")


def test_a_thousand_steps_rebuild_no_view(open_step: OpenStep) -> None:
    """While scrubbing every card, line and lane is changed in place."""
    program = "|".join([";".join(["increment"] * 24)] * 8)
    page = open_step(f"structure=atomic-counter&program={program}")
    press(page, "w")
    page.wait_for_function("() => Number(document.querySelector('.scrub').max) > 500")
    page.evaluate("() => { globalThis.before = [...document.querySelectorAll('.thread-card, .code-line, .lanes')]; }")
    for step in (400, 20, 500, 1):
        page.locator(".scrub").fill(str(step))
        expect(page.locator(".place-number")).to_contain_text(f"step {step} of")
    assert page.evaluate(
        """() => {
            const now = [...document.querySelectorAll('.thread-card, .code-line, .lanes')];
            return now.length === before.length && now.every((element, index) => element === before[index]);
        }"""
    )
