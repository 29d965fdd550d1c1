"""Engines for tests: one in this process, driven by hand, and one in a process of its own."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import numpy as np

from lockfree_core.catalog import find_entry
from lockfree_core.drive.engine import Engine
from lockfree_core.drive.knobs import Knobs
from lockfree_core.drive.lane import Status
from lockfree_core.drive.launch import launch_engine
from lockfree_core.drive.merger import RECORD_DTYPE, Batch, Merger
from lockfree_core.drive.plan import make_plan, read_plan
from lockfree_core.drive.rings import Rings
from lockfree_core.trace.fold import Fold, Names
from lockfree_core.trace.layout import RECORD_BYTES, Kind
from tests.serving import wait_until

LIMIT_S = 60.0
SEED = 20251

LOCK_FREE = ["treiber-stack", "michael-scott-queue", "atomic-counter", "copy-on-write-map", "app-state",
             "paired-accounts", "process-cas-counter"]  # fmt: skip
MUTEX = ["locked-stack", "locked-queue", "locked-counter", "rw-lock-map", "locked-state", "locked-accounts",
         "locked-ring", "process-locked-counter"]  # fmt: skip
FLAWED = ["storing-queue", "racy-counter", "process-racy-counter"]
DEADLOCKING = "two-lock-accounts"
ACCESSES = {Kind.LOAD, Kind.STORE, Kind.EXCHANGE, Kind.CAS_WON, Kind.CAS_LOST,
            Kind.LOCK_WAIT, Kind.LOCK_ACQUIRED, Kind.LOCK_RELEASED}  # fmt: skip

Row = dict[str, int]


def plan_of(structure: str, seed: int = SEED, hold: bool = False, **knobs: Any) -> dict[str, Any]:
    """The plan of a catalog entry, or of ``module:Class`` with push and pop; slow enough for tests to read along."""
    processes = ""
    if ":" in structure:
        factory, operations = structure, [asdict(item) for item in find_entry("treiber-stack").operations]
    else:
        entry = find_entry(structure)
        factory, operations = entry.factory, [asdict(item) for item in entry.operations]
        processes = entry.processes
    return make_plan(factory, operations, Knobs().changed({"speed": 4000, **knobs}).as_dict(), seed, hold, processes)


def rows_of(batch: Batch | None) -> list[Row]:
    """A batch's records as dictionaries."""
    if batch is None:
        return []
    names = RECORD_DTYPE.names
    assert names is not None
    return [dict(zip(names, row, strict=True)) for row in np.frombuffer(batch.data, RECORD_DTYPE).tolist()]


def essence(snapshot: dict[str, Any]) -> dict[str, Any]:
    """What two snapshots of one moment must agree on. That a delay is over shows in the lane's next record only."""
    lanes = []
    for lane in snapshot["lanes"]:
        status = "running" if lane["status"] in ("delay", "backoff") else lane["status"]
        lanes.append({**lane, "status": status})
    locks = [lock for lock in snapshot["locks"] if lock["holder"] >= 0 or lock["waiters"]]
    return {
        "sequence": snapshot["sequence"],
        "cells": sorted(snapshot["cells"], key=lambda row: row["id"]),
        "nodes": sorted(snapshot["nodes"], key=lambda row: row["id"]),
        "locks": sorted(locks, key=lambda row: row["cell"]),
        "lanes": lanes,
    }


def assert_same_moment(snapshot: dict[str, Any], fold: Fold) -> None:
    """The fold has arrived where the engine says that it is.

    Of a lane whose algorithm has returned, and whose END record is still to come, the engine knows no locals any more.
    """
    for row, lane in zip(snapshot["lanes"], fold.state.lanes, strict=True):
        if row["operation"] >= 0 and not row["locals"]:
            lane.locals.clear()
    here, there = essence(fold.state.to_snapshot()), essence(snapshot)
    differences = {name: _difference(here[name], there[name]) for name in there if here[name] != there[name]}
    assert not differences, f"only in the fold, and only in the snapshot: {differences}"


