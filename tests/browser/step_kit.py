"""What the tests of the Step page share: opening it, moving threads, reading what it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect

RACE = "structure=treiber-stack&program=push 3 | push 4&start=push 1"
"""Two pushes. Under 11.2x4.11 thread 1 loses its first CAS at step 8."""

OpenStep = Callable[..., Page]


def wait_ready(page: Page) -> None:
    """The execution is shown, and no card stands over the stage."""
    expect(page.locator("#states .card")).to_have_count(0)
    expect(page.locator(".place-number")).not_to_have_text("")


def press(page: Page, keys: Sequence[str]) -> None:
    """One key after the other; the page takes them in that order, however long each of them takes."""
    for key in keys:
        page.keyboard.press(key)


def expect_step(page: Page, step: int, steps: int) -> None:
    words = f"step {step} of {steps}" if steps else "no steps yet"
    expect(page.locator(".place-number")).to_have_text(words)


def expect_address(page: Page, **wanted: str | None) -> None:
    """The address holds these parameters; None: not that one."""
    for name, value in wanted.items():
        page.wait_for_function(
            "([name, value]) => new URLSearchParams(location.search).get(name) === value", arg=[name, value]
        )


def address(page: Page) -> dict[str, str]:
    """The parameters in the address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query, keep_blank_values=True).items()}


def thread_card(page: Page, number: int) -> Any:
    return page.locator(f'.thread-card[data-lane="{number - 1}"]')


def next_access(page: Page, number: int) -> Any:
    return thread_card(page, number).locator(".card-next")
