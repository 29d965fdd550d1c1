from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from app.messages import BATCH_HEADER
from app.services.history import CHUNK_RECORDS, ENTRY_BYTES, History, Snapshot
from lockfree_core.trace.layout import Kind
from tests.web.records import record, records, sequences, snapshot


def filled(budget: int, batches: int, size: int, every: int) -> History:
    """A history with a snapshot at the start and one before every so many batches."""
    history = History(1, budget)
    history.keep(Snapshot.from_report(snapshot(-1, "start")))
    for index in range(batches):
        if index and index % every == 0:
            history.keep(Snapshot.from_report(snapshot(history.end - 1)))
        history.add(history.end, records(history.end, size), 0)
    return history


def test_it_begins_with_a_snapshot_however_much_passes() -> None:
    history = filled(budget=20_000, batches=500, size=10, every=9)
    oldest = history.snapshots[0]
    assert history.first > 0
    assert oldest.sequence + 1 >= history.first
    assert history.held <= 20_000 + 9 * (10 * 32 + ENTRY_BYTES + 16)
    assert len(history.snapshots) >= 2
    assert history.has(oldest.sequence + 1)


def test_without_snapshots_memory_stays_bounded() -> None:
    history = filled(budget=20_000, batches=1000, size=10, every=2000)
    assert history.held <= 2 * 20_000
    assert history.best() is None
    history.keep(Snapshot.from_report(snapshot(history.end - 1)))
    newest = history.best()
    assert newest is not None
    assert newest.sequence == history.end - 1


def test_small_batches_count_for_what_they_cost() -> None:
    history = filled(budget=20_000, batches=1000, size=1, every=10)
    assert sum(1 for _ in history.pieces()) <= 20_000 // ENTRY_BYTES + 20


def test_a_snapshot_is_due_after_half_of_the_budget() -> None:
    history = History(1, 20_000)
    history.keep(Snapshot.from_report(snapshot(-1, "start")))
    due = []
    while not history.wants_snapshot:
        history.add(history.end, records(history.end, 10), 0)
        due.append(history.written)
    assert due[-2] < 10_000 <= due[-1]
    history.keep(Snapshot.from_report(snapshot(history.end - 1)))
    assert not history.wants_snapshot


def test_large_batches_are_cut() -> None:
    history = History(3, 64 << 20)
    history.add(0, records(0, CHUNK_RECORDS * 2 + 5), 2)
    pieces = list(history.pieces())
    assert [(piece.first, piece.end) for piece in pieces] == [
        (0, CHUNK_RECORDS),
        (CHUNK_RECORDS, CHUNK_RECORDS * 2),
        (CHUNK_RECORDS * 2, CHUNK_RECORDS * 2 + 5),
    ]
    assert [piece.lost for piece in pieces] == [False, False, True]
    assert [BATCH_HEADER.unpack_from(piece.frame)[2:] for piece in pieces] == [
        (3, piece.end - piece.first, piece.first) for piece in pieces
    ]


@given(st.integers(0, 2**33), st.integers(1, 40), st.data())
def test_a_piece_is_cut_after_any_record(first: int, count: int, data: st.DataObject) -> None:
    history = History(1, 1 << 20)
    history.add(first, records(first, count), 0)
    piece = history.piece_at(first)
    assert piece is not None
    after = data.draw(st.integers(first - 1, first + count - 2))
    frame = piece.after(after, 1)
    _, _, _, cut_count, cut_first = BATCH_HEADER.unpack_from(frame)
    assert (cut_first, cut_count) == (after + 1, first + count - 1 - after)
    assert sequences(frame) == [(after + 1 + index) & 0xFFFF_FFFF for index in range(cut_count)]


def test_a_piece_with_holes_is_cut_at_the_sequence_and_not_at_the_index() -> None:
    data = record(10) + record(11, Kind.LOST, 11, 19) + record(20) + record(21)
    history = History(1, 1 << 20)
    history.add(10, data, 9)
    piece = history.piece_at(10)
    assert piece is not None
    assert piece.end == 22
    for after, left in [(9, [10, 11, 20, 21]), (10, [11, 20, 21]), (11, [20, 21]), (15, [20, 21]), (20, [21])]:
        frame = piece.after(after, 1)
        assert sequences(frame) == left
        assert BATCH_HEADER.unpack_from(frame)[3:] == (len(left), left[0])


def test_the_place_in_the_history_is_found() -> None:
    history = filled(budget=1 << 20, batches=5, size=10, every=99)
    assert [getattr(history.piece_at(sequence), "first", None) for sequence in (0, 9, 10, 49, 50)] == [
        0,
        0,
        10,
        40,
        None,
    ]
    assert history.backlog(50) == 0
    assert history.backlog(40) == 10 * 32 + 16 + ENTRY_BYTES
    assert history.has(50)
    assert not history.has(51)


def test_a_snapshot_is_told_with_its_reason() -> None:
    kept = Snapshot.from_report({**snapshot(41), "cells": [{"id": 1, "value": 72}]})
    text = json.loads(kept.text("overflow", 12))
    assert text == {**snapshot(41, "overflow"), "cells": [{"id": 1, "value": 72}], "skipped": 12}
    assert "skipped" not in json.loads(kept.text("join", None))
    assert kept.as_dict()["cells"] == [{"id": 1, "value": 72}]
