"""What stepping costs on the page: from a key to the step that it takes, and frames while a long execution is scrubbed.

Both are measured inside the page, in headless Chromium with software rendering, so painting is part of it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from playwright.sync_api import Page, sync_playwright

from lockfree_core.scenarios import StepSpec, run_spec
from tests.bench.report import Target, environment, percentile, print_table, spread, write_result
from tests.bench.stream import CHROMIUM_FLAGS, find_chromium
from tests.serving import running_server

__all__ = ["measure"]

CLICKS: Final = 40
SCRUBS: Final = (200, 1000)  # steps of the execution
SCRUB_MS: Final = 6000
THREADS: Final = 8
CLICK_TARGET_MS: Final = 50.0
FRAMES_TARGET: Final = 55.0

# From the key to the frame in which the page has put the new step's number.
CLICK: Final = """
(key) => new Promise((resolve) => {
    const place = document.querySelector(".place-number");
    const before = place.textContent;
    const began = performance.now();
    const look = () => {
        if (place.textContent !== before) requestAnimationFrame(() => resolve(performance.now() - began));
        else requestAnimationFrame(look);
    };
    document.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
    look();
})
"""
# The slider is moved on with every frame, there and back, as a hand that drags it does.
SCRUB: Final = """
(length) => new Promise((resolve) => {
    const slider = document.querySelector(".scrub");
    const last = Number(slider.max);
    const began = performance.now();
    const times = [];
    let value = 0;
    let step = Math.max(1, Math.round(last / 120));
    const move = (now) => {
        times.push(now);
        value += step;
        if (value > last || value < 0) {
            step = -step;
            value = Math.min(last, Math.max(0, value));
        }
        slider.value = String(value);
        slider.dispatchEvent(new Event("input", {bubbles: true}));
        if (now - began < length) requestAnimationFrame(move);
        else resolve({last, gaps: times.slice(1).map((time, index) => time - times[index])});
    };
    requestAnimationFrame(move);
})
"""


def _long_program() -> StepSpec:
    """Eight threads with as many pushes and pops as a program holds."""
    return StepSpec("treiber-stack", " | ".join(["; ".join(["push 1; pop"] * 12)] * THREADS), "push 1; push 2")


def _schedule(steps: int) -> str:
    """So many steps, the threads in turn, four steps each."""
    moves = "".join(str(index // 4 % THREADS + 1) for index in range(steps))
    return str(run_spec(StepSpec(**_long_program().describe() | {"schedule": moves}))["spec"]["schedule"])


def _open(page: Page, base: str, token: str, spec: dict[str, Any]) -> None:
    page.goto(f"{base}/step?{urlencode({**spec, 'v': 1, 'token': token})}")
    page.wait_for_selector("#states .card", state="detached")
    page.wait_for_function("() => document.querySelector('.place-number')?.textContent")
    page.wait_for_timeout(1500)


def _click(page: Page) -> list[float]:
    """Milliseconds of each of some steps, the threads in turn."""
    return [float(page.evaluate(CLICK, str(index % THREADS + 1))) for index in range(CLICKS)]


def _scrub(page: Page) -> dict[str, float]:
    found = page.evaluate(SCRUB, SCRUB_MS)
    gaps = found["gaps"]
    return {
        "steps": found["last"],
        "frames_per_second": 1000 * len(gaps) / sum(gaps),
        "gap_ms_p95": percentile(gaps, 95),
        "gap_ms_longest": max(gaps),
    }


def measure() -> Path:
    """Clicks on a program of eight threads, then scrubbing through ever longer executions."""
    before = environment()
    command = [sys.executable, "-m", "app", "serve", "--port", "0", "--no-browser"]
    spec = {name: value for name, value in _long_program().describe().items() if value not in ("", 1)}
    with (
        tempfile.TemporaryDirectory() as home,
        running_server(command, home=Path(home)) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        _open(page, server.base_url, server.token, spec)
        clicks = _click(page)
        scrubs = []
        for steps in SCRUBS:
            _open(page, server.base_url, server.token, {**spec, "schedule": _schedule(steps)})
            scrubs.append(_scrub(page))
        browser.close()
    print_table("A step by key (milliseconds)", ["median", "p95"], [[spread(clicks)["median"], percentile(clicks, 95)]])
    columns = ["steps", "frames_per_second", "gap_ms_p95", "gap_ms_longest"]
    print_table(
        "Scrubbing", [name.replace("_", " ") for name in columns], [[row[c] for c in columns] for row in scrubs]
    )
    targets = [
        Target.at_most("ms from a key to its step, median", CLICK_TARGET_MS, spread(clicks)["median"]),
        Target.at_most("ms from a key to its step, p95", CLICK_TARGET_MS, percentile(clicks, 95)),
        *(
            Target.at_least(
                f"frames a second, scrubbing {row['steps']:.0f} steps", FRAMES_TARGET, row["frames_per_second"]
            )
            for row in scrubs
        ),
    ]
    return write_result("stepping_page", before, targets, {"click_ms": spread(clicks), "scrubs": scrubs})
