"""How a server begins and ends, its limits, and what is left behind: nothing."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.serving import ROOT, Server, reserved_port, running_server, session_members, wait_until
from tests.web.client import LIMIT_S, Visitor
from tests.web.test_live import engines

SERVE = [sys.executable, "-m", "app", "serve", "--no-browser"]
ENVIRONMENT = {"PYTHONPATH": str(ROOT)}


@contextmanager
def lab(home: Path, *options: str) -> Iterator[tuple[Server, Visitor]]:
    with running_server([*SERVE, "--port", "0", *options], home, ENVIRONMENT) as server:
        visitor = Visitor(server.base_url, server.token)
        try:
            yield server, visitor
        finally:
            visitor.close()


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def serve(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A start that is expected to fail."""
    return subprocess.run(
        [*SERVE, *options],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        env={**os.environ, **ENVIRONMENT, **environment},
    )


def test_a_taken_port_is_said_without_a_traceback(server: Server) -> None:
    port = str(urlsplit(server.base_url).port)
    for ended in (serve("--port", port), serve(LOCKFREE_LAB_PORT=port)):
        assert ended.returncode == 2
        assert f"port {port} is taken" in ended.stderr
        assert "--port" in ended.stderr
        assert "Traceback" not in ended.stderr
        assert ended.stdout == ""


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--host", "0.0.0.0"], "--host is 0.0.0.0, which other machines can reach. Add --allow-remote"),
        (["--host", "192.0.2.1", "--allow-remote"], "cannot listen on 192.0.2.1"),
        (["--port", "99999"], "--port must be a whole number from 0 to 65535; got 99999"),
        (["--max-runs", "many"], "--max-runs must be a whole number from 1 to 64; got 'many'"),
        (["--python", "/nowhere/python"], "--python /nowhere/python is no program"),
    ],
)
def test_wrong_options_are_said_without_a_traceback(options: list[str], words: str) -> None:
    ended = serve(*options)
    assert ended.returncode == 2
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr


@contextmanager
def ending_server(home: Path) -> Iterator[tuple[Server, Visitor]]:
    """A server that the test itself ends."""
    with pytest.raises(AssertionError, match="ended by itself"), lab(home) as pair:
        yield pair
        assert pair[0].process.returncode is not None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_server_and_engines_whoever_looks_on(tmp_path: Path, number: signal.Signals) -> None:
    with ending_server(tmp_path) as (server, visitor):
        run = visitor.start("treiber-stack", duel=True, knobs={"speed": 0.0, "threads": 8})["id"]
        with visitor.connect(run, max_queue=1) as stalled, visitor.watch(run, 1) as watcher:
            stalled.send(json.dumps({"type": "join", "after": None, "generation": None}))
            watcher.until("batch")
            assert len(session_members(server.process.pid)) == 3
            server.process.send_signal(number)
            assert server.process.wait(LIMIT_S) == 0
        assert session_members(server.process.pid) == []


@contextmanager
def asked(visitor: Visitor, path: str) -> Iterator[None]:
    """While the server has not answered; it may end without an answer."""

    def ask() -> None:
        with suppress(httpx.HTTPError):
            visitor.http.get(path)

    thread = threading.Thread(target=ask)
    thread.start()
    yield
    thread.join(LIMIT_S)
    assert not thread.is_alive()


def test_an_interpreter_that_does_not_answer_holds_up_no_end(tmp_path: Path) -> None:
    started = tmp_path / "started"
    python = script(tmp_path / "deaf-python", f'touch "{started}"; exec sleep 1000')
    environment = {**ENVIRONMENT, "LOCKFREE_LAB_PYTHONS": python}
    with (
        pytest.raises(AssertionError, match="ended by itself"),
        running_server([*SERVE, "--port", "0"], tmp_path, environment) as server,
    ):
        visitor = Visitor(server.base_url, server.token)
        with asked(visitor, "/api/bench/interpreters"):
            wait_until(started.exists, LIMIT_S, "the interpreter being asked")
            server.process.send_signal(signal.SIGINT)
            assert server.process.wait(LIMIT_S) == 0
        assert session_members(server.process.pid) == []
        assert not re.search("Traceback|ERROR", server.printed())
        visitor.close()


