"""The course in a browser: figures play, progress is kept, nothing is wider than the window."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.services.course import CHAPTERS
from tests.browser.test_accessibility import violations
from tests.serving import Server

OpenPage = Callable[..., Page]


def open_at(page: Page, server: Server, path: str) -> Page:
    page.goto(f"{server.base_url}/learn{path}")
    return page


@pytest.fixture
def figure_page(page: Page, server: Server) -> Page:
    """The chapter on the stack, its figure built."""
    open_at(page, server, "/stack")
    page.locator("figure.live").scroll_into_view_if_needed()
    expect(page.locator(".live-count")).to_have_text("0 / 11")
    return page


def test_a_figure_goes_forward_and_back(figure_page: Page) -> None:
    page = figure_page
    caption, did = page.locator(".live-caption"), page.locator(".live-did")
    expect(caption).to_contain_text("Nobody holds a lock")
    for _ in range(8):
        page.get_by_role("button", name="One step forward").click()
    expect(page.locator(".live-count")).to_have_text("8 / 11")
    expect(did).to_contain_text("lost")
    expect(caption).to_contain_text("it fails, and nothing is overwritten")
    expect(page.locator(".live-stage svg")).to_contain_text("head")
    page.get_by_role("button", name="One step back").click()
    expect(page.locator(".live-count")).to_have_text("7 / 11")
    expect(did).not_to_contain_text("lost")


def test_a_figure_is_played_with_the_keyboard(figure_page: Page) -> None:
    page = figure_page
    page.get_by_role("button", name="One step forward").focus()
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".live-count")).to_have_text("11 / 11")
    expect(page.get_by_role("button", name="One step forward")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".live-count")).to_have_text("10 / 11")


def test_without_scripts_the_captions_tell_the_scenario(open_page: OpenPage, server: Server) -> None:
    page = open_at(open_page(java_script_enabled=False), server, "/stack")
    expect(page.locator(".live-captions li").first).to_be_visible()
    expect(page.locator(".live-stage")).to_be_hidden()


def test_what_was_read_is_kept(page: Page, server: Server) -> None:
    open_at(page, server, "")
    expect(page.locator("#continue")).to_have_text("Begin with chapter 1")
    open_at(page, server, "/why")
    tick = page.locator('.contents [data-chapter-state="why"]')
    expect(tick).to_be_empty()
    page.locator("#puzzle").scroll_into_view_if_needed()
    expect(tick).to_have_text("read")
    open_at(page, server, "")
    expect(page.locator("#continue")).to_have_text("Go on with chapter 2")
    page.get_by_role("button", name="Forget my progress").click()
    expect(page.locator("#continue")).to_have_text("Begin with chapter 1")


def test_a_solved_puzzle_is_marked(page: Page, server: Server) -> None:
    open_at(page, server, "/cas")
    page.evaluate("localStorage.setItem('lockfree-lab.step.solved', JSON.stringify({'lose-three-times': 14}))")
    page.reload()
    expect(page.locator("[data-puzzle-state]")).to_have_text("Solved in 14")
    page.evaluate("localStorage.setItem('lockfree-lab.step.solved', '[1, {')")
    page.reload()
    expect(page.locator("[data-puzzle-state]")).to_be_empty()


def test_the_chapters_follow_each_other_by_key(page: Page, server: Server) -> None:
    open_at(page, server, "/cas")
    for key, title in (("n", "The stack"), ("p", "Compare-and-swap")):
        page.keyboard.press(key)
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        page.wait_for_load_state()  # from here on the page listens
    page.keyboard.press("t")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


@pytest.mark.parametrize("path", ["", *(f"/{key}" for key in CHAPTERS)])
def test_no_page_is_wider_than_the_window(page: Page, server: Server, path: str) -> None:
    open_at(page, server, path)
    for width in (345, 1024):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function(
            "(width) => innerWidth === width && document.documentElement.scrollWidth <= width", arg=width
        )


def test_what_scrolls_sideways_can_be_reached_with_the_keyboard(open_page: OpenPage, server: Server) -> None:
    page = open_at(open_page(viewport={"width": 345, "height": 800}), server, "/queue")
    wide = page.locator("[data-wide]").first
    expect(wide).to_have_attribute("tabindex", "0")
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(wide).not_to_have_attribute("tabindex", "0")


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["", *(f"/{key}" for key in CHAPTERS)])
def test_axe_finds_nothing(open_page: OpenPage, server: Server, color_scheme: str, path: str) -> None:
    page = open_at(open_page(reduced_motion="reduce"), server, path)
    for index in range(page.locator("figure.live").count()):
        figure = page.locator("figure.live").nth(index)
        figure.scroll_into_view_if_needed()
        expect(figure.locator(".live-did")).to_have_text("before the first step")
        figure.get_by_role("button", name="One step forward").click()
    assert violations(page) == []


def test_axe_finds_nothing_on_a_phone(open_page: OpenPage, server: Server) -> None:
    page = open_at(open_page(viewport={"width": 390, "height": 844}), server, "/cures")
    expect(page.locator("[data-wide][tabindex]").first).to_be_attached()
    page.locator(".contents-narrow summary").click()
    assert violations(page) == []
