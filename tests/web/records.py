"""Made-up records for tests that need no engine."""

from __future__ import annotations

from typing import Any

from lockfree_core.trace.layout import RECORD, Kind


def record(sequence: int, kind: int = Kind.LOAD, before: int = 0, after: int = 0) -> bytes:
    return RECORD.pack(sequence * 10, sequence & 0xFFFF_FFFF, 0, kind, 0, 1, before, after, 0)


def records(first: int, count: int) -> bytes:
    return b"".join(record(first + index) for index in range(count))


def snapshot(sequence: int, reason: str = "request") -> dict[str, Any]:
    empty: dict[str, Any] = {"cells": [], "nodes": [], "locks": [], "lanes": []}
    return {"type": "snapshot", "sequence": sequence, "time": 7, "reason": reason, **empty}


def sequences(frame: bytes) -> list[int]:
    """The sequence numbers of a frame's records, as they stand there."""
    return [row[1] for row in RECORD.iter_unpack(frame[16:])]
