"""How long a command takes to take effect while the threads run unthrottled, through the engine's own pipes."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from lockfree_core.catalog import find_entry
from lockfree_core.drive.knobs import Knobs
from lockfree_core.drive.launch import Launch, launch_engine
from lockfree_core.drive.merger import Merger
from lockfree_core.drive.plan import make_plan
from tests.bench.report import Target, environment, percentile, print_table, write_result

__all__ = ["measure"]

THREADS: Final = (8, 32)
STRUCTURES: Final = ("treiber-stack", "locked-stack")
ROUNDS: Final = 40
TARGET_MS: Final = 100.0
COMMANDS: Final = ("pause", "resume", "knobs", "freeze", "freeze stands", "thaw")
LIMIT_S: Final = 30.0


class _Client:
    """Sends commands, notes when their answers come, and reads the rings sixty times a second, as a server does."""

    def __init__(self, launch: Launch) -> None:
        self.rings = launch.rings
        self._input, self._output = launch.process.stdin, launch.process.stdout
        self._ids = itertools.count(1)
        self._answers: dict[int, tuple[float, dict[str, Any]]] = {}
        self._came = threading.Condition()
        self._names = 0
        self._over = threading.Event()
        self._threads = [threading.Thread(target=work) for work in (self._listen, self._drain)]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop reading; the engine is gone by then."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def ask(self, kind: str, **fields: Any) -> float:
        """Send a command; the seconds until it was done."""
        number = next(self._ids)
        line = json.dumps({"type": kind, "id": number, **fields}).encode() + b"\n"
        assert self._input is not None
        began = time.perf_counter()
        self._input.write(line)
        self._input.flush()
        with self._came:
            assert self._came.wait_for(lambda: number in self._answers, LIMIT_S), f"no answer to {kind}"
            moment, answer = self._answers.pop(number)
        assert answer["type"] == "done", answer
        return moment - began

    def until(self, condition: Callable[[], bool]) -> float:
        """The moment at which the condition holds."""
        deadline = time.perf_counter() + LIMIT_S
        while not condition():
            assert time.perf_counter() < deadline, "the command had no effect"
            time.sleep(0.0005)
        return time.perf_counter()

    def start(self, plan: dict[str, Any]) -> None:
        """Start the run and wait until every thread has worked."""
        assert self._input is not None
        self._input.write(json.dumps({"type": "start", "plan": plan}).encode() + b"\n")
        self._input.flush()
        threads = plan["knobs"]["threads"]
        self.until(lambda: len(self._operations()) == threads and min(self._operations()) > 100)

    def _operations(self) -> list[int]:
        return [int(row["operations"]) for row in self.rings.counters()]

    def _listen(self) -> None:
        assert self._output is not None
        for line in self._output:
            moment = time.perf_counter()
            report = json.loads(line)
            if report["type"] == "names":
                self._names += 1
            if report.get("id") is not None:
                with self._came:
                    self._answers[report["id"]] = (moment, report)
                    self._came.notify_all()

    def _drain(self) -> None:
        merger = Merger(self.rings)
        while not self._over.wait(1 / 60):
            merger.poll(self._names)


def _sample(client: _Client, threads: int) -> dict[str, list[float]]:
    """Seconds until done, for each command; and until a frozen thread stands."""
    found: dict[str, list[float]] = {
        name: [] for name in ("pause", "resume", "knobs", "freeze", "freeze stands", "thaw")
    }
    for number in range(ROUNDS):
        found["knobs"].append(client.ask("knobs", knobs={"insert_share": 40 + number % 20}))
        found["pause"].append(client.ask("pause"))
        found["resume"].append(client.ask("resume"))
        lane = number % threads
        began = time.perf_counter()
        found["freeze"].append(client.ask("freeze", lane=lane))
        stands = client.until(lambda lane=lane: client.rings.counters()[lane]["status"] == "frozen")  # type: ignore[misc]
        found["freeze stands"].append(stands - began)
        found["thaw"].append(client.ask("thaw", lane=lane))
    return found


def _run(structure: str, threads: int) -> list[dict[str, Any]]:
    entry = find_entry(structure)
    knobs = Knobs().changed({"threads": threads, "speed": 0}).as_dict()
    plan = make_plan(entry.factory, [asdict(operation) for operation in entry.operations], knobs, 1)
    with launch_engine() as launch:
        client = _Client(launch)
        try:
            client.start(plan)
            found = _sample(client, threads)
        finally:
            launch.process.kill()
            client.close()
    return [_case(structure, threads, command, samples) for command, samples in found.items()]


def _case(structure: str, threads: int, command: str, seconds: list[float]) -> dict[str, Any]:
    p50, p99, longest = (percentile(seconds, percent) * 1000 for percent in (50, 99, 100))
    return {"structure": structure, "threads": threads, "command": command, "p50": p50, "p99": p99, "max": longest}


def measure() -> Path:
    """Each structure and number of threads has an engine of its own."""
    before = environment()
    results = [case for threads in THREADS for structure in STRUCTURES for case in _run(structure, threads)]
    columns = ["structure", "threads", "command", "p50", "p99", "max"]
    rows = [[case[name] for name in columns] for case in results]
    print_table(f"Milliseconds until a command is done, unthrottled ({ROUNDS} of each)", columns, rows)
    targets = [
        Target.at_most(f"ms, {command}, threads: {threads}, p99", TARGET_MS, _worst(results, command, threads))
        for threads in THREADS
        for command in COMMANDS
    ]
    return write_result("latency", before, targets, {"unit": "ms", "rounds": ROUNDS, "results": results})


def _worst(results: list[dict[str, Any]], command: str, threads: int) -> float:
    return max(case["p99"] for case in results if (case["command"], case["threads"]) == (command, threads))
