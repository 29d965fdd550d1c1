"""What each kind of record does to the state, one at a time."""

from __future__ import annotations

from typing import Any

import pytest

from lockfree_core.errors import TraceError
from lockfree_core.trace.fold import UNNAMED, Fold, Names
from lockfree_core.trace.layout import RECORD, Kind, Position, encode_integer
from lockfree_core.trace.state import LaneState, State

HEAD, LOCK = 1, 2
ALLOCATE, LOAD, SWAP, HELP, NEW = 1, 2, 3, 4, 5
NODE = 64
NAMES = {
    "cells": [{"id": HEAD, "name": "head", "kind": "reference"}, {"id": LOCK, "name": "lock", "kind": "lock"}],
    "types": [{"id": 1, "name": "Node", "fields": ["next", "other"]}],
    "values": [{"id": 900, "text": "sum"}, {"id": 901, "text": "ValueError: no"}],
    "sites": [
        {"id": ALLOCATE, "target": "node", "decisive": True},
        {"id": LOAD, "target": "top", "decisive": True},
        {"id": SWAP, "target": None, "decisive": True},
        {"id": HELP, "target": None, "decisive": False},
        {"id": NEW, "target": None, "decisive": True},
    ],
}


class Tape:
    """Writes records with the next sequence number into a fold."""

    def __init__(self) -> None:
        self.fold = Fold(Names([NAMES]))

    @property
    def state(self) -> State:
        return self.fold.state

    def put(self, kind: Kind, lane: int = 0, site: int = 0, cell: int = 0, before: int = 0, after: int = 0,
            aux: int = 0) -> LaneState:  # fmt: skip
        number = self.state.sequence + 1
        self.fold.apply_bytes(
            RECORD.pack(10 * number, number & 0xFFFF_FFFF, lane, kind, site, cell, before, after, aux)
        )
        return self.state.lanes[lane]

    def allocate(self, number: int = NODE, lane: int = 0, site: int = ALLOCATE) -> None:
        """A node with two cells, of which the first has the number of the node plus 1,000."""
        self.put(Kind.ALLOCATE, lane, site, number, number * 2 + 1000, encode_integer(number), 1)

    def publish(self, number: int, lane: int = 0) -> None:
        """Swing head to that node."""
        cells = self.state.cells
        self.put(Kind.CAS_WON, lane, SWAP, HEAD, cells[HEAD].value if HEAD in cells else 0, number)


@pytest.fixture
def tape() -> Tape:
    return Tape()


def locals_of(lane: LaneState) -> dict[str, tuple[int, int]]:
    return {local.name: (local.value, local.cell) for local in lane.locals.values()}


def test_an_operation_begins_and_ends(tape: Tape) -> None:
    lane = tape.put(Kind.BEGIN, 2, cell=1, after=77, aux=5)
    assert (lane.status, lane.operation, lane.argument, lane.number) == ("running", 1, 77, 5)
    assert [other.status for other in tape.state.lanes] == ["stopped", "stopped", "running"]
    tape.put(Kind.LOAD, 2, LOAD, HEAD)
    lane = tape.put(Kind.END, 2, cell=1)
    assert (lane.status, lane.operation, lane.locals, lane.counts.operations) == ("idle", -1, {}, 1)
    assert (tape.state.sequence, tape.state.time, tape.state.accesses) == (2, 20, 1)


def test_a_load_is_bound_to_its_local(tape: Tape) -> None:
    lane = tape.put(Kind.LOAD, 0, LOAD, HEAD, 7, 7)
    assert locals_of(lane) == {"top": (7, HEAD)}
    assert lane.site == LOAD
    assert tape.state.cells[HEAD].value == 7
    assert tape.state.cells[HEAD].writer == -1
    lane = tape.put(Kind.LOAD, 0, SWAP, HEAD, 7, 7)
    assert locals_of(lane) == {"top": (7, HEAD)}, "a result without a name stays unknown"


def test_a_store_counts_a_change(tape: Tape) -> None:
    for value in (5, 5, 6):
        tape.put(Kind.STORE, 1, SWAP, HEAD, 0, value)
    cell = tape.state.cells[HEAD]
    assert (cell.value, cell.version, cell.writer, cell.sequence) == (6, 2, 1, 2)


