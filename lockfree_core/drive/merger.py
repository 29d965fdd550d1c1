"""From the rings of an engine to one stream of records in exact order of effects.

A lane takes its sequence number together with the access, under the order lock, and writes the record after it has
let go of the lock. It may be preempted in between, so a record with a later number can arrive first: the merger holds
back everything behind a missing number until it comes. It also holds everything back until the names that the records
use have come over the pipe.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lockfree_core.drive.rings import Rings
from lockfree_core.trace.layout import FIELDS, MAX_LANES, RECORD_BYTES, Kind

__all__ = ["RECORD_DTYPE", "Batch", "Merger"]

RECORD_DTYPE = np.dtype({"names": [field.name for field in FIELDS], "formats": [f"<u{field.width}" for field in FIELDS],
                         "offsets": [field.offset for field in FIELDS], "itemsize": RECORD_BYTES})  # fmt: skip


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
        self._pending: npt.NDArray[np.void] = np.empty(0, RECORD_DTYPE)

    @property
    def expected(self) -> int:
        """The whole sequence number that comes next."""
        return self._expected

    @property
    def held_back(self) -> int:
        """How many records wait for one that is missing, or for their names."""
        return len(self._pending)

    def poll(self, names_received: int, final: bool = False) -> Batch | None:
        """The next stretch of the stream, or None when nothing new is complete.

        Args:
            names_received: how many reports of names have been read from the engine's pipe.
            final: the engine is gone: do not wait for what will never come.
        """
        self._collect()
        if not len(self._pending) or (names_received < self._rings.names and not final):
            return None
        distance = self._pending["sequence"] - np.uint32(self._expected & 0xFFFF_FFFF)
        order = np.argsort(distance, kind="stable")
        distance = distance[order]
        # A record that comes after its number was given up has a huge distance: it sorts last, and is dropped there.
        late = len(distance) - int(np.searchsorted(distance, np.uint32(1 << 31)))
        if late:
            order, distance = order[:-late], distance[:-late]
        end, lost = self._complete(distance, order, final)
        if end == 0:
            self._pending = self._pending[order]
            return None
        data = self._pending[order[:end]]
        batch = Batch(self._expected + int(distance[0]), end, data.tobytes(), lost)
        self._expected += int(distance[end - 1]) + 1
        self._pending = self._pending[order[end:]]
        return batch

    def _collect(self) -> None:
        parts = [self._pending] if len(self._pending) else []
        for lane in range(MAX_LANES):
            for span in self._rings.take(lane):
                part = np.frombuffer(span, RECORD_DTYPE).copy()
                self._rings.taken(lane, len(part))
                parts.append(part)
        if parts:
            self._pending = parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _complete(self, distance: npt.NDArray[np.uint32], order: npt.NDArray[np.intp], final: bool) -> tuple[int, int]:
        """How many records from the start can go out, and how many numbers are missing among them for good."""
        count = min(len(distance), self._limit)
        jumps = np.diff(distance[:count], prepend=np.int64(-1)) - 1
        holes = np.flatnonzero(jumps)
        if not len(holes):
            return count, 0
        if final:
            return count, int(jumps.sum())
        kinds = self._pending["kind"][order]
        covered, lost = 0, 0
        lost_at = np.flatnonzero(kinds == int(Kind.LOST))
        for hole in holes:
            for index in lost_at[lost_at < hole]:
                row = self._pending[order[index]]
                reach = (int(row["after"]) - int(row["before"])) & 0xFFFF_FFFF
                covered = max(covered, self._expected + int(distance[index]) + reach)
            if self._expected + int(distance[hole]) - 1 > covered:
                return int(hole), lost
            lost += int(jumps[hole])
        return count, lost
