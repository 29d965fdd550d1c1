"""What it takes a browser to have a page's scripts run: as one file, and as the modules that it was made of.

In headless Chromium, each load with an empty cache, the two ways by turns. The time is the page's own: from the
navigation to the event that follows the last of its scripts.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Route, sync_playwright

from tests.bench.report import Target, environment, print_table, spread, write_result
from tests.bench.stream import CHROMIUM_FLAGS, find_chromium
from tests.serving import Server, running_server

__all__ = ["measure"]

PAGES: Final = ("/watch", "/step", "/measure", "/learn/stack")
ROUNDS: Final = 9
TARGET_MS: Final = 1000.0
SPEED_UP_TARGET: Final = 1.3  # of the page with the most modules

_BUNDLE: Final = re.compile(r"/static/bundles/(\w+)-\w+\.js")
_TIMES: Final = """() => {
    const [page] = performance.getEntriesByType("navigation");
    return [page.domContentLoadedEventEnd, performance.getEntriesByType("resource").length];
}"""


def _as_modules(route: Route) -> None:
    """The same page with its entry in the place of what was made of it."""
    answer = route.fetch()
    route.fulfill(response=answer, body=_BUNDLE.sub(r"/static/js/\1.js", answer.text()))


def _load(browser: Browser, server: Server, address: str, as_modules: bool) -> tuple[float, int]:
    """Milliseconds until all scripts have run, and how many files that took."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{server.base_url}/api/health?token={server.token}")  # which gives the cookie, so that nothing redirects
    page.route(f"**{address}", _as_modules if as_modules else lambda route: route.fulfill(response=route.fetch()))
    page.goto(f"{server.base_url}{address}", wait_until="load")
    ms, files = page.evaluate(_TIMES)
    context.close()
    return ms, files


def measure() -> Path:
    """Every page, both ways."""
    before = environment()
    command = [sys.executable, "-m", "app", "serve", "--port", "0", "--no-browser"]
    results: dict[str, Any] = {}
    with (
        tempfile.TemporaryDirectory() as home,
        running_server(command, home=Path(home)) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_FLAGS)
        for address in PAGES:
            loads: dict[str, list[tuple[float, int]]] = {"one script": [], "modules": []}
            for _ in range(ROUNDS):
                for way, kept in loads.items():
                    kept.append(_load(browser, server, address, way == "modules"))
            results[address] = {
                way: {"files": kept[-1][1], "ms": spread([ms for ms, _ in kept])} for way, kept in loads.items()
            }
        browser.close()
    rows, targets = [], []
    for address, ways in results.items():
        one, many = ways["one script"], ways["modules"]
        ways["speed_up"] = many["ms"]["median"] / one["ms"]["median"]
        rows.append([address, one["ms"]["median"], one["files"], many["ms"]["median"], many["files"], ways["speed_up"]])
        targets.append(Target.at_most(f"ms until the scripts of {address} have run", TARGET_MS, one["ms"]["median"]))
    columns = ["page", "ms, one script", "files", "ms, modules", "files", "times as fast"]
    print_table(f"Until a page's scripts have run (median of {ROUNDS})", columns, rows)
    targets.append(Target.at_least("times as fast, /watch", SPEED_UP_TARGET, results["/watch"]["speed_up"]))
    return write_result("page_load", before, targets, {"results": results})
