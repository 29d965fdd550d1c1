"""Races stepped by hand: who loses, what it costs, and what is lost for good."""

from __future__ import annotations

import pytest

from lockfree_core.trace.layout import Kind, Outcome, decode_integer
from tests.core.kit import Hand, by_hand

INSERT = {"insert_share": 100}
REMOVE = {"insert_share": 0}


def items(hand: Hand) -> list[int]:
    """What a walk through the structure finds."""
    return list(hand.engine.structure)


def value_of(hand: Hand, lane: int) -> int:
    """The value that the lane's running operation puts in."""
    return decode_integer(hand.control.lanes[lane].argument)


def balance(hand: Hand) -> tuple[int, int, int, int]:
    """In, out, inside and lost, as the latest account says."""
    account = hand.account
    return account["in"], account["out"], account["inside"], account["lost"]


# -- Treiber stack


def test_of_two_pops_that_saw_the_same_head_one_gets_it() -> None:
    with by_hand("treiber-stack", threads=2, prefill=1, **REMOVE) as hand:
        (only,) = items(hand)
        for lane in (0, 1):
            assert hand.accesses(lane, 2) == [("LOAD", "head"), ("LOAD", "next")]
        assert hand.access(1) == ("CAS_WON", "head")
        assert hand.access(0) == ("CAS_LOST", "head")
        assert hand.access(0) == ("LOAD", "head")
        ends = [hand.finish(lane)[0] for lane in (0, 1)]
        assert [row["aux"] for row in ends] == [Outcome.EMPTY, Outcome.VALUE]
        assert decode_integer(ends[1]["after"]) == only
        assert hand.counters("empty") == [1, 0]
        assert hand.counters("losses") == [1, 0]
        assert balance(hand) == (1, 1, 0, 0)


def test_every_push_in_between_costs_the_slow_one_an_attempt() -> None:
    with by_hand("treiber-stack", threads=2, prefill=0, **INSERT) as hand:
        assert hand.accesses(0, 2) == [("LOAD", "head"), ("STORE", "next")]
        for loss in range(1, 6):
            assert hand.accesses(1, 3)[-1] == ("CAS_WON", "head")
            assert hand.accesses(0, 3) == [("CAS_LOST", "head"), ("LOAD", "head"), ("STORE", "next")]
            assert hand.counters("streak") == [loss, 0]
        assert hand.access(0) == ("CAS_WON", "head")
        assert hand.counters("streak")[0] == 0
        hand.finish(0)
        assert hand.counters("attempts") == [6, 5]
        assert hand.counters("longest_streak") == [5, 0]
        end = next(row for row in hand.rows if row["kind"] == Kind.END and row["lane"] == 0)
        assert end["before"] == 6, "an operation's END tells how many attempts it took"
        assert balance(hand) == (6, 0, 6, 0)


def test_a_head_that_left_cannot_come_back_while_somebody_holds_it() -> None:
    """Where memory is reused this is ABA; here the node of a pop that sleeps is nobody else's."""
    with by_hand("treiber-stack", threads=2, prefill=2, **REMOVE) as hand:
        held = hand.engine.structure._head.value
        assert hand.accesses(0, 2) == [("LOAD", "head"), ("LOAD", "next")]
        assert hand.accesses(1, 6)[-1] == ("CAS_WON", "head"), "both are gone"
        hand.do("knobs", knobs=INSERT)
        hand.accesses(1, 6)
        assert hand.engine.structure._head.value is not held
        assert hand.access(0) == ("CAS_LOST", "head")
        assert balance(hand) == (4, 2, 2, 0)


# -- Michael-Scott queue


def test_of_two_dequeues_one_loses_and_takes_the_next_item() -> None:
    with by_hand("michael-scott-queue", threads=2, prefill=2, **REMOVE) as hand:
        first, second = items(hand)
        reads = [("LOAD", "head"), ("LOAD", "tail"), ("LOAD", "next"), ("LOAD", "head")]
        assert hand.accesses(0, 4) == hand.accesses(1, 4) == reads
        assert hand.access(1) == ("CAS_WON", "head")
        assert hand.accesses(0, 6) == [("CAS_LOST", "head"), *reads, ("CAS_WON", "head")]
        results = [decode_integer(hand.finish(lane)[0]["after"]) for lane in (0, 1)]
        assert results == [second, first]
        assert hand.counters("losses") == [1, 0]


