"""A real server, real engines, real threads: what a presenter does and what viewers see."""

from __future__ import annotations

import json
import os
import signal
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.messages import BATCH_HEADER
from app.services.source import highlight
from lockfree_core.catalog import CATALOG, of_lab
from lockfree_core.trace.layout import RECORD, Kind
from tests.serving import Server, session_members, wait_until
from tests.web.client import LIMIT_S, Visitor, Watcher

FAST = {"speed": 20_000.0, "threads": 4}  # as fast as a busy machine takes without losing a record


def engines(server: Server) -> list[int]:
    """The processes of the server's engines."""
    return [pid for pid in session_members(server.process.pid) if is_engine(pid)]


def is_engine(pid: int) -> bool:
    try:
        return b"lockfree_core.drive.engine" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def operations(watcher: Watcher) -> int:
    return int(watcher.until("counters")["totals"]["operations"])


def test_a_run_streams_names_a_snapshot_and_records_without_holes(presenter: Visitor) -> None:
    run = presenter.start("michael-scott-queue", knobs=FAST, seed=7)
    assert run["state"] in ("running", "starting")
    assert run["interpreter"]["gil"] in (True, False)
    assert run["sides"] == [
        {"side": 0, "structure": "michael-scott-queue", "state": "running", "ended": None, "halted": []}
    ]
    with presenter.watch(run["id"]) as watcher:
        assert [operation["name"] for operation in watcher.hello["names"]["operations"]] == ["enqueue", "dequeue"]
        assert watcher.hello["layout"]["bytes"] == 32
        watcher.until("snapshot")
        while watcher.records < 50_000:
            watcher.receive()
        counters = watcher.until("counters")
        assert counters["totals"]["operations"] > 0
        assert len(counters["lanes"]) == 4
        assert counters["rates"]["records"] > 0
        assert watcher.command("pause")["type"] == "done"
        account = watcher.latest("account")
        assert account["balanced"]
        assert account["in"] == account["out"] + account["inside"] + sum(item["items"] for item in account["in_flight"])


def has_run(message: dict[str, Any]) -> bool:
    """Fifty operations have returned, or no thread can move: two locks were one too many, or all have raised."""
    statuses = {lane["status"] for lane in message["lanes"]}
    return message["totals"]["operations"] > 50 or (bool(statuses) and statuses <= {"waiting", "raised"})


def test_every_structure_runs(presenter: Visitor) -> None:
    for key in of_lab("watch"):
        run = presenter.start(key, knobs=FAST)
        with presenter.watch(run["id"]) as watcher:
            watcher.until("counters", has_run)
            assert watcher.command("pause")["type"] == "done"
            account = watcher.latest("account")
            assert account["balanced"] or CATALOG[key].variant == "flawed"
            if key == "two-lock-accounts":
                assert account["balanced"], "a deadlock loses nothing; it only never goes on"


def test_knobs_change_while_it_runs(presenter: Visitor) -> None:
    run = presenter.start(knobs={"threads": 2, "speed": 20_000.0})["id"]
    with presenter.watch(run) as watcher:
        watcher.send(type="knobs", id=3, knobs={"threads": 6})
        assert watcher.until("done")["id"] == 3
        watcher.until("counters", lambda message: len(message["lanes"]) == 6)
        answer = presenter.http.patch(f"/api/runs/{run}/knobs", content='{"threads": 1, "backoff": "constant"}')
        assert answer.status_code == 200
        assert answer.json()["knobs"]["threads"] == 1
        watcher.until("run", lambda message: message["run"]["knobs"]["backoff"] == "constant")
        watcher.until("counters", lambda message: sum(lane["status"] == "stopped" for lane in message["lanes"]) == 5)
        refused = presenter.http.patch(f"/api/runs/{run}/knobs", content='{"threads": 2, "speed": -1}')
        assert (refused.status_code, refused.json()["error"]["field"]) == (422, "speed")
        assert presenter.run(run)["knobs"]["threads"] == 1


def test_pause_holds_every_thread_and_a_step_moves_one(presenter: Visitor) -> None:
    run = presenter.start(knobs={"threads": 3, "speed": 20_000.0})["id"]
    with presenter.watch(run) as watcher:
        watcher.until("batch")
        assert watcher.command("pause", id=1)["type"] == "done"
        paused = watcher.latest("account")["sequence"]
        while watcher.next is None or watcher.next <= paused:
            watcher.receive()
        assert watcher.next == paused + 1
        assert presenter.run(run)["state"] == "paused"
        before = len(watcher.batches)
        for id in range(2, 8):
            assert watcher.command("step", id=id, lane=1)["type"] == "done"
        watcher.latest("account", lambda message: message["sequence"] >= paused + 6)
        while watcher.next <= paused + 6:
            watcher.receive()
        assert len(watcher.batches) > before
        assert watcher.command("step", id=9, lane=31)["type"] == "error"
        assert watcher.command("resume", id=10)["type"] == "done"
        assert watcher.command("step", id=11)["type"] == "error"
        assert presenter.run(run)["state"] == "running"


