"""A server whose installation has no C extension says so: in the terminal, and in a pill on its pages."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.serving import _announce
from app.settings import Settings
from tests.serving import running_server

WITHOUT = (
    "import sys; sys.modules['lockfree_core.native._native'] = None\n"
    "from app.cli import main\nsys.exit(main(sys.argv[1:]))"
)


def test_a_page_says_so(page: Page, tmp_path: Path) -> None:
    command = [sys.executable, "-c", WITHOUT, "serve", "--port", "0", "--no-browser"]
    with running_server(command, home=tmp_path) as server:
        page.goto(f"{server.base_url}/step?token={server.token}")
        pill = page.get_by_role("button", name="no C extension")
        expect(pill).to_be_visible()
        pill.click()
        expect(page.get_by_role("note")).to_contain_text("Install a C compiler and run make setup again")
        page.close()  # before its server


@pytest.mark.parametrize("missing", [None, "the C extension was not built"])
def test_the_terminal_says_so(
    missing: str | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("app.serving.unavailable_reason", lambda: missing)
    _announce(Settings(no_browser=True))
    printed = capsys.readouterr().out
    assert ("Without hardware atomics: the C extension was not built." in printed) == (missing is not None)