def test_a_dequeue_reads_again_when_head_has_moved() -> None:
    with by_hand("michael-scott-queue", threads=2, prefill=2, **REMOVE) as hand:
        reads = [("LOAD", "head"), ("LOAD", "tail"), ("LOAD", "next")]
        assert hand.accesses(0, 3) == reads
        hand.accesses(1, 5)
        assert hand.accesses(0, 2) == [("LOAD", "head"), ("LOAD", "head")], "inconsistent, so no attempt"
        assert hand.counters("attempts") == [0, 1]


def test_of_two_enqueues_on_one_tail_the_loser_helps_first() -> None:
    with by_hand("michael-scott-queue", threads=2, prefill=0, **INSERT) as hand:
        reads = [("LOAD", "tail"), ("LOAD", "next"), ("LOAD", "tail")]
        assert hand.accesses(0, 3) == hand.accesses(1, 3) == reads
        assert hand.access(1) == ("CAS_WON", "next")
        assert hand.access(0) == ("CAS_LOST", "next")
        assert hand.accesses(0, 4) == [*reads, ("CAS_WON", "tail")], "the tail was behind"
        assert hand.accesses(0, 5) == [*reads, ("CAS_WON", "next"), ("CAS_WON", "tail")]
        assert hand.access(1) == ("CAS_LOST", "tail")
        assert items(hand) == [value_of(hand, 1), value_of(hand, 0)]
        assert (hand.counters("losses"), hand.counters("help")) == ([1, 0], [2, 1])


def test_items_behind_a_tail_that_lags_can_be_taken() -> None:
    with by_hand("michael-scott-queue", threads=3, prefill=1, **INSERT) as hand:
        (first,) = items(hand)
        hand.accesses(0, 4)
        structure = hand.engine.structure
        assert structure._tail.value.next.value is not None, "linked, and tail not advanced"
        hand.do("freeze", lane=0)
        hand.wait_for(lambda: hand.statuses()[0] == "frozen", "the freeze")
        second = value_of(hand, 0)
        hand.do("knobs", knobs=REMOVE)
        results = [decode_integer(hand.finish(2)[-1]["after"]) for _ in range(2)]
        assert results == [first, second]
        assert hand.counters("help_won") == [0, 0, 1]
        assert hand.account["balanced"] and items(hand) == []


# -- the queue that stores


def test_storing_queue_keeps_its_tail_when_the_later_store_wins_the_swing() -> None:
    """The loser's node is gone; but tail stands on the other one, so the queue goes on."""
    with by_hand("storing-queue", threads=4, prefill=0, **INSERT) as hand:
        for access in (("LOAD", "tail"), ("STORE", "next")):
            assert [hand.access(0), hand.access(1)] == [access, access]
        assert hand.access(1) == ("CAS_WON", "tail")
        assert hand.access(0) == ("CAS_LOST", "tail")
        assert items(hand) == [value_of(hand, 1)]
        assert balance(hand) == (2, 0, 1, 1)
        hand.finish(2)
        assert balance(hand) == (3, 0, 2, 1), "a later enqueue lands where it belongs"
        hand.do("knobs", knobs=REMOVE)
        for _ in range(3):
            hand.finish(3)
        assert balance(hand) == (3, 2, 0, 1)
        assert (hand.counters("empty")[3], hand.statuses()[3]) == (1, "running")


def test_storing_queue_loses_a_segment_raises_and_runs_on() -> None:
    with by_hand("storing-queue", threads=4, prefill=0, **INSERT) as hand:
        for access in (("LOAD", "tail"), ("STORE", "next")):
            assert [hand.access(0), hand.access(1)] == [access, access]
        assert [hand.access(0), hand.access(1)] == [("CAS_WON", "tail"), ("CAS_LOST", "tail")]
        kept = value_of(hand, 1)
        for _ in range(5):
            assert hand.finish(3)[-1]["kind"] == Kind.END
        assert items(hand) == [kept]
        assert balance(hand) == (7, 0, 1, 6), "five more enqueues landed on the detached part"
        hand.do("knobs", knobs=REMOVE)
        assert decode_integer(hand.finish(2)[-1]["after"]) == kept
        assert hand.finish(2)[-1]["kind"] == Kind.FAULT
        assert hand.finish(1)[-1]["kind"] == Kind.END, "its enqueue returns"
        assert hand.finish(1)[-1]["kind"] == Kind.FAULT, "whoever dequeues now raises"
        assert [hand.statuses()[lane] for lane in (1, 2)] == ["raised", "raised"]
        hand.do("knobs", knobs=INSERT)
        for lane in (0, 3, 0, 3):
            assert hand.finish(lane)[-1]["kind"] == Kind.END
        assert hand.account["in"] - hand.account["out"] - hand.account["inside"] == hand.account["lost"] > 6
        assert (hand.account["inside"], hand.account["balanced"]) == (0, False)
        snapshot = hand.snapshot()
        assert [lane["status"] for lane in snapshot["lanes"]].count("raised") == 2
        nodes = {row["id"]: row for row in snapshot["nodes"]}
        head, tail = (row["value"] for row in snapshot["cells"])
        assert nodes[head]["cells"] == [0] and head != tail, "head's part ends before it comes to tail"