SLOW = """
import sys, time
from pathlib import Path
from app.cli import main
from app.services.bench import Bench

def summaries(self, words):
    Path(sys.argv[-1]).touch()
    time.sleep(3)  # longer than a server waits for answers under way
    return []

Bench.summaries = summaries
sys.exit(main(["serve", "--port", "0", "--no-browser"]))
"""


def test_an_answer_that_takes_long_is_given_up_without_a_traceback(tmp_path: Path) -> None:
    started = tmp_path / "started"
    with (
        pytest.raises(AssertionError, match="ended by itself"),
        running_server([sys.executable, "-c", SLOW, started], tmp_path, ENVIRONMENT) as server,
    ):
        visitor = Visitor(server.base_url, server.token)
        with asked(visitor, "/api/bench/runs"):
            wait_until(started.exists, LIMIT_S, "the history being read")
            server.process.send_signal(signal.SIGINT)
            assert server.process.wait(LIMIT_S) == 0
        assert not re.search("Traceback|ERROR", server.printed())
        visitor.close()


def test_an_engine_does_not_outlive_a_server_that_was_killed(tmp_path: Path) -> None:
    with ending_server(tmp_path) as (server, visitor):
        visitor.start("treiber-stack", knobs={"speed": 0.0})
        assert len(engines(server)) == 1
        server.process.kill()
        server.process.wait(LIMIT_S)
        wait_until(lambda: not engines(server), LIMIT_S, "the engine ending")


@contextmanager
def slow_start(home: Path, *options: str) -> Iterator[tuple[Server, Visitor, str, Path]]:
    """A run that is being started: its id, and the gate, a file whose making lets its engine come up."""
    gate = home / "gate"
    python = script(home / "slow-python", f'while [ ! -e "{gate}" ]; do sleep 0.02; done; exec "{sys.executable}" "$@"')
    with lab(home, "--python", python, *options) as (server, visitor):
        answers = []
        second = Visitor(visitor.base_url, visitor.cookie.partition("=")[2])
        thread = threading.Thread(
            target=lambda: answers.append(second.post("/api/runs", {"structure": "treiber-stack"}))
        )
        thread.start()
        try:
            wait_until(lambda: visitor.http.get("/api/runs").json()["runs"], LIMIT_S, "the run being started")
            [run] = visitor.http.get("/api/runs").json()["runs"]
            assert run["state"] == "starting"
            yield server, visitor, run["id"], gate
        finally:
            gate.touch()
            thread.join(LIMIT_S)
            second.close()
        assert [answer.status_code for answer in answers] == [201]


def test_a_start_that_is_under_way_refuses_another_one(tmp_path: Path) -> None:
    with slow_start(tmp_path) as (_, visitor, run, gate):
        for refused in (
            visitor.post("/api/runs", {"structure": "locked-stack"}),
            visitor.post(f"/api/runs/{run}/restart"),
            visitor.http.delete(f"/api/runs/{run}"),
        ):
            assert refused.status_code == 409
            assert "being started" in refused.json()["error"]["message"]
        with visitor.watch(run) as early:
            assert early.hello["run"]["state"] == "starting"
            gate.touch()
            snapshot = early.until("snapshot")
            assert snapshot["reason"] in ("start", "join")
            assert early.until("batch")["first"] == snapshot["sequence"] + 1


def test_an_interpreter_that_fails_is_quoted_and_leaves_no_run(tmp_path: Path) -> None:
    python = script(tmp_path / "no-python", 'echo "ImportError: not today" >&2; exit 3')
    with lab(tmp_path, "--python", python) as (server, visitor):
        answer = visitor.post("/api/runs", {"structure": "treiber-stack"})
        assert answer.status_code == 503
        assert answer.json()["error"]["message"] == "the engine ended by exit code 3: ImportError: not today"
        assert visitor.http.get("/api/runs").json()["runs"] == []
        assert session_members(server.process.pid) == [server.process.pid]


