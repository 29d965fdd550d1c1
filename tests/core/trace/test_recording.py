"""The recording file: what is written is read again, and whatever else comes is a RecordingError that says why."""

from __future__ import annotations

import json
import os
import resource
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockfree_core.errors import RecordingError
from lockfree_core.trace.layout import LAYOUT_VERSION, RECORD, RECORD_BYTES, Kind, describe_layout
from lockfree_core.trace.recording import (
    MAGIC,
    VERSION,
    decode_recording,
    encode_header,
    read_recording,
    write_recording,
)

SNAPSHOT = {"type": "snapshot", "sequence": -1, "time": 0, "cells": [], "nodes": [], "locks": [], "lanes": []}
HEADER: dict[str, Any] = {
    "created": "2026-01-02T03:04:05+00:00",
    "run": {"id": "r1", "structure": "treiber-stack"},
    "names": {"sites": [], "values": [{"id": 70, "text": "'naïve → \ud800'"}]},
    "snapshot": SNAPSHOT,
    "first": 0,
    "counters": None,
    "account": None,
}
START = len(MAGIC) + 4


def packed(first: int, count: int) -> bytes:
    return b"".join(
        RECORD.pack(100 + number, (first + number) & 0xFFFF_FFFF, number % 32, Kind.LOAD, 1, 1, 0, 0, 0)
        for number in range(count)
    )


def file_of(header: Any, records: bytes = b"") -> bytes:
    """A whole file whose header is exactly this."""
    return encode_header(header) + records


def whole(first: Any = 0, count: Any = 3, **changes: Any) -> dict[str, Any]:
    added = {"version": VERSION, "layout": describe_layout(), "first": first, "count": count}
    return json.loads(json.dumps({**HEADER, **added, **changes}))


GOOD = file_of(whole(), packed(0, 3))
HEADER_END = START + struct.unpack_from("<I", GOOD, len(MAGIC))[0]


