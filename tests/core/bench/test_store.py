"""The history: it keeps what it is given, and whatever is wrong with its file is said and not made worse."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lockfree_core.bench.results import Run
from lockfree_core.bench.store import Store, default_place
from lockfree_core.errors import StoreError
from tests.core.bench.bench_kit import PLACE, around, case, made
from tests.serving import ROOT


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "data" / "bench.sqlite3"


def some_run(name: str = "", date: str = "2026-01-01T00:00:00Z") -> Run:
    return made(case("stack/mutex", around(1e6)), name=name, place={**PLACE, "date": date})


def test_what_goes_in_comes_out(place: Path) -> None:
    run = some_run("first")
    with Store(place) as store:
        store.save(run)
    with Store(place) as store:
        assert store.load(run.id).as_dict() == run.as_dict()
        assert store.load("first").id == store.load(run.id[:4]).id == run.id
        run.note = "with a note"
        store.save(run)
        (listed,) = store.list()
        assert (listed["note"], listed["samples"], listed["cores"]) == ("with a note", 7, 4)
        assert store.delete("first") == run.id
        assert store.list() == []
        with pytest.raises(StoreError, match="no run called 'first'"):
            store.load("first")


def test_newest_first_and_searched_by_words(place: Path) -> None:
    with Store(place) as store:
        for day, name in enumerate(("old laptop", "new laptop", "server"), 1):
            store.save(some_run(name, f"2026-01-0{day}T00:00:00Z"))
        assert [run["name"] for run in store.list()] == ["server", "new laptop", "old laptop"]
        assert [run["name"] for run in store.list("LAPTOP 3.11")] == ["new laptop", "old laptop"]
        assert store.list("laptop pypy") == []
        store.save(some_run("server"))
        with pytest.raises(StoreError, match="2 runs are called 'server'"):
            store.load("server")


def test_a_damaged_file_is_left_as_it_is(place: Path) -> None:
    place.parent.mkdir()
    for content in (
        b"this is no database, but long enough to be looked at " * 40,
        b"SQLite format 3\0" + b"\xff" * 4096,
    ):
        place.write_bytes(content)
        with pytest.raises(StoreError, match="damaged or no database|cannot be used"):
            Store(place)
        assert place.read_bytes() == content


def test_a_damaged_page_is_told(place: Path) -> None:
    with Store(place) as store:
        for number in range(20):
            store.save(some_run(str(number)))
    content = bytearray(place.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    place.write_bytes(content)
    with pytest.raises(StoreError), Store(place) as store:
        store.list()
        store.save(some_run())
    assert place.read_bytes() == bytes(content)


def test_a_newer_version_is_not_touched(place: Path) -> None:
    with Store(place) as store:
        store.save(some_run())
    with sqlite3.connect(place) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    content = place.read_bytes()
    with pytest.raises(StoreError, match="version 99.*up to 1"):
        Store(place)
    assert place.read_bytes() == content


def test_a_database_of_something_else_is_not_touched(place: Path) -> None:
    place.parent.mkdir()
    with sqlite3.connect(place) as connection:
        connection.execute("CREATE TABLE runs (id TEXT)")
    connection.close()
    with pytest.raises(StoreError, match="of something else"):
        Store(place)


def test_a_locked_file_is_told_of(place: Path) -> None:
    with Store(place) as store:
        store.save(some_run())
        other = sqlite3.connect(place, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        try:
            with pytest.raises(StoreError, match="in use by another process"), Store(place, wait_s=0.05) as waiting:
                waiting.save(some_run())
        finally:
            other.execute("ROLLBACK")
            other.close()
        store.save(some_run())
        assert len(store.list()) == 2


def test_a_full_disk_loses_nothing(place: Path) -> None:
    with Store(place) as store:
        store.save(some_run("kept"))
        pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
        store._connection.execute(f"PRAGMA max_page_count = {pages}")
        big = some_run("big")
        big.note = "x" * 100_000
        with pytest.raises(StoreError, match="disk is full"):
            store.save(big)
        assert [run["name"] for run in store.list()] == ["kept"]
    with Store(place) as store:
        assert store.load("kept").cases


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be written"):
        Store(tmp_path / "file" / "bench.sqlite3")


def test_a_damaged_document_is_told_of_by_name(place: Path) -> None:
    run = some_run()
    with Store(place) as store:
        store.save(run)
        store._connection.execute("UPDATE documents SET body = '{}'")
        with pytest.raises(StoreError, match=f"{run.id}.*damaged"):
            store.load(run.id)
        assert len(store.list()) == 1
        assert store.delete(run.id) == run.id
        assert not store.holds(run.id)


WRITER = """
import sys
from pathlib import Path
from tests.core.bench.test_store import some_run
from lockfree_core.bench.store import Store
with Store(Path(sys.argv[1])) as store:
    run = some_run("again and again")
    print("ready", flush=True)
    while True:
        run.note = (run.note[:1] == "a" and "b" or "a") * 200_000
        store.save(run)
        store.save(some_run("one more"))
"""


@pytest.mark.parametrize("delay", [0.0, 0.011, 0.023, 0.037, 0.051])
def test_a_killed_writer_leaves_a_readable_store(place: Path, delay: float) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, place], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
        time.sleep(delay)  # wherever in a transaction it then is
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        assert writer.stdout is not None
        writer.stdout.close()
    with Store(place) as store:
        assert store._connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        listed = store.list()
        for run in listed:
            loaded = store.load(run["id"])
            assert loaded.note == run["note"]  # of one save, both tables
        store.save(some_run("after"))
        assert len(store.list()) == len(listed) + 1


def test_a_history_of_200_runs_is_listed_without_reading_them(place: Path) -> None:
    with Store(place) as store:
        store._connection.execute("PRAGMA synchronous = OFF")
        for number in range(200):
            store.save(some_run(str(number)))
        store._connection.execute("UPDATE documents SET body = 'unreadable'")
        assert len(store.list()) == 200


def test_where_it_lies(tmp_path: Path) -> None:
    assert default_place({"LOCKFREE_LAB_DATA": str(tmp_path)}) == tmp_path / "bench.sqlite3"
    if sys.platform == "linux":
        assert default_place({"XDG_DATA_HOME": "/data"}) == Path("/data/lockfree-lab/bench.sqlite3")
        assert default_place({}).is_relative_to(Path.home())