def _difference(one: Any, other: Any) -> tuple[Any, Any]:
    if isinstance(one, list):
        return [item for item in one if item not in other], [item for item in other if item not in one]
    return one, other


class _Source:
    """What both kinds of engine have in common: reports, the merged stream, the fold."""

    rings: Rings
    merger: Merger

    def __init__(self) -> None:
        self.reports: list[dict[str, Any]] = []
        self.rows: list[Row] = []
        self.data = b""
        self.lost = 0

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """All reports of a type so far."""
        return [report for report in list(self.reports) if report["type"] == kind]

    @property
    def account(self) -> dict[str, Any]:
        """The latest account."""
        return self.of_type("account")[-1]

    @property
    def states(self) -> list[str]:
        """The states reported so far."""
        return [report["state"] for report in self.of_type("status")]

    def poll(self, final: bool = False) -> list[Row]:
        """Read what the rings hold; the new records."""
        batch = self.merger.poll(len(self.of_type("names")), final)
        if batch is None:
            return []
        rows = rows_of(batch)
        self.lost += batch.lost
        self.rows += rows
        self.data += batch.data
        return rows

    def poll_to(self, sequence: int) -> None:
        """Read until that record is in."""

        def arrived() -> bool:
            self.poll()
            return self.merger.expected > sequence

        wait_until(arrived, LIMIT_S, f"record {sequence}; {self.merger.expected} comes next")

    def fold(self) -> Fold:
        """The fold of all records up to the latest snapshot, from the first one. Only while none was lost."""
        assert self.lost == 0
        first, *_, last = [self.of_type("snapshot")[0], *self.of_type("snapshot")]
        fold = Fold.from_snapshot(first, Names(self.of_type("names")))
        fold.apply_bytes(self.data[: (last["sequence"] + 1) * RECORD_BYTES])
        return fold

    def counters(self, name: str) -> list[int]:
        """One counter of every lane."""
        return [int(row[name]) for row in self.rings.counters()]

    def statuses(self) -> list[str]:
        """The status of every lane."""
        return [str(row["status"]) for row in self.rings.counters()]

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        """Read on until the condition holds."""

        def holds() -> bool:
            self.poll()
            return condition()

        try:
            wait_until(holds, LIMIT_S, what)
        except AssertionError as error:
            error.add_note(f"statuses: {self.statuses()}, states: {self.states}, next: {self.merger.expected}")
            raise


class PausedEngine(Engine):
    """An engine whose run begins paused, and goes on only when ``control.resume`` is called."""

    def resume(self) -> None:
        """Stay where it is."""


