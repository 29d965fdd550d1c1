"""Snapshots of a run that goes on, and of one whose reader has stopped reading."""

from __future__ import annotations

from typing import Any

import pytest

from lockfree_core.trace.fold import Fold, Names
from lockfree_core.trace.layout import Kind
from tests.core.kit import Remote, assert_same_moment, in_process

MIX: dict[str, Any] = {"threads": 5, "gap_share": 20, "gap_kind": "yield", "prefill": 4, "speed": 20_000}


def test_snapshot_needs_no_pause_and_changes_nothing() -> None:
    with in_process("treiber-stack", **MIX) as engine:
        engine.run_until(30)
        snapshots = [engine.snapshot() for _ in range(5)]
        numbers = [snapshot["sequence"] for snapshot in snapshots]
        assert numbers == sorted(numbers)
        assert engine.states == ["running"]
        engine.run_until(30)


def lose_records(engine: Remote) -> None:
    """Let the threads run while nobody reads, until every ring has been full for a while."""
    before = sum(engine.counters("operations"))
    engine.do_without_reading(lambda: sum(engine.counters("operations")) > before + 400)


@pytest.mark.parametrize("structure", ["treiber-stack", "locked-queue"])
def test_a_reader_that_stops_loses_records_and_is_told_which(structure: str) -> None:
    with in_process(structure, records=64, threads=3, speed=0) as engine:
        for _ in range(3):
            lose_records(engine)
            engine.do("pause")
            snapshot = engine.snapshot()
            assert engine.lost > 0
            assert_no_holes(engine)
            assert engine.account["balanced"], "the account does not depend on the trace"
            engine.do("knobs", knobs={"speed": 200})
            assert_fold_goes_on(engine, snapshot)
            engine.do("knobs", knobs={"speed": 0})
            engine.do("resume")


def assert_fold_goes_on(engine: Remote, snapshot: dict[str, Any]) -> None:
    """From the snapshot on the fold is right again, if only the reader keeps up from here."""
    for _ in range(20):
        fold = Fold.from_snapshot(snapshot, Names(engine.of_type("names")))
        at, lost = len(engine.data), engine.lost
        engine.do("resume")
        engine.run_until(5)
        engine.do("pause")
        snapshot = engine.snapshot()
        if engine.lost == lost:
            fold.apply_bytes(engine.data[at:])
            assert_same_moment(snapshot, fold)
            return
    raise AssertionError("the reader never kept up")


def assert_no_holes(engine: Remote) -> None:
    expected = 0
    for row in engine.rows:
        assert row["sequence"] == expected
        expected += row["aux"] if row["kind"] == Kind.LOST else 1
    assert expected == engine.merger.expected
    assert engine.lost == sum(row["aux"] for row in engine.rows if row["kind"] == Kind.LOST)
