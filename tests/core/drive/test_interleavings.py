"""Interleavings driven by hand, one access at a time: each shows one thing that can happen, exactly."""

from __future__ import annotations

import pytest

from lockfree_core.trace.layout import Kind, decode_integer
from tests.core.kit import Hand, by_hand


def inside(hand: Hand) -> list[object]:
    """The items that a walk finds."""
    return list(hand.engine.structure)


def argument(hand: Hand, lane: int) -> int:
    """The value that the lane's running operation puts in."""
    return decode_integer(hand.control.lanes[lane].argument)


def test_counter_loses_an_update() -> None:
    with by_hand("racy-counter", threads=2, prefill=0) as hand:
        assert hand.access(0) == ("LOAD", "value")
        assert hand.access(1) == ("LOAD", "value")
        assert hand.access(0) == ("STORE", "value")
        assert hand.access(1) == ("STORE", "value")
        assert hand.engine.structure.value == 1
        account = hand.account
    assert (account["in"], account["inside"], account["lost"], account["balanced"]) == (2, 1, 1, False)


def test_counter_by_cas_loop_loses_the_cas_and_no_update() -> None:
    with by_hand("atomic-counter", threads=2, prefill=0) as hand:
        assert hand.accesses(0, 1) + hand.accesses(1, 1) == [("LOAD", "value")] * 2
        assert hand.access(0) == ("CAS_WON", "value")
        assert hand.access(1) == ("CAS_LOST", "value")
        assert hand.accesses(1, 2) == [("LOAD", "value"), ("CAS_WON", "value")]
        assert hand.engine.structure.value == 2
        assert hand.account["balanced"]
        assert hand.counters("losses") == [0, 1]
        assert hand.counters("wins") == [1, 1]


def test_stack_loses_the_cas_and_tries_again() -> None:
    with by_hand("treiber-stack", threads=2, prefill=0, insert_share=100) as hand:
        assert hand.accesses(0, 2) == [("LOAD", "head"), ("STORE", "next")]
        assert hand.accesses(1, 3) == [("LOAD", "head"), ("STORE", "next"), ("CAS_WON", "head")]
        lost = hand.step(0)
        assert [Kind(row["kind"]).name for row in lost] == ["CAS_LOST"]
        assert (lost[0]["before"], lost[0]["aux"]) == (hand.engine.structure._head.code, 0)
        assert hand.accesses(0, 3) == [("LOAD", "head"), ("STORE", "next"), ("CAS_WON", "head")]
        assert inside(hand) == [argument(hand, 0), argument(hand, 1)]
        assert hand.counters("losses") == [1, 0]
        assert hand.counters("longest_streak") == [1, 0]


def test_stack_pop_is_in_flight_between_its_cas_and_its_return() -> None:
    with by_hand("treiber-stack", threads=1, prefill=2, insert_share=0) as hand:
        hand.accesses(0, 3)
        assert hand.account["in_flight"] == [{"lane": 0, "items": 1}]
        assert (hand.account["in"], hand.account["out"], hand.account["inside"]) == (2, 0, 1)
        assert hand.account["balanced"]
        hand.finish(0)
        assert (hand.account["out"], hand.account["in_flight"]) == (1, [])


def test_queue_half_done_enqueue_is_helped() -> None:
    with by_hand("michael-scott-queue", threads=2, prefill=0, insert_share=100) as hand:
        reads = [("LOAD", "tail"), ("LOAD", "next"), ("LOAD", "tail")]
        assert hand.accesses(0, 4) == [*reads, ("CAS_WON", "next")]
        structure = hand.engine.structure
        assert structure._tail.value is structure._head.value, "linked, and the tail not advanced"
        assert len(inside(hand)) == 1
        assert hand.accesses(1, 4) == [*reads, ("CAS_WON", "tail")], "the other one helps"
        assert structure._tail.value.next.value is None
        assert hand.access(0) == ("CAS_LOST", "tail"), "help, so no retry"
        assert hand.accesses(1, 5) == [*reads, ("CAS_WON", "next"), ("CAS_WON", "tail")]
        assert inside(hand) == [argument(hand, 0), argument(hand, 1)]
        assert hand.counters("losses") == [0, 0]
        assert hand.counters("help") == [1, 2]
        assert hand.counters("help_won") == [0, 2]


def test_queue_dequeue_helps_before_head_could_overtake_the_tail() -> None:
    with by_hand("michael-scott-queue", threads=2, prefill=0, insert_share=100) as hand:
        hand.accesses(0, 4)
        hand.do("knobs", knobs={"insert_share": 0})
        reads = [("LOAD", "head"), ("LOAD", "tail"), ("LOAD", "next"), ("LOAD", "head")]
        assert hand.accesses(1, 5) == [*reads, ("CAS_WON", "tail")]
        assert hand.accesses(1, 5) == [*reads, ("CAS_WON", "head")]
        assert hand.account["balanced"]
        assert inside(hand) == []


def test_queue_reads_again_when_the_tail_has_moved() -> None:
    with by_hand("michael-scott-queue", threads=2, prefill=0, insert_share=100) as hand:
        assert hand.accesses(0, 2) == [("LOAD", "tail"), ("LOAD", "next")]
        hand.accesses(1, 5)
        reads = [("LOAD", "tail"), ("LOAD", "next"), ("LOAD", "tail")]
        assert hand.accesses(0, 6) == [("LOAD", "tail"), *reads, ("CAS_WON", "next"), ("CAS_WON", "tail")]
        assert inside(hand) == [argument(hand, 1), argument(hand, 0)]


