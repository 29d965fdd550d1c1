"""A history that is in use or on a full disk, as the pages tell of it: what happened, what to do, and nothing lost."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from lockfree_core.bench.formats import to_json
from lockfree_core.bench.store import Store
from tests.browser.measure.kit import SMALL, OpenMeasure, a_run, banner, drop, keep, start, wait_ended

FULL = "cannot be written: the disk is full. What was in it is still there."
IN_USE = "is in use by another process; try again when it is done."


@pytest.fixture(autouse=True)
def kept(home: Path) -> None:
    """A history of one run."""
    (home / "bench.sqlite3").unlink(missing_ok=True)
    keep(home, a_run("before"))


@contextlib.contextmanager
def in_use(home: Path) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(home / "bench.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


def expect_unsaved(page: Page, words: str) -> None:
    """A run that has ended is shown whole, and said not to be kept."""
    wait_ended(page)
    expect(page.locator(".part-table tbody tr")).to_have_count(3)
    expect(banner(page, "notSaved")).to_contain_text(words)
    expect(banner(page, "notSaved")).to_contain_text("Export it as JSON before you start another one")


def names(home: Path) -> list[str]:
    with Store(home / "bench.sqlite3") as store:
        return [run["name"] for run in store.list()]


@pytest.mark.allow_console_errors("503")
def test_a_full_disk(measure: OpenMeasure, home: Path) -> None:
    (home / "full").touch()
    page = measure(query=SMALL)
    page.get_by_label("Name", exact=True).fill("measured")
    start(page)
    expect_unsaved(page, FULL)
    page.get_by_role("button", name="Try to keep it").click()
    expect(page.locator(".toast.bad")).to_contain_text(f"The run could not be kept: {home / 'bench.sqlite3'} {FULL}")
    page.get_by_role("button", name="Export ▾").click()
    with page.expect_download() as found:
        page.get_by_role("menuitem", name="JSON").click()
    assert json.loads(Path(found.value.path()).read_text())["name"] == "measured"
    beside = measure("/history")
    expect(beside.locator(".history-table a")).to_have_text("before")
    drop(beside, "big.json", to_json(a_run("imported", note="x" * 3000)))
    expect(banner(beside, "refused")).to_contain_text(f"big.json was not imported. {home / 'bench.sqlite3'} {FULL}")
    assert names(home) == ["before"]
    (home / "full").unlink()
    page.get_by_role("button", name="Try to keep it").click()
    expect(page.locator(".toast", has_text="The run is in the history")).to_be_visible()
    expect(banner(page, "notSaved")).to_have_count(0)
    assert names(home) == ["measured", "before"]


@pytest.mark.allow_console_errors("503")
def test_a_history_in_use(measure: OpenMeasure, home: Path) -> None:
    with in_use(home):
        page = measure("/history")
        expect(banner(page, "historyBroken")).to_contain_text(f"{IN_USE} Nothing in it was changed.")
        claims = measure("/claims")
        expect(claims.locator(".claims-trouble")).to_contain_text(IN_USE.rstrip("."))
        measured = measure(query=SMALL)
        measured.get_by_label("Name", exact=True).fill("measured")
        start(measured)
        expect_unsaved(measured, IN_USE)
    banner(page, "historyBroken").get_by_role("button", name="Try again").click()
    expect(page.locator(".history-table a")).to_have_text("before")
    measured.get_by_role("button", name="Try to keep it").click()
    expect(banner(measured, "notSaved")).to_have_count(0)
    assert names(home) == ["measured", "before"]
