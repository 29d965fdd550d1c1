"""The records that the server keeps of one side, bounded in bytes, as frames that are ready to be sent.

All viewers of a side read from this one history, each at a place of its own, so a viewer costs no memory and a slow one
has no queue to fill: its backlog is its distance from the end. Snapshots cut the history into segments; the oldest
segment goes as a whole, so that what is left always begins with a snapshot.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from app.messages import BATCH_HEADER, batch_frame
from lockfree_core.trace.layout import FIELDS, RECORD_BYTES

__all__ = ["ENTRY_BYTES", "History", "Piece", "Snapshot", "span"]

ENTRY_BYTES: Final = 256
"""What an entry counts for beside its records: many small batches must not evade the budget."""

CHUNK_RECORDS: Final = 16_384

_SEQUENCE_AT: Final = next(field.offset for field in FIELDS if field.name == "sequence")
_WRAP: Final = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A state from which a fold can begin: everything up to and including ``sequence`` is in it."""

    sequence: int
    reason: str
    body: str  # the message's other fields as JSON, without the opening brace

    @classmethod
    def from_report(cls, report: dict[str, Any]) -> Snapshot:
        """The snapshot in an engine's report."""
        rest = {name: value for name, value in report.items() if name not in ("type", "reason", "sequence", "skipped")}
        body = json.dumps(rest, ensure_ascii=False, separators=(",", ":"))[1:]
        return cls(int(report["sequence"]), str(report.get("reason", "request")), body)

    def as_dict(self) -> dict[str, Any]:
        """The message's fields without its type."""
        return {"sequence": self.sequence, "reason": self.reason, **json.loads("{" + self.body)}

    def text(self, reason: str, skipped: int | None) -> str:
        """The message for one viewer, told why it gets it and how many records it missed."""
        missed = "" if skipped is None else f'"skipped":{skipped},'
        return f'{{"type":"snapshot","sequence":{self.sequence},"reason":{json.dumps(reason)},{missed}{self.body}'


