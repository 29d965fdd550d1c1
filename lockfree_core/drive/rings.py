"""Shared memory between an engine and whoever watches it: one ring of records and one block of counters a lane.

The file is anonymous (``memfd_create``, or an unlinked temporary file), made by the server, inherited by the engine,
mapped by both. It has no name, so nothing is left behind by a crash.

Each ring has one writer (a lane's thread, or whoever stands in for it while it is stopped) and one reader (the
merger). A record is written first and published after, by one aligned 64-bit store to ``head``; nothing unread is
overwritten. Counters are written into the copy that is not the published one and then published, so a reader never
sees half of them.
"""

from __future__ import annotations

import mmap
import os
import struct
import tempfile
from typing import Final

from lockfree_core.errors import EngineError
from lockfree_core.trace.layout import MAX_LANES, RECORD_BYTES

__all__ = ["COUNTERS", "RING_RECORDS", "STATUSES", "LaneArea", "Rings"]

RING_RECORDS: Final = 1 << 16
MAGIC: Final = 0x4C46_4C52_494E_4753

STATUSES: Final = ("idle", "running", "waiting", "backoff", "delay", "frozen", "killed", "raised", "stopped")

COUNTERS: Final = (
    "operations",
    "attempts",
    "wins",
    "losses",
    "help",
    "help_won",
    "streak",
    "longest_streak",
    "in",
    "out",
    "empty",
    "backoff_us",
    "delay_us",
)
_COUNTERS_STRUCT: Final = struct.Struct(f"<{len(COUNTERS)}Q")

# Words (64 bit) in the header page and in each lane's control block.
_HEADER_BYTES: Final = 4096
_NAMES, _RECORDS = 1, 2
_LANE_BYTES: Final = 512
_HEAD, _TAIL, _STATUS, _USED, _COPY = 0, 8, 1, 2, 3  # head and tail lie on cache lines of their own
_COPIES: Final = (128, 256)  # byte offsets of the two copies of the counters


def _anonymous_file() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("lockfree-lab-rings", os.MFD_CLOEXEC)
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


class LaneArea:
    """One lane's part of the shared memory, as its writer sees it."""

    __slots__ = ("_bytes", "_control", "_copy", "publish", "records", "status")

    def __init__(self, view: memoryview, control: int, ring: int, records: int) -> None:
        self._bytes = view[control : control + _LANE_BYTES]
        self._control = self._bytes.cast("Q")
        self._copy = 0
        self.publish = self._control[_HEAD : _HEAD + 1]
        self.status = self._control[_STATUS : _STATUS + 1]
        self.records = view[ring : ring + records * RECORD_BYTES]

    @property
    def tail(self) -> int:
        """How many records the reader has taken."""
        return self._control[_TAIL]

    def use(self) -> None:
        """Mark the lane as one that has run."""
        self._control[_USED] = 1

    def write_counters(self, values: tuple[int, ...]) -> None:
        """Publish the lane's counters, in the order of ``COUNTERS``."""
        self._copy = copy = 1 - self._copy
        _COUNTERS_STRUCT.pack_into(self._bytes, _COPIES[copy], *values)
        # The number of the publication: its lowest bit tells the copy, the rest that something came in between.
        number = self._control[_COPY] + 1
        self._control[_COPY] = number if number & 1 == copy else number + 1

    def release(self) -> None:
        """Let go of the mapping."""
        for view in (self.publish, self.status, self._control, self.records, self._bytes):
            view.release()


