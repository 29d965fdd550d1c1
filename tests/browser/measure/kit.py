"""What the tests of Measure share: a server whose samples cost nothing, its pages, runs that were never measured."""

from __future__ import annotations

import contextlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Locator, Page, expect

from lockfree_core.bench.results import Run
from lockfree_core.bench.store import Store
from tests.core.bench.bench_kit import around, case, latencies, made
from tests.serving import ROOT, Server, running_server

SMALL = {"structures": "stack", "implementations": "mutex,native", "threads": "8"}
"""Three cases with the null candidate: eighteen samples."""
LASTING = {**SMALL, "budget_s": "3600"}
"""The same, however long they are held."""
ENDLESS = {**LASTING, "precision": "0.1"}
"""The same, as precise as these samples never get."""

OpenMeasure = Callable[..., Page]

PROBED = {
    "version": "3.99.1", "implementation": "CPython", "gil": False, "executable": "python3.99", "native": False,
    "native_reason": None, "reason": "ModuleNotFoundError: No module named 'numpy'",
}  # fmt: skip


@contextlib.contextmanager
def measuring(home: Path, port: int = 0) -> Iterator[Server]:
    """A server with quick samples and its history under ``home``; on PATH lies a Python that lacks the package."""
    programs = home / "bin"
    programs.mkdir(exist_ok=True)
    lacking = programs / "python3.99"
    lacking.write_text(f"#!{sys.executable} -S\nprint('lockfree-probe', {json.dumps(json.dumps(PROBED))})\n", "utf-8")
    lacking.chmod(0o755)
    command = [sys.executable, "-m", "tests.browser.measure.server", "--port", str(port)]
    env = {"LOCKFREE_LAB_DATA": str(home), "PATH": str(programs), "PYTHONPATH": str(ROOT), "LOCKFREE_LAB_PYTHONS": ""}
    with running_server(command, home=home, env=env) as running:
        yield running


def open_measure(page: Page, server: Server, path: str = "", **query: str) -> None:
    """Opens a page of Measure as the presenter."""
    name = f"lockfree_lab_{server.base_url.rpartition(':')[2]}"
    page.context.add_cookies([{"name": name, "value": server.token, "url": server.base_url}])
    page.goto(f"{server.base_url}/measure{path}{'?' + urlencode(query) if query else ''}")


def hold(home: Path, after: int = 0) -> None:
    """Samples wait until ``home / "hold"`` is gone again, once so many more have been taken."""
    turn = home / "turn"
    before = turn.stat().st_size if turn.exists() else 0
    whole = home / "hold.new"
    whole.write_text(str(before + after))
    whole.replace(home / "hold")  # at once: a sample never reads half of it


def keep(home: Path, *runs: Run) -> None:
    """Puts runs into the history of a server."""
    with Store(home / "bench.sqlite3") as store:
        for run in runs:
            store.save(run)


def a_run(name: str, factor: float = 1.0, **more: Any) -> Run:
    """A run of two structures and of latencies, as if it had been measured."""
    cases = [
        case("stack/null", around(60e6)), case("stack/mutex", around(2e6)),
        case("stack/native", around(9e6 * factor), retry_rate=0.02), case("stack/standard", around(8e6)),
        case("counter/mutex", around(3e6)), case("counter/native", around(20e6 * factor), retry_rate=0.05),
        latencies("stack/mutex", around(205_000)), latencies("stack/native", around(5_000)),
    ]  # fmt: skip
    return made(*cases, name=name, **more)


def wait_drawn(page: Page, least: int = 1) -> None:
    """Until that many charts are drawn."""
    expect(page.locator(".chart-picture[data-drawn]").nth(least - 1)).to_be_visible()


def start(page: Page) -> None:
    """Enter, with nothing in focus."""
    expect(page.locator(".python")).to_have_count(2)
    page.keyboard.press("Enter")


def wait_ended(page: Page) -> None:
    ended = re.compile(r"as narrow as asked|cancelled|was over|were done")
    expect(page.locator(".run-line")).to_contain_text(ended)
    expect(page.locator("#progress")).to_be_hidden()


def wait_taken(page: Page, samples: int) -> None:
    page.wait_for_function("(least) => parseInt(document.querySelector('.now-left').textContent) >= least", arg=samples)


def tab_to(page: Page, target: Locator) -> None:
    for _ in range(80):
        if target.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {target}")


def drop(page: Page, name: str, text: str) -> None:
    """Drops a file onto the page."""
    page.evaluate(
        """([name, text]) => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([text], name));
            for (const kind of ["dragover", "drop"])
                document.body.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
        }""",
        [name, text],
    )


def banner(page: Page, name: str) -> Locator:
    """A state that the page shows."""
    return page.locator(f'.state[data-name="{name}"]')