def test_steps_show_only_the_thread_that_was_stepped(presenter: Visitor) -> None:
    run = presenter.start(knobs={"threads": 3, "speed": 20_000.0})["id"]
    with presenter.watch(run) as watcher:
        watcher.until("batch")
        watcher.command("pause")
        paused = watcher.latest("account")["sequence"]
        for id in range(2, 6):
            watcher.send(type="command", id=id, action="step", lane=2)
        lanes = set()
        done = 0
        while done < 4 or (watcher.next or 0) <= paused + 4:
            message = watcher.receive()
            done += message["type"] == "done"
            if message["type"] == "batch":
                rows = RECORD.iter_unpack(message["frame"][BATCH_HEADER.size :])
                lanes |= {row[2] for index, row in enumerate(rows) if message["first"] + index > paused}
        assert lanes == {2}


def test_a_frozen_thread_stands_and_the_others_go_on(presenter: Visitor) -> None:
    run = presenter.start(knobs=FAST)["id"]
    with presenter.watch(run) as watcher:
        freeze = watcher.command("freeze", id=1, lane=1, position="BETWEEN_LOAD_AND_CAS")
        assert freeze["type"] == "done"
        frozen = watcher.until("counters", lambda message: message["lanes"][1]["status"] == "frozen")["lanes"][1]
        later = watcher.until("counters", lambda m: m["lanes"][0]["operations"] > frozen["operations"] + 1000)
        assert later["lanes"][1]["operations"] == frozen["operations"]
        assert watcher.command("thaw", id=2, lane=1)["type"] == "done"
        watcher.until("counters", lambda message: message["lanes"][1]["operations"] > frozen["operations"])
        assert "not frozen" in watcher.command("thaw", id=3, lane=1)["message"]


def test_a_killed_lock_holder_stops_everyone_in_the_mutex_twin_only(presenter: Visitor) -> None:
    run = presenter.start("treiber-stack", duel=True, knobs=FAST)["id"]
    assert [side["structure"] for side in presenter.run(run)["sides"]] == ["treiber-stack", "locked-stack"]
    with presenter.watch(run, 0) as free, presenter.watch(run, 1) as locked:
        assert presenter.control(run, "kill", lane=0, position="HOLDING_LOCK", side=1).status_code == 200
        assert presenter.control(run, "kill", lane=0, position="BETWEEN_LOAD_AND_CAS", side=0).status_code == 200
        stuck = locked.until(
            "counters",
            lambda message: (
                [lane["status"] for lane in message["lanes"]] == ["killed", "waiting", "waiting", "waiting"]
            ),
        )
        before = operations(free)
        free.until("counters", lambda message: message["totals"]["operations"] > before + 1000)
        assert presenter.control(run, "pause", side=1).status_code == 200
        account = locked.until("counters", lambda message: message["paused"])
        assert account["totals"]["operations"] == stuck["totals"]["operations"]


def test_a_duel_takes_one_command_for_both_sides(presenter: Visitor) -> None:
    run = presenter.start("locked-queue", duel=True, knobs=FAST)["id"]
    assert [side["structure"] for side in presenter.run(run)["sides"]] == ["locked-queue", "michael-scott-queue"]
    with presenter.watch(run, 0) as one, presenter.watch(run, 1) as other:
        assert one.command("freeze", lane=2)["type"] == "done"
        for watcher in (one, other):
            watcher.until("counters", lambda message: message["lanes"][2]["status"] == "frozen")
        assert presenter.control(run, "pause", side=2).status_code == 422
        single = presenter.post(f"/api/runs/{run}/restart", {"duel": False}).json()
        assert len(single["sides"]) == 1
        assert single["generation"] == 2
        assert one.until("restarted")["run"]["generation"] == 2


def test_a_restart_keeps_what_is_not_named(presenter: Visitor) -> None:
    run = presenter.start("treiber-stack", knobs=FAST, seed=11)["id"]
    with presenter.watch(run) as watcher:
        watcher.until("batch")
        again = presenter.post(f"/api/runs/{run}/restart", {"structure": "atomic-counter", "knobs": {"threads": 2}})
        assert again.status_code == 200
        assert again.json()["seed"] == 11
        assert (again.json()["knobs"]["threads"], again.json()["knobs"]["speed"]) == (2, 20_000.0)
        restarted = watcher.until("restarted")
        assert restarted["run"]["generation"] == 2
        watcher.until("snapshot")
        batch = watcher.until("batch")
        assert batch["generation"] == 2
        assert presenter.post(f"/api/runs/{run}/restart", {"structure": "nothing"}).status_code == 422


