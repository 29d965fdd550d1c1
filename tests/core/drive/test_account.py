"""Sums, fairness, and the last account; that accounts agree with the trace is tested in ``test_live``."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from lockfree_core.drive.account import count_inside, jain_index, make_account, totals
from tests.core.kit import Hand, by_hand, in_process

LOAD: dict[str, Any] = {"threads": 4, "gap_share": 25, "gap_kind": "yield", "prefill": 6, "speed": 20_000}


def test_last_account_comes_at_the_end() -> None:
    with in_process("michael-scott-queue", **LOAD) as engine:
        engine.run_until(20)
        engine.do("stop")
        engine.wait_for(lambda: engine.process.poll() is not None, "the process to end")
        assert engine.process.returncode == 0
        assert (engine.account["reason"], engine.account["balanced"]) == ("end", True)
        assert engine.states[-1] == "ended"
        engine.poll(final=True)
        assert engine.merger.expected == engine.account["sequence"] + 1
        assert engine.lost == 0


@pytest.mark.parametrize(
    ("values", "index"), [([], 1.0), ([0, 0], 1.0), ([5, 5, 5, 5], 1.0), ([1, 0, 0, 0], 0.25), ([1, 3], 0.8)]
)
def test_jain_index(values: list[float], index: float) -> None:
    assert jain_index(values) == pytest.approx(index)


def test_totals() -> None:
    names = ("operations", "attempts", "wins", "losses", "help", "help_won", "in", "out", "empty", "backoff_us",
             "delay_us", "longest_streak")  # fmt: skip
    lanes: list[dict[str, Any]] = [dict(zip(names, range(k, k + len(names)), strict=True)) for k in (1, 3)]
    result = totals(lanes)
    assert (result["operations"], result["losses"], result["longest_streak"]) == (4, 10, 14)
    assert result["retry_rate"] == 10 / 6
    assert totals([])["retry_rate"] == 0.0


def counted(hand: Hand) -> tuple[int, int, int]:
    """In, inside and lost, as the latest account says."""
    return hand.account["in"], hand.account["inside"], hand.account["lost"]


def test_a_write_that_was_acknowledged_in_vain_is_lost() -> None:
    """It counts when it returns: until then its caller has been told nothing."""
    with by_hand("ignoring-map", threads=2, insert_share=100, prefill=3) as hand:
        for lane in (0, 1):
            while hand.engine.structure._root.value.version == 3 and hand.access(lane) != ("LOAD", "root"):
                pass
        while hand.access(1) != ("CAS_WON", "root"):
            pass
        assert counted(hand) == (4, 4, 0)
        while hand.access(0) != ("CAS_LOST", "root"):
            pass
        assert counted(hand) == (4, 4, 0), "it stands behind its swap, and has not returned"
        hand.step(0)
        assert counted(hand) == (5, 4, 1)
        assert hand.counters("help") == [1, 1], "a swap whose result nobody looks at"


def test_a_read_changes_nothing_in_the_account() -> None:
    with by_hand("copy-on-write-map", threads=1, insert_share=0, prefill=5) as hand:
        for _ in range(12):
            hand.step(0)
        assert counted(hand) == (5, 5, 0)
        assert hand.account["out"] == 0


@pytest.mark.parametrize(
    ("attributes", "inside"), [({"value": 4}, 4), ({"updates": 0}, 0), ({"value": 3, "updates": 9}, 3), ({}, None)]
)
def test_what_a_structure_counts_itself_is_inside(attributes: dict[str, int], inside: int | None) -> None:
    assert count_inside(SimpleNamespace(**attributes)) == inside


def test_account_names_who_is_in_flight() -> None:
    account = make_account("pause", 9, 10, 4, 5, {0: 0, 2: 1})
    assert account["in_flight"] == [{"lane": 2, "items": 1}]
    assert (account["out"], account["lost"], account["balanced"]) == (3, 1, False)
