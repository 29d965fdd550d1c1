"""From the rings of an engine to one stream of records in exact order of effects.

A lane takes its sequence number together with the access, under the order lock, and writes the record after it has
let go of the lock. It may be preempted in between, so a record with a later number can arrive first: the merger holds
back everything behind a missing number until it comes. It also holds everything back until the names that the records
use have come over the pipe.

Where a ring was full, a lane writes one LOST record for all the numbers that it could not write, between which there
may be numbers of other lanes. The merger turns these into one LOST record for each range that is missing in fact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from lockfree_core.drive.rings import Rings
from lockfree_core.trace.layout import FIELDS, MAX_LANES, RECORD, RECORD_BYTES, Kind

__all__ = ["RECORD_DTYPE", "Batch", "Merger"]

RECORD_DTYPE = np.dtype({"names": [field.name for field in FIELDS], "formats": [f"<u{field.width}" for field in FIELDS],
                         "offsets": [field.offset for field in FIELDS], "itemsize": RECORD_BYTES})  # fmt: skip

_Rows = npt.NDArray[np.uint64]  # a record a row
_Distances = npt.NDArray[np.uint32]

_WORDS: Final = RECORD_BYTES // 8
_SEQUENCE: Final = next(field.offset for field in FIELDS if field.name == "sequence") // 4
_SLACK: Final = 4096  # so many missing numbers are no reason to sort
_LOST: Final = int(Kind.LOST)
_MOST_HOLES: Final = 256  # in one batch; beyond, they are told as one
_NOTHING: Final = np.empty((0, _WORDS), np.uint64)
_NO_DISTANCES: Final = np.empty(0, np.uint32)


@dataclass(frozen=True, slots=True)
class Batch:
    """Records in order without holes: the whole number of the first, how many, their bytes, how many numbers are lost.

    A range of lost numbers stands in it as one LOST record, which counts as a record and bears the first of them.
    """

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
        self._claims: list[_Claim] = []

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
        believed = self._claims
        rows, distance = self._order([np.frombuffer(span, np.uint64).reshape(-1, _WORDS) for _, span in spans])
        for lane, span in spans:
            self._rings.taken(lane, len(span) // RECORD_BYTES)
        if (_records(rows)["kind"] == _LOST).any():
            rows, distance = self._take_claims(rows, distance)
        if final:
            believed = self._claims
        count = min(len(rows), self._limit)
        if not believed and not final and (not count or int(distance[count - 1]) == count - 1):
            self._pending = rows[count:]
            return self._emit(rows[:count], count, 0) if count else None
        stretch = _Stretch(rows, distance, count, [claim.less(self._expected) for claim in believed], final)
        self._pending = rows[stretch.taken :]
        if not stretch.reach:
            return None
        return self._emit(stretch.assemble(self._expected), stretch.reach, stretch.lost)

    def _emit(self, rows: _Rows, reach: int, lost: int) -> Batch:
        batch = Batch(self._expected, len(rows), rows.tobytes(), lost)
        self._expected += reach
        self._claims = [claim for claim in self._claims if claim.last >= self._expected]
        return batch

    def _take_claims(self, rows: _Rows, distance: _Distances) -> tuple[_Rows, _Distances]:
        """Take the lanes' LOST records out. They are believed from the next poll on.

        A range that one lane lost may hold numbers of other lanes; those that were taken before the LOST record was
        written lie in the rings by then.
        """
        mask = _records(rows)["kind"] == _LOST
        self._claim(rows[mask], distance[mask].astype(np.int64))
        return rows[~mask], distance[~mask]

    def _claim(self, rows: _Rows, distance: npt.NDArray[np.int64]) -> None:
        """Note what these LOST records say, as far as it is still to come."""
        for record, away in zip(_records(rows), distance.tolist(), strict=True):
            reach = (int(record["after"]) - int(record["before"])) & 0xFFFF_FFFF
            first = self._expected + away
            if first + reach >= self._expected:
                claim = _Claim(first, first + reach, int(record["lane"]), int(record["time"]))
                self._claims = [*self._claims, claim]

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

    def _sort(self, rows: _Rows, distance: _Distances) -> tuple[_Rows, _Distances]:
        """As ``_order``, for numbers that lie far apart."""
        # A record that comes after its number was given up has a huge distance, and is dropped here. A LOST record
        # among them may reach farther than the claim of another lane by which its first number was given up.
        in_time = distance < np.uint32(1 << 31)
        if not in_time.all():
            late = ~in_time & (_records(rows)["kind"] == _LOST)
            self._claim(rows[late], distance[late].view(np.int32).astype(np.int64))
        rows, distance = rows[in_time], distance[in_time]
        order = np.argsort(distance, kind="stable")
        return rows[order], distance[order]


class _Claim(NamedTuple):
    """A lane has lost records with numbers from first to last, among them these two."""

    first: int
    last: int
    lane: int
    time: int

    def less(self, number: int) -> _Claim:
        """The same as distances from ``number``."""
        return self._replace(first=self.first - number, last=self.last - number)


class _Hole(NamedTuple):
    """Numbers that are given up, and the indices of the rows that stand before and behind them.

    Where ``behind`` is greater than ``at``, the rows between the two are given up too.
    """

    first: int
    last: int
    at: int
    behind: int
    claim: _Claim | None


class _Stretch:
    """As much of the stream as is complete, each hole in it told by one LOST record of its own.

    Attributes:
        taken: how many of the rows are in it.
        reach: how many numbers it covers.
        lost: how many of them are lost.
    """

    def __init__(self, rows: _Rows, distance: _Distances, count: int, claims: list[_Claim], final: bool) -> None:
        self._rows = rows
        self._distance = distance
        self._claims = claims
        self._final = final
        self._holes: list[_Hole] = []
        self.taken, self.reach = self._find_holes(count)
        if self.taken == len(rows):
            self._end_with_hole()
        self.lost = sum(hole.last - hole.first + 1 for hole in self._holes)

    def _find_holes(self, count: int) -> tuple[int, int]:
        """Go from hole to hole while each one is explained; how many rows, and numbers, that makes."""
        distance = self._distance[:count].astype(np.int64)
        gaps = np.flatnonzero(np.diff(distance, prepend=-1) > 1)
        if len(gaps) > _MOST_HOLES:
            return self._give_up_stretch(distance, int(gaps[0]))
        for index in gaps.tolist():
            first = int(distance[index - 1]) + 1 if index else 0
            last = int(distance[index]) - 1
            covered, claim = self._cover(first)
            if covered < last and not self._final:
                return index, first
            self._holes.append(_Hole(first, last, index, index, claim))
        return count, int(distance[-1]) + 1 if count else 0

    def _give_up_stretch(self, distance: npt.NDArray[np.int64], index: int) -> tuple[int, int]:
        """Rings that overflow side by side leave more holes than records: all of it is given up as one.

        Whoever reads needs a snapshot then anyway, and telling each hole would take so long that rings overflow again.
        """
        first = int(distance[index - 1]) + 1 if index else 0
        covered, claim = (int(distance[-1]) - 1, None) if self._final else self._cover(first)
        if covered < first:
            return index, first
        behind = int(np.searchsorted(distance, covered, side="right"))
        self._holes.append(_Hole(first, covered, index, behind, claim))
        return behind, covered + 1

    def _end_with_hole(self) -> None:
        """Nothing came behind the last record: what is claimed there is lost."""
        last, claim = self._cover(self.reach)
        if last >= self.reach:
            self._holes.append(_Hole(self.reach, last, self.taken, self.taken, claim))
            self.reach = last + 1

    def _cover(self, first: int) -> tuple[int, _Claim | None]:
        """How far the claims reach without a break from there on, and the claim that reaches farthest."""
        last, best = first - 1, None
        for claim in sorted(self._claims):
            if claim.first <= last + 1 and claim.last > last:
                last, best = claim.last, claim
        return last, best

    def assemble(self, expected: int) -> _Rows:
        """The rows with the LOST records in their places."""
        parts, done = [], 0
        for hole in self._holes:
            parts += [self._rows[done : hole.at], self._lost_row(hole, expected)]
            done = hole.behind
        return np.concatenate([*parts, self._rows[done : self.taken]])

    def _lost_row(self, hole: _Hole, expected: int) -> _Rows:
        neighbour = _records(self._rows)[hole.behind] if hole.behind < len(self._rows) else None
        lane, time = (hole.claim.lane, hole.claim.time) if hole.claim is not None else (0, 0)
        if neighbour is not None:
            lane, time = lane if hole.claim else int(neighbour["lane"]), int(neighbour["time"])
        first, last = ((expected + number) & 0xFFFF_FFFF for number in (hole.first, hole.last))
        record = RECORD.pack(time, first, lane, _LOST, 0, 0, first, last, hole.last - hole.first + 1)
        return np.frombuffer(record, np.uint64).reshape(1, _WORDS)


def _records(rows: _Rows) -> npt.NDArray[np.void]:
    return rows.view(RECORD_DTYPE)[:, 0]