def test_an_exchange_binds_what_was_there(tape: Tape) -> None:
    tape.put(Kind.STORE, 0, SWAP, HEAD, 0, 5)
    lane = tape.put(Kind.EXCHANGE, 0, LOAD, HEAD, 5, 6)
    assert locals_of(lane) == {"top": (5, 0)}, "taken out of the cell: no copy of it that could go stale"
    assert (tape.state.cells[HEAD].value, lane.locals["top"].version) == (6, 0)


def test_attempts_losses_and_streaks_are_decisive_ones(tape: Tape) -> None:
    for kind, site in ((Kind.CAS_LOST, SWAP), (Kind.CAS_LOST, HELP), (Kind.CAS_LOST, SWAP), (Kind.CAS_WON, HELP)):
        lane = tape.put(kind, 0, site, HEAD, 9, 8, 7)
    assert (lane.attempts, lane.losses, lane.streak) == (2, 2, 2)
    lane = tape.put(Kind.CAS_WON, 0, SWAP, HEAD, 8, 7)
    counts = lane.counts
    assert (lane.attempts, lane.losses, lane.streak) == (3, 2, 0)
    assert (counts.attempts, counts.wins, counts.losses, counts.longest_streak) == (3, 1, 2, 2)
    assert (counts.help, counts.help_won) == (2, 1)
    lane = tape.put(Kind.BEGIN, 0, aux=2)
    assert (lane.attempts, lane.losses, counts.attempts) == (0, 0, 3)


def test_a_lost_swap_changes_nothing_but_what_is_known(tape: Tape) -> None:
    tape.put(Kind.CAS_LOST, 0, SWAP, HEAD, 9, 8, 7)
    assert (tape.state.cells[HEAD].value, tape.state.cells[HEAD].version) == (9, 0)


def test_a_node_is_private_until_somebody_can_reach_it(tape: Tape) -> None:
    tape.allocate()
    node = tape.state.nodes[NODE]
    assert (node.owner, node.published, node.cells) == (0, False, [1128, 1129])
    assert locals_of(tape.state.lanes[0]) == {"node": (NODE, 0)}
    tape.allocate(NODE + 1)
    tape.put(Kind.STORE, 0, SWAP, node.cells[0], 0, NODE + 1)
    assert not tape.state.nodes[NODE + 1].published, "it hangs on a node that nobody else can reach"
    tape.publish(NODE)
    assert [(node.owner, node.published) for node in tape.state.nodes.values()] == [(-1, True)] * 2
    assert tape.state.inside() == {NODE, NODE + 1}


def test_a_node_that_only_a_local_holds_is_removed_and_goes_with_it(tape: Tape) -> None:
    tape.allocate()
    tape.publish(NODE)
    tape.put(Kind.LOAD, 1, LOAD, HEAD, NODE, NODE)
    tape.put(Kind.CAS_WON, 2, SWAP, HEAD, NODE, 0)
    tape.put(Kind.END, 0)
    tape.state.collect()
    assert tape.state.nodes[NODE].removed
    tape.put(Kind.END, 1)
    tape.state.collect()
    assert tape.state.nodes == {}
    assert set(tape.state.cells) == {HEAD}


def test_a_cycle_that_nobody_holds_goes_too(tape: Tape) -> None:
    for number, other in ((NODE, NODE + 1), (NODE + 1, NODE)):
        tape.allocate(number)
        tape.put(Kind.STORE, 0, SWAP, number * 2 + 1000, 0, other)
    tape.put(Kind.END, 0)
    tape.state.collect()
    assert tape.state.nodes == {}


def test_a_node_without_a_name_is_held_until_the_end(tape: Tape) -> None:
    tape.allocate(site=NEW)
    tape.state.collect()
    assert locals_of(tape.state.lanes[0]) == {UNNAMED: (NODE, 0)}
    assert NODE in tape.state.nodes
    tape.put(Kind.END, 0)
    tape.state.collect()
    assert NODE not in tape.state.nodes


