"""Steps past delays, and the hold before the first lost CAS at every kind of speed."""

from __future__ import annotations

from typing import Any

import pytest

from lockfree_core.trace.layout import Kind
from tests.core.kit import Remote, by_hand, in_process


@pytest.mark.parametrize("knobs", [{"gap_share": 100, "gap_ms": 1000}, {"think_ms": 2000},
                                   {"backoff": "constant", "backoff_base_us": 1_000_000}])  # fmt: skip
def test_step_does_not_wait_for_a_delay(knobs: dict[str, object]) -> None:
    with by_hand("treiber-stack", threads=2, prefill=0, insert_share=100, **knobs) as hand:
        for _ in range(3):
            hand.accesses(0, 3)
        hand.access(1)
        hand.accesses(0, 3)
        assert hand.accesses(1, 2)[-1] == ("CAS_LOST", "head")
        assert hand.access(1) == ("LOAD", "head")


def first_loss(engine: Remote) -> int:
    return next((row["sequence"] for row in engine.rows if row["kind"] == Kind.CAS_LOST), -1)


@pytest.mark.parametrize("speed", [0, 2000, 240])
def test_hold_before_the_first_lost_cas(speed: int) -> None:
    gap: dict[str, Any] = {"gap_share": 100, "gap_kind": "sleep", "gap_ms": 1} if speed == 0 else {}
    with in_process("atomic-counter", hold=True, threads=4, speed=speed, **gap) as engine:
        engine.wait_for(lambda: engine.states[-1] == "held", "the hold")
        held = engine.of_type("held")
        assert len(held) == 1
        snapshot = engine.snapshot()
        assert first_loss(engine) == -1, "no CAS was lost before the hold"
        lane = held[0]["lane"]
        assert snapshot["lanes"][lane]["operation"] == 0
        engine.do("step", lane=lane)
        engine.poll_to(snapshot["sequence"] + 1)
        lost = [row for row in engine.rows if row["kind"] == Kind.CAS_LOST]
        assert [row["lane"] for row in lost] == [lane]
        engine.do("resume")
        engine.run_until(20)
        assert engine.states[-1] == "running", "it holds once"


def test_a_turn_given_before_the_hold_is_no_step() -> None:
    with by_hand("atomic-counter", hold=True, threads=2, prefill=0) as hand:
        hand.access(0)
        hand.access(1)
        hand.access(0)
        hand.control.lanes[1].granted = 1
        hand.control.hold(hand.control.lanes[1])
        assert hand.control.lanes[1].granted == 0
        assert hand.of_type("held")[0]["lane"] == 1
        hand.wait_for(lambda: hand.states == ["held"], "the account of the hold")
        assert first_loss_by_hand(hand.poll()) == 0


def first_loss_by_hand(rows: list[dict[str, int]]) -> int:
    return sum(row["kind"] == Kind.CAS_LOST for row in rows)
