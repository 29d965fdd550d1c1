"""Pause, single accesses, freeze, thaw and kill: an engine in this process, each access granted by hand."""

from __future__ import annotations

import random
from typing import Any

import pytest

from lockfree_core.catalog import CATALOG, of_lab
from lockfree_core.trace.layout import Kind, Position
from tests.core.kit import ACCESSES, DEADLOCKING, FLAWED, LIMIT_S, LOCK_FREE, MUTEX, SEED, Hand, by_hand
from tests.serving import wait_until

WITHOUT_LOCK = [*LOCK_FREE, *FLAWED]


def refused(hand: Hand, kind: str, **fields: Any) -> str:
    """Send a command that must be refused and change nothing; the message."""
    before = hand.engine.memory.sequence
    answer = hand.command(kind, **fields)
    assert answer["type"] == "error", answer
    assert hand.engine.memory.sequence == before
    return str(answer["message"])


def status(hand: Hand, lane: int) -> str:
    return hand.statuses()[lane]


def step_until(hand: Hand, lane: int, wanted: str) -> list[dict[str, int]]:
    """Let a lane step until it has that status; all its records."""
    hand.poll()
    rows: list[dict[str, int]] = []
    while status(hand, lane) != wanted:
        assert len(rows) < 200, f"thread {lane + 1} does not become {wanted}"
        rows += hand.step(lane)
    return rows + hand.poll()


def step_to(hand: Hand, lane: int, kind: str) -> None:
    """Let a lane step until it has made such an access."""
    for _ in range(20):
        if hand.access(lane)[0] == kind:
            return
    raise AssertionError(f"thread {lane + 1} does not come to {kind}")


@pytest.mark.parametrize("structure", of_lab("watch"))
def test_each_step_is_one_access(structure: str) -> None:
    choose = random.Random(SEED)
    with by_hand(structure, threads=3) as hand:
        for _ in range(60):
            hand.poll()
            lane = choose.randrange(3)
            answer = hand.command("step", lane=lane)
            rows = hand.accesses_in(hand.poll())
            if answer["type"] == "error":
                assert "waits for the lock" in answer["message"] and structure in (*MUTEX, DEADLOCKING)
                assert rows == []
            else:
                assert [row["lane"] for row in rows] == [lane]
        assert hand.account["reason"] == "step"


def test_step_of_any_thread_is_one_access_of_one_of_them() -> None:
    with by_hand("treiber-stack", threads=4) as hand:
        lanes = []
        for _ in range(40):
            hand.poll()
            hand.do("step", lane=None)
            lanes += [row["lane"] for row in hand.poll() if row["kind"] in ACCESSES]
        assert len(lanes) == 40
        assert set(lanes) == {0, 1, 2, 3}


def test_step_needs_a_paused_run() -> None:
    with by_hand("treiber-stack", threads=2, speed=50) as hand:
        hand.control.resume()
        answer = hand.command("step", lane=0)
        assert (answer["type"], answer["message"]) == (
            "error",
            "a single access needs a paused run; pause it first",
        )
        hand.do("pause")
        assert hand.command("step", lane=0)["type"] == "done"


def test_pause_holds_every_thread_and_resume_lets_them_go() -> None:
    with by_hand("michael-scott-queue", threads=4, speed=5000) as hand:
        for _ in range(3):
            hand.control.resume()
            done = sum(hand.counters("operations"))
            hand.wait_for(lambda done=done: sum(hand.counters("operations")) >= done + 20, "operations")  # type: ignore[misc]
            hand.do("pause")
            stands = hand.engine.memory.sequence
            assert hand.account["sequence"] == stands and hand.account["balanced"]
            assert all(lane.parked for lane in hand.control.lanes)
            hand.poll_to(stands)
            # Whatever else is asked of a paused run, nobody moves.
            hand.do("knobs", knobs={"speed": 0, "think_ms": 0})
            hand.do("snapshot")
            hand.do("knobs", knobs={"speed": 5000})
            assert hand.engine.memory.sequence == stands


def test_steps_that_were_not_taken_are_forgotten_at_resume() -> None:
    with by_hand("locked-stack", threads=2) as hand:
        hand.control.lanes[0].granted = 5
        hand.control.resume()
        hand.do("pause")
        assert [lane.granted for lane in hand.control.lanes] == [0, 0]


