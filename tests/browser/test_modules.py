"""The unit tests of the front end's modules, ``tests/js/*.test.js``, run in Chromium."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route

from lockfree_core.trace.layout import describe_layout
from tests.serving import ROOT

FILES = sorted(path.name for path in (ROOT / "tests" / "js").glob("*.test.js"))

RUN = """
    async ({layout, url}) => {
        globalThis.LAYOUT = layout;
        const {runTest, testNames} = await import("/tests/js/harness.js");
        await import(url);
        const results = {};
        for (const name of testNames()) {
            results[name] = await runTest(name);
        }
        return results;
    }
"""


def serve_tests(page: Page) -> None:
    """Serve ``tests/js`` beside the ``static/`` that the page comes from."""

    def answer(route: Route) -> None:
        route.fulfill(path=ROOT / urlsplit(route.request.url).path.lstrip("/"), content_type="text/javascript")

    page.route("**/tests/js/*.js", answer)


@pytest.mark.parametrize("name", FILES)
def test_module(static_page: Page, name: str) -> None:
    serve_tests(static_page)
    results: dict[str, Any] = static_page.evaluate(RUN, {"layout": describe_layout(), "url": f"/tests/js/{name}"})
    assert results, f"{name} registers no test"
    failures = [f"{test}: {failure}" for test, failure in results.items() if failure is not None]
    assert not failures, "\n\n".join(failures)


def test_failing_tests_fail(static_page: Page) -> None:
    serve_tests(static_page)
    script = """
        async () => {
            const {equal, runTest, test} = await import("/tests/js/harness.js");
            test("fails", () => equal({a: new Map([[1, 2]])}, {a: new Map([[1, 3]])}));
            return runTest("fails");
        }
    """
    assert "at .a.1: got 2, expected 3" in static_page.evaluate(script)
