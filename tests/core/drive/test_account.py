"""Counters and accounts are exact: against each other, against the trace, against what the structure holds."""

from __future__ import annotations

from typing import Any

import pytest

from lockfree_core.drive.account import jain_index, make_account, totals
from lockfree_core.trace.layout import Kind, Outcome
from tests.core.kit import LOCK_FREE, MUTEX, Remote, assert_same_moment, in_process

LOAD = {"threads": 4, "gap_share": 25, "gap_kind": "yield", "prefill": 6, "speed": 20_000}


def from_trace(engine: Remote) -> list[dict[str, int]]:
    """The counters of each lane, counted from the records."""
    sites = {site["id"]: site for report in engine.of_type("names") for site in report.get("sites", ())}
    lanes = [
        dict.fromkeys(("operations", "wins", "losses", "help", "help_won", "empty"), 0) for _ in engine.rings.counters()
    ]
    for row in engine.rows:
        lane, kind = lanes[row["lane"]], row["kind"]
        if kind == Kind.END:
            lane["operations"] += 1
            lane["empty"] += row["aux"] == Outcome.EMPTY
        elif kind in (Kind.CAS_WON, Kind.CAS_LOST):
            won = kind == Kind.CAS_WON
            if sites[row["site"]]["decisive"]:
                lane["wins" if won else "losses"] += 1
            else:
                lane["help"] += 1
                lane["help_won"] += won
    return lanes


@pytest.mark.parametrize("structure", LOCK_FREE + MUTEX)
def test_balanced_at_every_pause(structure: str) -> None:
    with in_process(structure, **LOAD) as engine:
        for _ in range(4):
            engine.run_until(40)
            engine.do("pause")
            account = engine.account
            assert account["balanced"] and account["lost"] == 0, account
            flying = sum(entry["items"] for entry in account["in_flight"])
            assert account["in"] == account["out"] + account["inside"] + flying
            engine.do("resume")
        engine.do("pause")
        snapshot = engine.snapshot()
        assert_same_moment(snapshot, engine.fold())
        rows = engine.rings.counters()
        for row, traced in zip(rows, from_trace(engine), strict=True):
            assert {name: row[name] for name in traced} == traced
            assert row["attempts"] == traced["wins"] + traced["losses"]
        assert sum(int(row["in"]) for row in rows) + 6 == engine.account["in"]
        assert sum(int(row["out"]) for row in rows) == engine.account["out"]


def test_racy_counter_loses_what_the_trace_shows_overwritten() -> None:
    with in_process("racy-counter", **{**LOAD, "gap_share": 100}) as engine:
        engine.run_until(150)
        engine.do("pause")
        account = engine.account
        engine.poll_to(account["sequence"])
        stores = [row for row in engine.rows if row["kind"] == Kind.STORE]
        value, lost = 6, 0
        for row in stores:  # an increment that stores no more than what is there has overwritten others
            stored = row["after"] & 0x7FFF_FFFF
            lost += value + 1 - stored
            value = stored
        assert account["inside"] == value
        assert (account["in"], account["lost"]) == (6 + len(stores), lost)
        assert lost > 0 and not account["balanced"]


def test_storing_queue_loses_what_cannot_be_reached() -> None:
    with in_process("storing-queue", **{**LOAD, "gap_share": 100, "insert_share": 70}) as engine:
        engine.wait_for(
            lambda: sum(engine.counters("operations")) > 100 or set(engine.statuses()) == {"raised"}, "operations"
        )
        engine.do("pause")
        account = engine.account
        snapshot = engine.snapshot()
        fold = engine.fold()
        assert_same_moment(snapshot, fold)
        state = fold.state
        (head,) = (cell["id"] for report in engine.of_type("names") for cell in report.get("cells", ())
                   if cell["name"] == "head")  # fmt: skip
        reached, node = -1, state.cells[head].value  # the dummy is no item
        while node:
            reached += 1
            node = state.cells[state.nodes[node].cells[0]].value
        sites = {site["id"]: site for report in engine.of_type("names") for site in report.get("sites", ())}
        linked = sum(row["kind"] == Kind.STORE for row in engine.rows)
        taken = sum(row["kind"] == Kind.CAS_WON and sites[row["site"]]["decisive"] for row in engine.rows)
        assert account["inside"] == reached
        assert account["lost"] == 6 + linked - taken - reached
        assert account["lost"] > 0


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


def test_account_names_who_is_in_flight() -> None:
    account = make_account("pause", 9, 10, 4, 5, {0: 0, 2: 1})
    assert account["in_flight"] == [{"lane": 2, "items": 1}]
    assert (account["out"], account["lost"], account["balanced"]) == (3, 1, False)