@pytest.mark.parametrize(
    "lane, message",
    [
        (9, "there is no thread 10; the run has 2"),
        (-1, "there is no thread"),
        ("1", "lane must be the number"),
        (True, "lane must be the number"),
        (1.0, "lane must be the number"),
    ],
)
@pytest.mark.parametrize("kind", ["step", "freeze", "kill", "thaw"])
def test_unknown_threads_are_refused(kind: str, lane: object, message: str) -> None:
    with by_hand("treiber-stack", threads=2) as hand:
        assert message in refused(hand, kind, lane=lane)


@pytest.mark.parametrize("position", ["NOWHERE", 1, ["ANYWHERE"]])
def test_unknown_positions_are_refused(position: object) -> None:
    with by_hand("treiber-stack", threads=1) as hand:
        message = refused(hand, "freeze", lane=0, position=position)
        assert message.startswith("position must be one of ANYWHERE, BETWEEN_LOAD_AND_CAS, HOLDING_LOCK; got")


@pytest.mark.parametrize("action, kind, wanted", [("freeze", Kind.FROZEN, "frozen"), ("kill", Kind.KILLED, "killed")])
def test_stop_anywhere_takes_effect_where_the_thread_stands(action: str, kind: Kind, wanted: str) -> None:
    with by_hand("treiber-stack", threads=2) as hand:
        hand.accesses(0, 2)
        hand.do(action, lane=0)
        hand.wait_for(lambda: status(hand, 0) == wanted, wanted)
        hand.poll_to(hand.engine.memory.sequence)
        assert (hand.rows[-1]["lane"], hand.rows[-1]["kind"], hand.rows[-1]["aux"]) == (0, kind, Position.ANYWHERE)
        assert ("is frozen; thaw it first" if action == "freeze" else "was killed") in refused(hand, "step", lane=0)
        assert hand.accesses(1, 3)[0] == ("LOAD", "head")


@pytest.mark.parametrize("structure", WITHOUT_LOCK)
def test_freeze_between_load_and_cas_stands_before_the_access_that_takes_effect(structure: str) -> None:
    effect = CATALOG[structure].operations[0].effect
    with by_hand(structure, threads=2, insert_share=100) as hand:
        hand.do("freeze", lane=0, position="BETWEEN_LOAD_AND_CAS")
        rows = step_until(hand, 0, "frozen")
        assert {row["kind"] for row in rows} & {Kind.LOAD} and not {row["kind"] for row in rows} & {Kind.CAS_WON}
        assert (rows[-1]["kind"], rows[-1]["aux"]) == (Kind.FROZEN, Position.BETWEEN_LOAD_AND_CAS)
        hand.do("thaw", lane=0)
        kind, cell = hand.access(0)
        assert kind == ("CAS_WON" if structure in LOCK_FREE else "STORE")
        assert cell == effect


def test_frozen_before_its_cas_it_loses_to_whoever_moves_meanwhile() -> None:
    with by_hand("treiber-stack", threads=2, insert_share=100) as hand:
        hand.do("freeze", lane=0, position="BETWEEN_LOAD_AND_CAS")
        step_until(hand, 0, "frozen")
        hand.finish(1)
        hand.do("thaw", lane=0)
        assert hand.access(0) == ("CAS_LOST", "head")
        assert hand.counters("losses") == [1, 0]


@pytest.mark.parametrize("action, wanted", [("freeze", "frozen"), ("kill", "killed")])
@pytest.mark.parametrize("structure", MUTEX)
def test_stopped_while_holding_the_lock_nobody_else_gets_it(structure: str, action: str, wanted: str) -> None:
    with by_hand(structure, threads=3) as hand:
        hand.do(action, lane=0, position="HOLDING_LOCK")
        rows = step_until(hand, 0, wanted)
        assert [row["kind"] for row in rows if row["kind"] in ACCESSES] == [Kind.LOCK_ACQUIRED]
        assert hand.access(1) == hand.access(2) == ("LOCK_WAIT", "lock")
        assert f"waits for the lock, which another {hand.control.worker} holds" in refused(hand, "step", lane=1)
        assert f"no {hand.control.worker} can take a step" in refused(hand, "step", lane=None)
        lock = hand.snapshot()["locks"][0]
        assert (lock["holder"], lock["waiters"]) == (0, [1, 2])
        if action == "freeze":
            hand.do("thaw", lane=0)
            step_to(hand, 0, "LOCK_RELEASED")
            assert hand.access(1) == ("LOCK_ACQUIRED", "lock")
        else:
            assert hand.control.after_death in refused(hand, "thaw", lane=0)


