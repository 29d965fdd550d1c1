from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

HERE = Path(__file__).parent
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
LOCAL_HOSTS = ("127.0.0.1", "localhost")

# How long a page may take before a test gives it up: many times what it takes when the machine has nothing else to do.
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)

ColorScheme = Literal["light", "dark"]
OpenPage = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def color_scheme() -> ColorScheme:
    """Light; ``@pytest.mark.parametrize("color_scheme", ["light", "dark"])`` runs a test in both."""
    return "light"


@pytest.fixture
def context_options() -> dict[str, Any]:
    """Further options of the browser context (``reduced_motion``, ``viewport``); override where needed."""
    return {}


@pytest.fixture
def open_page(
    browser: Browser, color_scheme: ColorScheme, context_options: dict[str, Any], request: pytest.FixtureRequest
) -> Iterator[OpenPage]:
    """Opens pages, each in a context (and cookie jar) of its own.

    The test fails when one of them logs an error, throws, or asks another machine for anything.
    ``@pytest.mark.allow_console_errors(pattern, ...)`` lists errors that a test expects.
    """
    marks = request.node.iter_markers("allow_console_errors")
    allowed = [re.compile(pattern) for mark in marks for pattern in mark.args]
    problems: list[str] = []
    contexts = []

    def report(problem: str) -> None:
        if not any(pattern.search(problem) for pattern in allowed):
            problems.append(problem)

    def open_page(**options: Any) -> Page:
        defaults = {"viewport": {"width": 1440, "height": 900}, "color_scheme": color_scheme}
        context = browser.new_context(**{**defaults, **context_options, **options})
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        watch(page, report)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not problems, "the page reported:\n  " + "\n  ".join(problems)


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    return open_page()


@pytest.fixture
def static_page(page: Page, static_url: str) -> Page:
    """An empty page beside ``static/``: ``static_page.evaluate("import('/static/js/….js').then(…)")``."""
    page.goto(static_url)
    return page


def watch(page: Page, report: Callable[[str], None]) -> None:
    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            report(f"console: {message.text} ({message.location.get('url', '')})")

    def on_request(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname not in LOCAL_HOSTS:
            report(f"request to another machine: {request.url}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: report(f"page error: {error}"))
    page.on("request", on_request)
