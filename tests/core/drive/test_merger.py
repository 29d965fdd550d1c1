"""The merger against every order in which lanes may publish, with and without room in their rings."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from lockfree_core.drive.control import Control
from lockfree_core.drive.knobs import Knobs
from lockfree_core.drive.lane import Lane
from lockfree_core.drive.merger import Merger
from lockfree_core.drive.rings import Rings
from lockfree_core.trace.layout import RECORD_BYTES, Kind
from tests.core.kit import rows_of

LANES = 4
WRAP = 1 << 32
SOME_POLLS = 64

_actions = st.lists(
    st.tuples(
        st.integers(0, LANES - 1), st.sampled_from(["take", "take", "write", "write", "at once", "tell", "poll"])
    ),
    max_size=120,
)
_starts = st.sampled_from([0, 5, WRAP - 20, 3 * WRAP - 7])


class World:
    """Lanes that take numbers and write records, one merger, and what the merger may and may not say about them."""

    def __init__(self, rings: Rings, first: int, limit: int) -> None:
        control = Control(Knobs(), 1, lambda report: None)
        self.rings = rings
        self.merger = Merger(rings, limit)
        self.merger._expected = first
        self.lanes = [Lane(index, control, rings.reserve(index), 1) for index in range(LANES)]
        self.flying: list[deque[int]] = [deque() for _ in range(LANES)]
        self.first = self.next = first
        self.written: dict[int, int] = {}
        self.emitted: list[int] = []
        self.lost: set[int] = set()
        self.given_up: set[int] = set()  # taken and not yet written when somebody's LOST covered it

    def act(self, lane: int, action: str) -> None:
        if action in ("take", "at once"):
            self.flying[lane].append(self.next)
            self.next += 1
        if action in ("write", "at once"):
            self.write(lane)
        if action == "tell":
            self.tell(self.lanes[lane])
        if action == "poll":
            self.poll()

    def write(self, lane: int) -> None:
        while self.flying[lane]:
            number = self.flying[lane].popleft()
            head = self.lanes[lane].head
            claimed = (self.lanes[lane].lost_first, self.lanes[lane].lost_last)
            self.lanes[lane].write(number, Kind.LOAD, 1, number & 0xFFFF_FFFF, 0, 0, lane)
            if self.lanes[lane].head - head == 2:
                self.told(*claimed)
            if self.lanes[lane].head > head:
                self.written[number] = lane

    def told(self, first: int, last: int) -> None:
        self.given_up.update(number for queue in self.flying for number in queue if first <= number <= last)

    def tell(self, lane: Lane) -> None:
        if lane.lost_count:
            self.told(lane.lost_first, lane.lost_last)
            lane.tell_lost()

    def poll(self, final: bool = False) -> None:
        before = self.merger.expected
        batch = self.merger.poll(0, final)
        if batch is None:
            assert self.merger.expected == before
            return
        assert batch.first == before and len(batch.data) == batch.count * RECORD_BYTES
        rows = rows_of(batch)
        number, lost = batch.first, 0
        for row in rows:
            assert row["sequence"] == number & 0xFFFF_FFFF
            if row["kind"] == Kind.LOST:
                assert row["before"] == row["sequence"]
                assert row["after"] == (number + row["aux"] - 1) & 0xFFFF_FFFF
                self.lost.update(range(number, number + row["aux"]))
                lost += row["aux"]
                number += row["aux"]
            else:
                assert (row["cell"], row["aux"]) == (number & 0xFFFF_FFFF, self.written[number])
                self.emitted.append(number)
                number += 1
        assert batch.count == len(rows) and batch.lost == lost
        assert self.merger.expected == number

    def settle(self) -> None:
        """Everybody writes what he has taken; the merger reads until nothing new comes."""
        for lane in range(LANES):
            self.write(lane)
        for _ in range(SOME_POLLS):
            for each in self.lanes:
                self.tell(each)
            self.poll()

    def check(self) -> None:
        """Every number once, as a record or as a lost one; what is named lost was not written or came too late."""
        everything = set(range(self.first, self.next))
        assert self.merger.expected == self.next, f"stuck at {self.merger.expected} of {self.next}"
        assert self.merger.held_back == 0
        assert self.emitted == sorted(set(self.emitted))
        assert set(self.emitted) | self.lost == everything
        assert not set(self.emitted) & self.lost
        assert everything - set(self.written) <= self.lost
        assert self.lost & set(self.written) <= self.given_up


@contextmanager
def world(records: int, first: int, limit: int = 1 << 18) -> Iterator[World]:
    rings = Rings(records=records)
    try:
        yield World(rings, first, limit)
    finally:
        rings.close()


@given(actions=_actions, first=_starts, limit=st.sampled_from([1, 3, 1 << 18]))
def test_any_order_of_publication_comes_out_in_order(actions: list[Any], first: int, limit: int) -> None:
    with world(256, first, limit) as it:
        for action in actions:
            it.act(*action)
        for _ in range(it.next - first):
            it.settle() if limit == 1 << 18 else it.poll()
            if it.merger.expected == it.next:
                break
        it.settle()
        it.poll(final=True) if it.merger.expected < it.next else None
        assert it.lost == set()
        if limit == 1 << 18:
            it.check()


@given(actions=_actions, first=_starts, limit=st.sampled_from([3, 1 << 18]), records=st.sampled_from([1, 2, 4]))
@example(  # one lane's LOST comes after another's has covered its beginning, and reaches farther
    actions=[*((lane, "at once") for lane in (0, 1, 1, 0, 1, 0)), (0, "poll"), (1, "tell"), (0, "poll"), (0, "poll")],
    first=0, limit=1 << 18, records=1,
)  # fmt: skip
def test_full_rings_never_stop_the_stream(actions: list[Any], first: int, limit: int, records: int) -> None:
    with world(records, first, limit) as it:
        for action in actions:
            it.act(*action)
        it.settle()
        it.check()


@given(
    actions=st.lists(
        st.tuples(st.integers(0, LANES - 1), st.sampled_from(["at once", "at once", "tell", "poll"])), max_size=150
    ),
    first=_starts,
    records=st.sampled_from([1, 2, 8]),
)
def test_lost_names_exactly_what_was_lost(actions: list[Any], first: int, records: int) -> None:
    with world(records, first) as it:
        for action in actions:
            it.act(*action)
        it.settle()
        it.check()
        assert it.lost == set(range(first, it.next)) - set(it.written)


@given(actions=_actions, first=_starts)
def test_a_dead_engine_leaves_holes_that_are_named(actions: list[Any], first: int) -> None:
    with world(256, first) as it:
        for action in actions:
            it.act(*action)
        it.poll(final=True)
        it.poll(final=True)
        end = max(it.written, default=first - 1) + 1
        assert it.merger.expected == end
        assert set(it.emitted) == set(it.written)
        assert it.lost == set(range(first, end)) - set(it.written)


def test_lane_preempted_between_number_and_record_holds_back_the_others() -> None:
    with world(64, 0) as it:
        it.act(0, "take")
        for _ in range(5):
            it.act(1, "at once")
        it.poll()
        assert it.emitted == [] and it.merger.held_back == 5
        it.act(0, "write")
        it.poll()
        assert it.emitted == [0, 1, 2, 3, 4, 5] and it.merger.held_back == 0


def test_records_wait_for_their_names() -> None:
    with world(64, 0) as it:
        it.rings.count_names()
        it.act(0, "at once")
        assert it.merger.poll(0) is None
        assert it.merger.poll(0) is None
        batch = it.merger.poll(1)
        assert batch is not None and batch.count == 1


def test_records_of_a_dead_engine_do_not_wait_for_names() -> None:
    with world(64, 0) as it:
        it.rings.count_names()
        it.act(0, "at once")
        batch = it.merger.poll(0, final=True)
        assert batch is not None and batch.count == 1


def test_records_far_apart_wait_without_a_large_table() -> None:
    with world(64, 0) as it:
        it.act(0, "take")
        it.next = 10_000_000
        it.act(1, "at once")
        it.poll()
        assert it.merger.held_back == 1
        it.poll(final=True)
        it.act(0, "write")
        it.poll()
        assert it.emitted == [10_000_000]


def test_record_that_comes_after_it_was_given_up_is_dropped() -> None:
    with world(2, 0) as it:
        for lane, action in [(1, "at once"), (1, "at once"), (1, "at once"), (2, "take"), (1, "at once")]:
            it.act(lane, action)
        it.poll()
        it.act(1, "tell")
        it.poll()
        it.poll()
        assert it.lost == {2, 3, 4}
        it.act(2, "write")
        it.act(1, "at once")
        it.settle()
        it.check()
        assert it.emitted == [0, 1, 5]