def race_of_storing_enqueuers(hand: Hand) -> tuple[int, int]:
    """Both load the tail; T1 stores, T2 stores over it; T1 wins the swing. T1's value, and T2's."""
    assert hand.access(0) == ("LOAD", "tail")
    assert hand.access(1) == ("LOAD", "tail")
    assert hand.access(0) == ("STORE", "next")
    assert hand.access(1) == ("STORE", "next")
    assert hand.access(0) == ("CAS_WON", "tail")
    assert hand.access(1) == ("CAS_LOST", "tail")
    return argument(hand, 0), argument(hand, 1)


def test_storing_queue_drops_a_segment() -> None:
    with by_hand("storing-queue", threads=3, prefill=0, insert_share=100) as hand:
        lost, kept = race_of_storing_enqueuers(hand)
        structure = hand.engine.structure
        assert inside(hand) == [kept]
        assert structure._tail.value.value == lost, "the tail stands on the node that was dropped"
        assert (hand.account["lost"], hand.account["balanced"]) == (1, False)
        hand.finish(2)
        assert inside(hand) == [kept], "a later enqueue lands on the detached part"
        assert hand.account["lost"] == 2


def test_storing_queue_raises_at_the_end_of_what_is_left() -> None:
    with by_hand("storing-queue", threads=4, prefill=0, insert_share=100) as hand:
        race_of_storing_enqueuers(hand)
        hand.do("knobs", knobs={"insert_share": 0})
        hand.finish(2)
        fault = hand.finish(2)[-1]
        assert fault["kind"] == Kind.FAULT
        texts = {item["id"]: item["text"] for report in hand.of_type("names") for item in report.get("values", ())}
        assert texts[fault["cell"]] == "AttributeError: 'NoneType' object has no attribute 'value'"
        assert hand.statuses()[2] == "raised"
        assert hand.account["lost"] == 1
        assert hand.command("step", lane=2)["message"] == "thread 3 cannot take a step: it raised an error and stopped"
        hand.do("knobs", knobs={"insert_share": 100})
        assert hand.access(3) == ("LOAD", "tail"), "the others run on"


@pytest.mark.parametrize("structure", ["treiber-stack", "michael-scott-queue"])
def test_lock_free_goes_on_while_a_thread_is_killed_before_its_cas(structure: str) -> None:
    with by_hand(structure, threads=3, prefill=0, insert_share=100) as hand:
        hand.access(0)
        hand.do("kill", lane=0, position="ANYWHERE")
        hand.wait_for(lambda: hand.statuses()[0] == "killed", "the kill")
        for lane in (1, 2, 1, 2):
            assert hand.finish(lane)[-1]["kind"] == Kind.END
        assert len(inside(hand)) == 4
        assert hand.account["balanced"]
        assert hand.counters("operations") == [0, 2, 2]


@pytest.mark.parametrize("structure", ["locked-stack", "locked-queue", "locked-counter"])
def test_mutex_killed_while_holding_the_lock_stops_everybody(structure: str) -> None:
    with by_hand(structure, threads=3, prefill=0, insert_share=100) as hand:
        assert hand.access(0) == ("LOCK_ACQUIRED", "lock")
        hand.do("kill", lane=0, position="HOLDING_LOCK")
        hand.wait_for(lambda: hand.statuses()[0] == "killed", "the kill")
        for lane in (1, 2):
            assert hand.access(lane) == ("LOCK_WAIT", "lock")
            answer = hand.command("step", lane=lane)
            assert answer["message"] == (
                f"thread {lane + 1} cannot take a step: it waits for the lock, which another thread holds"
            )
        nobody = hand.command("step")
        assert nobody["message"] == "no thread can take a step: all are frozen, killed, stopped or wait for a lock"
        snapshot = hand.snapshot()
        assert snapshot["locks"] == [{"cell": snapshot["locks"][0]["cell"], "holder": 0, "waiters": [1, 2]}]
        assert [lane["status"] for lane in snapshot["lanes"]] == ["killed", "waiting", "waiting"]
        assert hand.counters("operations") == [0, 0, 0]
        assert hand.account["balanced"]


def test_mutex_lock_is_handed_on() -> None:
    with by_hand("locked-stack", threads=2, prefill=0, insert_share=100) as hand:
        assert hand.access(0) == ("LOCK_ACQUIRED", "lock")
        assert hand.access(1) == ("LOCK_WAIT", "lock")
        assert hand.accesses(0, 4)[-1] == ("LOCK_RELEASED", "lock")
        assert hand.access(1) == ("LOCK_ACQUIRED", "lock")
        assert hand.access(0) == ("LOCK_WAIT", "lock")


def test_mutex_barges_past_the_one_who_waits() -> None:
    with by_hand("locked-counter", threads=2, prefill=0) as hand:
        hand.access(0)
        assert hand.access(1) == ("LOCK_WAIT", "lock")
        assert hand.accesses(0, 3)[-1] == ("LOCK_RELEASED", "lock")
        assert hand.access(0) == ("LOCK_ACQUIRED", "lock")
        assert hand.command("step", lane=1)["type"] == "error"
        hand.accesses(0, 3)
        assert hand.access(1) == ("LOCK_ACQUIRED", "lock")