def test_hold_stops_before_a_cas_that_will_fail(presenter: Visitor) -> None:
    knobs = {"threads": 4, "speed": 0.0, "gap_share": 100, "gap_kind": "sleep", "gap_ms": 5.0}
    run = presenter.start("treiber-stack", knobs=knobs, hold=True)["id"]
    with presenter.watch(run) as watcher:
        held = watcher.until("held")
        assert 0 <= held["lane"] < 4
        wait_until(lambda: presenter.run(run)["state"] == "held", LIMIT_S, "the run being held")
        watcher.send(type="command", id=1, action="step", lane=held["lane"])
        kinds: list[int] = []
        while Kind.CAS_LOST not in kinds:
            frame = watcher.until("batch")["frame"]
            kinds += [row[3] for row in RECORD.iter_unpack(frame[BATCH_HEADER.size :]) if row[2] == held["lane"]]
        assert presenter.run(run)["state"] == "held"


def test_a_killed_engine_is_reported_and_hurts_nobody(presenter: Visitor, server: Server) -> None:
    run = presenter.start("treiber-stack", knobs=FAST)["id"]
    [engine] = engines(server)
    with presenter.watch(run) as watcher:
        watcher.until("batch")
        os.kill(engine, signal.SIGKILL)
        ended = watcher.until("ended")
        assert ended["reason"] == "crashed"
        assert "SIGKILL" in ended["message"]
        assert "ended" in watcher.command("pause", id=4)["message"]
    assert presenter.run(run)["state"] == "ended"
    assert presenter.run(run)["sides"][0]["ended"]["reason"] == "crashed"
    with presenter.watch(run) as late:
        late.until("snapshot")
        late.until("batch")
        assert late.until("ended")["reason"] == "crashed"
    assert engines(server) == []
    again = presenter.post(f"/api/runs/{run}/restart")
    assert (again.status_code, again.json()["state"]) == (200, "running")


def test_a_reconnecting_viewer_misses_nothing(presenter: Visitor) -> None:
    run = presenter.start(knobs={"threads": 4, "speed": 500.0})["id"]
    with presenter.watch(run) as watcher:
        watcher.until("batch")
        generation, first, count = watcher.batches[-1]
    with presenter.watch(run, after=first + count - 1, generation=generation) as again:
        assert again.hello["resumed"] is True
        assert again.until("batch")["first"] == first + count
        assert not [message for message in again.seen if message["type"] == "snapshot"]


def test_a_viewer_that_stops_reading_costs_the_others_nothing(presenter: Visitor) -> None:
    run = presenter.start(knobs=FAST)["id"]
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    small.connect(("127.0.0.1", urlsplit(presenter.base_url).port))
    with small, presenter.connect(run, max_queue=1, sock=small) as stalled:
        stalled.send(json.dumps({"type": "join", "after": None, "generation": None}))
        wait_until(lambda: presenter.run(run)["viewers"] == 1, LIMIT_S, "the viewer that will stall joining")
        with presenter.watch(run) as watcher:
            assert watcher.hello["run"]["viewers"] == 2
            watcher.until("run", lambda message: message["run"]["viewers"] == 1)
            assert watcher.records > 50_000
            assert (watcher.skipped, watcher.lost) == (0, 0)
            assert watcher.command("pause")["type"] == "done"
            assert presenter.run(run)["state"] == "paused"


def test_several_viewers_see_the_same(presenter: Visitor, viewer: Visitor) -> None:
    run = presenter.start(knobs={"threads": 4, "speed": 2000.0})["id"]
    with presenter.watch(run) as one, viewer.watch(run) as other:
        one.until("batch")
        other.until("batch")
        assert presenter.run(run)["viewers"] == 2
        one.command("pause")
        account = one.latest("account")
        assert other.latest("account", lambda message: message["sequence"] == account["sequence"]) == account
        for watcher in (one, other):
            while (watcher.next or 0) <= account["sequence"]:
                watcher.receive()
            assert watcher.next == account["sequence"] + 1


def test_counts_equal_the_records(presenter: Visitor) -> None:
    """Counters do not come from the trace; where nothing was lost both must say the same."""
    run = presenter.start("treiber-stack", knobs={**FAST, "gap_share": 20, "gap_kind": "yield"})["id"]
    tally = dict.fromkeys((Kind.CAS_WON, Kind.CAS_LOST), 0)
    with presenter.watch(run, after=-1, generation=1) as watcher:
        assert watcher.hello["resumed"] is True

        def count(message: dict[str, object]) -> None:
            if message["type"] == "batch":
                frame = message["frame"]
                assert isinstance(frame, bytes)
                for row in RECORD.iter_unpack(frame[BATCH_HEADER.size :]):
                    if row[3] in tally:
                        tally[Kind(row[3])] += 1

        while watcher.records < 20_000:
            count(watcher.receive())
        watcher.send(type="command", id=1, action="pause")
        sequence = None
        while sequence is None or (watcher.next or 0) <= sequence:
            message = watcher.receive()
            count(message)
            sequence = message["sequence"] if message["type"] == "account" else sequence
        totals = watcher.until("counters", lambda message: message["paused"])["totals"]
    assert (totals["wins"], totals["losses"]) == (tally[Kind.CAS_WON], tally[Kind.CAS_LOST])
    assert totals["attempts"] == totals["wins"] + totals["losses"]