def test_a_freed_node_is_used_again(tape: Tape) -> None:
    tape.allocate()
    tape.publish(NODE)
    tape.put(Kind.CAS_WON, 1, SWAP, HEAD, NODE, 0)
    tape.put(Kind.STORE, 1, SWAP, 1128, 0, 5)
    tape.put(Kind.RETIRE, 1, NEW, NODE)
    assert not tape.state.nodes[NODE].freed
    tape.put(Kind.FREE, 1, NEW, NODE)
    assert tape.state.nodes[NODE].freed
    tape.put(Kind.REUSE, 2, ALLOCATE, NODE, 1, 99, 1)
    node = tape.state.nodes[NODE]
    assert (node.freed, node.value, node.owner, node.published, node.generation) == (False, 99, 2, False, 1)
    assert tape.state.cells[1128].value == 0
    assert locals_of(tape.state.lanes[2]) == {"node": (NODE, 0)}
    tape.put(Kind.FREE, 1, NEW, NODE + 9)
    assert NODE + 9 not in tape.state.nodes, "a node that is gone is freed without a word"


def test_a_computed_local(tape: Tape) -> None:
    lane = tape.put(Kind.LOCAL, 0, 0, 900, 0, 33)
    assert locals_of(lane) == {"sum": (33, 0)}


def test_a_lock_has_a_holder_and_a_queue(tape: Tape) -> None:
    tape.put(Kind.LOCK_ACQUIRED, 0, cell=LOCK)
    assert tape.put(Kind.LOCK_WAIT, 1, cell=LOCK).status == "waiting"
    tape.put(Kind.LOCK_WAIT, 2, cell=LOCK)
    lock = tape.state.locks[LOCK]
    assert (lock.holder, lock.waiters) == (0, [1, 2])
    tape.put(Kind.LOCK_RELEASED, 0, cell=LOCK)
    assert lock.holder == -1
    assert tape.put(Kind.LOCK_ACQUIRED, 2, cell=LOCK).status == "running"
    assert (lock.holder, lock.waiters) == (2, [1])


@pytest.mark.parametrize(("kind", "status"), [(Kind.DELAY, "delay"), (Kind.BACKOFF, "backoff")])
def test_a_delay_is_over_with_the_lanes_next_record(tape: Tape, kind: Kind, status: str) -> None:
    tape.put(Kind.BEGIN)
    lane = tape.put(kind, 0, before=1, after=250)
    assert (lane.status, lane.delayed) == (status, 250)
    tape.put(Kind.BEGIN, 1)
    assert lane.status == status, "another lane's record tells nothing"
    tape.put(Kind.LOAD, 0, LOAD, HEAD)
    assert (lane.status, lane.delayed) == ("running", 0)


def test_a_frozen_lane_goes_back_to_what_it_was(tape: Tape) -> None:
    lane = tape.put(Kind.FROZEN, 0, aux=Position.HOLDING_LOCK)
    assert (lane.status, lane.position) == ("frozen", Position.HOLDING_LOCK)
    assert (tape.put(Kind.THAWED).status, lane.position) == ("idle", -1)
    tape.put(Kind.BEGIN)
    tape.put(Kind.FROZEN)
    assert tape.put(Kind.THAWED).status == "running"
    tape.put(Kind.LOCK_WAIT, cell=LOCK)
    tape.put(Kind.FROZEN)
    assert tape.put(Kind.THAWED).status == "waiting"


def test_a_killed_lane_keeps_what_it_held_and_a_raised_one_its_operation(tape: Tape) -> None:
    for lane in (0, 1):
        tape.put(Kind.BEGIN, lane, aux=1)
        tape.put(Kind.LOAD, lane, LOAD, HEAD)
    killed, raised = tape.put(Kind.KILLED, 0, aux=1), tape.put(Kind.FAULT, 1, cell=901)
    assert (killed.status, killed.operation, killed.position, set(killed.locals)) == ("killed", 0, 1, {"top"})
    assert (raised.status, raised.operation, raised.locals) == ("raised", 0, {})


