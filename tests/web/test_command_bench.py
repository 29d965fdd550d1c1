"""``lockfree-lab bench``, as a person types it. Real samples, as short as they come."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import sys
import threading
from pathlib import Path

import pytest

from app.cli import main
from lockfree_core.bench import formats
from lockfree_core.bench.results import Run
from lockfree_core.bench.store import Store
from tests.core.bench.bench_kit import PLACE, around, case, made

TINY = ["--seconds", "0.005", "--rounds", "1", "--threads", "2", "--quiet"]


@pytest.fixture
def data(tmp_path: Path) -> list[str]:
    return ["--data", str(tmp_path / "history")]


def test_a_run_from_preset_to_history(data: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {name: tmp_path / f"run.{name}" for name in ("json", "csv", "markdown", "pyperf")}
    outputs = [part for name, path in files.items() for part in (f"--{name}", str(path))]
    arguments = ["bench", "--preset", "classic", "--structure", "counter", "--name", "tiny", *TINY, *outputs, *data]
    assert main(arguments) == 0
    out = capsys.readouterr().out
    run = formats.read_result(files["json"])
    assert (run.preset, run.name, run.ended, run.failed_samples) == ("classic", "tiny", "rounds", 0)
    assert {len(each.samples) for each in run.cases if not each.unavailable} == {1}
    assert "Lock + int" in out and "(no operation)" in out and f"saved as {run.id}" in out
    assert f"{run.environment['cores']} cores" in out
    assert "The harness adds" in out
    assert files["csv"].read_text().count("\n") == 1 + sum(len(each.samples) for each in run.cases)
    assert "| counter | Lock + int | 2 threads |" in files["markdown"].read_text()
    assert json.loads(files["pyperf"].read_text())["benchmarks"]

    assert main(["bench", "list", "tiny", *data]) == 0
    assert run.id in capsys.readouterr().out
    assert main(["bench", "show", run.id, *data]) == 0
    assert "Lock + int" in capsys.readouterr().out
    assert main(["bench", "import", str(files["json"]), *data]) == 1
    assert "already" in capsys.readouterr().err
    assert main(["bench", "delete", run.id, *data]) == 0
    assert main(["bench", "import", str(files["json"]), *data]) == 0
    capsys.readouterr()
    assert main(["bench", "compare", "tiny", str(files["json"]), "--all", *data]) == 0
    assert "0 changed beyond noise" in capsys.readouterr().out


def test_a_round_is_told_where_there_is_no_terminal(data: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    custom = ["bench", "--structure", "counter", "--implementation", "mutex", "--threads", "1", "--seconds", "0.001"]
    assert main([*custom, "--rounds", "2", *data]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(",")[0] for line in lines] == ["round 1", "round 2"]
    assert "0 samples, at most" in lines[0] and "2 samples, at most" in lines[1]


def test_a_missing_extension_is_told_plainly(
    data: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("lockfree_core.native._missing", "no compiler")
    missing = {"ok": False, "unavailable": True, "reason": "no compiler"}
    good = {"ok": True, "ops_per_s": 5.0}
    monkeypatch.setattr(
        "lockfree_core.bench.runner.run_sample",
        lambda python, spec, *_: missing if spec.candidate.endswith(("native", "hardware")) else good,
    )
    arguments = ["bench", "--preset", "classic", "--structure", "stack", "--rounds", "1", "--no-save", *data]
    assert main(arguments) == 0
    told = capsys.readouterr()
    assert "the C extension is not built here: hardware, native are left out; no compiler" in told.err
    assert re.search(r"^\* Left out on CPython \S+: hardware, native: no compiler\.$", told.out, re.MULTILINE)
    assert main([*arguments, "--quiet"]) == 0
    assert capsys.readouterr().err == ""


def test_the_charts_and_the_report_of_a_kept_run(
    data: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run.json"
    cases = [case(f"{structure}/{way}", around(1e6)) for structure in ("stack", "queue") for way in ("mutex", "native")]
    run.write_text(formats.to_json(made(*cases)))
    folder, report = tmp_path / "charts", tmp_path / "run.html"
    monkeypatch.setitem(sys.modules, "kaleido", None)
    assert main(["bench", "show", str(run), "--charts", str(folder), "--html", str(report), *data]) == 1
    assert "pip install 'lockfree-lab[pictures]'" in capsys.readouterr().err
    written = sorted(path.name for path in folder.iterdir())
    assert "throughput-bars-8-threads.csv" in written and {Path(name).suffix for name in written} == {".csv"}
    (head, first, *_) = (folder / "throughput-bars-8-threads.csv").read_text().splitlines()
    assert head.startswith("chart,where,structure,what,median (millions of operations a second)")
    assert first.endswith("stack,Lock + list,1.000,0.9700,1.030,7,yes")
    assert "<!doctype html>" in report.read_text()[:99] and report.stat().st_size < 2_000_000


def test_a_custom_run_leaves_no_trace_unless_asked(data: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["bench", "--structure", "stack", "--implementation", "mutex,standard", "--insert-share", "40",
                 "--kind", "throughput,latency", "--no-save", *TINY, *data]  # fmt: skip
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert "latency" in out and "deque" in out and "saved" not in out
    assert not Path(data[1]).exists()


def test_who_reads_the_table_may_go_and_loses_nothing(
    data: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    file, given_up = tmp_path / "run.json", []

    def gone(run: object) -> None:
        given_up.append(run)
        raise BrokenPipeError

    monkeypatch.setattr("app.command_bench.print_run", gone)
    custom = ["bench", "--structure", "counter", "--implementation", "mutex", "--name", "piped"]
    with monkeypatch.context() as patch:
        patch.setattr("app.cli.os.dup2", lambda *_: 0)  # the test's own output goes on
        assert main([*custom, *TINY, "--json", str(file), *data]) == 1
    assert given_up and formats.read_result(file).ended == "rounds"
    assert main(["bench", "list", "piped", *data]) == 0


def test_another_ctrl_c_does_not_keep_a_run_from_being_kept(data: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    save = Store.save

    def impatient(store: Store, run: Run) -> None:
        signal.raise_signal(signal.SIGINT)
        save(store, run)

    def first(python: str, spec: object, cancelled: threading.Event, command: object) -> None:
        signal.raise_signal(signal.SIGINT)
        assert cancelled.is_set()

    monkeypatch.setattr("lockfree_core.bench.runner.run_sample", first)
    monkeypatch.setattr(Store, "save", impatient)
    custom = ["bench", "--structure", "counter", "--implementation", "mutex", "--name", "stopped", "--quiet"]
    assert main([*custom, *data]) == 130
    assert main(["bench", "list", "stopped", *data]) == 0


def test_who_only_looks_makes_no_history(data: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["list"], ["show", "x"], ["compare", "x", "y"], ["delete", "x"]):
        assert main(["bench", *command, *data]) == 1
        assert "no run was saved yet" in capsys.readouterr().err
        assert not Path(data[1]).exists()


def test_a_file_that_cannot_be_written_does_not_keep_others_from_it(
    data: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, report = tmp_path / "run.json", tmp_path / "run.html"
    run.write_text(formats.to_json(made(case("stack/mutex", []))))
    assert main(["bench", "show", str(run), "--csv", "/dev/full", "--pyperf", str(tmp_path / "x"),
                 "--html", str(report), *data]) == 1  # fmt: skip
    error = capsys.readouterr().err
    assert "/dev/full cannot be written: No space left on device; " in error and error.count("\n") == 1
    assert report.stat().st_size > 1000


def test_compare_says_by_its_status_that_something_changed(
    tmp_path: Path, data: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    runs = {"a": made(case("stack/mutex", around(1e6)), name="a"),
            "b": made(case("stack/mutex", around(2e6)), name="b", place={**PLACE, "cores": 8})}  # fmt: skip
    paths = []
    for name, run in runs.items():
        path = tmp_path / f"{name}.json"
        path.write_text(formats.to_json(run))
        paths.append(str(path))
    assert main(["bench", "compare", *paths, *data]) == 1
    out = capsys.readouterr().out
    assert "b against a: 1 case in common, 1 changed beyond noise" in out
    assert "not the same: cores: 4 / 8" in out
    assert "2.00 (1.88 to 2.12)" in out
    assert main(["bench", "compare", paths[0], paths[0], *data]) == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--preset", "fast"], "a preset is one of classic"),
        (["--threads", "0"], "threads is a whole number from 1 to 256; got 0"),
        (["--threads", "99999"], "threads is a whole number"),
        (["--threads", "many"], "--threads takes whole numbers"),
        (["--structure", "heap"], "nothing of heap"),
        (["--implementation", "magic"], "an implementation is one of"),
        (["--implementation", "mutex", "--preset", "classic"], "leave --preset away"),
        (["--think", "3"], "--think is for a custom run"),
        (["--implementation", "mutex", "--keys", "0"], "keys is a whole number"),
        (["--python", "/no/such/python"], "is no program that can be started"),
        (["--budget", "-1"], "--budget is from 0.1"),
        (["--precision", "nan"], "--precision is from 0.1"),
        (["--rounds", "0"], "--rounds is from 1"),
        (["--seconds", "1000"], "seconds is a number from 0.001 to 60"),
        (["--kind", "speed"], "the kind of a sample of classic is throughput or latency; got 'speed'"),
        (["--kind", "throughput", "--preset", "races"], "the kind of a sample of races is race; got 'throughput'"),
        (["--kind", "race", "--implementation", "mutex"], "of a custom run is throughput or latency; got 'race'"),
        (["--json", "/no/such/folder/x.json"], "there is no folder"),
        (["--charts", "/no/such/folder/charts"], "there is no folder"),
        (["--json", "/"], "--json /: this is a folder"),
        (["--name", "a\udcff"], "--name has half a letter"),
        (["--note", "x" * 4001], "--note must be a text of at most 4000 characters"),
        (["--charts", "/dev/null"], "--charts /dev/null: this is no folder"),
        (["compare", "one"], "two runs or more"),
    ],
)
def test_bad_input_is_status_2(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", *arguments, "--no-save"] if arguments[0][0] == "-" else ["bench", *arguments]) == 2
    error = capsys.readouterr().err
    assert words in error and error.startswith("lockfree-lab: ") and error.count("\n") == 1


def test_a_history_that_cannot_be_used_is_told_before_anything_is_measured(
    data: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(data[1])
    folder.mkdir()
    path = folder / "bench.sqlite3"
    path.write_bytes(b"not a database at all " * 100)
    for command in ([*TINY], ["list"], ["show", "x"], ["compare", "x", "y"]):
        assert main(["bench", *command, *data]) == 1
        assert "damaged or no database" in capsys.readouterr().err
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (x)")
    connection.close()
    assert main(["bench", "list", *data]) == 1
    assert "of something else" in capsys.readouterr().err


def test_an_import_that_is_no_result(tmp_path: Path, data: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.json"
    path.write_text('{"format": "lockfree-lab-bench", "version": 7}')
    assert main(["bench", "import", str(path), *data]) == 1
    assert "version 7" in capsys.readouterr().err
    assert main(["bench", "list", *data]) == 1
    assert "no run was saved yet" in capsys.readouterr().err


def test_a_name_from_elsewhere_does_not_steer_the_terminal(
    tmp_path: Path, data: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.json"
    run = made(case("stack/mutex", around(1e6)), name="red\x1b[31m\nrow", place={**PLACE, "cpu": "\x1b[2J"})
    path.write_text(formats.to_json(run))
    assert main(["bench", "import", str(path), *data]) == 0
    for command in (["list"], ["show", run.id], ["compare", run.id, str(path)]):
        assert main(["bench", *command, *data]) == 0
        out = capsys.readouterr().out
        assert "\x1b" not in out and "red\N{REPLACEMENT CHARACTER}[31m" in out, command


def test_lists(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "presets"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in ("classic", "scaling", "sweep", "backoff", "interpreters", "kernels", "races"))