def test_a_freeze_that_cannot_happen_yet_is_accepted(presenter: Visitor) -> None:
    run = presenter.start("treiber-stack", knobs={"threads": 1, "speed": 0.2})["id"]
    answer = presenter.control(run, "freeze", lane=0, position="HOLDING_LOCK")
    assert answer.status_code in (200, 202)
    assert presenter.run(run)["state"] == "running"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"action": "stop"}, 422, "action"),
        ({"action": "freeze"}, 422, "lane"),
        ({"action": "freeze", "lane": 32}, 422, "lane"),
        ({"action": "freeze", "lane": 31}, 409, None),
        ({"action": "pause", "id": 1}, 422, "id"),
        ({"action": "step", "lane": 0}, 409, None),
    ],
)
def test_refused_controls_say_why(presenter: Visitor, body: dict[str, object], status: int, field: str | None) -> None:
    run = presenter.start(knobs=FAST)["id"]
    answer = presenter.post(f"/api/runs/{run}/control", body)
    assert (answer.status_code, answer.json()["error"]["field"]) == (status, field)
    assert answer.json()["error"]["message"]


def test_the_cost_of_watching(presenter: Visitor) -> None:
    run = presenter.start("treiber-stack", knobs={"threads": 2, "speed": 4.0})["id"]
    answer = presenter.post(f"/api/runs/{run}/cost")
    assert answer.status_code == 200
    cost = answer.json()
    assert (cost["structure"], cost["threads"]) == ("treiber-stack", 2)
    assert cost["untraced"] > cost["traced"] > 0
    assert presenter.run(run)["state"] == "running"


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_chart_is_a_figure_and_a_table(presenter: Visitor, theme: str) -> None:
    run = presenter.start("michael-scott-queue", duel=True, knobs={**FAST, "gap_share": 30, "gap_kind": "yield"})["id"]
    with presenter.watch(run) as watcher:
        watcher.until("counters", lambda message: message["time"] > 2.5e9)
    figure = presenter.http.get(f"/api/runs/{run}/chart", params={"theme": theme}).json()
    names = {trace["name"] for trace in figure["data"]}
    assert {"Michael-Scott queue: operations/s", "Queue behind a mutex: retry rate"} <= names
    assert all(len(trace["x"]) == len(trace["y"]) >= 1 for trace in figure["data"])
    assert presenter.http.get(f"/api/runs/{run}/chart", params={"theme": "pink"}).status_code == 422
    rows = presenter.http.get(f"/api/runs/{run}/chart.csv").text.splitlines()
    assert rows[0].startswith("side,structure,time_s,operations_per_s,records_per_s,retry_rate,retries_per_s_t1")
    assert {row.partition(",")[0] for row in rows[1:]} == {"0", "1"}


def test_the_catalog_and_the_sources(presenter: Visitor) -> None:
    listed = presenter.http.get("/api/structures").json()["structures"]
    assert [entry["key"] for entry in listed] == list(CATALOG)
    for key, entry in CATALOG.items():
        source = presenter.http.get(f"/api/structures/{key}/source").json()
        assert source == json.loads(json.dumps(highlight(entry)))
        assert source["file"] == entry.source.replace(".", "/") + ".py"
        assert [line["number"] for line in source["lines"]] == list(range(1, len(source["lines"]) + 1))
        for operation in entry.operations:
            [(file, place)] = [
                (file, part) for file in source["files"] for part in file["functions"] if part["name"] == operation.name
            ]
            assert operation.name in file["lines"][place["first"] - 1]["html"]
        assert source["files"][0] == {name: source[name] for name in ("file", "lines", "functions")}
        assert [file["file"] for file in source["files"]] == [
            module.replace(".", "/") + ".py" for module in (entry.source, *entry.sources)
        ]
    assert presenter.http.get("/api/structures/os/source").status_code == 404


def test_a_run_that_was_stopped_is_gone(presenter: Visitor, server: Server) -> None:
    run = presenter.start()["id"]
    with presenter.watch(run) as watcher:
        assert presenter.http.delete(f"/api/runs/{run}").status_code == 204
        assert watcher.until("ended")["reason"] == "stopped"
    assert presenter.http.get(f"/api/runs/{run}").status_code == 404
    wait_until(lambda: not engines(server), LIMIT_S, "the engine ending")
