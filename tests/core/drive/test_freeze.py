"""Freeze, thaw and kill, at each position."""

from __future__ import annotations

from functools import partial

import pytest

from lockfree_core.trace.layout import Kind, Position
from tests.core.kit import LOCK_FREE, MUTEX, Hand, Remote, assert_same_moment, by_hand, in_process, stays

DECISIVE_NEXT = {"treiber-stack": 2, "michael-scott-queue": 3, "atomic-counter": 1, "racy-counter": 1}


def is_frozen(hand: Hand, lane: int) -> bool:
    return hand.statuses()[lane] == "frozen"


def kinds(engine: Hand | Remote, kind: Kind) -> list[dict[str, int]]:
    return [row for row in engine.rows if row["kind"] == kind]


@pytest.mark.parametrize("action", ["freeze", "kill"])
@pytest.mark.parametrize("structure", DECISIVE_NEXT)
def test_between_load_and_cas(structure: str, action: str) -> None:
    with by_hand(structure, threads=2, prefill=0, insert_share=100) as hand:
        hand.do(action, lane=0, position="BETWEEN_LOAD_AND_CAS")
        count = DECISIVE_NEXT[structure]
        assert len(hand.accesses(0, count)) == count
        expected = Kind.FROZEN if action == "freeze" else Kind.KILLED
        assert (hand.rows[-1]["kind"], hand.rows[-1]["aux"]) == (expected, Position.BETWEEN_LOAD_AND_CAS)
        assert hand.statuses()[0] == ("frozen" if action == "freeze" else "killed")
        assert hand.counters("attempts") == [0, 0]


@pytest.mark.parametrize("action", ["freeze", "kill"])
@pytest.mark.parametrize("structure", MUTEX)
def test_holding_lock(structure: str, action: str) -> None:
    with in_process(structure, threads=3) as engine:
        engine.run_until(30)
        engine.do(action, lane=1, position="HOLDING_LOCK")
        word = "frozen" if action == "freeze" else "killed"
        engine.wait_for(lambda: engine.statuses() == ["waiting", word, "waiting"], "everybody stopped")
        snapshot = engine.snapshot()
        assert snapshot["locks"][0]["holder"] == 1
        assert sorted(snapshot["locks"][0]["waiters"]) == [0, 2]
        assert_same_moment(snapshot, engine.fold())
        before = engine.counters("operations")
        engine.do("pause")
        assert engine.account["balanced"]
        engine.do("resume")
        assert engine.snapshot()["sequence"] == snapshot["sequence"], "nobody moves any more"
        assert engine.counters("operations") == before
        if action == "freeze":
            engine.do("thaw", lane=1)
            engine.run_until(60)
            engine.wait_for(lambda: min(engine.counters("operations")) > max(0, min(before)), "all to go on")


@pytest.mark.parametrize("structure", LOCK_FREE)
@pytest.mark.parametrize("position", ["ANYWHERE", "BETWEEN_LOAD_AND_CAS"])
def test_lock_free_goes_on(structure: str, position: str) -> None:
    with in_process(structure, threads=3) as engine:
        engine.do("freeze", lane=0, position=position)
        engine.wait_for(lambda: engine.statuses()[0] == "frozen", "the freeze")
        before = engine.counters("operations")
        engine.do("kill", lane=1, position=position)
        engine.wait_for(lambda: engine.statuses()[1] == "killed", "the kill")
        engine.run_until(100)
        after = engine.counters("operations")
        assert after[0] == before[0]
        assert after[2] > before[2]
        engine.do("thaw", lane=0)
        engine.wait_for(lambda: engine.counters("operations")[0] > before[0], "the thawed one to go on")
        engine.do("pause")
        assert engine.account["balanced"]
        assert_same_moment(engine.snapshot(), engine.fold())
        assert [row["lane"] for row in kinds(engine, Kind.FROZEN)] == [0]
        assert [row["lane"] for row in kinds(engine, Kind.THAWED)] == [0]
        assert [row["lane"] for row in kinds(engine, Kind.KILLED)] == [1]


def test_frozen_and_then_killed() -> None:
    with by_hand("locked-counter", threads=2) as hand:
        hand.access(0)
        hand.do("freeze", lane=0)
        hand.wait_for(lambda: hand.statuses()[0] == "frozen", "the freeze")
        hand.do("kill", lane=0)
        assert hand.statuses()[0] == "killed"
        hand.poll()
        assert [row["kind"] for row in hand.rows[-2:]] == [Kind.FROZEN, Kind.KILLED]
        assert_same_moment(hand.snapshot(), hand.fold())


