"""The browser fixtures themselves, and the third-party scripts as the browser takes them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import watch


def test_uplot_imports_as_a_module(static_page: Page) -> None:
    assert static_page.evaluate("import('/static/vendor/uplot/uPlot.esm.js').then(m => typeof m.default)") == "function"


def test_plotly_loads_as_a_script(static_page: Page) -> None:
    static_page.add_script_tag(url="/static/vendor/plotly/plotly-cartesian.min.js")
    assert static_page.evaluate("typeof Plotly.newPlot") == "function"


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_color_scheme_reaches_the_page(static_page: Page, color_scheme: str) -> None:
    assert static_page.evaluate(f"matchMedia('(prefers-color-scheme: {color_scheme})').matches")


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("console.error('broken')", "console: broken"),
        ("setTimeout(() => { throw new Error('thrown') })", "page error: thrown"),
        ("fetch('http://example.invalid/')", "another machine: http://example.invalid/"),
    ],
)
@pytest.mark.allow_console_errors(".")
def test_problems_are_reported(static_page: Page, script: str, problem: str) -> None:
    problems: list[str] = []
    watch(static_page, problems.append)
    static_page.evaluate(f"() => {{ {script} }}")
    static_page.wait_for_function("() => true")
    while not any(problem in reported for reported in problems):
        static_page.wait_for_timeout(10)


@pytest.mark.allow_console_errors("expected this one")
def test_expected_errors_are_allowed(static_page: Page) -> None:
    with static_page.expect_console_message():
        static_page.evaluate("console.error('expected this one')")