class Hand(_Source):
    """An engine in this process, paused: every access is granted by hand."""

    def __init__(self, structure: str, records: int = 1 << 12, seed: int = SEED, hold: bool = False, **knobs: Any):
        super().__init__()
        self.rings = Rings(records=records)
        self.merger = Merger(self.rings)
        self.engine = PausedEngine(read_plan(plan_of(structure, seed, hold, **knobs)), self.rings, self._note)
        self.control = self.engine.control
        self._ids = 0
        self.engine.start()
        self._wait_parked()

    def _note(self, report: dict[str, Any]) -> None:
        self.reports.append(json.loads(json.dumps(report)))

    def _wait_parked(self) -> None:
        wait_until(lambda: all(lane.parked for lane in self.control.lanes), LIMIT_S, "every lane at its gate")

    def command(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Carry out a command; its answer."""
        self._ids += 1
        self.engine.handle({"type": kind, "id": self._ids, **fields})
        return next(report for report in reversed(self.reports) if report.get("id") == self._ids)

    def do(self, kind: str, **fields: Any) -> None:
        """Carry out a command, which must succeed."""
        answer = self.command(kind, **fields)
        assert answer["type"] == "done", answer

    def step(self, lane: int) -> list[Row]:
        """One access of a lane (from 0); the records that came with it."""
        self.poll()
        self.do("step", lane=lane)
        return self.poll()

    def access(self, lane: int) -> tuple[str, str]:
        """One access of a lane: its kind and the name of the cell that it went to."""
        found = self.accesses_in(self.step(lane))
        assert len(found) == 1, found
        return Kind(found[0]["kind"]).name, self.cell_name(found[0]["cell"])

    def accesses(self, lane: int, count: int) -> list[tuple[str, str]]:
        """Several accesses of a lane."""
        return [self.access(lane) for _ in range(count)]

    def cell_name(self, cell: int) -> str:
        """The name of a root cell, or of a node's field."""
        names = {item["id"]: item["name"] for report in self.of_type("names") for item in report.get("cells", ())}
        return str(names.get(cell, "next"))

    def accesses_in(self, rows: list[Row]) -> list[Row]:
        """The records of accesses, without the private stores that only tell how the cells of a new node begin."""
        sites = {site["id"]: site for report in self.of_type("names") for site in report.get("sites", ())}
        found = [row for row in rows if row["kind"] in ACCESSES]
        return [row for row in found if sites[row["site"]]["access"] != "allocate"]

    def finish(self, lane: int) -> list[Row]:
        """Step a lane until its operation has ended (it stands behind the first access of the next one then)."""
        found: list[Row] = []
        while True:
            found += self.step(lane)
            for index, row in enumerate(found):
                if row["kind"] in (Kind.END, Kind.FAULT):
                    return found[: index + 1]

    def snapshot(self) -> dict[str, Any]:
        """A snapshot, with all records up to it read."""
        self.do("snapshot")
        snapshot = self.of_type("snapshot")[-1]
        self.poll_to(snapshot["sequence"])
        return snapshot

    def close(self) -> None:
        """Let the lanes leave that can, then unmap. Lanes that were killed or wait for them stay parked for ever."""
        control = self.control
        with control.mutex:
            for lane in control.lanes:
                lane.leaving = True
                lane.pending = None
                if lane.frozen and not lane.killed:
                    lane.set_status(lane.resumed_status())
                lane.frozen = False
        control.set_knobs(control.knobs.changed({"speed": 0}))
        control.resume()

        def over() -> bool:
            self.poll()
            ended = {Status.STOPPED, Status.RAISED, Status.KILLED}
            if any(lane.killed and lane.holding for lane in control.lanes) or self._is_deadlocked():
                ended.add(Status.WAITING)  # for ever; without that, a lane that waits will get the lock and leave
            if self._is_read_by_the_dead() or self._is_claimed_by_the_dead():
                ended |= {Status.WAITING, Status.RUNNING, Status.BACKOFF}  # who looks again and again, for ever
            return all(lane.status in ended for lane in control.lanes)

        try:
            wait_until(over, LIMIT_S, "the lanes to leave")
        except AssertionError as error:
            error.add_note(f"statuses: {self.statuses()}")
            raise
        finally:
            control.pause()  # lanes that ran on would take the time of all tests after this one
        # Where a lane has raised, the account is drawn up in a thread of its own.
        wait_until(
            lambda: not any("(_balance)" in thread.name for thread in threading.enumerate()), LIMIT_S, "accounts"
        )
        with control.standstill():  # whoever goes round in circles stands at its gate before the memory goes
            for lane in control.lanes:
                if lane.thread is not None and lane.status in (Status.STOPPED, Status.RAISED):
                    lane.thread.join()
        self.engine.close()
        self.rings.close()

    def _is_read_by_the_dead(self) -> bool:
        """Whether a reader was killed inside the readers-writer lock: a writer waits for it by looking again."""
        readers = getattr(self.engine.structure, "_readers", None)
        return readers is not None and readers.value > 0 and any(lane.killed for lane in self.control.lanes)

    def _is_claimed_by_the_dead(self) -> bool:
        """Whether a lane was killed in a ring: the slot that it may have claimed is never stamped."""
        return hasattr(self.engine.structure, "_stamps") and any(lane.killed for lane in self.control.lanes)

    def _is_deadlocked(self) -> bool:
        """Whether some lane waits for one that waits for it."""
        for lane in self.control.lanes:
            seen, other = {lane}, lane
            while other.waits_for is not None and other.waits_for.holder is not None:
                other = other.waits_for.holder
                if other in seen:
                    return True
                seen.add(other)
        return False


@contextmanager
def by_hand(structure: str, **options: Any) -> Iterator[Hand]:
    """A paused engine in this process."""
    hand = Hand(structure, **options)
    try:
        yield hand
    finally:
        hand.close()


class Remote(_Source):
    """An engine in a process of its own."""

    def __init__(self, plan: dict[str, Any] | None, records: int = 1 << 16, python: str | None = None) -> None:
        super().__init__()
        self.launch = launch_engine(python, records)
        self.rings = self.launch.rings
        self.merger = Merger(self.rings)
        self.process = self.launch.process
        self._ids = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if plan is not None:
            self.send("start", plan=plan)
            wait_until(self._is_up, LIMIT_S, "the engine to run")

    def _is_up(self) -> bool:
        assert self.process.poll() is None or self.states, (self.reports, self.errors())
        return bool(self.states)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.reports.append(json.loads(line))

    def errors(self) -> str:
        """What it wrote to its standard error, once it is gone."""
        assert self.process.stderr is not None
        return self.process.stderr.read().decode()

    def send_line(self, line: bytes) -> None:
        """Write raw bytes to its commands."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def send(self, kind: str, **fields: Any) -> int:
        """Write a command; its id."""
        self._ids += 1
        self.send_line(json.dumps({"type": kind, "id": self._ids, **fields}).encode())
        return self._ids

    def answer(self, number: int) -> dict[str, Any]:
        """The answer to the command with that id."""

        def answers() -> list[dict[str, Any]]:
            return [report for report in list(self.reports) if report.get("id") == number]

        self.wait_for(lambda: bool(answers()), f"the answer to command {number}")
        return answers()[0]

    def command(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Send a command and wait for its answer."""
        return self.answer(self.send(kind, **fields))

    def do(self, kind: str, **fields: Any) -> None:
        """Send a command, which must succeed."""
        answer = self.command(kind, **fields)
        assert answer["type"] == "done", answer

    def snapshot(self) -> dict[str, Any]:
        """A snapshot, with all records up to it read."""
        self.do("snapshot")
        snapshot = self.of_type("snapshot")[-1]
        self.poll_to(snapshot["sequence"])
        return snapshot

    def run_until(self, operations: int) -> None:
        """Read on until every running lane together has finished so many more operations."""
        goal = sum(self.counters("operations")) + operations
        self.wait_for(lambda: sum(self.counters("operations")) >= goal, f"{operations} more operations")

    def do_without_reading(self, until: Callable[[], bool]) -> None:
        """Wait and leave the rings alone."""
        wait_until(until, LIMIT_S, "something, while nobody reads")

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()
        self._reader.join()
        self.launch.close()


@contextmanager
def in_process(structure: str, records: int = 1 << 16, python: str | None = None, **options: Any) -> Iterator[Remote]:
    """A running engine in a process of its own."""
    remote = Remote(plan_of(structure, **options), records, python)
    try:
        yield remote
    finally:
        remote.close()


def stays(condition: Callable[[], bool], until: Callable[[], bool], what: str) -> None:
    """Poll until ``until`` holds; ``condition`` must hold all the while."""
    deadline = time.monotonic() + LIMIT_S
    while not until():
        assert condition(), what
        assert time.monotonic() < deadline, f"not within {LIMIT_S:g} s, while waiting: {what}"
        time.sleep(0.002)
    assert condition(), what