def test_thaw_and_snapshot_at_once() -> None:
    with by_hand("treiber-stack", threads=2) as hand:
        for lane in (0, 1) * 10:
            hand.access(lane)
            hand.do("freeze", lane=lane)
            hand.wait_for(partial(is_frozen, hand, lane), "the freeze")
            hand.do("thaw", lane=lane)
            snapshot = hand.snapshot()
            assert snapshot["lanes"][lane]["status"] == "running"
            assert_same_moment(snapshot, hand.fold())


def test_thaw_does_not_move_a_paused_lane() -> None:
    with by_hand("atomic-counter", threads=2) as hand:
        hand.do("freeze", lane=0, position="BETWEEN_LOAD_AND_CAS")
        assert hand.access(0) == ("LOAD", "value")
        assert hand.statuses()[0] == "frozen"
        hand.do("thaw", lane=0)
        snapshot = hand.snapshot()
        assert hand.counters("attempts") == [0, 0]
        assert hand.access(0) == ("CAS_WON", "value")
        assert snapshot["lanes"][0]["status"] == "running"


def test_thaw_forgets_a_freeze_that_has_not_happened() -> None:
    with by_hand("atomic-counter", threads=1) as hand:
        hand.do("freeze", lane=0, position="HOLDING_LOCK")
        hand.do("thaw", lane=0)
        assert hand.accesses(0, 2) == [("LOAD", "value"), ("CAS_WON", "value")]
        assert hand.command("thaw", lane=0)["message"] == "thread 1 is not frozen"


def test_a_waiter_that_is_frozen_is_passed_over() -> None:
    with in_process("locked-stack", threads=3) as engine:
        engine.do("freeze", lane=0, position="HOLDING_LOCK")
        engine.wait_for(lambda: engine.statuses() == ["frozen", "waiting", "waiting"], "two who wait")
        engine.do("freeze", lane=1)
        engine.wait_for(lambda: engine.statuses()[1] == "frozen", "a waiter to freeze")
        engine.do("thaw", lane=0)
        before = engine.counters("operations")
        engine.wait_for(lambda: engine.counters("operations")[2] > before[2] + 5, "the third to go on")
        assert engine.counters("operations")[1] == before[1]
        engine.do("thaw", lane=1)
        engine.wait_for(lambda: engine.counters("operations")[1] > before[1], "the waiter to go on")


@pytest.mark.parametrize("knobs", [{"think_ms": 2000}, {"gap_share": 100, "gap_ms": 1000}])
def test_a_sleeping_lane_freezes_at_once(knobs: dict[str, float]) -> None:
    with in_process("treiber-stack", threads=2, **knobs) as engine:
        engine.wait_for(lambda: {"idle", "delay"} >= set(engine.statuses()), "both asleep")
        engine.do("freeze", lane=0)
        number = engine.send("snapshot")
        stays(lambda: True, lambda: engine.statuses()[0] == "frozen", "frozen")
        assert engine.answer(number)["type"] == "done"


@pytest.mark.parametrize(
    ("command", "fields", "message"),
    [
        ("freeze", {"lane": 9}, "there is no thread 10; the run has 2"),
        ("kill", {"lane": -1}, "there is no thread 0; the run has 2"),
        ("thaw", {"lane": 0}, "thread 1 was killed; a killed thread stays where it is"),
        ("kill", {"lane": 0}, "thread 1 was killed already"),
        ("freeze", {"lane": 0}, "thread 1 was killed already"),
        ("step", {"lane": 0}, "thread 1 cannot take a step: it was killed"),
        ("freeze", {"lane": 1}, "thread 2 is frozen already"),
        ("step", {"lane": 1}, "thread 2 cannot take a step: it is frozen; thaw it first"),
    ],
)
def test_refusals(command: str, fields: dict[str, int], message: str) -> None:
    with by_hand("treiber-stack", threads=2) as hand:
        hand.do("kill", lane=0)
        hand.do("freeze", lane=1)
        hand.wait_for(lambda: hand.statuses() == ["killed", "frozen"], "both to stop")
        assert hand.command(command, **fields)["message"] == message
