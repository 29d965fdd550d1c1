"""The engine as a process: how it starts, ends, fails, and what it leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lockfree_core.drive.launch import launch_engine
from lockfree_core.drive.rings import Rings
from lockfree_core.errors import EngineError
from lockfree_core.trace.layout import Kind
from tests.core.kit import LIMIT_S, Remote, by_hand, in_process, plan_of
from tests.serving import wait_until

HERE = "tests.core.drive.raising"


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def shared_segments() -> set[str]:
    names = {path.name for path in Path("/dev/shm").iterdir()} if Path("/dev/shm").is_dir() else set()
    return {name for name in names if name.startswith(("lockfree", "psm_", "wnsm_"))}


def refuse_room(*arguments: object) -> None:
    raise OSError(28, "No space left on device")


def texts(remote: Remote) -> dict[int, str]:
    return {row["id"]: row["text"] for report in remote.of_type("names") for row in report.get("values", ())}


def test_engine_says_what_it_runs_on() -> None:
    with in_process("treiber-stack") as remote:
        ready = remote.reports[0]
        assert ready["type"] == "ready"
        assert ready["pid"] == remote.process.pid
        assert ready["python"] == sys.version.split()[0]
        assert ready["implementation"] == sys.implementation.name
        assert ready["gil"] is getattr(sys, "_is_gil_enabled", lambda: True)()


def test_end_of_input_ends_the_engine() -> None:
    with in_process("treiber-stack", threads=8) as remote:
        assert remote.process.stdin is not None
        remote.process.stdin.close()
        assert remote.process.wait(LIMIT_S) == 0


def test_end_of_input_ends_an_engine_whose_threads_are_killed_and_blocked() -> None:
    with in_process("locked-stack", threads=3) as remote:
        remote.do("kill", lane=1, position="HOLDING_LOCK")
        remote.wait_for(lambda: sorted(remote.statuses()) == ["killed", "waiting", "waiting"], "everybody stuck")
        assert remote.process.stdin is not None
        remote.process.stdin.close()
        assert remote.process.wait(LIMIT_S) == 0


def test_stop_draws_up_the_last_account_and_ends() -> None:
    with in_process("michael-scott-queue") as remote:
        remote.run_until(50)
        remote.do("stop")
        assert (remote.account["reason"], remote.account["balanced"]) == ("end", True)
        assert remote.states[-1] == "ended"
        assert remote.process.wait(LIMIT_S) == 0


def test_reader_that_is_gone_ends_the_engine() -> None:
    with launch_engine() as launch:
        process = launch.process
        assert process.stdin is not None and process.stdout is not None
        assert json.loads(process.stdout.readline())["type"] == "ready"
        process.stdout.close()
        process.stdin.write(json.dumps({"type": "start", "plan": plan_of("treiber-stack")}).encode() + b"\n")
        process.stdin.flush()
        assert process.wait(LIMIT_S) == 0


def test_killed_engine_leaves_its_records_readable() -> None:
    with in_process("treiber-stack", threads=4) as remote:
        remote.run_until(100)
        os.kill(remote.process.pid, signal.SIGKILL)
        assert remote.process.wait(LIMIT_S) == -signal.SIGKILL
        remote._reader.join()
        while remote.poll(final=True):
            pass
        assert remote.merger.held_back == 0
        number = 0
        for row in remote.rows:
            assert row["sequence"] == number
            number += row["aux"] if row["kind"] == Kind.LOST else 1
        ends = sum(row["kind"] == Kind.END for row in remote.rows)
        assert ends >= 100
        assert sum(remote.counters("operations")) - ends in range(-4, 5) or remote.lost


def test_nothing_is_left_behind() -> None:
    with in_process("treiber-stack"):
        pass
    files, segments = open_files(), shared_segments()
    for _ in range(3):
        with in_process("locked-queue") as remote:
            remote.run_until(10)
        remote.launch.close()  # a second time
    assert (open_files(), shared_segments()) == (files, segments)
    assert remote.process.returncode == -signal.SIGKILL


def test_interpreter_that_is_not_there(tmp_path: Path) -> None:
    files = open_files()
    with pytest.raises(EngineError, match=r"nowhere' cannot be started: No such file"):
        launch_engine(str(tmp_path / "nowhere"))
    with pytest.raises(EngineError, match="cannot be started: Permission denied"):
        launch_engine(str(tmp_path))
    assert open_files() == files


def test_interpreter_that_is_none() -> None:
    with launch_engine("/bin/false") as launch:
        assert launch.process.wait(LIMIT_S) == 1
        assert launch.process.stdout is not None and launch.process.stdout.read() == b""


def test_no_room_for_the_rings_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    files = open_files()
    monkeypatch.setattr(os, "posix_fallocate", refuse_room)
    with pytest.raises(EngineError, match=r"no room for the shared rings \(No space left.*; free memory or use fewer"):
        launch_engine()
    assert open_files() == files


def test_no_room_for_another_thread_leaves_the_run_unhurt(monkeypatch: pytest.MonkeyPatch) -> None:
    with by_hand("treiber-stack", threads=2) as hand:
        with monkeypatch.context() as full:
            full.setattr(os, "posix_fallocate", refuse_room)
            answer = hand.command("knobs", knobs={"threads": 5, "think_ms": 7})
        assert answer["type"] == "error"
        assert answer["message"] == (
            "no room for thread 3's ring (No space left on device); free memory or use fewer threads"
        )
        assert (hand.control.knobs.threads, hand.control.knobs.think_ms) == (2, 0)
        assert len(hand.control.lanes) == 2
        assert hand.accesses(0, 2)[0] == ("LOAD", "head")
        hand.do("knobs", knobs={"threads": 3})
        assert len(hand.control.lanes) == 3


@pytest.mark.parametrize("argument, message", [("0", "holds no rings"), ("999", "holds no rings")])
def test_engine_without_rings_says_so(argument: str, message: str) -> None:
    command = [sys.executable, "-m", "lockfree_core.drive.engine", argument]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_S)
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert reports[-1]["type"] == "error" and message in reports[-1]["message"]


def test_file_that_holds_no_rings_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other"
    path.write_bytes(bytes(8192))
    fd = os.open(path, os.O_RDWR)
    try:
        with pytest.raises(EngineError, match="holds no rings"):
            Rings(fd)
    finally:
        os.close(fd)


BAD_PLANS: list[tuple[Any, str]] = [
    (None, "the plan cannot be read"),
    ({}, "the plan cannot be read: KeyError"),
    ({**plan_of("treiber-stack"), "factory": "lockfree_core.nowhere:Thing"}, "ModuleNotFoundError"),
    ({**plan_of("treiber-stack"), "factory": "lockfree_core.errors:Thing"}, "AttributeError"),
    ({**plan_of("treiber-stack"), "operations": []}, "a plan needs an operation"),
    ({**plan_of("treiber-stack"), "knobs": {"threads": 99}}, "threads must be from 1 to 32; got 99"),
]


@pytest.mark.parametrize("plan, message", BAD_PLANS, ids=[message for _, message in BAD_PLANS])
def test_bad_plans_are_refused(plan: Any, message: str) -> None:
    remote = Remote(None)
    try:
        remote.send("start", plan=plan)
        assert remote.process.wait(LIMIT_S) == 1
        remote._reader.join()
        assert message in remote.of_type("error")[-1]["message"]
        assert remote.errors() == ""
    finally:
        remote.close()


BAD_LINES = [
    b"", b"{", b"[]", b"null", b"3", b'"pause"', b"\xff\xfe", b"[" * 100_000, b"{}", b'{"type": 7}',
    b'{"type": ["pause"]}', b'{"type": "dance", "id": 1}', b'{"type": "start", "plan": {}}', b'{"type": "_init__"}',
    b'{"type": "knobs", "knobs": []}', b'{"type": "knobs", "knobs": null}',
    b'{"type": "knobs", "knobs": {"speed": NaN}}',
    b'{"type": "knobs", "knobs": {"threads": 1e999}}', b'{"type": "knobs", "knobs": {"threads": 0}}',
    b'{"type": "knobs", "knobs": {"threads": "4"}}', b'{"type": "knobs", "knobs": {"volume": 11}}',
    b'{"type": "knobs", "knobs": {"threads": 1' + b"0" * 4000 + b"}}", b'{"type": "step", "lane": {}}',
    b'{"type": "freeze"}', b'{"type": "kill", "lane": 1' + b"0" * 9000 + b"}",
    b'{"type": "freeze", "lane": 0, "position": {}}', b'{"type": "snap' + b"s" * 300_000 + b'"}',
]  # fmt: skip


def test_malformed_and_unknown_commands_are_answered_and_hurt_nobody() -> None:
    with in_process("treiber-stack", threads=2) as remote:
        for line in BAD_LINES:
            remote.send_line(line)
        remote.wait_for(lambda: len(remote.of_type("error")) >= len(BAD_LINES), "an answer to each line")
        assert all(isinstance(report["message"], str) and report["message"] for report in remote.of_type("error"))
        assert all("Traceback" not in report["message"] for report in remote.of_type("error"))
        remote.run_until(20)
        remote.do("pause")
        assert len(remote.of_type("error")) == len(BAD_LINES)
        assert remote.account["balanced"]
        assert len(remote.counters("operations")) == 2


def test_errors_carry_the_command_and_the_field() -> None:
    with by_hand("treiber-stack", threads=1) as hand:
        answer = hand.command("knobs", knobs={"threads": 33})
        assert answer["field"] == "threads"
        assert answer["message"] == "threads must be from 1 to 32; got 33"
        assert hand.command("dance")["message"] == "unknown command 'dance'"


def test_operation_that_raises_stops_its_thread_and_no_other() -> None:
    with in_process(f"{HERE}:Noisy", threads=4, insert_share=50, prefill=0) as remote:
        remote.wait_for(lambda: remote.statuses() == ["raised"] * 4, "everybody to raise")
        remote.do("pause")
        remote.poll_to(remote.account["sequence"])
        faults = [row for row in remote.rows if row["kind"] == Kind.FAULT]
        assert [row["lane"] for row in sorted(faults, key=lambda row: row["lane"])] == [0, 1, 2, 3]
        assert {texts(remote)[row["cell"]] for row in faults} == {"ZeroDivisionError: push of a value failed"}
        answer = remote.command("step", lane=0)
        assert answer["message"] == "thread 1 cannot take a step: it raised an error and stopped"
        assert "has stopped already" in remote.command("freeze", lane=0)["message"]
        remote.process.kill()
        remote.process.wait()
        assert "this must not get among the reports" in remote.errors()


def test_one_raised_thread_leaves_the_others_working() -> None:
    with in_process(f"{HERE}:Quits", threads=3, insert_share=0, prefill=0) as remote:
        remote.run_until(30)
        remote.do("freeze", lane=0)
        remote.do("freeze", lane=1)
        remote.wait_for(lambda: remote.statuses()[:2] == ["frozen", "frozen"], "two frozen")
        remote.do("knobs", knobs={"insert_share": 100})
        remote.wait_for(lambda: remote.statuses()[2] == "raised", "thread 3 to raise")
        remote.do("knobs", knobs={"insert_share": 0})
        remote.do("thaw", lane=0)
        remote.do("thaw", lane=1)
        remote.run_until(30)
        assert set(remote.statuses()[:2]) <= {"idle", "running"}
        assert "SystemExit: 3" in texts(remote).values()


def test_structure_that_cannot_be_made_ends_the_engine_with_its_reason() -> None:
    remote = Remote(None)
    try:
        remote.send("start", plan=plan_of(f"{HERE}:Hopeless"))
        assert remote.process.wait(LIMIT_S) == 1
        assert "RuntimeError: no structure today" in remote.errors()
    finally:
        remote.close()


def test_engine_waits_for_its_plan() -> None:
    remote = Remote(None)
    try:
        wait_until(lambda: bool(remote.reports), LIMIT_S, "the engine to be ready")
        assert [report["type"] for report in remote.reports] == ["ready"]
        assert remote.process.poll() is None
    finally:
        remote.close()