# -- counters


@pytest.mark.parametrize("others", [1, 3, 10])
def test_racy_counter_loses_what_came_between_read_and_write(others: int) -> None:
    with by_hand("racy-counter", threads=2, prefill=4) as hand:
        assert hand.access(0) == ("LOAD", "value")
        for _ in range(others):
            assert hand.accesses(1, 2) == [("LOAD", "value"), ("STORE", "value")]
        assert hand.engine.structure.value == 4 + others
        assert hand.access(0) == ("STORE", "value")
        assert hand.engine.structure.value == 5, "the number goes back"
        assert balance(hand) == (5 + others, 0, 5, others)
        assert not hand.account["balanced"]


def test_counter_by_cas_loop_loses_attempts_and_no_increment() -> None:
    with by_hand("atomic-counter", threads=3, prefill=4) as hand:
        for lane in range(3):
            assert hand.access(lane) == ("LOAD", "value")
        assert [hand.access(lane)[0] for lane in (2, 0, 1)] == ["CAS_WON", "CAS_LOST", "CAS_LOST"]
        assert [hand.access(lane)[0] for lane in (0, 1, 1, 0)] == ["LOAD", "LOAD", "CAS_WON", "CAS_LOST"]
        assert [hand.access(0)[0] for _ in range(2)] == ["LOAD", "CAS_WON"]
        assert hand.engine.structure.value == 7
        assert hand.counters("losses") == [2, 1, 0]
        numbers = {lane: decode_integer(hand.finish(lane)[0]["after"]) for lane in range(3)}
        assert numbers == {2: 5, 1: 6, 0: 7}


# -- a thread that stops in the middle


@pytest.mark.parametrize("family", ["stack", "queue", "counter"])
@pytest.mark.parametrize("action", ["freeze", "kill"])
def test_who_stops_in_the_middle_stops_the_mutex_twin_and_not_the_lock_free_one(family: str, action: str) -> None:
    lock_free = {"stack": "treiber-stack", "queue": "michael-scott-queue", "counter": "atomic-counter"}[family]
    word = "frozen" if action == "freeze" else "killed"
    with by_hand(lock_free, threads=3, prefill=2) as hand:
        hand.do(action, lane=0, position="BETWEEN_LOAD_AND_CAS")
        hand.wait_for(lambda: step_until(hand, 0, word), "the stop between load and swap")
        for lane in (1, 2) * 5:
            assert hand.finish(lane)[-1]["kind"] == Kind.END
        assert hand.counters("operations") == [0, 5, 5]
        assert hand.account["balanced"]
        assert hand.command("step", lane=0)["message"].startswith("thread 1 cannot take a step: it ")
    with by_hand(f"locked-{family}", threads=3, prefill=2) as hand:
        hand.do(action, lane=0, position="HOLDING_LOCK")
        hand.wait_for(lambda: step_until(hand, 0, word), "the stop inside the lock")
        for lane in (1, 2):
            assert hand.access(lane) == ("LOCK_WAIT", "lock")
            refused = hand.command("step", lane=lane)
            assert refused["type"] == "error"
            assert refused["message"].endswith("it waits for the lock, which another thread holds")
        assert hand.command("step")["message"].startswith("no thread can take a step")
        assert hand.statuses() == [word, "waiting", "waiting"]
        assert hand.counters("operations") == [0, 0, 0]
        if action == "freeze":
            hand.do("thaw", lane=0)
            for lane in (0, 1, 2):
                hand.wait_for(lambda lane=lane: hand.access(lane)[0] == "LOCK_RELEASED", "the release")  # type: ignore[misc]
            assert balance(hand)[3] == 0 and hand.statuses() == ["running"] * 3


def step_until(hand: Hand, lane: int, status: str) -> bool:
    """Take a step unless the lane has come to that status."""
    if hand.statuses()[lane] != status:
        hand.command("step", lane=lane)
    return hand.statuses()[lane] == status
