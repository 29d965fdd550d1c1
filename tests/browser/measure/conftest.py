"""A server for each file of these tests, and how its pages are opened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import OpenPage
from tests.browser.measure.kit import OpenMeasure, measuring, open_measure
from tests.serving import Server


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the server works and its history lies."""
    return tmp_path_factory.mktemp("measure")


@pytest.fixture(scope="module")
def quick(home: Path) -> Iterator[Server]:
    """A server whose samples cost nothing."""
    with measuring(home) as running:
        yield running


@pytest.fixture
def context_options() -> dict[str, Any]:
    return {"reduced_motion": "reduce", "accept_downloads": True}


@pytest.fixture
def measure(open_page: OpenPage, quick: Server, home: Path) -> Iterator[OpenMeasure]:
    """Opens a page of Measure; whatever runs is ended after the test."""

    def open_it(path: str = "", *, role: str = "presenter", query: dict[str, str] | None = None, **more: Any) -> Page:
        page = open_page(**more)
        if role == "viewer":
            page.goto(f"{quick.base_url}/measure{path}")
        else:
            open_measure(page, quick, path, **(query or {}))
        return page

    yield open_it
    for name in ("hold", "full"):
        (home / name).unlink(missing_ok=True)
    requests = open_page().request
    requests.get(quick.launch_url)
    headers = {"origin": quick.base_url, "content-type": "application/json"}
    requests.delete(f"{quick.base_url}/api/bench/job", headers=headers, data={})
