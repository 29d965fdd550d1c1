"""The seed fixes each thread's operations, values and delays, and with one thread everything."""

from __future__ import annotations

from typing import Any

import pytest

from lockfree_core.trace.layout import Kind
from tests.core.kit import Remote, by_hand, in_process

LANES = 3


def operations(seed: int, **settings: Any) -> list[list[tuple[int, int]]]:
    """For each lane the first operations and their arguments."""
    with in_process("treiber-stack", seed=seed, threads=LANES, speed=5000, **settings) as remote:
        remote.wait_for(lambda: min(map(len, begins(remote))) >= 40, "40 operations of each thread")
        assert remote.lost == 0
        return [lane[:40] for lane in begins(remote)]


def begins(remote: Remote) -> list[list[tuple[int, int]]]:
    rows = [row for row in remote.rows if row["kind"] == Kind.BEGIN]
    return [[(row["cell"], row["after"]) for row in rows if row["lane"] == lane] for lane in range(LANES)]


def test_same_seed_same_operations_and_values_in_each_thread() -> None:
    first = operations(7)
    assert operations(7, gap_share=50, gap_kind="yield", backoff="constant", backoff_base_us=20) == first
    other = operations(8)
    assert all(mine != theirs for mine, theirs in zip(first, other, strict=True))
    assert first[0] != first[1] != first[2]


def whole_run(structure: str, seed: int) -> list[tuple[int, ...]]:
    settings: dict[str, Any] = {"gap_share": 40, "gap_kind": "yield", "prefill": 5, "insert_share": 60}
    with by_hand(structure, seed=seed, threads=1, **settings) as hand:
        while sum(row["kind"] == Kind.END for row in hand.rows) < 25:
            hand.step(0)
        names = ("sequence", "kind", "site", "cell", "before", "after", "aux")
        return [tuple(row[name] for name in names) for row in hand.rows]


@pytest.mark.parametrize(
    "structure",
    ["treiber-stack", "michael-scott-queue", "locked-queue", "atomic-counter", "copy-on-write-map", "app-state"],
)
def test_with_one_thread_the_seed_fixes_every_record(structure: str) -> None:
    first = whole_run(structure, 20)
    again = whole_run(structure, 20)
    other = whole_run(structure, 21)
    shared = min(len(first), len(again))
    assert shared > 80 and first[:shared] == again[:shared]
    assert other[:shared] != first[:shared]
    if not structure.startswith("locked"):
        assert any(row[1] == Kind.DELAY for row in first)


def test_same_seed_same_keys_and_every_operation_that_is_live() -> None:
    """Keys come from the catalog's few, values and operations as for any structure."""

    def calls(seed: int) -> list[str]:
        with by_hand("app-state", seed=seed, threads=1, insert_share=40) as hand:
            while sum(row["kind"] == Kind.END for row in hand.rows) < 30:
                hand.step(0)
            reports = hand.of_type("names")
            names = {item["id"]: item["name"] for report in reports for item in report.get("operations", ())}
            texts = {item["id"]: item["text"] for report in reports for item in report.get("values", ())}
            begins = [row for row in hand.rows if row["kind"] == Kind.BEGIN][:30]
            return [f"{names[row['cell']]}({texts.get(row['after'], '')})" for row in begins]

    first = calls(4)
    assert first == calls(4) != calls(5)
    assert {call.partition("(")[0] for call in first} == {"set", "snapshot", "audit"}
    assert {call.partition(",")[0] for call in first if "set" in call} == {"set('volume'", "set('brightness'"}


def test_same_seed_same_prefilled_values() -> None:
    def values(seed: int) -> list[Any]:
        with by_hand("treiber-stack", seed=seed, threads=1, prefill=20) as hand:
            return list(hand.engine.structure)

    assert values(3) == values(3)
    assert values(3) != values(4)
