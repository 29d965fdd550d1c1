"""A reader that stops reading: what is lost is named, and the stream goes on behind it."""

from __future__ import annotations

import pytest

from lockfree_core.trace.layout import Kind
from tests.core.kit import LIMIT_S, Remote, Row, by_hand, in_process
from tests.serving import wait_until


def lost_ranges(rows: list[Row]) -> list[tuple[int, int]]:
    """The ranges that LOST records name; every other number is there, once and in order."""
    number, found = 0, []
    for row in rows:
        assert row["sequence"] == number
        if row["kind"] == Kind.LOST:
            assert (row["before"], row["after"] - row["before"] + 1) == (number, row["aux"])
            found.append((number, row["after"]))
            number += row["aux"]
        else:
            number += 1
    return found


def let_it_overflow(remote: Remote) -> None:
    """Let the engine work without reading its rings, for much longer than they last."""
    goal = sum(remote.counters("operations")) + 500
    wait_until(lambda: sum(remote.counters("operations")) >= goal, LIMIT_S, "500 operations unread")


@pytest.mark.parametrize("structure", ["treiber-stack", "locked-queue"])
def test_the_stream_goes_on_behind_what_was_lost(structure: str) -> None:
    with in_process(structure, records=64, threads=4) as remote:
        for _ in range(3):
            let_it_overflow(remote)
            lost = remote.lost
            remote.do("pause")
            remote.poll_to(remote.account["sequence"])
            assert remote.lost > lost
            assert remote.account["balanced"]
            remote.do("resume")
        ranges = lost_ranges(remote.rows)
        assert sum(last - first + 1 for first, last in ranges) == remote.lost
        assert any(row["kind"] != Kind.LOST for row in remote.rows[-50:])


def test_the_stream_goes_on_without_a_pause() -> None:
    with in_process("michael-scott-queue", records=64, threads=8, think_ms=2) as remote:
        wait_until(lambda: sum(remote.counters("operations")) >= 600, LIMIT_S, "600 operations unread")
        behind = remote.merger.expected + sum(remote.counters("operations"))
        remote.wait_for(lambda: remote.merger.expected > behind + 1000, "records behind those that were lost")
        assert remote.lost > 0
        lost_ranges(remote.rows)


def test_a_snapshot_covers_what_was_lost() -> None:
    with in_process("atomic-counter", records=64, threads=3) as remote:
        let_it_overflow(remote)
        sequence = remote.snapshot()["sequence"]
        assert remote.merger.expected > sequence
        assert any(first <= sequence for first, _ in lost_ranges(remote.rows))


def test_a_loss_of_threads_that_then_stand_still_is_told_without_being_asked() -> None:
    with in_process("treiber-stack", records=64, threads=2) as remote:
        let_it_overflow(remote)
        remote.send("freeze", lane=0)
        remote.send("kill", lane=1)
        wait_until(lambda: remote.statuses() == ["frozen", "killed"], LIMIT_S, "both stopped")
        # Asked while nobody reads, so that the rings have no room for an answer to it: it only says where the end is.
        remote.send("snapshot")
        wait_until(lambda: len(remote.of_type("snapshot")) == 2, LIMIT_S, "where the end is")
        assert remote.rows == [] or remote.rows[-1]["kind"] != Kind.LOST
        end = remote.of_type("snapshot")[-1]["sequence"] + 1
        remote.wait_for(lambda: remote.merger.expected == end, "everything up to the standstill")
        assert sum(last - first + 1 for first, last in lost_ranges(remote.rows)) == remote.lost > 0


def test_nothing_is_lost_while_the_reader_keeps_up() -> None:
    with by_hand("treiber-stack", records=64, threads=3) as hand:
        for number in range(200):
            hand.step(number % 3)
        assert hand.lost == 0
        assert lost_ranges(hand.rows) == []