def test_a_lane_leaves_and_comes_back(tape: Tape) -> None:
    lane = tape.put(Kind.STARTED)
    assert lane.status == "idle"
    assert tape.put(Kind.STOPPED).status == "stopped"
    assert tape.put(Kind.STARTED).status == "idle"


def test_a_wide_record_tells_the_version_of_its_cell(tape: Tape) -> None:
    tape.put(Kind.LOAD, 0, LOAD, HEAD, 7, 7)
    before = tape.state.to_snapshot()
    tape.put(Kind.WIDE, 0, LOAD, HEAD, 1, 2, 1)
    after = tape.state.to_snapshot()
    assert after == {**before, "sequence": 1, "time": 10, "cells": after["cells"]}
    assert [row for row in after["cells"] if "tag" in row] == [{"id": HEAD, "value": 7, "tag": 2}]


def test_sequence_numbers_wrap_in_records_and_nowhere_else(tape: Tape) -> None:
    tape.state.sequence = 0x1_FFFF_FFFE
    tape.put(Kind.STARTED)
    tape.put(Kind.STARTED, 1)
    assert tape.state.sequence == 0x2_0000_0000


def test_a_handler_exists_for_every_kind() -> None:
    assert all(callable(getattr(Fold, f"_on_{kind.name.lower()}")) for kind in Kind)


def test_lost_records_are_counted_over_the_wrap(tape: Tape) -> None:
    tape.state.sequence = 0xFFFF_FFFD
    tape.fold.apply((0, 0xFFFF_FFFE, 0, Kind.LOST, 0, 0, 0xFFFF_FFFE, 2, 5))
    assert (tape.state.sequence, tape.state.dubious) == (0x1_0000_0002, 5)


def test_a_cell_of_a_node_that_was_lost_finds_no_place(tape: Tape) -> None:
    lane = tape.put(Kind.LOAD, 0, LOAD, 5000, 7, 7)
    tape.put(Kind.STORE, 0, SWAP, 5000, 7, 8)
    assert 5000 not in tape.state.cells
    assert locals_of(lane) == {"top": (7, 5000)}


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ((0, 5, 0, Kind.LOAD, 0, 1, 0, 0, 0), "record 0 expected; got one with sequence number 5"),
        ((0, 0, 0, 0, 0, 1, 0, 0, 0), "record 0 is of the unknown kind 0"),
        ((0, 0, 0, Kind.ALLOCATE, 0, 70, 1, 0, 3), "record 0 uses 3, which was never announced"),
        ((0, 0, 0, Kind.LOCAL, 0, 70, 1, 0, 3), "record 0 uses 70, which was never announced"),
        ((0, 0, 0, Kind.REUSE, 0, 70, 1, 0, 1), "record 0 uses 70, which was never announced"),
    ],
)
def test_what_breaks_the_rules_is_an_error(tape: Tape, record: tuple[int, ...], message: str) -> None:
    with pytest.raises(TraceError, match=message):
        tape.fold.apply(record)


def test_a_snapshot_of_a_state_begins_the_same_state(tape: Tape) -> None:
    tape.put(Kind.BEGIN, 1, cell=0, after=encode_integer(3), aux=4)
    for number in (NODE, NODE + 1):
        tape.allocate(number, 1)
        tape.put(Kind.STORE, 1, SWAP, number * 2 + 1000, 0, tape.state.cells[HEAD].value if number > NODE else 0)
        tape.publish(number, 1)
    tape.allocate(NODE + 2, 1)
    tape.put(Kind.LOAD, 0, LOAD, HEAD, NODE + 1, NODE + 1)
    tape.put(Kind.LOCK_ACQUIRED, 0, cell=LOCK)
    tape.put(Kind.LOCK_WAIT, 1, cell=LOCK)
    snapshot: dict[str, Any] = tape.state.to_snapshot()
    again = Fold.from_snapshot(snapshot, tape.fold.names).state
    assert again.to_snapshot() == snapshot
    assert [row["owner"] for row in snapshot["nodes"]] == [-1, -1, 1]
    assert snapshot["locks"] == [{"cell": LOCK, "holder": 0, "waiters": [1]}]
