"""What the reader costs: records a second through the merger, and the share of a core that it takes.

A writer process fills eight rings at a steady rate, with records whose sequence numbers go round the lanes as they do
in a run. This process polls sixty times a second, as the server does, and counts its own processor time.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

import numpy as np

from lockfree_core.drive.merger import RECORD_DTYPE, Merger
from lockfree_core.drive.rings import Rings
from lockfree_core.trace.layout import RECORD_BYTES, Kind
from tests.bench.report import Target, environment, print_table, write_result
from tests.serving import ROOT

__all__ = ["measure"]

RATES: Final = (300_000, 600_000)
LANES: Final = 8
SECONDS: Final = 5.0
TICK_S: Final = 1 / 60
STRETCH: Final = 16  # so many records a lane writes in a row
TARGET_SHARE: Final = 0.10  # of a core; the whole server has no more


def _write(rings: Rings, rate: int, seconds: float) -> None:
    """Be the lanes."""
    areas = [rings.reserve(lane) for lane in range(LANES)]
    heads = [0] * LANES
    step, done = STRETCH * LANES, 0
    began = time.perf_counter()
    while (now := time.perf_counter() - began) < seconds:
        while done + step <= now * rate:
            for lane, area in enumerate(areas):
                heads[lane] = _write_stretch(area, heads[lane], lane, done + lane * STRETCH)
            done += step
        time.sleep(0.0005)


def _write_stretch(area: Any, head: int, lane: int, first: int) -> int:
    rows = np.zeros(STRETCH, RECORD_DTYPE)
    rows["sequence"] = np.arange(first, first + STRETCH) & 0xFFFF_FFFF
    rows["lane"], rows["kind"] = lane, int(Kind.LOAD)
    capacity = len(area.records) // RECORD_BYTES
    while head + STRETCH - area.tail > capacity:
        time.sleep(0.0005)
    at = head % capacity * RECORD_BYTES
    area.records[at : at + STRETCH * RECORD_BYTES] = rows.tobytes()
    area.publish[0] = head + STRETCH
    return head + STRETCH


def _read(rate: int, seconds: float) -> dict[str, float]:
    rings = Rings()
    merger = Merger(rings)
    command = [sys.executable, "-m", "tests.bench.merger", str(rings.fd), str(rate), str(seconds)]
    writer = subprocess.Popen(command, cwd=ROOT, pass_fds=(rings.fd,))
    while not merger.poll(0):
        time.sleep(0.001)
    start, began, cpu = merger.expected, time.perf_counter(), time.process_time()
    lost = longest = polls = 0
    due = began
    while writer.poll() is None:
        due = max(due + TICK_S, time.perf_counter())
        time.sleep(max(0.0, due - time.perf_counter()))
        batch = merger.poll(0)
        polls += 1
        if batch is not None:
            lost += batch.lost
            longest = max(longest, batch.count)
    elapsed, used = time.perf_counter() - began, time.process_time() - cpu
    records = merger.expected - start
    rings.close()
    return {
        "asked_per_second": rate, "records_per_second": records / elapsed, "cpu_share": used / elapsed, "lost": lost,
        "ns_per_record": used / records * 1e9, "polls_per_second": polls / elapsed, "longest_batch": longest,
    }  # fmt: skip


def measure() -> Path:
    """Each rate for a while."""
    before = environment()
    results = [_read(rate, SECONDS) for rate in RATES]
    columns = ["asked_per_second", "records_per_second", "lost", "cpu_share", "ns_per_record", "polls_per_second"]
    rows = [[row[name] for name in columns] for row in results]
    title = f"The reader's side, {LANES} rings, {SECONDS:g} s each (share of one core)"
    print_table(title, [name.replace("_", " ") for name in columns], rows)
    targets = [
        Target.at_most(f"share of a core at {rate} records/s", TARGET_SHARE, row["cpu_share"])
        for rate, row in zip(RATES, results, strict=True)
    ]
    targets += [
        Target.at_most(f"lost at {rate} records/s", 0, row["lost"]) for rate, row in zip(RATES, results, strict=True)
    ]
    return write_result("merger", before, targets, {"lanes": LANES, "results": results})


if __name__ == "__main__":
    _write(Rings(int(sys.argv[1])), int(sys.argv[2]), float(sys.argv[3]))
