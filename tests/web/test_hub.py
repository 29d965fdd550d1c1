"""Viewers over sockets that a test holds in its hand: no engine, no network, no clock."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from functools import partial

import pytest

from app.hub import Limits, Viewer
from app.messages import Command
from app.services.stream import Stream
from tests.web.fakes import PATIENT, FakeRun, FakeSocket, has_all, run_async, until, viewing
from tests.web.records import record, snapshot


def test_a_viewer_gets_hello_then_a_snapshot_then_records() -> None:
    async def test() -> None:
        run = FakeRun()
        run.stream.add_names({"type": "names", "from": 0, "cells": [{"id": 1, "name": "head", "kind": "reference"}]})
        run.add(5)
        async with viewing(run) as socket:
            await until(lambda: socket.received() == [(0, 5)])
            assert socket.types() == ["hello", "snapshot", "batch"]
            assert socket.sent[0]["names"]["cells"] == [{"id": 1, "name": "head", "kind": "reference"}]
            assert (socket.sent[0]["resumed"], socket.sent[0]["role"]) == (False, "presenter")
            assert (socket.sent[1]["sequence"], socket.sent[1]["reason"]) == (-1, "join")

    run_async(test)


def test_names_come_before_the_records_that_need_them() -> None:
    async def test() -> None:
        run = FakeRun()
        async with viewing(run) as socket:
            await until(lambda: socket.of("snapshot"))
            run.stream.add_names({"type": "names", "from": 0, "values": [{"id": 70, "text": "'a'"}]})
            run.add(1)
            await until(lambda: socket.of("batch"))
            assert socket.types()[-2:] == ["names", "batch"]

    run_async(test)


def test_each_viewer_gets_every_record_once() -> None:
    async def test() -> None:
        run = FakeRun()
        async with viewing(run) as one, viewing(run) as other:
            for _ in range(20):
                run.add(3)
                await asyncio.sleep(0)
            for socket in (one, other):
                await until(partial(has_all, socket, 60))
                assert socket.received() == [(first, 3) for first in range(0, 60, 3)]

    run_async(test)


def test_a_slow_viewer_gets_a_snapshot_for_its_backlog_and_the_other_loses_nothing() -> None:
    async def test() -> None:
        run = FakeRun(budget=1 << 20)
        limits = replace(PATIENT, backlog=4_000)
        async with viewing(run, limits=limits) as slow, viewing(run, limits=limits) as quick:
            await until(lambda: slow.of("snapshot") and quick.of("snapshot"))
            slow.reads.clear()
            for _ in range(30):
                run.add(10)
                await until(lambda: quick.total() == run.stream.history.end)
            run.snap()
            slow.reads.set()
            run.add(1)
            await until(lambda: slow.received() and slow.received()[-1] == (300, 1))
            overflow = slow.of("snapshot")[-1]
            got = slow.total()
            assert overflow["reason"] == "overflow"
            assert overflow["sequence"] == 299
            assert overflow["skipped"] == 301 - got > 0
            assert quick.received() == [(first, 10) for first in range(0, 300, 10)] + [(300, 1)]
            run.stream.tell(
                "counters", {"time": 1, "paused": False, "lanes": [], "totals": {}, "rates": {}, "skipped": 0}
            )
            run.feed.wake()
            await until(lambda: slow.of("counters") and quick.of("counters"))
            assert slow.of("counters")[-1]["skipped"] == overflow["skipped"]
            assert quick.of("counters")[-1]["skipped"] == 0

    run_async(test)


def test_an_overflow_asks_the_engine_for_a_snapshot_and_waits_for_it() -> None:
    async def test() -> None:
        run = FakeRun()
        async with viewing(run, limits=replace(PATIENT, backlog=4_000)) as socket:
            await until(lambda: socket.of("snapshot"))
            socket.reads.clear()
            for _ in range(30):
                run.add(10)
            socket.reads.set()
            await until(lambda: run.asked == ["overflow"])
            assert len(socket.of("snapshot")) == 1
            run.snap("overflow")
            await until(lambda: len(socket.of("snapshot")) == 2)
            assert socket.sent[-1]["sequence"] == 299

    run_async(test)


def test_a_viewer_that_takes_nothing_is_cut_off_and_the_run_goes_on() -> None:
    async def test() -> None:
        run = FakeRun()
        socket = FakeSocket()
        task = asyncio.create_task(Viewer(socket, run.feed, "viewer", run, Limits(send_s=0.05)).run())
        socket.say(type="join", after=None, generation=None)
        async with viewing(run) as other:
            await until(lambda: socket.of("snapshot"))
            socket.reads.clear()
            run.add(1)
            await until(lambda: socket.aborted)
            await task
            assert len(run.feed.viewers) == 1
            run.add(2)
            await until(lambda: other.received() == [(0, 1), (1, 2)])

    run_async(test)


def test_commands_reach_the_run_while_another_viewer_stalls() -> None:
    async def test() -> None:
        run = FakeRun()
        async with viewing(run, role="viewer") as stalled, viewing(run) as socket:
            stalled.reads.clear()
            run.add(1)
            socket.say(type="command", id=9, action="pause")
            await until(lambda: socket.of("done") == [{"type": "done", "id": 9}])
            assert run.commands == [Command(9, "pause")]

    run_async(test)


def test_a_viewer_resumes_after_the_last_record_that_it_saw() -> None:
    async def test() -> None:
        run = FakeRun()
        run.add(10)
        run.add(10)
        async with viewing(run, after=6, generation=1) as socket:
            await until(lambda: socket.received() == [(7, 3), (10, 10)])
            assert socket.sent[0]["resumed"] is True
            assert not socket.of("snapshot")
        async with viewing(run, after=19, generation=1) as socket:
            run.add(1)
            await until(lambda: socket.received() == [(20, 1)])
            assert not socket.of("snapshot")

    run_async(test)


@pytest.mark.parametrize(("after", "generation"), [(3, 2), (3, None), (None, 1), (500, 1)])
def test_a_viewer_that_cannot_resume_begins_afresh(after: int | None, generation: int | None) -> None:
    async def test() -> None:
        run = FakeRun()
        run.add(10)
        async with viewing(run, after=after, generation=generation) as socket:
            await until(lambda: socket.received() == [(0, 10)])
            assert socket.sent[0]["resumed"] is False
            assert socket.of("snapshot")[0]["sequence"] == -1

    run_async(test)


def test_a_viewer_whose_place_is_gone_begins_afresh() -> None:
    async def test() -> None:
        run = FakeRun(budget=8_000)
        for _ in range(40):
            run.add(10)
            run.snap()
        assert run.stream.history.first > 5
        async with viewing(run, after=4, generation=1) as socket:
            await until(lambda: socket.of("snapshot"))
            assert socket.sent[0]["resumed"] is False

    run_async(test)


def test_a_late_joiner_far_from_the_last_snapshot_gets_a_fresh_one() -> None:
    async def test() -> None:
        run = FakeRun(budget=20_000)
        run.add(run.stream.history.short_way + 1)
        async with viewing(run) as socket:
            await until(lambda: "join" in run.asked or "request" in run.asked)
            assert not socket.of("snapshot")
            run.snap("join")
            await until(lambda: socket.of("snapshot"))
            assert socket.of("snapshot")[0]["sequence"] == run.stream.history.end - 1

    run_async(test)


def test_an_engine_that_gives_no_snapshot_in_time_costs_a_joiner_only_time() -> None:
    async def test() -> None:
        run = FakeRun(budget=20_000)
        run.add(run.stream.history.short_way + 1)
        async with viewing(run, limits=Limits(backlog=1 << 20, snapshot_s=0.02)) as socket:
            await until(lambda: socket.of("batch"))
            assert socket.of("snapshot")[0]["sequence"] == -1

    run_async(test)


def test_lost_records_are_followed_by_a_snapshot() -> None:
    async def test() -> None:
        run = FakeRun()
        async with viewing(run) as socket:
            await until(lambda: socket.of("snapshot"))
            run.stream.add_records(0, record(0) + record(1, before=1, after=8), 2, 7)
            run.feed.wake()
            await until(lambda: run.asked == ["lost"])
            await until(lambda: socket.of("batch"))
            run.add(4)
            run.snap("lost")
            await until(lambda: len(socket.of("snapshot")) == 2)
            assert (socket.sent[-1]["reason"], socket.sent[-1]["sequence"], socket.sent[-1]["skipped"]) == (
                "lost",
                5,
                4,
            )

    run_async(test)


def test_a_restart_voids_what_was_known() -> None:
    async def test() -> None:
        run = FakeRun()
        run.add(3)
        async with viewing(run) as socket:
            await until(lambda: socket.of("batch"))
            run.restart()
            run.add(2)
            await until(lambda: socket.received()[-1] == (0, 2))
            assert [kind for kind in socket.types() if kind != "run"][-3:] == ["restarted", "snapshot", "batch"]
            assert socket.of("batch")[-1]["generation"] == 2
            assert socket.of("restarted")[0]["run"]["generation"] == 2

    run_async(test)


def test_the_end_comes_after_the_last_record_and_stays_for_late_joiners() -> None:
    async def test() -> None:
        run = FakeRun()
        async with viewing(run) as socket:
            run.add(3)
            run.stream.end({"reason": "crashed", "message": "signal 9", "detail": ""})
            run.feed.wake()
            await until(lambda: socket.of("ended"))
            assert socket.types()[-2:] == ["batch", "ended"]
        async with viewing(run) as late:
            await until(lambda: late.of("ended"))
            assert [kind for kind in late.types() if kind != "run"] == ["hello", "snapshot", "batch", "ended"]
        assert run.asked == []

    run_async(test)


def test_a_side_that_is_gone_closes_its_viewers() -> None:
    async def test() -> None:
        run = FakeRun()
        async with viewing(run) as socket:
            run.feed.stream = None
            run.feed.wake()
            await until(lambda: socket.closed)
            assert socket.closed == (1001, "the run has no such side any more")

    run_async(test)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (b"\1\2", "must be text"),
        ("{", "no well-formed JSON"),
        ('{"type":"hello"}', "must be one of"),
        ('{"type":"command","action":"pause"}', "is missing"),
        ('{"type":"join","after":null,"generation":null}', "join comes once"),
    ],
)
def test_what_cannot_be_understood_ends_the_connection(frame: str | bytes, words: str) -> None:
    async def test() -> None:
        run = FakeRun()
        async with viewing(run) as socket:
            socket.incoming.put_nowait(frame)
            await until(lambda: socket.closed)
            assert socket.closed is not None
            assert socket.closed[0] == 1008
            assert words in socket.of("error")[-1]["message"]

    run_async(test)


def test_nothing_but_a_join_opens_the_stream() -> None:
    async def test() -> None:
        run = FakeRun()
        async with viewing(run, join=False) as socket:
            socket.say(type="command", id=1, action="kill", lane=0)
            await until(lambda: socket.closed)
            assert socket.types() == ["error"]
        assert run.commands == []

    run_async(test)


def test_who_never_joins_is_sent_away() -> None:
    async def test() -> None:
        run = FakeRun()
        async with viewing(run, join=False, limits=Limits(join_s=0.01)) as socket:
            await until(lambda: socket.closed)
            assert socket.closed == (1008, "no join came")

    run_async(test)


def test_refused_commands_are_answered_and_the_connection_stays() -> None:
    async def test() -> None:
        run = FakeRun()
        async with viewing(run) as socket:
            socket.say(type="command", id=1, action="thaw", lane=0)
            socket.say(type="knobs", id=2, knobs={"threads": 99})
            socket.say(type="command", id=3, action="freeze", lane=77)
            socket.say(type="knobs", id=4, knobs={"threads": 3})
            await until(lambda: socket.of("done"))
            errors = {error["id"]: (error["field"], error["message"]) for error in socket.of("error")}
            assert errors == {
                1: (None, "thread 1 is not frozen"),
                2: ("threads", "must be from 1 to 32; got 99"),
                3: ("lane", "must be a whole number from 0 to 31; got 77"),
            }
            assert run.knobs == [{"threads": 3}]

    run_async(test)


def test_a_viewer_controls_nothing() -> None:
    async def test() -> None:
        run = FakeRun()
        async with viewing(run, role="viewer") as socket:
            socket.say(type="command", id=1, action="pause")
            socket.say(type="knobs", id=2, knobs={"threads": 1})
            await until(lambda: len(socket.of("error")) == 2)
            assert {error["id"] for error in socket.of("error")} == {1, 2}
        assert (run.commands, run.knobs) == ([], [])

    run_async(test)


def test_commands_that_wait_are_bounded() -> None:
    async def test() -> None:
        run = FakeRun()
        run.hold = asyncio.Event()
        async with viewing(run, limits=replace(PATIENT, commands=3)) as socket:
            for id in range(5):
                socket.say(type="command", id=id, action="freeze", lane=0)
            await until(lambda: len(socket.of("error")) == 2 and len(run.commands) == 3)
            run.hold.set()
            await until(lambda: len(socket.of("done")) == 3)

    run_async(test)


def test_a_sender_that_does_not_read_its_replies_is_not_read_on() -> None:
    async def test() -> None:
        run = FakeRun()
        async with viewing(run, role="viewer", limits=replace(PATIENT, replies=4)) as socket:
            await until(lambda: socket.of("snapshot"))
            socket.reads.clear()
            for id in range(100):
                socket.say(type="command", id=id, action="pause")
            await until(lambda: socket.sending and socket.incoming.qsize() <= 96)
            for _ in range(50):
                await asyncio.sleep(0)
            assert socket.incoming.qsize() > 80
            socket.reads.set()
            await until(lambda: len(socket.of("error")) == 100)

    run_async(test)


def test_state_messages_are_not_queued_for_a_slow_viewer() -> None:
    async def test() -> None:
        run = FakeRun()
        async with viewing(run) as socket:
            await until(lambda: socket.of("snapshot"))
            socket.reads.clear()
            run.add(1)
            await until(lambda: socket.sending)
            for sequence in range(50):
                run.stream.tell("held", {"lane": 0, "sequence": sequence})
                run.feed.wake()
                await asyncio.sleep(0)
            socket.reads.set()
            await until(lambda: socket.of("held"))
            assert [message["sequence"] for message in socket.of("held")] == [49]

    run_async(test)


def test_a_viewer_leaves_nothing_behind() -> None:
    async def test() -> None:
        run = FakeRun()
        run.hold = asyncio.Event()
        before = asyncio.all_tasks()
        async with viewing(run) as socket:
            socket.say(type="command", id=1, action="pause")
            await until(lambda: run.commands)
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(0)
        assert asyncio.all_tasks() == before

    run_async(test)


def test_snapshots_that_take_long_are_asked_for_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("app.services.stream.time.monotonic", lambda: clock[0])
    asked: list[str] = []
    stream = Stream(1, 1 << 20, asked.append)
    stream.want_snapshot("join")
    stream.want_snapshot("join")
    assert asked == ["join"]
    clock[0] += 0.2
    stream.add_snapshot(snapshot(5))
    clock[0] += 1.7
    stream.want_snapshot("lost")
    assert asked == ["join"]
    clock[0] += 0.2
    stream.want_snapshot("lost")
    assert asked == ["join", "lost"]
    stream.snapshot_refused()
    stream.want_snapshot("request")
    assert asked == ["join", "lost", "request"]


def test_one_late_snapshot_does_not_leave_viewers_in_the_dark(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("app.services.stream.time.monotonic", lambda: clock[0])
    asked: list[str] = []
    stream = Stream(1, 1 << 20, asked.append)
    stream.want_snapshot("overflow")
    clock[0] += 8
    stream.add_snapshot(snapshot(5))
    clock[0] += 2.9
    stream.want_snapshot("overflow")
    assert asked == ["overflow"]
    clock[0] += 0.2
    stream.want_snapshot("overflow")
    assert asked == ["overflow", "overflow"]