@dataclass(frozen=True, slots=True)
class Piece:
    """Some records in order: from sequence number ``first`` up to, not including, ``end``."""

    first: int
    end: int
    frame: bytes
    offset: int  # of its beginning, in bytes since the beginning of the run
    lost: bool  # records are missing at its end

    @property
    def size(self) -> int:
        """What it counts for against a budget."""
        return len(self.frame) + ENTRY_BYTES

    @property
    def records(self) -> memoryview:
        """Its records, without the frame's header."""
        return memoryview(self.frame)[BATCH_HEADER.size :]

    def after(self, sequence: int, generation: int) -> bytes:
        """The frame with only the records that come after that sequence number."""
        if sequence < self.first:
            return self.frame
        records = self.records
        index = _index_after(records, self.first, sequence)
        first, _ = span(records[index * RECORD_BYTES :], self.first)
        return batch_frame(generation, first, len(records) // RECORD_BYTES - index, records[index * RECORD_BYTES :])


def _index_after(records: memoryview, first: int, sequence: int) -> int:
    """The index of the first record with a greater sequence number; records are in order, not always without holes."""
    low, high = 0, len(records) // RECORD_BYTES
    while low < high:
        middle = (low + high) // 2
        at = middle * RECORD_BYTES + _SEQUENCE_AT
        distance = (int.from_bytes(records[at : at + 4], "little") - first) & _WRAP
        low, high = (middle + 1, high) if first + distance <= sequence else (low, middle)
    return low


def span(records: memoryview | bytes, near: int) -> tuple[int, int]:
    """The whole sequence number of the first record, and the one after the last; ``near`` is at most the first."""
    low = int.from_bytes(records[_SEQUENCE_AT : _SEQUENCE_AT + 4], "little")
    at = len(records) - RECORD_BYTES + _SEQUENCE_AT
    last = int.from_bytes(records[at : at + 4], "little")
    first = near + ((low - near) & _WRAP)
    return first, first + ((last - first) & _WRAP) + 1


class History:
    """Pieces and snapshots of one generation of one side."""

    def __init__(self, generation: int, budget: int) -> None:
        self.generation = generation
        self.budget = budget
        self.end = 0  # the sequence number that comes next
        self.written = 0  # bytes since the beginning of the run
        self.snapshots: list[Snapshot] = []
        self._pieces: list[Piece] = []
        self._snapshot_at = 0  # self.written when the last snapshot came

    @property
    def first(self) -> int:
        """The oldest sequence number that is still there (``end`` if there is none)."""
        return self._pieces[0].first if self._pieces else self.end

    @property
    def held(self) -> int:
        """The bytes that count against the budget."""
        return self.written - self._pieces[0].offset if self._pieces else 0

    @property
    def wants_snapshot(self) -> bool:
        """Whether so much has passed since the last snapshot that the next segment should begin."""
        return self.written - self._snapshot_at >= self.budget // 2

    @property
    def short_way(self) -> int:
        """So many records after a snapshot a fresh one is better for whoever joins."""
        return min(100_000, self.budget // 2 // RECORD_BYTES)

    def add(self, first: int, records: bytes, lost: int) -> None:
        """Append a batch as the merger gave it."""
        view = memoryview(records)
        near = first
        for start in range(0, len(view), CHUNK_RECORDS * RECORD_BYTES):
            part = view[start : start + CHUNK_RECORDS * RECORD_BYTES]
            part_first, end = span(part, near)
            is_last = start + len(part) == len(view)
            frame = batch_frame(self.generation, part_first, len(part) // RECORD_BYTES, part)
            piece = Piece(part_first, end, frame, self.written, bool(lost) and is_last)
            self._pieces.append(piece)
            self.written += piece.size
            self.end = near = end
        self._trim()

    def keep(self, snapshot: Snapshot) -> None:
        """Store a snapshot: a new segment begins after it."""
        if self.snapshots and snapshot.sequence <= self.snapshots[-1].sequence:
            self.snapshots[-1] = snapshot
        else:
            self.snapshots.append(snapshot)
        self._snapshot_at = self.written
        self._trim()

    def best(self, at_least: int = -1) -> Snapshot | None:
        """The newest snapshot, if all records after it are there and it is not older than asked."""
        newest = self.snapshots[-1] if self.snapshots else None
        if newest is None or newest.sequence < at_least or newest.sequence + 1 < self.first:
            return None
        return newest

    def has(self, sequence: int) -> bool:
        """Whether every record from that sequence number on is there."""
        return self.first <= sequence <= self.end

    def backlog(self, sequence: int) -> int:
        """Bytes from that sequence number to the end."""
        piece = self.piece_at(sequence)
        return self.written - piece.offset if piece else 0

    def piece_at(self, sequence: int) -> Piece | None:
        """The piece that holds that sequence number or, where it is missing, the next one; None at the end."""
        index = bisect_right(self._pieces, sequence, key=lambda piece: piece.end)
        return self._pieces[index] if index < len(self._pieces) else None

    def pieces(self) -> Iterator[Piece]:
        """All pieces, oldest first."""
        return iter(self._pieces)

    def _trim(self) -> None:
        while self.held > self.budget and len(self.snapshots) > 1:
            self.snapshots.pop(0)
            self._drop_before(self.snapshots[0].sequence + 1)
        if self.held > 2 * self.budget:  # no snapshot comes: the budget counts for more than the picture of a joiner
            limit = self.written - self.budget
            index = next((i for i, piece in enumerate(self._pieces) if piece.offset >= limit), len(self._pieces) - 1)
            del self._pieces[:index]
            self.snapshots = [kept for kept in self.snapshots if kept.sequence + 1 >= self.first]

    def _drop_before(self, sequence: int) -> None:
        index = bisect_right(self._pieces, sequence, key=lambda piece: piece.end)
        del self._pieces[:index]