@pytest.mark.parametrize("structure", LOCK_FREE)
def test_lock_free_threads_go_on_past_a_killed_one(structure: str) -> None:
    with by_hand(structure, threads=3) as hand:
        hand.do("kill", lane=0, position="BETWEEN_LOAD_AND_CAS")
        step_until(hand, 0, "killed")
        for _ in range(5):
            hand.finish(1)
            hand.finish(2)
        assert hand.counters("operations") == [0, 5, 5]


def test_frozen_thread_can_be_killed() -> None:
    with by_hand("treiber-stack", threads=2) as hand:
        hand.do("freeze", lane=1)
        hand.wait_for(lambda: status(hand, 1) == "frozen", "thread 2 frozen")
        assert refused(hand, "freeze", lane=1) == "thread 2 is frozen already"
        hand.do("kill", lane=1)
        assert status(hand, 1) == "killed"
        hand.poll_to(hand.engine.memory.sequence)
        assert [row["kind"] for row in hand.rows if row["lane"] == 1][-2:] == [Kind.FROZEN, Kind.KILLED]
        assert refused(hand, "kill", lane=1) == "thread 2 was killed already"
        assert "a killed thread stays where it is" in refused(hand, "thaw", lane=1)


def test_thaw_forgets_a_freeze_that_has_not_happened() -> None:
    with by_hand("treiber-stack", threads=1, insert_share=100) as hand:
        assert refused(hand, "thaw", lane=0) == "thread 1 is not frozen"
        hand.do("freeze", lane=0, position="BETWEEN_LOAD_AND_CAS")
        hand.do("thaw", lane=0)
        assert hand.accesses(0, 3) == [("LOAD", "head"), ("STORE", "next"), ("CAS_WON", "head")]


def test_thawed_thread_goes_on_where_it_stood() -> None:
    with by_hand("treiber-stack", threads=1, insert_share=100) as hand:
        hand.accesses(0, 2)
        before = hand.snapshot()["lanes"][0]
        hand.do("freeze", lane=0)
        hand.wait_for(lambda: status(hand, 0) == "frozen", "thread 1 frozen")
        assert {**hand.snapshot()["lanes"][0], "status": "running"} == before
        hand.do("thaw", lane=0)
        assert hand.snapshot()["lanes"][0] == before
        assert hand.access(0) == ("CAS_WON", "head")


def test_thread_that_waits_for_a_lock_can_be_frozen_and_killed() -> None:
    with by_hand("locked-stack", threads=3) as hand:
        step_to(hand, 0, "LOCK_ACQUIRED")
        assert hand.access(1) == hand.access(2) == ("LOCK_WAIT", "lock")
        hand.do("freeze", lane=1)
        hand.do("kill", lane=2)
        hand.wait_for(lambda: hand.statuses()[1:] == ["frozen", "killed"], "both stopped")
        step_to(hand, 0, "LOCK_RELEASED")
        hand.do("thaw", lane=1)
        assert status(hand, 1) == "waiting"
        assert hand.access(1) == ("LOCK_ACQUIRED", "lock")


def test_lock_goes_past_a_frozen_waiter() -> None:
    with by_hand("locked-stack", threads=3) as hand:
        step_to(hand, 0, "LOCK_ACQUIRED")
        assert hand.access(1) == hand.access(2) == ("LOCK_WAIT", "lock")
        hand.do("freeze", lane=1)
        hand.wait_for(lambda: status(hand, 1) == "frozen", "thread 2 frozen")
        step_to(hand, 0, "LOCK_RELEASED")
        hand.control.resume()
        done = hand.counters("operations")[2]
        hand.wait_for(lambda: hand.counters("operations")[2] > done + 3, "thread 3 working")
        assert hand.counters("operations")[1] == 0


def test_freeze_ends_a_step_that_was_granted() -> None:
    with by_hand("treiber-stack", threads=1) as hand:
        hand.do("freeze", lane=0)
        wait_until(lambda: hand.control.lanes[0].frozen, LIMIT_S, "thread 1 frozen")
        assert hand.control.lanes[0].granted == 0
        hand.do("thaw", lane=0)
        wait_until(lambda: hand.control.lanes[0].parked, LIMIT_S, "thread 1 at its gate")
        assert len([row for row in hand.step(0) if row["kind"] in ACCESSES]) == 1