class Rings:
    """The shared memory of one engine.

    Args:
        fd: the inherited file, in the engine; without it a new one is made.
        records: how many records a ring holds, a power of two (only for a new one).

    Raises:
        EngineError: when there is no room for a new one, or the file is none of ours.
    """

    def __init__(self, fd: int | None = None, records: int = RING_RECORDS) -> None:
        if fd is None:
            if records < 1 or records & (records - 1):
                raise EngineError(f"a ring holds a power of two of records, got {records}")
            self.fd = self._create(records)
        else:
            self.fd = fd
        try:
            self._map = mmap.mmap(self.fd, 0)
        except (OSError, ValueError) as error:
            raise EngineError(f"file descriptor {self.fd} holds no rings: {error}") from error
        self._view = memoryview(self._map)
        self._header = self._view[:_HEADER_BYTES].cast("Q")
        if fd is None:
            self._header[0], self._header[_RECORDS] = MAGIC, records
        elif self._header[0] != MAGIC:
            raise EngineError(f"file descriptor {fd} holds no rings")
        self.records = self._header[_RECORDS]
        self._lanes: dict[int, LaneArea] = {}
        self._controls = [self._control_view(lane) for lane in range(MAX_LANES)]

    @staticmethod
    def _size(records: int) -> int:
        return _HEADER_BYTES + MAX_LANES * (_LANE_BYTES + records * RECORD_BYTES)

    @classmethod
    def _create(cls, records: int) -> int:
        fd = _anonymous_file()
        try:
            os.ftruncate(fd, cls._size(records))
            # Header and counters are reserved now and each ring when its lane starts: a full memory is then an error
            # here, and not a bus error at the first write.
            os.posix_fallocate(fd, 0, _HEADER_BYTES + MAX_LANES * _LANE_BYTES)
        except OSError as error:
            os.close(fd)
            raise EngineError(
                f"no room for the shared rings ({error.strerror}); free memory or use fewer threads"
            ) from error
        return fd

    def _control_view(self, lane: int) -> memoryview:
        start = _HEADER_BYTES + lane * _LANE_BYTES
        return self._view[start : start + _LANE_BYTES].cast("Q")

    def _ring_offset(self, lane: int) -> int:
        return _HEADER_BYTES + MAX_LANES * _LANE_BYTES + lane * self.records * RECORD_BYTES

    def reserve(self, lane: int) -> LaneArea:
        """The writer's view of a lane, its ring's memory reserved.

        Raises:
            EngineError: when there is no memory left for the ring.
        """
        if lane not in self._lanes:
            offset = self._ring_offset(lane)
            try:
                os.posix_fallocate(self.fd, offset, self.records * RECORD_BYTES)
            except OSError as error:
                raise EngineError(
                    f"no room for thread {lane + 1}'s ring ({error.strerror}); free memory or use fewer threads"
                ) from error
            control = _HEADER_BYTES + lane * _LANE_BYTES
            self._lanes[lane] = LaneArea(self._view, control, offset, self.records)
        return self._lanes[lane]

    # -- the reader's side

    @property
    def names(self) -> int:
        """How many reports of names the engine has written."""
        return self._header[_NAMES]

    def count_names(self) -> None:
        """One more report of names was written. Called by the engine alone, under its own lock."""
        self._header[_NAMES] += 1

    def take(self, lane: int) -> list[memoryview]:
        """The lane's unread records, as up to two stretches of the ring. They stay valid until :meth:`taken`."""
        control = self._controls[lane]
        head, tail = control[_HEAD], control[_TAIL]
        if head == tail:
            return []
        ring = self._ring_offset(lane)
        first, last = tail % self.records, (head - 1) % self.records + 1
        spans = [(first, last)] if first < last else [(first, self.records), (0, last)]
        return [self._view[ring + a * RECORD_BYTES : ring + b * RECORD_BYTES] for a, b in spans]

    def taken(self, lane: int, count: int) -> None:
        """The reader has copied that many records; their places may be used again."""
        self._controls[lane][_TAIL] += count

    def used(self, lane: int) -> bool:
        """Whether the lane ever ran."""
        return bool(self._controls[lane][_USED])

    def counters(self) -> list[dict[str, int | str]]:
        """The counters of every lane that ever ran, each with its ``lane`` and ``status``."""
        return [self._lane_counters(lane) for lane in range(MAX_LANES) if self.used(lane)]

    def _lane_counters(self, lane: int) -> dict[str, int | str]:
        control = self._controls[lane]
        start = _HEADER_BYTES + lane * _LANE_BYTES
        while True:
            number = control[_COPY]
            values = _COUNTERS_STRUCT.unpack_from(self._view, start + _COPIES[number & 1])
            # A writer begins to overwrite this copy only after it has published the other one.
            if control[_COPY] == number:
                break
        return {"lane": lane, "status": STATUSES[control[_STATUS]], **dict(zip(COUNTERS, values, strict=True))}

    def close(self) -> None:
        """Unmap and close. Idempotent."""
        if self.fd < 0:
            return
        for area in self._lanes.values():
            area.release()
        for view in (*self._controls, self._header, self._view):
            view.release()
        self._map.close()
        os.close(self.fd)
        self.fd = -1
