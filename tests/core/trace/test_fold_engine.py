"""The reference fold against the engine: from the start and from any snapshot it arrives at every later one."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

import pytest

from lockfree_core.catalog import of_lab
from lockfree_core.trace.fold import Fold, Names
from lockfree_core.trace.layout import RECORD_BYTES, Kind
from tests.core.kit import DEADLOCKING, Hand, Row, by_hand, essence

MENAGERIE = "tests.core.trace.menagerie:Menagerie"
ROUNDS = 3
RECORDS_A_ROUND = 1500
BETWEEN = {Kind.FROZEN, Kind.THAWED, Kind.KILLED}
COUNTS = ("operations", "attempts", "wins", "losses", "help", "help_won", "longest_streak")
MIX: dict[str, Any] = {"threads": 5, "gap_share": 20, "gap_kind": "yield", "prefill": 4, "speed": 30_000}


class Run:
    """An engine in this process that runs for some records, stops for a snapshot, and goes on."""

    def __init__(self, hand: Hand) -> None:
        self.hand = hand
        self.snapshots = [hand.of_type("snapshot")[0]]

    def round(self, records: int = RECORDS_A_ROUND) -> None:
        """Run for so many records, or until nobody can, then stop and take a snapshot."""
        hand = self.hand
        goal = len(hand.rows) + records
        hand.control.resume()
        hand.wait_for(lambda: len(hand.rows) >= goal or not self._moves(), f"{records} records")
        hand.do("pause")
        self.snapshots.append(hand.snapshot())
        assert hand.lost == 0

    def _moves(self) -> bool:
        return bool(set(self.hand.statuses()) - {"raised", "killed", "frozen", "waiting", "stopped"})

    def has_returned(self, lane: int, sequence: int) -> bool:
        """Whether the lane's algorithm had returned at that point: then END is its next record, or there is none."""
        later = (row for row in self.hand.rows[sequence + 1 :] if row["lane"] == lane and row["kind"] not in BETWEEN)
        return next(later, {"kind": Kind.END})["kind"] == Kind.END

    def check(self, begin: dict[str, Any], snapshots: Iterable[dict[str, Any]]) -> tuple[Fold, list[dict[str, Any]]]:
        """Fold from one snapshot to each of the others, in turn; the fold, and the snapshots with what they forgot."""
        fold = Fold.from_snapshot(begin, Names(self.hand.of_type("names")))
        compared = []
        for snapshot in snapshots:
            done, end = fold.state.sequence + 1, snapshot["sequence"] + 1
            fold.apply_bytes(self.hand.data[done * RECORD_BYTES : end * RECORD_BYTES])
            compared.append(self._compare(snapshot, Fold(fold.names, deepcopy(fold.state))))
        return fold, compared

    def _compare(self, snapshot: dict[str, Any], fold: Fold) -> dict[str, Any]:
        """Compare, and give the snapshot, after making equal what only one side can know.

        That an operation has returned ends its locals, before the trace tells with END. That a node, which its maker
        still holds, was published and removed meanwhile stands in the trace; an engine has no memory of it. Nor does
        it see that the broken queue's store, which it takes for the publication, went to a node that was removed by
        then: what hangs there alone was never published.
        """
        state = fold.state
        assert state.time <= snapshot["time"]
        for row, lane in zip(snapshot["lanes"], state.lanes, strict=True):
            if lane.locals and not row["locals"]:
                assert self.has_returned(lane.lane, snapshot["sequence"]), row
                lane.locals.clear()
        folded = state.to_snapshot()
        removed = {row["id"] for row in folded["nodes"] if row["removed"]}
        astray = self._gone_astray(folded)
        nodes = [
            {**row, "owner": -1, "published": True, "removed": True}
            if row["id"] in removed and self._is_bound(row, snapshot)
            else {**row, "owner": astray[row["id"]], "published": False, "removed": False}
            if row["removed"] and row["id"] in astray
            else row
            for row in snapshot["nodes"]
        ]
        with_past = {**snapshot, "nodes": nodes}
        assert essence(folded) == essence(with_past)
        return with_past

    @staticmethod
    def _gone_astray(folded: dict[str, Any]) -> dict[int, int]:
        """The nodes that are linked from removed ones and were never published, with who made them."""
        linked = {code for row in folded["nodes"] if row["removed"] for code in row["cells"]}
        return {row["id"]: row["owner"] for row in folded["nodes"] if row["owner"] >= 0 and row["id"] in linked}

    @staticmethod
    def _is_bound(node: Row, snapshot: dict[str, Any]) -> bool:
        owner = next((row for row in snapshot["lanes"] if row["lane"] == node["owner"]), None)
        return owner is not None and any(
            local == {"value": node["id"], "cell": 0} for local in owner["locals"].values()
        )


