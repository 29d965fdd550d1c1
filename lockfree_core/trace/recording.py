"""Recordings: a stretch of a trace as one file that plays with no engine. See ``docs/protocol.md``, Recording."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

from lockfree_core.errors import RecordingError
from lockfree_core.trace.layout import LAYOUT_VERSION, MAX_LANES, RECORD, RECORD_BYTES, Kind, describe_layout

__all__ = ["MAGIC", "VERSION", "decode_recording", "encode_header", "read_recording", "unwritable", "write_recording"]

MAGIC: Final = b"LFLTRACE"
VERSION: Final = 1

_LENGTH: Final = struct.Struct("<I")
_WRAP: Final = 0xFFFF_FFFF
_SNAPSHOT_LISTS: Final = ("cells", "nodes", "locks", "lanes")


def encode_header(header: Mapping[str, Any]) -> bytes:
    """What stands before the records: magic, length, header."""
    text = json.dumps(header, separators=(",", ":")).encode()
    return MAGIC + _LENGTH.pack(len(text)) + text


def write_recording(path: Path, header: Mapping[str, Any], records: bytes | memoryview | BinaryIO) -> None:
    """Write a recording; the file appears whole or not at all.

    Args:
        path: where to; a file that is there is replaced.
        header: ``run``, ``names``, ``snapshot``, ``first`` and the rest; ``version``, ``layout`` and ``count`` are
            added where they are missing. ``count`` must be there when ``records`` is a file.
        records: packed records, in order; or a file that holds them from where it stands to its end.

    Raises:
        RecordingError: when it cannot be written; nothing is left then, and a file that was there is untouched.
    """
    whole = {"version": VERSION, "layout": describe_layout(), **header}
    if isinstance(records, bytes | memoryview):
        whole.setdefault("count", memoryview(records).nbytes // RECORD_BYTES)
    unfinished: Path | None = None
    try:
        unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
        with unfinished.open("xb") as file:
            file.write(encode_header(whole))
            if isinstance(records, bytes | memoryview):
                file.write(records)
            else:
                shutil.copyfileobj(records, file, 1 << 20)
        unfinished.replace(path)
    except (OSError, ValueError) as error:  # ValueError: a path that no file can have
        raise unwritable(path, error) from error
    finally:
        if unfinished is not None:
            with contextlib.suppress(OSError, ValueError):
                unfinished.unlink(missing_ok=True)


def unwritable(path: Path, error: Exception) -> RecordingError:
    """What to say when a recording, or what is collected for it, finds no place."""
    return RecordingError(
        f"the recording {path} could not be written: {getattr(error, 'strerror', None) or error}. Nothing was kept "
        "of it; free some space, or choose another place"
    )


def read_recording(path: Path) -> tuple[dict[str, Any], bytes]:
    """The header and the packed records of a file, all of it checked that can be checked.

    Raises:
        RecordingError: when it cannot be read, is no recording, is truncated, damaged, or of a newer version.
    """
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or error
        raise RecordingError(f"the recording {path} could not be read: {words}") from error
    return decode_recording(data)


def decode_recording(data: bytes) -> tuple[dict[str, Any], bytes]:
    """As ``read_recording``, for the bytes of a file.

    Raises:
        RecordingError: likewise.
    """
    header, records = _split(data)
    _check_version(header)
    _check_header(header)
    expected = header["count"] * RECORD_BYTES
    if len(records) != expected:
        word = "truncated" if len(records) < expected else "too long"
        raise RecordingError(
            f"the file is {word}: {header['count']} records of {RECORD_BYTES} bytes are {expected} bytes; "
            f"got {len(records)}"
        )
    _check_records(records, header["first"])
    return header, records


def _split(data: bytes) -> tuple[dict[str, Any], bytes]:
    if data[: len(MAGIC)] != MAGIC[: len(data)] or not data:
        raise RecordingError(
            f"this is no recording: a recording begins with {MAGIC.decode()}; this file begins with "
            f"{data[: len(MAGIC)].decode('latin-1')!r}"
        )
    start = len(MAGIC) + _LENGTH.size
    if len(data) < start:
        raise RecordingError(f"the file is truncated: its header begins at byte {start}; got {len(data)} bytes")
    end = start + _LENGTH.unpack_from(data, len(MAGIC))[0]
    if len(data) < end:
        raise RecordingError(f"the file is truncated: its header ends at byte {end}; got {len(data)} bytes")
    try:
        header = json.loads(data[start:end].decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise RecordingError("the file is damaged: its header must be JSON in UTF-8") from None
    if not isinstance(header, dict):
        raise RecordingError(f"the file is damaged: its header must be an object; got {_short(header)}")
    return header, data[end:]


def _no_constant(name: str) -> None:
    """Python reads NaN and Infinity, which are no JSON, and which no other reader takes."""
    raise ValueError(f"{name} is no JSON")


def _check_version(header: Mapping[str, Any]) -> None:
    layout = header.get("layout")
    for name, here, got in (
        ("recording", VERSION, header.get("version")),
        ("record layout", LAYOUT_VERSION, layout.get("version") if isinstance(layout, dict) else None),
    ):
        if not isinstance(got, int) or not _is_count(got):
            raise RecordingError(f"the file is damaged: the version of its {name} must be a number; got {_short(got)}")
        if got > here:
            raise RecordingError(
                f"the file is too new: its {name} has version {got}, this program reads up to {here}; "
                "a newer version of Lockfree Lab opens it"
            )
        if got != here:
            raise RecordingError(f"a {name} of version {here} expected; got version {got}")
    if layout != json.loads(json.dumps(describe_layout())):
        raise RecordingError(f"the file is damaged: its layout is not that of version {LAYOUT_VERSION}")


def _check_header(header: Mapping[str, Any]) -> None:
    checks = (
        ("run", "an object", lambda value: isinstance(value, dict)),
        ("names", "an object of lists", _is_names),
        ("snapshot", "a snapshot", _is_snapshot),
        ("first", "a whole number", _is_count),
        ("count", "a whole number", _is_count),
    )
    for name, expected, holds in checks:
        value = header.get(name)
        if not holds(value):
            raise RecordingError(f"the file is damaged: {name} must be {expected}; got {_short(value)}")


def _check_records(records: bytes, first: int) -> None:
    """They are in order, without holes but those that LOST records tell of."""
    kinds = frozenset(map(int, Kind))
    expected = first & _WRAP
    for index, (_, sequence, lane, kind, _, _, before, after, _) in enumerate(RECORD.iter_unpack(records)):
        if sequence != expected or kind not in kinds or lane >= MAX_LANES:
            raise RecordingError(
                f"the file is damaged at record {index}: sequence number {expected}, a known kind and a thread below "
                f"{MAX_LANES} expected; got sequence number {sequence}, kind {kind}, thread {lane}"
            )
        expected = (sequence + 1 + (after - before if kind == Kind.LOST else 0)) & _WRAP


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_names(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(value.get(name, []), list)
        for name in ("sites", "cells", "types", "values", "operations", "processes")
    )


def _is_snapshot(value: object) -> bool:
    return (
        isinstance(value, dict)
        and all(isinstance(value.get(name), int) for name in ("sequence", "time"))
        and all(isinstance(value.get(name), list) for name in _SNAPSHOT_LISTS)
    )


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 80 else text[:77] + "..."
