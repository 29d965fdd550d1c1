"""A run that goes on while threads and knobs change, in a process of its own, and the account at each pause."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from lockfree_core.drive.knobs import KNOBS
from lockfree_core.trace.layout import Kind
from tests.core.drive.ledger import count_items
from tests.core.kit import ACCESSES, LOCK_FREE, MUTEX, Remote, Row, by_hand, in_process
from tests.serving import wait_until

CAS = {Kind.CAS_WON, Kind.CAS_LOST}
STEADY = 3000  # accesses a second that leave a busy machine time to read along
PARTS = ("in", "out", "inside", "in_flight", "lost", "balanced")


@pytest.mark.parametrize("structure", [*LOCK_FREE, *MUTEX, "ring-queue"])
def test_account_is_what_the_records_say_at_every_pause(structure: str) -> None:
    with in_process(structure, threads=4, speed=STEADY, gap_share=30, gap_kind="yield") as remote:
        for _ in range(3):
            remote.run_until(60)
            remote.do("pause")
            account = remote.account
            assert account["reason"] == "pause"
            remote.poll_to(account["sequence"])
            assert remote.lost == 0
            assert {name: account[name] for name in PARTS} == count_items(remote, structure, account["sequence"])
            assert account["balanced"]
            remote.do("resume")


@pytest.mark.parametrize(
    "structure, least", [("storing-queue", 1), ("racy-counter", 3), ("split-cas-counter", 3), ("ignoring-map", 3)]
)
def test_flawed_structures_lose_items_and_the_account_says_how_many(structure: str, least: int) -> None:
    settings: dict[str, Any] = {"threads": 4, "insert_share": 100, "gap_share": 60, "gap_ms": 0.2, "speed": STEADY}
    with in_process(structure, **settings) as remote:
        lost = 0
        while lost < least:
            remote.run_until(40)
            remote.do("pause")
            remote.poll_to(remote.account["sequence"])
            account = remote.account
            lost = account["lost"]
            assert {name: account[name] for name in PARTS} == count_items(remote, structure, account["sequence"])
            remote.do("resume")
        assert not remote.account["balanced"]


def test_an_item_between_its_effect_and_its_return_is_in_flight() -> None:
    with by_hand("treiber-stack", threads=1, insert_share=0, prefill=2) as hand:
        assert hand.accesses(0, 3) == [("LOAD", "head"), ("LOAD", "next"), ("CAS_WON", "head")]
        account = hand.account
        assert account["in_flight"] == [{"lane": 0, "items": 1}]
        assert [account[name] for name in ("in", "out", "inside", "lost")] == [2, 0, 1, 0]
        hand.step(0)
        assert [hand.account[name] for name in ("in", "out", "inside", "in_flight")] == [2, 1, 1, []]


def test_threads_come_and_go() -> None:
    with in_process("treiber-stack", threads=1, think_ms=10) as remote:
        for wanted in (1, 32, 2, 7, 1, 32):
            remote.do("knobs", knobs={"threads": wanted})
            remote.wait_for(
                lambda wanted=wanted: remote.statuses().count("stopped") == len(remote.statuses()) - wanted,  # type: ignore[misc]
                f"{wanted} threads",
            )
            assert "stopped" not in remote.statuses()[:wanted]
            gone = remote.counters("operations")[wanted:]
            before = remote.counters("operations")[:wanted]
            remote.wait_for(
                lambda before=before: all(  # type: ignore[misc]
                    now > then for now, then in zip(remote.counters("operations"), before, strict=False)
                ),
                "each of them working",
            )
            assert remote.counters("operations")[wanted:] == gone
        remote.do("pause")
        remote.poll_to(remote.account["sequence"])
        assert remote.account["balanced"]
        if not remote.lost:
            joined = [row["lane"] for row in remote.rows if row["kind"] == Kind.STARTED]
            left = [row["lane"] for row in remote.rows if row["kind"] == Kind.STOPPED]
            assert [joined.count(lane) - left.count(lane) for lane in range(32)] == [1] * 32
            assert left.count(31) >= 1


def test_a_thread_that_leaves_and_returns_keeps_its_counters() -> None:
    with in_process("atomic-counter", threads=2, speed=STEADY) as remote:
        remote.wait_for(lambda: min(remote.counters("operations")) > 20, "operations")
        remote.do("knobs", knobs={"threads": 1})
        remote.wait_for(lambda: remote.statuses()[1] == "stopped", "thread 2 to leave")
        done = remote.counters("operations")[1]
        assert done > 20
        remote.do("knobs", knobs={"threads": 2})
        remote.wait_for(lambda: remote.counters("operations")[1] > done, "thread 2 to go on counting")


def test_killed_and_frozen_threads_do_not_come_back_by_the_knob() -> None:
    with in_process("treiber-stack", threads=3, speed=STEADY) as remote:
        remote.do("kill", lane=2)
        remote.do("freeze", lane=1)
        remote.wait_for(lambda: remote.statuses()[1:] == ["frozen", "killed"], "both stopped")
        remote.do("knobs", knobs={"threads": 1})
        remote.do("knobs", knobs={"threads": 4})
        remote.wait_for(lambda: len(remote.statuses()) == 4 and remote.counters("operations")[3] > 0, "thread 4")
        assert remote.statuses()[1:3] == ["frozen", "killed"]


def last(remote: Remote, count: int, kinds: set[Any]) -> list[Row]:
    """The latest records of these kinds, once there are so many."""
    found = [row for row in remote.rows[-4000:] if row["kind"] in kinds]
    return found[-count:] if len(found) >= count else []


def inserts_only(remote: Remote) -> bool:
    rows = last(remote, 60, {Kind.BEGIN})
    return bool(rows) and all(row["cell"] == 0 for row in rows)


def removes_only(remote: Remote) -> bool:
    rows = last(remote, 60, {Kind.BEGIN})
    return bool(rows) and all(row["cell"] == 1 for row in rows)


def thinks(remote: Remote) -> bool:
    """No thread begins an operation sooner than the think time after its last one ended."""
    rows = last(remote, 40, {Kind.BEGIN, Kind.END})
    ended: dict[int, int] = {}
    pauses = []
    for row in rows:
        if row["kind"] == Kind.END:
            ended[row["lane"]] = row["time"]
        elif row["lane"] in ended:
            pauses.append(row["time"] - ended[row["lane"]])
    return len(pauses) >= 10 and min(pauses) >= 3_000_000


def gaps_before_each_cas(remote: Remote) -> list[Row | None]:
    """For each of the latest attempts the DELAY record of the same thread directly before it."""
    latest: dict[int, Row] = {}
    found: list[Row | None] = []
    for row in remote.rows[-3000:]:
        before = latest.get(row["lane"])
        if row["kind"] in CAS:
            found.append(before if before is not None and before["kind"] == Kind.DELAY else None)
        latest[row["lane"]] = row
    return found[-30:] if len(found) >= 30 else []


def gap_is(kind: int, us: int) -> Callable[[Remote], bool]:
    def holds(remote: Remote) -> bool:
        gaps = gaps_before_each_cas(remote)
        return bool(gaps) and all(gap is not None and (gap["before"], gap["after"]) == (kind, us) for gap in gaps)

    return holds


def gap_in_thread_two_only(remote: Remote) -> bool:
    lanes = {row["lane"] for row in last(remote, 20, {Kind.DELAY})}
    return lanes == {1} and any(gap is None for gap in gaps_before_each_cas(remote))


def backs_off(least: int, most: int) -> Callable[[Remote], bool]:
    def holds(remote: Remote) -> bool:
        rows = last(remote, 15, {Kind.BACKOFF})
        return bool(rows) and all(least <= row["after"] <= most for row in rows)

    return holds


def never_backs_off(remote: Remote) -> bool:
    return bool(last(remote, 20, {Kind.CAS_LOST})) and not last(remote, 1, {Kind.BACKOFF})


CONTENDED = {"gap_share": 100, "gap_kind": "sleep", "gap_ms": 0.5}
CHANGES: list[tuple[dict[str, Any], Callable[[Remote], bool]]] = [
    ({"insert_share": 100}, inserts_only),
    ({"insert_share": 0}, removes_only),
    ({"think_ms": 3}, thinks),
    ({"gap_share": 100, "gap_kind": "yield"}, gap_is(0, 0)),
    ({"gap_share": 100, "gap_kind": "sleep", "gap_ms": 0.25}, gap_is(1, 250)),
    ({"gap_share": 100, "gap_kind": "sleep", "gap_ms": 0.25, "gap_thread": 2}, gap_in_thread_two_only),
    ({**CONTENDED, "backoff": "constant", "backoff_base_us": 70}, backs_off(70, 70)),
    ({**CONTENDED, "backoff": "exponential", "backoff_base_us": 40, "backoff_cap_us": 90}, backs_off(0, 90)),
    ({**CONTENDED, "backoff": "none", "insert_share": 100}, never_backs_off),
]


def test_each_knob_takes_effect_while_the_run_goes_on() -> None:
    calm = {"insert_share": 50, "think_ms": 0, "gap_share": 0, "gap_thread": 0, "backoff": "none", "speed": STEADY}
    with in_process("treiber-stack", threads=4, prefill=1000, speed=STEADY) as remote:
        for changes, evidence in CHANGES:
            remote.do("knobs", knobs={**calm, **changes})
            remote.rows.clear()
            remote.wait_for(lambda evidence=evidence: evidence(remote), f"the effect of {changes}")  # type: ignore[misc]
        remote.do("knobs", knobs={"prefill": 5})
        remote.do("pause")
        assert remote.account["balanced"], "prefill waits for the next start"
    tested = {name for changes, _ in CHANGES for name in changes}
    assert set(KNOBS) - tested == {"threads", "prefill", "speed"}, "tested on their own"


@pytest.mark.parametrize("prefill", [0, 1, 1000])
@pytest.mark.parametrize("structure", ["treiber-stack", "locked-queue", "atomic-counter"])
def test_prefilled_items_are_inside_before_the_first_operation(structure: str, prefill: int) -> None:
    with by_hand(structure, threads=1, prefill=prefill) as hand:
        hand.do("pause")
        assert [hand.account[name] for name in ("in", "out", "inside", "lost")] == [prefill, 0, prefill, 0]
        assert hand.engine.memory.sequence <= 5, "filling is not recorded"


@pytest.mark.parametrize("speed", [0.2, 4.0, 60.0, 240.0, 700.0, 50_000.0])
def test_a_run_is_not_faster_than_asked(speed: float) -> None:
    with in_process("treiber-stack", threads=3, speed=speed) as remote:
        remote.do("pause")
        remote.poll_to(remote.account["sequence"])
        before = len(remote.rows)
        began = time.monotonic()
        remote.do("resume")
        for _ in range(20):
            remote.snapshot()
        wanted = min(int(speed), 100)
        remote.wait_for(lambda: accesses(remote, before) >= wanted, f"{wanted} accesses")
        remote.do("pause")
        elapsed = time.monotonic() - began
        remote.poll_to(remote.account["sequence"])
        assert remote.lost == 0
        slack = 5 + 0.004 * speed  # turns given and not taken, and the burst that makes up for a late one
        assert accesses(remote, before) <= elapsed * speed + slack


def accesses(remote: Remote, first: int) -> int:
    return sum(row["kind"] in ACCESSES for row in remote.rows[first:])


def test_speed_changes_at_once_from_the_slowest_to_unthrottled_and_back() -> None:
    with in_process("michael-scott-queue", threads=8, speed=0.2) as remote:
        for speed in (0, 0.2, 50_000, 4, 0, 700, 0.2):
            remote.do("knobs", knobs={"speed": speed})
            if speed in (0, 50_000):
                remote.run_until(100)
        remote.do("pause")
        assert remote.account["balanced"]


def test_pause_and_step_at_the_slowest_speed() -> None:
    with in_process("treiber-stack", threads=2, speed=0.2) as remote:
        remote.do("pause")
        remote.poll_to(remote.account["sequence"])
        for lane in (0, 1, 1, 0, 0):
            before = len(remote.rows)
            remote.do("step", lane=lane)
            remote.poll_to(remote.account["sequence"])
            assert [row["lane"] for row in remote.rows[before:] if row["kind"] in ACCESSES] == [lane]


@pytest.mark.parametrize("structure", ["treiber-stack", "michael-scott-queue", "atomic-counter"])
def test_held_before_the_first_cas_that_fails(structure: str) -> None:
    settings: dict[str, Any] = {"threads": 4, "gap_share": 100, "gap_ms": 0.5, "speed": STEADY, "insert_share": 100}
    with in_process(structure, hold=True, **settings) as remote:
        remote.wait_for(lambda: remote.states[-1] == "held", "the run to be held")
        (held,) = remote.of_type("held")
        assert (remote.account["reason"], remote.account["balanced"]) == ("held", True)
        remote.poll_to(remote.account["sequence"])
        assert not any(row["kind"] == Kind.CAS_LOST for row in remote.rows)
        before = len(remote.rows)
        remote.do("step", lane=held["lane"])
        remote.poll_to(remote.account["sequence"])
        rows = [row for row in remote.rows[before:] if row["kind"] in ACCESSES]
        assert [(row["lane"], row["kind"]) for row in rows] == [(held["lane"], Kind.CAS_LOST)]
        remote.do("resume")
        remote.wait_for(lambda: len(last(remote, 5, {Kind.CAS_LOST})) == 5, "more lost attempts")
        assert len(remote.of_type("held")) == 1
        assert remote.states[-1] == "running"


def test_mutex_holder_killed_stops_everybody_and_the_lock_free_ones_go_on() -> None:
    with in_process("locked-stack", threads=4, speed=STEADY) as remote:
        remote.do("kill", lane=0, position="HOLDING_LOCK")
        remote.wait_for(lambda: remote.statuses() == ["killed"] + ["waiting"] * 3, "everybody stuck")
        remote.do("pause")
        assert remote.account["balanced"]
        remote.do("resume")
        assert remote.statuses() == ["killed"] + ["waiting"] * 3
    with in_process("treiber-stack", threads=4, speed=STEADY) as remote:
        remote.do("kill", lane=0, position="BETWEEN_LOAD_AND_CAS")
        remote.wait_for(lambda: remote.statuses()[0] == "killed", "thread 1 killed")
        remote.run_until(50)
        wait_until(lambda: remote.statuses()[0] == "killed", 1, "thread 1 still killed")
        remote.do("pause")
        assert remote.account["balanced"]


def test_killed_at_a_position_while_the_run_goes_on() -> None:
    with in_process("treiber-stack", threads=2, speed=STEADY, insert_share=100) as remote:
        remote.do("kill", lane=0, position="BETWEEN_LOAD_AND_CAS")
        remote.wait_for(lambda: remote.statuses()[0] == "killed", "thread 1 killed")
        remote.do("pause")
        remote.poll_to(remote.account["sequence"])
        mine = [row["kind"] for row in remote.rows if row["lane"] == 0]
        assert mine[-1] == Kind.KILLED
        assert [kind for kind in mine if kind in ACCESSES][-2:] == [Kind.LOAD, Kind.STORE]
