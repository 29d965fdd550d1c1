"""Freeze, thaw and kill: where exactly a thread stands, what a snapshot says of it, what is refused and why."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from lockfree_core.trace.layout import Kind, Position
from tests.core.kit import Hand, assert_same_moment, by_hand, in_process, stays

DECISIVE_NEXT = {"treiber-stack": 2, "michael-scott-queue": 3, "atomic-counter": 1, "racy-counter": 1}


def is_frozen(hand: Hand, lane: int) -> bool:
    return hand.statuses()[lane] == "frozen"


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


@pytest.mark.parametrize("knobs", [{"think_ms": 2000}, {"gap_share": 100, "gap_ms": 1000}])
def test_a_sleeping_lane_freezes_at_once(knobs: dict[str, Any]) -> None:
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
