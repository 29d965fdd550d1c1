"""The shared memory: counters are read whole, and what is unread is not overwritten."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from lockfree_core.drive.rings import COUNTERS, STATUSES, Rings
from lockfree_core.errors import EngineError
from lockfree_core.trace.layout import MAX_LANES, RECORD_BYTES
from tests.serving import ROOT

READS = 20_000

WRITER = """
import sys
from lockfree_core.drive.rings import COUNTERS, Rings
area = Rings(int(sys.argv[1])).reserve(0)
area.use()
number = 0
while True:
    number += 1
    area.write_counters((number,) * len(COUNTERS))
    area.status[0] = number % 9
"""


def read_whole(rings: Rings, reads: int) -> int:
    """Read the counters often; each reading is of one publication, and none goes back. How many were different."""
    last, changes = 0, 0
    for _ in range(reads):
        rows = rings.counters()
        values = {rows[0][name] for name in COUNTERS} if rows else {last}
        assert len(values) == 1, f"torn: {values}"
        now = int(values.pop())
        assert now >= last
        changes += now != last
        last = now
        assert not rows or rows[0]["status"] in STATUSES
    return changes


def test_counters_of_another_process_are_never_torn() -> None:
    rings = Rings(records=64)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(rings.fd)], pass_fds=(rings.fd,), env=environment)
    try:
        changes = 0
        while changes < 200:
            assert writer.poll() is None
            changes += read_whole(rings, READS // 20)
    finally:
        writer.kill()
        writer.wait()
        rings.close()


def test_counters_of_another_thread_are_never_torn() -> None:
    rings = Rings(records=64)
    area = rings.reserve(0)
    area.use()
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            area.write_counters((number,) * len(COUNTERS))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    thread = threading.Thread(target=write)
    thread.start()
    try:
        changes = 0
        while changes < 50:
            changes += read_whole(rings, READS // 20)
    finally:
        sys.setswitchinterval(interval)
        stop.set()
        thread.join()
        rings.close()


def test_all_lanes_have_memory_of_their_own() -> None:
    rings = Rings(records=4)
    try:
        for lane in range(MAX_LANES):
            area = rings.reserve(lane)
            area.use()
            area.write_counters(tuple(range(lane, lane + len(COUNTERS))))
            area.status[0] = lane % len(STATUSES)
            area.records[:] = bytes([lane]) * len(area.records)
            area.publish[0] = 3
        del area
        for lane, row in enumerate(rings.counters()):
            assert row == {
                "lane": lane,
                "status": STATUSES[lane % len(STATUSES)],
                **{name: lane + index for index, name in enumerate(COUNTERS)},
            }
            assert list(map(bytes, rings.take(lane))) == [bytes([lane]) * 3 * RECORD_BYTES]
    finally:
        rings.close()


def test_a_ring_is_read_around_its_end() -> None:
    rings = Rings(records=4)
    try:
        area = rings.reserve(5)
        for number in range(4):
            area.records[number * RECORD_BYTES] = number
        area.publish[0] = 3
        rings.taken(5, 3)
        assert area.tail == 3 and rings.take(5) == []
        area.publish[0] = 6
        assert [len(span) // RECORD_BYTES for span in rings.take(5)] == [1, 2]
        assert [span[0] for span in rings.take(5)] == [3, 0]
    finally:
        rings.close()


def test_a_ring_that_is_closed_twice() -> None:
    rings = Rings(records=4)
    rings.reserve(0)
    rings.close()
    rings.close()
    assert rings.fd == -1


@pytest.mark.parametrize("records", [0, 3, 100, -4])
def test_a_ring_holds_a_power_of_two(records: int) -> None:
    with pytest.raises(EngineError, match=f"power of two of records, got {records}"):
        Rings(records=records)
