"""From the rings of an engine to one stream of records in exact order of effects.

A lane takes its sequence number together with the access, under the order lock, and writes the record after it has
let go of the lock. It may be preempted in between, so a record with a later number can arrive first: the merger holds
back everything behind a missing number until it comes. It also holds everything back until the names that the records
use have come over the pipe.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from lockfree_core.drive.rings import Rings
from lockfree_core.trace.layout import FIELDS, MAX_LANES, RECORD_BYTES, Kind

__all__ = ["RECORD_DTYPE", "Batch", "Merger"]

RECORD_DTYPE = np.dtype({"names": [field.name for field in FIELDS], "formats": [f"<u{field.width}" for field in FIELDS],
                         "offsets": [field.offset for field in FIELDS], "itemsize": RECORD_BYTES})  # fmt: skip

_Rows = npt.NDArray[np.uint64]  # a record a row
_Distances = npt.NDArray[np.uint32]

_WORDS: Final = RECORD_BYTES // 8
_SEQUENCE: Final = next(field.offset for field in FIELDS if field.name == "sequence") // 4
_SLACK: Final = 4096  # so many missing numbers are no reason to sort
_NOTHING: Final = np.empty((0, _WORDS), np.uint64)
_NO_DISTANCES: Final = np.empty(0, np.uint32)


@dataclass(frozen=True, slots=True)
class Batch:
    """Records in order: the whole number of the first, how many, their bytes, how many got lost among them."""

    first: int
    count: int
    data: bytes
    lost: int


class Merger:
    """The one reader of an engine's rings.

    Args:
        rings: the shared memory.
        limit: the most records in one batch.
    """

    def __init__(self, rings: Rings, limit: int = 1 << 18) -> None:
        self._rings = rings
        self._limit = limit
        self._expected = 0
        self._pending = _NOTHING

    @property
    def expected(self) -> int:
        """The whole sequence number that comes next."""
        return self._expected

    @property
    def held_back(self) -> int:
        """How many records wait for one that is missing."""
        return len(self._pending)

    def poll(self, names_received: int, final: bool = False) -> Batch | None:
        """The next stretch of the stream, or None when nothing new is complete.

        Args:
            names_received: how many reports of names have been read from the engine's pipe.
            final: the engine is gone: do not wait for what will never come.
        """
        # Before the count of names: a record whose names come in between stays in its ring until the next time.
        spans = [(lane, span) for lane in range(MAX_LANES) for span in self._rings.take(lane)]
        if names_received < self._rings.names and not final:
            return None
        rows, distance = self._order([np.frombuffer(span, np.uint64).reshape(-1, _WORDS) for _, span in spans])
        for lane, span in spans:
            self._rings.taken(lane, len(span) // RECORD_BYTES)
        end, lost = self._complete(rows, distance, final) if len(rows) else (0, 0)
        self._pending = rows[end:]
        if not end:
            return None
        batch = Batch(self._expected + int(distance[0]), end, rows[:end].tobytes(), lost)
        self._expected += int(distance[end - 1]) + 1
        return batch

    def _order(self, parts: list[_Rows]) -> tuple[_Rows, _Distances]:
        """New records and those held back, in order, with each one's distance from the expected number."""
        if len(self._pending):
            parts = [*parts, self._pending]
        if not parts:
            return _NOTHING, _NO_DISTANCES
        expected = np.uint32(self._expected & 0xFFFF_FFFF)
        distances = [part.view(np.uint32)[:, _SEQUENCE] - expected for part in parts]
        total = sum(map(len, parts))
        span = max(int(distance.max()) for distance in distances) + 1
        if span > 2 * total + _SLACK:
            return self._sort(np.concatenate(parts), np.concatenate(distances))
        # Each number occurs once, so the distance is the place: no sorting.
        rows = np.empty((span, _WORDS), np.uint64)
        for part, distance in zip(parts, distances, strict=True):
            rows[distance] = part
        if span == total:
            return rows, np.arange(span, dtype=np.uint32)
        present = np.zeros(span, np.bool_)
        for distance in distances:
            present[distance] = True
        return rows[present], np.flatnonzero(present).astype(np.uint32)

    @staticmethod
    def _sort(rows: _Rows, distance: _Distances) -> tuple[_Rows, _Distances]:
        """As ``_order``, for numbers that lie far apart."""
        # A record that comes after its number was given up has a huge distance, and is dropped here.
        in_time = distance < np.uint32(1 << 31)
        rows, distance = rows[in_time], distance[in_time]
        order = np.argsort(distance, kind="stable")
        return rows[order], distance[order]

    def _complete(self, rows: _Rows, distance: _Distances, final: bool) -> tuple[int, int]:
        """How many records from the start can go out, and how many numbers are missing among them for good."""
        count = min(len(rows), self._limit)
        if int(distance[count - 1]) == count - 1:
            return count, 0
        jumps = np.diff(distance[:count].astype(np.int64), prepend=-1) - 1
        if final:
            return count, int(jumps.sum())
        records = rows[:count].view(RECORD_DTYPE)[:, 0]
        lost_at = np.flatnonzero(records["kind"] == int(Kind.LOST))
        covered, lost = -1, 0  # distances
        for hole in np.flatnonzero(jumps):
            for index in lost_at[lost_at < hole]:
                reach = (int(records[index]["after"]) - int(records[index]["before"])) & 0xFFFF_FFFF
                covered = max(covered, int(distance[index]) + reach)
            if int(distance[hole]) - 1 > covered:
                return int(hole), lost
            lost += int(jumps[hole])
        return count, lost