@contextmanager
def small_disk(limit: int) -> Iterator[None]:
    """Files cannot grow beyond the limit: the kernel itself refuses the write, as it does on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


# -- writing


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.lflt"
    write_recording(path, HEADER, packed(0, 5))
    header, records = read_recording(path)
    assert records == packed(0, 5)
    assert header == whole(count=5)
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_is_what_the_protocol_says(tmp_path: Path) -> None:
    path = tmp_path / "a.lflt"
    write_recording(path, HEADER, packed(0, 2))
    data = path.read_bytes()
    length = int.from_bytes(data[8:12], "little")
    assert data[:8] == b"LFLTRACE"
    assert json.loads(data[12 : 12 + length].decode("utf-8"))["layout"] == json.loads(json.dumps(describe_layout()))
    assert data[12 + length :] == packed(0, 2)


@pytest.mark.parametrize("begin", [0, 40])
def test_records_may_come_from_a_file(tmp_path: Path, begin: int) -> None:
    spool = tmp_path / "spool"
    spool.write_bytes(b"x" * begin + packed(7, 4))
    path = tmp_path / "a.lflt"
    with spool.open("rb") as file:
        file.seek(begin)
        write_recording(path, {**HEADER, "first": 7, "count": 4}, file)
    assert read_recording(path)[1] == packed(7, 4)


@settings(max_examples=50)
@given(
    count=st.integers(0, 40),
    first=st.integers(0, 40) | st.integers((1 << 32) - 20, (1 << 32) + 20) | st.integers(0, 1 << 62),
    extra=st.dictionaries(st.text(), st.recursive(st.none() | st.text() | st.integers(), st.lists), max_size=3),
)
def test_any_header_and_any_records_come_back(
    tmp_path_factory: pytest.TempPathFactory, count: int, first: int, extra: dict[str, Any]
) -> None:
    path = tmp_path_factory.getbasetemp() / "round-trip.lflt"
    header = {**HEADER, "first": first, "run": extra, "counters": extra}
    write_recording(path, header, memoryview(packed(first, count)))
    assert read_recording(path) == (whole(first, count, run=extra, counters=extra), packed(first, count))


@pytest.mark.parametrize("limit", [20, 2000, 40_000])
@pytest.mark.parametrize("older", [None, b"older"])
def test_a_full_disk_leaves_nothing_and_says_what_to_do(tmp_path: Path, limit: int, older: bytes | None) -> None:
    path = tmp_path / "a.lflt"
    if older is not None:
        path.write_bytes(older)
    with small_disk(limit), pytest.raises(RecordingError) as caught:
        write_recording(path, HEADER, packed(0, 2000))
    assert str(path) in str(caught.value)
    assert "free some space, or choose another place" in str(caught.value)
    assert list(tmp_path.iterdir()) == ([] if older is None else [path])
    assert older is None or path.read_bytes() == older


@pytest.mark.parametrize("name", ["nowhere/a.lflt", "folder", "", "a\0b", "x" * 300])
def test_a_place_where_no_file_can_be(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    path = tmp_path / name if name else Path()
    with pytest.raises(RecordingError, match="could not be written"):
        write_recording(path, HEADER, packed(0, 1))
    with pytest.raises(RecordingError, match="could not be read"):
        read_recording(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]


def test_a_second_writer_does_not_touch_what_the_first_one_writes(tmp_path: Path) -> None:
    path = tmp_path / "a.lflt"
    theirs = tmp_path / f".a.lflt.{os.getpid() + 1}.unfinished"
    theirs.write_bytes(b"half of it")
    write_recording(path, HEADER, packed(0, 1))
    assert theirs.read_bytes() == b"half of it"
    assert read_recording(path)[0]["count"] == 1


# -- reading what is none


CASES: list[tuple[bytes, str]] = [
    (b"", "begins with LFLTRACE; this file begins with ''"),
    (b"%PDF-1.7 and so on", "this is no recording.*begins with '%PDF-1.7'"),
    (GOOD[:5], "truncated"),
    (GOOD[:10], "truncated: its header begins at byte 12; got 10"),
    (GOOD[:60], rf"truncated: its header ends at byte {HEADER_END}; got 60"),
    (GOOD[:-1], "truncated: 3 records of 32 bytes are 96 bytes; got 95"),
    (GOOD + b"\0", "too long: 3 records of 32 bytes are 96 bytes; got 97"),
    (file_of([]), "header must be an object"),
    (MAGIC + struct.pack("<I", 2) + b"\xff\xff", "header must be JSON in UTF-8"),
    (MAGIC + struct.pack("<I", 3) + b"NaN", "header must be JSON in UTF-8"),
    (MAGIC + struct.pack("<I", 100_000) + b"[" * 100_000, "header must be JSON in UTF-8"),
    (MAGIC + struct.pack("<I", 5000) + b"9" * 5000, "header must be JSON in UTF-8"),
    (file_of(whole(version=VERSION + 1)), f"too new.*version {VERSION + 1}, this program reads up to {VERSION}"),
    (file_of(whole(version=0)), "a recording of version 1 expected; got version 0"),
    (file_of(whole(version=True)), "version of its recording must be a number; got true"),
    (file_of(whole(version=None)), "version of its recording must be a number; got null"),
    (file_of(whole(layout={**describe_layout(), "version": LAYOUT_VERSION + 1})), "too new: its record layout"),
    (file_of(whole(layout={**describe_layout(), "bytes": 33})), "its layout is not that of version"),
    (file_of(whole(layout=[])), "version of its record layout must be a number"),
    (file_of(whole(run=3)), "run must be an object; got 3"),
    (file_of(whole(names={"sites": 3})), "names must be an object of lists"),
    (file_of(whole(snapshot=None)), "snapshot must be a snapshot; got null"),
    (file_of(whole(snapshot={**SNAPSHOT, "lanes": {}})), "snapshot must be a snapshot"),
    (file_of(whole(first=-1)), "first must be a whole number; got -1"),
    (file_of(whole(first=1.5)), "first must be a whole number; got 1.5"),
    (file_of(whole(count="3")), 'count must be a whole number; got "3"'),
    (file_of(whole(count=True)), "count must be a whole number; got true"),
    (file_of(whole(first=1), packed(0, 3)), "damaged at record 0: sequence number 1.*got sequence number 0"),
    (file_of(whole(count=2), packed(0, 1) + packed(2, 1)), "damaged at record 1: sequence number 1.*got sequence"),
    (file_of(whole(count=1), RECORD.pack(0, 0, 32, Kind.LOAD, 0, 0, 0, 0, 0)), "thread below 32.*thread 32"),
    (file_of(whole(count=1), RECORD.pack(0, 0, 0, 200, 0, 0, 0, 0, 0)), "a known kind.*kind 200"),
]


@pytest.mark.parametrize(("data", "message"), CASES)
def test_what_is_no_recording_says_why(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "a.lflt"
    path.write_bytes(data)
    with pytest.raises(RecordingError, match=message):
        read_recording(path)


def test_a_lost_record_explains_the_numbers_that_are_missing() -> None:
    lost = RECORD.pack(0, 0xFFFF_FFFE, 0, Kind.LOST, 0, 0, 0xFFFF_FFFE, 1, 4)
    data = file_of(whole(0xFFFF_FFFE, 2), lost + packed(2, 1))
    assert decode_recording(data)[1] == data[-2 * RECORD_BYTES :]


@given(st.integers(0, len(GOOD) - 1))
def test_every_truncation_is_an_error(length: int) -> None:
    with pytest.raises(RecordingError):
        decode_recording(GOOD[:length])


@given(st.integers(0, HEADER_END - 1), st.integers(1, 255))
def test_a_damaged_header_is_an_error_or_still_a_recording(place: int, flip: int) -> None:
    data = bytearray(GOOD)
    data[place] ^= flip
    try:
        header, records = decode_recording(bytes(data))
    except RecordingError as error:
        assert str(error)
    else:
        assert header["count"] * RECORD_BYTES == len(records)
        assert place >= START


@given(st.binary(max_size=400))
def test_any_bytes_behind_the_magic_are_an_error(data: bytes) -> None:
    with pytest.raises(RecordingError):
        decode_recording(MAGIC + data)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
                    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)),
       st.sampled_from(sorted({*whole()} - {"created", "counters", "account"})))  # fmt: skip
def test_any_value_in_a_field_is_an_error_or_fits(value: Any, field: str) -> None:
    data = file_of({**whole(), field: value}, packed(0, 3))
    try:
        header, records = decode_recording(data)
    except RecordingError as error:
        assert str(error)
    else:
        assert field in ("run", "names", "snapshot") or header[field] == whole()[field]
        assert records == packed(0, 3)
