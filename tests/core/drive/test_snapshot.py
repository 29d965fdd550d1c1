"""A snapshot at a standstill is what the fold of all records so far arrives at; and what happens when records are lost."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import pytest

from lockfree_core.errors import TraceError
from lockfree_core.trace.fold import Fold, Names
from lockfree_core.trace.layout import RECORD, Kind
from tests.core.kit import FLAWED, LOCK_FREE, MUTEX, Remote, assert_same_moment, in_process

MIX: dict[str, Any] = {"threads": 5, "gap_share": 20, "gap_kind": "yield", "prefill": 4, "speed": 20_000}


def got_there(engine: Remote, goal: int) -> bool:
    return len(engine.rows) > goal or set(engine.statuses()) == {"raised"}


@pytest.mark.parametrize("structure", LOCK_FREE + MUTEX + FLAWED)
def test_fold_arrives_at_each_snapshot(structure: str, seed: int) -> None:
    draw = random.Random(seed)
    with in_process(structure, **MIX) as engine:
        for _ in range(3):
            goal = len(engine.rows) + 300
            engine.wait_for(partial(got_there, engine, goal), f"{goal} records, or nobody left")
            if draw.random() < 0.5:
                engine.do("pause")
            assert_same_moment(engine.snapshot(), engine.fold())
            engine.do("resume")


def test_fold_from_a_later_snapshot() -> None:
    with in_process("michael-scott-queue", **MIX, backoff="exponential") as engine:
        engine.run_until(50)
        middle = engine.snapshot()
        engine.run_until(50)
        last = engine.snapshot()
        fold = Fold.from_snapshot(middle, Names(engine.of_type("names")))
        fold.apply_bytes(engine.data[(middle["sequence"] + 1) * 32 : (last["sequence"] + 1) * 32])
        assert_same_moment(last, fold)


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


def test_fold_counts_what_is_lost_and_goes_on() -> None:
    fold = Fold(Names([{"cells": [{"id": 1, "name": "value", "kind": "integer"}]}]))
    fold.apply(tuple(RECORD.unpack(RECORD.pack(5, 0, 0, Kind.LOST, 0, 0, 0, 6, 7))))
    assert (fold.state.sequence, fold.state.dubious) == (6, 7)
    fold.apply((9, 7, 1, Kind.LOAD, 0, 1, 5, 5, 0))
    fold.apply((9, 8, 1, Kind.LOAD, 0, 99, 5, 5, 0))
    assert (fold.state.sequence, fold.state.cells[1].value, set(fold.state.cells)) == (8, 5, {1})


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ((0, 1, 0, Kind.LOAD, 0, 1, 0, 0, 0), "record 0 expected; got one with sequence number 1"),
        ((0, 0, 0, 99, 0, 1, 0, 0, 0), "record 0 is of the unknown kind 99"),
        ((0, 0, 0, Kind.ALLOCATE, 0, 70, 1, 0, 3), "record 0 uses 3, which was never announced"),
    ],
)
def test_fold_refuses_what_breaks_the_rules(record: tuple[int, ...], message: str) -> None:
    with pytest.raises(TraceError, match=message):
        Fold(Names()).apply(record)


def test_fold_refuses_half_a_record() -> None:
    with pytest.raises(TraceError, match="33 bytes are no whole number of records"):
        Fold(Names()).apply_bytes(bytes(33))
