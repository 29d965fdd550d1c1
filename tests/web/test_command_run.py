"""``lockfree-lab run`` and its neighbours, as a person types them."""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.services.recording import Recorder
from app.services.run import Run, Spec
from lockfree_core.catalog import CATALOG
from lockfree_core.drive.knobs import KNOBS
from lockfree_core.errors import RecordingError
from lockfree_core.trace.layout import RECORD, RECORD_BYTES, describe_layout
from lockfree_core.trace.recording import read_recording
from tests.serving import ROOT
from tests.web.records import records

LIMIT_S = 60


def lab(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "app", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, cwd=cwd, env=environment)


def test_a_run_prints_a_table_and_a_balanced_account() -> None:
    ended = lab("run", "treiber-stack", "--seconds", "0.3", "--threads", "3", "--seed", "5", "--speed", "5000")
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    assert lines[0] == "Treiber stack (treiber-stack), seed 5"
    assert [line.split()[0] for line in lines[1:6]] == ["thread", "T1", "T2", "T3", "all"]
    assert lines[-1].endswith("balanced")
    assert "NOT" not in lines[-1]


@pytest.mark.parametrize("key", ["ring-queue", "locked-ring"])
def test_a_ring_is_filled_as_far_as_it_goes_and_stays_balanced(key: str) -> None:
    ended = lab("run", key, "--json", "--seconds", "0.3", "--threads", "3", "--prefill", "40", "--insert-share", "70")
    assert ended.returncode == 0, ended.stderr
    [side] = json.loads(ended.stdout)["sides"]
    totals, account = side["counters"]["totals"], side["account"]
    assert account["balanced"] and 0 <= account["inside"] <= 4
    assert account["in"] == totals["in"] + 4, "of the forty four were let in"


def test_a_duel_as_json() -> None:
    ended = lab(
        "run", "michael-scott-queue", "--duel", "--json", "--seconds", "0.3", "--preset", "classic", "--threads", "2"
    )
    assert ended.returncode == 0, ended.stderr
    result = json.loads(ended.stdout)
    assert [side["structure"] for side in result["sides"]] == ["michael-scott-queue", "locked-queue"]
    assert (result["knobs"]["threads"], result["knobs"]["gap_kind"]) == (2, "yield")
    for side in result["sides"]:
        assert side["account"]["balanced"]
        assert side["counters"]["totals"]["operations"] > 0
        assert len(side["counters"]["lanes"]) == 2


def test_lost_updates_are_not_balanced_and_the_status_says_so() -> None:
    knobs = ["--threads", "8", "--gap-share", "100", "--gap-kind", "yield"]
    ended = lab("run", "racy-counter", "--seconds", "1", *knobs)
    assert ended.returncode == 1
    assert "NOT BALANCED" in ended.stdout


def test_a_recording_holds_every_record(tmp_path: Path) -> None:
    ended = lab(
        "run", "treiber-stack", "--duel", "--seconds", "0.3", "--speed", "5000", "--record", str(tmp_path / "a.lflt")
    )
    assert ended.returncode == 0, ended.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-duel.lflt", "a.lflt"]
    for name, key in (("a.lflt", "treiber-stack"), ("a-duel.lflt", "locked-stack")):
        header, data = read_recording(tmp_path / name)
        assert header["version"] == 1
        assert header["layout"] == describe_layout()
        assert header["count"] * RECORD_BYTES == len(data) > 0
        assert (header["first"], header["snapshot"]["sequence"], header["snapshot"]["reason"]) == (0, -1, "start")
        assert [row[1] for row in RECORD.iter_unpack(data)] == list(range(header["count"]))
        assert header["account"]["sequence"] == header["count"] - 1
        assert header["counters"]["type"] == "counters"
        assert [item["name"] for item in header["names"]["operations"]] == ["push", "pop"]
        assert key in [side["structure"] for side in header["run"]["sides"]]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["nothing"], 2, "structure must be one of treiber-stack"),
        (["epoch-stack"], 2, "structure must be one that can run in real threads; epoch-stack frees its nodes"),
        (["treiber-stack", "--threads", "99"], 2, "--threads must be from 1 to 32; got 99"),
        (["treiber-stack", "--gap-kind", "nap"], 2, "--gap-kind must be one of yield, sleep; got 'nap'"),
        (["treiber-stack", "--seconds", "0"], 2, "--seconds must be a number from 0.1"),
        (["treiber-stack", "--seed", "-4"], 2, "--seed must be a whole number from 0"),
        (["treiber-stack", "--threads", "many"], 2, "--threads"),
        (["treiber-stack", "--record", "/nowhere/a.lflt"], 1, "/nowhere/a.lflt could not be written"),
        (["treiber-stack", "--python", "/nowhere/python"], 1, "'/nowhere/python' cannot be started"),
        (["treiber-stack", "--python", shutil.which("true")], 1, "must be a Python, 3.11 or newer"),
    ],
)
def test_what_is_wrong_is_said_without_a_traceback(arguments: list[str], status: int, words: str) -> None:
    ended = lab("run", *arguments)
    assert ended.returncode == status
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def test_a_recording_takes_the_place_of_files_only(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (tmp_path, pipe):
        ended = lab("run", "treiber-stack", "--seconds", "0.1", "--record", str(path))
        assert ended.returncode == 1
        assert "something else than a file" in ended.stderr
    assert pipe.is_fifo()


def test_every_knob_is_an_option() -> None:
    text = lab("run", "--help").stdout
    for name in KNOBS:
        assert f"--{name.replace('_', '-')} " in text


def test_structures_are_listed_and_searched() -> None:
    assert [line.split()[0] for line in lab("structures").stdout.splitlines()] == list(CATALOG)
    assert lab("structures", "MSQueue").stdout.split()[0] == "michael-scott-queue"
    nothing = lab("structures", "heap of bees")
    assert (nothing.returncode, nothing.stdout) == (1, "")


def test_version() -> None:
    shown = lab("version").stdout.strip()
    assert shown == lab("--version").stdout.strip()
    assert shown[0].isdigit()


# The disk is full


@contextmanager
def small_disk(limit: int) -> Iterator[None]:
    """Files cannot grow beyond the limit: the kernel itself refuses the write, as it does on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def idle_run() -> Run:
    run = Run(Spec.from_body({"structure": "treiber-stack"}), None, 1 << 20)
    run._new_sides()
    return run


@pytest.mark.parametrize("limit", [4096, 3000 * RECORD_BYTES + 8])
def test_a_full_disk_leaves_nothing_and_is_said(tmp_path: Path, limit: int) -> None:
    """The first limit fails while records come, the second while the header is put before them."""
    path = tmp_path / "a.lflt"
    run = idle_run()
    recorder = Recorder(path)
    with small_disk(limit):
        for first in range(0, 3000, 100):
            recorder.take(first, records(first, 100), 100)
        with pytest.raises(RecordingError) as caught:
            recorder.write(run, run.sides[0])
    assert os.strerror(errno.EFBIG) in str(caught.value)
    assert "Nothing was kept" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_recording_that_fails_leaves_an_older_one_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.lflt"
    path.write_bytes(b"older")
    run = idle_run()
    recorder = Recorder(path)
    with small_disk(4096):
        recorder.take(0, records(0, 1000), 1000)
        with pytest.raises(RecordingError):
            recorder.write(run, run.sides[0])
    assert path.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [path]
