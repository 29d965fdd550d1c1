"""The whole way: records from one engine's threads through the server into a page in headless Chromium.

Counts what arrives in the page's own WebSocket, the page's frames, the processor time of server and engine, and the
memory of all three over time. All of it shares the cores, so this measures the machine as much as the program.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Page, sync_playwright

from tests.serving import running_server

__all__ = ["CHROMIUM_FLAGS", "find_chromium", "measure_stream"]

CHROMIUM_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--enable-precise-memory-info",
]  # fmt: skip

# Wraps the page's WebSocket before the page's own scripts run: what is counted is what the page itself receives.
COUNTERS = """
window.__bench = {records: 0, lost: 0, snapshots: 0, next: null, frames: 0, longest: 0};
const Plain = window.WebSocket;
window.WebSocket = class extends Plain {
    constructor(...rest) {
        super(...rest);
        this.addEventListener("message", ({data}) => {
            const bench = window.__bench;
            if (!(data instanceof ArrayBuffer)) {
                if (typeof data === "string" && data.includes('"type":"snapshot"')) bench.snapshots += 1;
                return;
            }
            const view = new DataView(data);
            const count = view.getUint32(4, true);
            const first = Number(view.getBigUint64(8, true));
            if (bench.next !== null && first !== bench.next) bench.lost += Math.max(0, first - bench.next);
            bench.next = first + count;
            bench.records += count;
        });
    }
};
let last = performance.now();
const frame = (now) => {
    window.__bench.frames += 1;
    window.__bench.longest = Math.max(window.__bench.longest, now - last);
    last = now;
    requestAnimationFrame(frame);
};
requestAnimationFrame(frame);
"""


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


def _children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == pid:
            found.append(int(stat.parent.name))
    return found


def _sample(page: Page, server: int) -> dict[str, float]:
    engine = _children(server)[0]
    counted: dict[str, float] = page.evaluate(
        "() => ({...window.__bench, heap_mb: performance.memory.usedJSHeapSize / 1048576})"
    )
    return {
        **counted,
        "time": time.perf_counter(),
        "server_cpu": _cpu_seconds(server),
        "engine_cpu": _cpu_seconds(engine),
        "server_mb": _memory_mb(server),
        "engine_mb": _memory_mb(engine),
    }


def _least(samples: list[dict[str, float]], name: str) -> float:
    """What is in use when collectors have just run: the least of some samples."""
    return min(sample[name] for sample in samples)


def _rates(samples: list[dict[str, float]]) -> dict[str, float]:
    """Figures for the time between the first and the last sample; memory at either end, over a tenth of the time."""
    first, last = samples[0], samples[-1]
    seconds = last["time"] - first["time"]
    per_interval = [
        (b["frames"] - a["frames"]) / (b["time"] - a["time"]) for a, b in zip(samples, samples[1:], strict=False)
    ]
    tenth = max(1, len(samples) // 10)
    figures = {
        "seconds": seconds,
        "records_per_second": (last["records"] - first["records"]) / seconds,
        "lost": last["lost"] - first["lost"],
        "lost_while_loading": first["lost"],
        "snapshots": last["snapshots"] - first["snapshots"],
        "frames_per_second": (last["frames"] - first["frames"]) / seconds,
        "frames_per_second_worst": min(per_interval),
        "frames_per_second_median": statistics.median(per_interval),
        "longest_frame_ms": last["longest"],
        "server_cpu_share": (last["server_cpu"] - first["server_cpu"]) / seconds,
        "engine_cpu_share": (last["engine_cpu"] - first["engine_cpu"]) / seconds,
    }
    for name in ("server_mb", "engine_mb", "heap_mb"):
        figures[f"{name}_first"] = _least(samples[:tenth], name)
        figures[f"{name}_last"] = _least(samples[-tenth:], name)
    return figures


def find_chromium() -> str:
    """Debian's Chromium.

    Raises:
        RuntimeError: when there is none.
    """
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise RuntimeError("no Chromium on this machine")
    return chromium


def measure_stream(
    seconds: float = 20.0, warm_up: float = 4.0, interval: float = 1.0, settings: dict[str, Any] | None = None
) -> dict[str, float]:
    """Run the page on one structure and count.

    Args:
        seconds: how long to count, after the page has settled for ``warm_up`` seconds.
        interval: seconds between two samples.
        settings: query of the page's URL: structure and knobs.

    Raises:
        RuntimeError: when there is no Chromium.
    """
    chromium = find_chromium()
    query = {"structure": "treiber-stack", "threads": 8, "speed": 0, **(settings or {})}
    command = [sys.executable, "-m", "app", "serve", "--port", "0", "--no-browser"]
    with (
        tempfile.TemporaryDirectory() as home,
        running_server(command, home=Path(home)) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.add_init_script(COUNTERS)
        page.goto(f"{server.base_url}/watch?{urlencode({**query, 'token': server.token})}")
        page.wait_for_function("() => window.__bench.records > 0")
        page.wait_for_timeout(warm_up * 1000)
        page.evaluate("() => { window.__bench.longest = 0; }")
        samples = [_sample(page, server.process.pid)]
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline:
            page.wait_for_timeout(interval * 1000)
            samples.append(_sample(page, server.process.pid))
        browser.close()
    return _rates(samples)


if __name__ == "__main__":
    arguments = dict(item.split("=", 1) for item in sys.argv[1:])
    length = float(arguments.pop("seconds", 20.0))
    for name, value in measure_stream(length, settings=arguments).items():
        print(f"{name:26} {value:12.2f}")
