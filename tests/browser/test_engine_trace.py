"""The browser's fold over a real engine's records arrives where the engine says that it is."""

from __future__ import annotations

import base64
import json
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import pytest
from playwright.sync_api import Page

from lockfree_core.catalog import find_entry
from lockfree_core.drive.knobs import Knobs
from lockfree_core.drive.launch import Launch, launch_engine
from lockfree_core.drive.merger import Merger
from lockfree_core.drive.plan import make_plan
from lockfree_core.trace.layout import RECORD, RECORD_BYTES, Kind, describe_layout
from tests.browser.test_modules import serve_tests
from tests.serving import wait_until

LIMIT_S = 60.0
# So fast that rounds are short, and slow enough that the rings hold what comes while a busy machine does not read them.
KNOBS: dict[str, Any] = {"threads": 5, "gap_share": 20, "gap_kind": "yield", "speed": 10_000, "prefill": 4}
RECORDS_A_ROUND = 2000
STUCK_TAIL = 200  # a lane that holds the mutex makes a handful of records, and each other one a few before it waits


class Recorder:
    """Runs a structure in an engine, and keeps its records, names and snapshots."""

    def __init__(self, launch: Launch, structure: str, knobs: dict[str, Any], seed: int) -> None:
        entry = find_entry(structure)
        self._launch = launch
        self._merger = Merger(launch.rings)
        self._commands = 0
        self._reports: queue.Queue[dict[str, Any]] = queue.Queue()
        self._listener = threading.Thread(target=self._listen, name="reports of the engine")
        self._listener.start()
        self.names: list[dict[str, Any]] = []
        self.snapshots: list[dict[str, Any]] = []
        self.records = b""
        operations = [asdict(item) for item in entry.operations]
        plan = make_plan(entry.factory, operations, Knobs().changed(knobs).as_dict(), seed)
        self.command("start", plan=plan)

    def command(self, kind: str, **fields: Any) -> None:
        """Send a command and read reports until it has taken effect."""
        self._commands += 1
        assert self._launch.process.stdin is not None
        self._launch.process.stdin.write(json.dumps({"type": kind, "id": self._commands, **fields}).encode() + b"\n")
        self._launch.process.stdin.flush()
        while True:
            report = self._take(self._reports.get(timeout=LIMIT_S))
            assert report["type"] != "error", report
            if report["type"] == "done" or (kind == "start" and report["type"] == "snapshot"):
                return

    def _listen(self) -> None:
        assert self._launch.process.stdout is not None
        for line in self._launch.process.stdout:
            self._reports.put(json.loads(line))

    def _take(self, report: dict[str, Any]) -> dict[str, Any]:
        if report["type"] == "names":
            self.names.append(report)
        elif report["type"] == "snapshot":
            self.snapshots.append(report)
        return report

    def read(self) -> None:
        """Take what the rings hold, and the names that it needs."""
        while not self._reports.empty():
            self._take(self._reports.get())
        batch = self._merger.poll(len(self.names))
        if batch is not None:
            assert batch.lost == 0
            self.records += batch.data

    def run_for(self, records: int) -> None:
        """Let the lanes make so many records, as far as they still can, then take a snapshot at a standstill."""
        end = len(self.records) // 32 + records
        wait_until(lambda: self._has(end) or self._is_over() or self._is_stuck(), LIMIT_S, f"{records} records more")
        self.command("pause")
        self.command("snapshot")
        wait_until(self._has_caught_up, LIMIT_S, "the records up to the snapshot")
        self.command("resume")

    def _has(self, records: int) -> bool:
        self.read()
        return len(self.records) // 32 >= records

    def _is_over(self) -> bool:
        """Every lane has ended; in a structure that is broken they do, by and by."""
        lanes = self._launch.rings.counters()
        return bool(lanes) and all(lane["status"] in ("raised", "stopped", "killed") for lane in lanes)

    def _is_stuck(self) -> bool:
        """The last that was heard of the mutex is that a lane took it, and that lane is frozen or killed."""
        kinds = (Kind.LOCK_ACQUIRED, Kind.LOCK_RELEASED)
        for record in reversed(list(RECORD.iter_unpack(self.records[-STUCK_TAIL * RECORD_BYTES :]))):
            _, _, lane, kind, *_ = record
            if kind in kinds:
                return kind == kinds[0] and self._launch.rings.counters()[lane]["status"] in ("frozen", "killed")
        return False

    def _has_caught_up(self) -> bool:
        self.read()
        return self._merger.expected > self.snapshots[-1]["sequence"]

    def close(self) -> None:
        """End the engine and let go of it."""
        self._launch.process.kill()
        self._listener.join()
        self._launch.close()

    def trace(self) -> dict[str, Any]:
        """What the page is to compare."""
        records = base64.b64encode(self.records).decode()
        return {"names": self.names, "snapshots": self.snapshots, "records": records}


@pytest.fixture
def record() -> Iterator[Callable[..., Recorder]]:
    recorders: list[Recorder] = []

    def start(structure: str, knobs: dict[str, Any], seed: int) -> Recorder:
        recorders.append(Recorder(launch_engine(), structure, knobs, seed))
        return recorders[-1]

    yield start
    for recorder in recorders:
        recorder.close()


def compare(page: Page, recorder: Recorder) -> dict[str, Any]:
    serve_tests(page)
    script = """
        async ({layout, trace}) => {
            globalThis.LAYOUT = layout;
            const {compareTrace} = await import("/tests/js/engine-trace.js");
            return compareTrace(trace);
        }
    """
    result: dict[str, Any] = page.evaluate(script, {"layout": describe_layout(), "trace": recorder.trace()})
    return result


@pytest.mark.parametrize(
    "structure",
    [
        "treiber-stack",
        "michael-scott-queue",
        "atomic-counter",
        "locked-stack",
        "locked-queue",
        "racy-counter",
        "storing-queue",
        "split-cas-counter",
        "copy-on-write-map",
        "rw-lock-map",
        "ignoring-map",
        "app-state",
        "thawed-state",
        "paired-accounts",
    ],
)
def test_fold_agrees_with_the_engine(
    static_page: Page, record: Callable[..., Recorder], structure: str, seed: int
) -> None:
    recorder = record(structure, KNOBS, seed)
    for _ in range(4):
        recorder.run_for(RECORDS_A_ROUND)
    result = compare(static_page, recorder)
    assert result["compared"] == 4
    assert result["records"] > 100
    if structure == "treiber-stack":
        assert result["counts"]["losses"] > 0


@pytest.mark.parametrize("structure", ["treiber-stack", "michael-scott-queue", "locked-queue", "copy-on-write-map"])
def test_fold_agrees_when_threads_are_frozen_and_killed(
    static_page: Page, record: Callable[..., Recorder], structure: str, seed: int
) -> None:
    recorder = record(structure, KNOBS | {"gap_kind": "sleep", "gap_ms": 1, "backoff": "exponential"}, seed)
    steps: list[tuple[str, dict[str, Any]]] = [
        ("freeze", {"lane": 1, "position": "ANYWHERE"}),
        ("kill", {"lane": 2, "position": "ANYWHERE"}),
        ("thaw", {"lane": 1}),
        ("knobs", {"knobs": {"threads": 7}}),
        ("knobs", {"knobs": {"threads": 3}}),
    ]
    for kind, fields in steps:
        recorder.run_for(RECORDS_A_ROUND)
        recorder.command(kind, **fields)
    recorder.run_for(RECORDS_A_ROUND)
    result = compare(static_page, recorder)
    assert result["compared"] == len(steps) + 1
    assert result["lanes"][2] == "killed"