@pytest.mark.parametrize("structure", [*of_lab("watch"), MENAGERIE])
def test_the_fold_arrives_at_every_snapshot(structure: str) -> None:
    with by_hand(structure, records=1 << 15, **MIX) as hand:
        run = Run(hand)
        for _ in range(ROUNDS):
            run.round()
        fold, snapshots = run.check(run.snapshots[0], run.snapshots[1:])
        run.check(snapshots[0], run.snapshots[2:])
        counters = hand.rings.counters()
        for lane in fold.state.lanes:
            counted = {name: getattr(lane.counts, name) for name in COUNTS}
            assert counted == {name: counters[lane.lane][name] for name in COUNTS}
        assert len(hand.rows) > (10 if structure == DEADLOCKING else 100)  # a deadlock may come at once
        if structure in ("treiber-stack", "michael-scott-queue", "atomic-counter", MENAGERIE):
            assert sum(lane.counts.losses for lane in fold.state.lanes) > 0
        if structure == "michael-scott-queue":
            assert sum(lane.counts.help for lane in fold.state.lanes) > 0


@pytest.mark.parametrize("structure", of_lab("watch"))
def test_the_fold_arrives_where_threads_were_frozen_thawed_and_killed(structure: str) -> None:
    knobs = {**MIX, "backoff": "exponential", "backoff_base_us": 1, "backoff_cap_us": 20}
    commands: list[tuple[str, dict[str, Any]]] = [
        ("freeze", {"lane": 1, "position": "BETWEEN_LOAD_AND_CAS"}),
        ("freeze", {"lane": 2}),
        ("thaw", {"lane": 2}),
        ("knobs", {"knobs": {"threads": 7, "gap_kind": "sleep", "gap_ms": 0.1}}),
        ("kill", {"lane": 2}),
        ("knobs", {"knobs": {"threads": 3}}),
    ]
    if structure == "ring-queue":  # who waits for the slot of a dead thread goes round for ever, and never leaves
        commands.pop()
    with by_hand(structure, records=1 << 15, **knobs) as hand:
        run = Run(hand)
        for kind, fields in commands:
            run.round(300)
            hand.command(kind, **fields)
        run.round(300)
        _, snapshots = run.check(run.snapshots[0], run.snapshots[1:])
        run.check(snapshots[2], run.snapshots[4:])
        kinds = {row["kind"] for row in hand.rows}
        over = "raised" in hand.statuses() or structure == DEADLOCKING
        assert {Kind.FROZEN, Kind.STARTED, Kind.END} <= kinds or over


def test_the_menagerie_shows_every_kind_of_access() -> None:
    with by_hand(MENAGERIE, records=1 << 15, **MIX, backoff="none") as hand:
        run = Run(hand)
        run.round()
        kinds = {Kind(row["kind"]) for row in hand.rows}
        assert kinds >= {Kind.LOAD, Kind.STORE, Kind.EXCHANGE, Kind.CAS_WON, Kind.CAS_LOST, Kind.WIDE, Kind.ALLOCATE,
                         Kind.RETIRE, Kind.FREE, Kind.BEGIN, Kind.END, Kind.STARTED, Kind.DELAY}  # fmt: skip
        wides = [index for index, row in enumerate(hand.rows) if row["kind"] == Kind.WIDE]
        assert wides and all(hand.rows[index - 1]["lane"] == hand.rows[index]["lane"] for index in wides)
        assert hand.account["balanced"]


def test_a_thread_that_stands_still_keeps_only_the_beginning_of_what_it_leads_to() -> None:
    with by_hand("michael-scott-queue", threads=2, prefill=0, records=1 << 15, insert_share=0, speed=30_000) as hand:
        hand.access(1)
        hand.do("freeze", lane=1)
        hand.wait_for(lambda: hand.statuses()[1] == "frozen", "the freeze")
        for share in (100, 0):
            hand.do("knobs", knobs={"insert_share": share})
            goal = hand.counters("operations")[0] + 400
            hand.control.resume()
            hand.wait_for(lambda goal=goal: hand.counters("operations")[0] >= goal, "400 operations")  # type: ignore[misc]
            hand.do("pause")
        run = Run(hand)
        run.snapshots.append(hand.snapshot())
        assert hand.lost == 0
        removed = [row for row in run.snapshots[-1]["nodes"] if row["removed"]]
        assert len(removed) == 257, "the node that it holds, and 256 references behind it"
        run.check(run.snapshots[0], run.snapshots[1:])
