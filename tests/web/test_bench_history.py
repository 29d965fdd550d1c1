"""The history behind the endpoints when it cannot be read or written, and when the server is killed."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lockfree_core.bench.formats import to_json
from lockfree_core.bench.store import Store
from tests.core.bench.bench_kit import around, case, made
from tests.serving import ROOT, START_LIMIT_S, wait_until
from tests.web.bench_lab import TINY, Lab, in_lab
from tests.web.client import Visitor


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "data" / "bench.sqlite3"


def filled(place: Path) -> str:
    """A history of one run; its id."""
    run = made(case("stack/mutex", around(1e6)), name="kept")
    with Store(place) as store:
        store.save(run)
    return run.id


def corrupt(place: Path) -> None:
    place.write_bytes(b"this is no database, but long enough to be looked at " * 40)


def newer(place: Path) -> None:
    with contextlib.closing(sqlite3.connect(place)) as connection:
        connection.execute("PRAGMA user_version = 99")
        connection.commit()


@pytest.mark.parametrize(
    ("spoil", "words"), [(corrupt, "damaged or no database"), (newer, "version 99; this Lockfree Lab knows up to 1")]
)
def test_a_history_that_cannot_be_read_is_told_of_and_left_alone(
    place: Path, spoil: Callable[[Path], None], words: str
) -> None:
    run = filled(place)
    spoil(place)
    content = place.read_bytes()

    async def scenario(lab: Lab) -> None:
        for method, path, body in (
            ("GET", "/runs", None), ("GET", f"/runs/{run}", None), ("PATCH", f"/runs/{run}", {"name": "x"}),
            ("DELETE", f"/runs/{run}", None), ("GET", f"/runs/{run}/export", None),
            ("GET", f"/compare?runs={run},other", None), ("POST", "/runs", to_json(made(case("stack/mutex", [1.0])))),
        ):  # fmt: skip
            answer = await lab.ask(method, path, body.encode() if isinstance(body, str) else body)
            message = answer.json()["error"]["message"]
            assert answer.status_code == 503 and words in message and str(place) in message, (method, path)
        # What is measured all the same is there to be looked at and taken away, and why it was not kept is said.
        job = await lab.start()
        assert words in job["trouble"]
        job = await lab.until(lambda job: job["state"] == "ended")
        assert not job["saved"] and words in job["trouble"]
        assert (await lab.get(f"/runs/{job['id']}"))["run"]["samples"] == job["done"]
        assert (await lab.ask("GET", f"/runs/{job['id']}/export")).status_code == 200

    in_lab(scenario, place)
    assert place.read_bytes() == content


@contextlib.contextmanager
def locked(place: Path) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(place, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


def test_a_history_in_use_is_told_of(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = filled(place)
    monkeypatch.setattr("lockfree_core.bench.store.sqlite3.connect", impatient(sqlite3.connect))

    async def scenario(lab: Lab) -> None:
        with locked(place):
            for method, path in (("GET", "/runs"), ("PATCH", f"/runs/{run}"), ("DELETE", f"/runs/{run}")):
                answer = await lab.ask(method, path, {"name": "x"} if method == "PATCH" else None)
                assert answer.status_code == 503 and "in use by another process" in answer.json()["error"]["message"]
            await lab.start()
            job = await lab.until(lambda job: job["state"] == "ended")
            assert not job["saved"] and "in use by another process" in job["trouble"]
        # It can be kept once the file is free: changing its name saves it.
        answer = await lab.ask("PATCH", f"/runs/{job['id']}", {"name": "kept after all"})
        assert answer.status_code == 200
        assert {each["name"] for each in (await lab.get("/runs"))["runs"]} == {"kept", "kept after all"}
        assert (await lab.get("/job"))["job"]["saved"]

    in_lab(scenario, place)


def impatient(connect: Callable[..., Any]) -> Callable[..., Any]:
    """Does not wait for a lock."""
    return lambda path, **options: connect(path, **(options | {"timeout": 0.0}))


def test_a_full_disk_is_told_of_and_loses_nothing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = filled(place)
    connect = sqlite3.connect

    def full(path: Path, **options: Any) -> sqlite3.Connection:
        connection = connect(path, **options)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    monkeypatch.setattr("lockfree_core.bench.store.sqlite3.connect", full)

    async def scenario(lab: Lab) -> None:
        big = made(case("stack/mutex", around(1e6)), note="x" * 100_000)
        answer = await lab.ask("POST", "/runs", to_json(big).encode())
        assert answer.status_code == 503 and "the disk is full" in answer.json()["error"]["message"]
        await lab.start(note="x" * 4000, rounds=3)
        job = await lab.until(lambda job: job["state"] == "ended")
        assert (job["ended"], job["saved"]) == ("rounds", False) and "the disk is full" in job["trouble"]
        assert [each["id"] for each in (await lab.get("/runs"))["runs"]] == [run]

    in_lab(scenario, place)


@pytest.mark.parametrize("ends_with", ["another run", "the server"])
def test_a_run_that_could_not_be_kept_is_kept_before_it_is_forgotten(
    place: Path, monkeypatch: pytest.MonkeyPatch, ends_with: str
) -> None:
    filled(place)
    monkeypatch.setattr("lockfree_core.bench.store.sqlite3.connect", impatient(sqlite3.connect))
    unsaved = []

    async def scenario(lab: Lab) -> None:
        with locked(place):
            unsaved.append(await lab.measured())
        assert unsaved[0] not in [each["id"] for each in (await lab.get("/runs"))["runs"]]
        if ends_with == "another run":
            await lab.measured()

    in_lab(scenario, place)
    with Store(place) as store:
        assert store.holds(unsaved[0])


def test_a_job_that_breaks_off_is_told_of(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> Any:
        raise OSError("no more file descriptors")

    monkeypatch.setattr("lockfree_core.bench.runner.run_sample", broken)

    async def scenario(lab: Lab) -> None:
        await lab.start()
        job = await lab.until(lambda job: job["state"] == "ended")
        assert job["ended"] == "cancelled" and "no more file descriptors" in job["trouble"]
        assert (await lab.ask("POST", "/job", TINY)).status_code == 201

    in_lab(scenario, place)


def test_a_killed_server_leaves_a_readable_history(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "app", "serve", "--port", "0", "--no-browser", "--data", str(tmp_path)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert server.stdout is not None
        address = server.stdout.readline().rpartition(" ")[2].strip()
        base, token = address.split("/?token=")
        visitor = Visitor(base, token)
        custom = {"structures": ["counter"], "implementations": ["mutex"]}
        body = {"custom": custom, "threads": [1], "seconds": 0.001, "rounds": 10_000}
        job = visitor.post("/api/bench/job", body).json()["job"]

        def is_there() -> bool:
            found: dict[str, Any] = visitor.http.get("/api/bench/job?after=0").json()["job"]
            return bool(found["round"] > 2 and found["saved"])

        wait_until(is_there, START_LIMIT_S, "two rounds being kept")
        visitor.close()
    finally:
        os.kill(server.pid, signal.SIGKILL)
        server.wait()
        assert server.stdout is not None
        server.stdout.close()
    with Store(tmp_path / "bench.sqlite3") as store:
        assert store._connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        kept = store.load(job["id"])
        assert kept.ended == "running"
        assert all(len(each.samples) >= 1 for each in kept.cases if each.unavailable is None)
