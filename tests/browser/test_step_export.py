"""From the Step page to a file: what is downloaded plays from disk what the page shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.step_kit import RACE, wait_ready
from tests.serving import Server


@pytest.mark.parametrize(
    ("query", "name", "steps"),
    [
        (f"{RACE}&schedule=11.2x4.11", "lockfree-lab-treiber-stack.html", 8),
        ("scenario=lost-cas-and-retry&at=3", "lockfree-lab-lost-cas-and-retry.html", 11),
    ],
)
def test_what_is_downloaded_plays_what_is_shown(
    open_page: OpenPage, server: Server, tmp_path: Path, query: str, name: str, steps: int
) -> None:
    page = open_page()
    page.goto(f"{server.base_url}/step?{query}&token={server.token}")
    wait_ready(page)
    file = download(page, tmp_path)
    assert file.name == name
    played = open_page(offline=True)
    played.goto(file.as_uri())
    expect(played.locator(".player-place")).to_have_text(f"step 0 of {steps}")
    played.keyboard.press("End")
    expect(played.locator(".player-trace .trace-what").nth(7)).to_have_text("CAS head: n1 → n2, lost: it is n3")
    expect(played.locator(".player-place")).to_have_text(f"step {steps} of {steps}")


def download(page: Page, folder: Path) -> Path:
    """The file behind the button in the dialog *Share*."""
    page.locator("#share-button").click()
    with page.expect_download() as waiting:
        page.get_by_role("dialog", name="Share").get_by_role("link", name="Download").click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path