def test_a_restart_that_fails_leaves_the_run_ended_and_can_be_tried_again(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    python = script(tmp_path / "python", f'[ -e "{broken}" ] && exit 4; exec "{sys.executable}" "$@"')
    with lab(tmp_path, "--python", python) as (_, visitor):
        run = visitor.start("treiber-stack")["id"]
        with visitor.watch(run) as watcher:
            watcher.until("snapshot")
            broken.touch()
            assert visitor.post(f"/api/runs/{run}/restart").status_code == 503
            assert "exit code 4" in watcher.until("ended")["message"]
            assert visitor.run(run)["state"] == "ended"
            broken.unlink()
            assert visitor.post(f"/api/runs/{run}/restart").status_code == 200
            assert watcher.until("restarted")["run"]["generation"] == 3


def test_the_limits_are_named(tmp_path: Path) -> None:
    with lab(tmp_path, "--max-runs", "1", "--max-viewers", "1") as (server, visitor):
        run = visitor.start("treiber-stack", knobs={"speed": 0.0})["id"]
        refused = visitor.post("/api/runs", {"structure": "treiber-stack"})
        assert refused.status_code == 409
        assert "the limit is 1 runs" in refused.json()["error"]["message"]
        with visitor.watch(run):
            with visitor.connect(run) as one_too_many:
                answer = json.loads(one_too_many.recv(LIMIT_S))
            assert (answer["type"], answer["id"]) == ("error", None)
            assert "the limit is 1 viewers" in answer["message"]
        wait_until(lambda: visitor.run(run)["viewers"] == 0, LIMIT_S, "the viewer leaving")
        os.kill(engines(server)[0], signal.SIGKILL)
        wait_until(lambda: visitor.run(run)["state"] == "ended", LIMIT_S, "the death being noticed")
        assert visitor.post("/api/runs", {"structure": "locked-stack"}).status_code == 201
        assert visitor.http.get(f"/api/runs/{run}").status_code == 404
        assert visitor.http.get("/api/health").json()["runs"] == 1


def test_a_run_that_nobody_looks_at_is_stopped(tmp_path: Path) -> None:
    with slow_start(tmp_path, "--idle-minutes", "0.01") as (server, visitor, run, gate):
        with visitor.watch(run) as watcher:  # before it runs: no moment passes in which nobody looks
            gate.touch()
            watcher.until("counters", lambda message: message["time"] > 1.5e9)
            assert visitor.run(run)["state"] == "running"
        wait_until(lambda: not engines(server), LIMIT_S, "the engine being stopped")
        wait_until(lambda: not visitor.http.get("/api/runs").json()["runs"], LIMIT_S, "the run being forgotten")


def test_beyond_loopback_a_token_opens_a_websocket_and_nothing_else_does(tmp_path: Path) -> None:
    with lab(tmp_path, "--allow-remote") as (_, visitor):
        run = visitor.start("treiber-stack")["id"]
        with visitor.watch(run) as watcher:
            assert watcher.hello["role"] == "presenter"
        stranger = Visitor(visitor.base_url, None)
        assert stranger.http.get("/watch").status_code == 401
        with pytest.raises(InvalidStatus) as caught, stranger.connect(run):
            raise AssertionError("a stranger was let in")
        assert caught.value.response.status_code == 403
        stranger.close()


def test_two_servers_keep_their_visitors_apart(tmp_path: Path, presenter: Visitor) -> None:
    (tmp_path / "home").mkdir()
    with lab(tmp_path / "home") as (_, other):
        headers = {"Cookie": f"{presenter.cookie}; {other.cookie}"}
        for visitor in (presenter, other):
            page = visitor.http.get("/watch", headers=headers).text
            assert '"role": "presenter"' in page
        assert '"role": "viewer"' in other.http.get("/watch", headers={"Cookie": presenter.cookie}).text


def test_the_first_page_needs_none_of_the_heavy_parts() -> None:
    """What makes a start slow must not creep in: the server is up and shows a page before any of these is needed."""
    program = "import sys; import app.cli, app.serving, app.templating; print(' '.join(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert not {"numpy", "plotly", "pygments", "pandas"} & set(loaded.split())


def test_the_address_is_the_first_line_and_is_listened_on() -> None:
    with reserved_port() as port:
        process = subprocess.Popen([*SERVE, "--port", str(port)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith(f"Lockfree Lab: http://127.0.0.1:{port}/?token=")
            socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S).close()
            assert "/view/" in process.stdout.readline()
        finally:
            process.terminate()
            process.communicate(timeout=LIMIT_S)
        assert process.returncode == 0
