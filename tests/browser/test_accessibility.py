"""axe-core on every page, in both themes: no violation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import HERE, ColorScheme, OpenPage
from tests.browser.step_kit import expect_step
from tests.serving import Server

AXE = HERE / "vendor" / "axe-core" / "axe.min.js"
# What the scenes draw is no label: "T1 old_head 1" is a flag, and its name says in words that it points at a node, is
# stale, and how often its thread has retried. So the rule that a name contains the text that is seen leaves them out.
RUN = """async () => {
    const names = "label-content-name-mismatch";
    const whole = await axe.run(document, { rules: { [names]: { enabled: false } }, resultTypes: ["violations"] });
    const named = await axe.run({ exclude: [".scene"] }, { runOnly: [names], resultTypes: ["violations"] });
    const told = ({ html, any, all, none }) => (
        { html: html.slice(0, 200), why: [...any, ...all, ...none].map(({ message }) => message) });
    return [...whole.violations, ...named.violations].map(({ id, help, nodes }) => (
        { id, help, nodes: nodes.map(told) }));
}"""

STEP = {
    "a schedule": "structure=treiber-stack&schedule=11.2x5.11",
    "an item lost": "structure=storing-queue&program=enqueue 3|enqueue 4&start=enqueue 1&schedule=111222",
    "a scenario": "scenario=lost-cas-and-retry&at=6",
    "a link with errors": "structure=nope&program=push 3; pus 4|pop 3&schedule=11239&v=7&seed=x&colour=red",
    "a blocked thread": "structure=locked-stack&schedule=1122",
    "embedded": "scenario=lost-cas-and-retry&at=6&embed=1",
}


def violations(page: Page) -> list[dict[str, Any]]:
    """What axe-core finds wrong with the page as it stands, once nothing on it moves any more."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate(RUN)
    return found


@pytest.fixture(params=["light", "dark"])
def color_scheme(request: pytest.FixtureRequest) -> ColorScheme:
    scheme: ColorScheme = request.param
    return scheme


@pytest.fixture
def context_options() -> dict[str, Any]:
    return {"reduced_motion": "reduce"}


@pytest.fixture
def open_step(open_page: OpenPage, server: Server) -> Callable[..., Page]:
    def open_step(query: str) -> Page:
        page = open_page()
        page.goto(f"{server.base_url}/step?{query}&token={server.token}")
        expect(page.locator("#states .card")).to_have_count(0)
        return page

    return open_step


@pytest.mark.parametrize("query", STEP.values(), ids=STEP)
def test_step(open_step: Callable[..., Page], query: str) -> None:
    page = open_step(query)
    assert violations(page) == []


def test_step_asking(open_step: Callable[..., Page]) -> None:
    page = open_step("structure=treiber-stack&schedule=111")
    page.keyboard.press("p")
    page.keyboard.press("1")
    expect(page.locator(".predict-question")).to_be_visible()
    assert violations(page) == []


def test_step_comparing(open_step: Callable[..., Page]) -> None:
    page = open_step("structure=treiber-stack&schedule=1122")
    expect_step(page, 4, 4)
    page.keyboard.press("ArrowLeft")
    expect_step(page, 3, 4)
    page.keyboard.press("1")
    expect_step(page, 4, 4)
    page.keyboard.press("c")
    expect(page.locator(".side")).to_have_count(2)
    assert violations(page) == []


def test_step_help(open_step: Callable[..., Page]) -> None:
    page = open_step("structure=treiber-stack")
    page.keyboard.press("?")
    expect(page.locator("dialog")).to_be_visible()
    assert violations(page) == []


def test_watch(open_page: OpenPage, server: Server) -> None:
    page = open_page()
    page.add_init_script("localStorage.setItem('lockfree-lab.visited', 'yes')")
    page.goto(f"{server.base_url}/watch?structure=treiber-stack&token={server.token}")
    page.wait_for_function("() => document.querySelector('.thread-operation')?.textContent.includes('(')")
    page.keyboard.press("p")
    expect(page.locator(".place-mode")).to_contain_text("paused")
    try:
        assert violations(page) == []
    finally:
        run = page.evaluate("new URLSearchParams(location.search).get('run')")
        page.evaluate(
            """(run) => fetch('/api/runs/' + run, {
                method: 'DELETE', headers: { 'Content-Type': 'application/json' }, body: '{}' })""",
            run,
        )


def test_claims(open_page: OpenPage, server: Server) -> None:
    page = open_page(viewport={"width": 1024, "height": 768})
    page.goto(f"{server.base_url}/measure/claims?token={server.token}")
    assert violations(page) == []
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    page.keyboard.press("t")
    assert violations(page) == []
    page.goto(f"{server.base_url}/measure/claims#split-cas")
    expect(page.locator("#split-cas")).to_be_in_viewport()
    expect(page.get_by_role("link", name="Measure", exact=True)).to_be_in_viewport(ratio=1)
    page.locator("#no-deadlock").get_by_role("link", name="Two locks, two orders: deadlock").click()
    expect(page.locator("#states .card")).to_have_count(0)
