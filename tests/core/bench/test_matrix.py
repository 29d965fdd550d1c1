"""Candidates, workloads, presets and interpreters: what there is, and what is refused."""

from __future__ import annotations

import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from lockfree_core.bench.candidates import CANDIDATES, IMPLEMENTATIONS, STRUCTURES, find_candidate, matrix
from lockfree_core.bench.interpreters import Interpreter, child_environment, find_interpreters, probe
from lockfree_core.bench.presets import PRESETS, custom_cases, preset_cases
from lockfree_core.bench.verdict import BASELINES
from lockfree_core.bench.workloads import Workload
from lockfree_core.errors import BenchError
from tests.serving import ROOT


def test_the_matrix() -> None:
    by_structure = {name: {each.implementation for each in CANDIDATES.values() if each.structure == name}
                    for name in STRUCTURES}  # fmt: skip
    for name, ways in by_structure.items():
        assert {"null", "mutex", "emulated", "hardware"} <= ways, name
        assert "native" in ways, name
        assert name == "dictionary" or {"kernel", "kernel-mutex", "kernel-spinlock"} <= ways, name
    assert {"rwlock", "native-rwlock"} <= by_structure["dictionary"]
    assert {each.implementation for each in CANDIDATES.values()} == set(IMPLEMENTATIONS)
    assert all(key == each.key for key, each in CANDIDATES.items())
    assert {"process-lock", "process-cas", "process-add"} <= by_structure["counter"]
    assert CANDIDATES["ring/native"].progress == "no lock"  # it is not lock-free, and does not say so


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_cases_a_null_and_a_baseline(name: str) -> None:
    cases = preset_cases(name)
    assert cases and all(case.spec.kind in PRESETS[name].kinds for case in cases)
    if name == "races":
        return
    structures = {case.spec.candidate.partition("/")[0] for case in cases}
    ways = {(each, case.spec.candidate.partition("/")[2]) for each in structures for case in cases
            if case.spec.candidate.startswith(each)}  # fmt: skip
    assert any(way == "null" for _, way in ways)
    for structure in structures:
        assert any((structure, baseline) in ways for baseline in BASELINES)


def test_the_presets_that_are_promised() -> None:
    assert {"classic", "scaling", "sweep", "backoff", "interpreters", "kernels", "races"} <= set(PRESETS)
    classic = {case.spec.workload.threads for case in preset_cases("classic")}
    assert classic == {2, 8}


def test_a_preset_narrowed() -> None:
    cases = preset_cases("classic", threads=[3], seconds=0.5, kinds=["latency"], structures=["stack"])
    assert {(case.spec.workload.threads, case.spec.seconds, case.spec.kind) for case in cases} == {(3, 0.5, "latency")}
    assert all(case.spec.candidate.startswith("stack/") for case in cases)
    assert [case.spec.candidate for case in preset_cases("classic", threads=[2], structures=["queue"])][:2] == [
        "queue/null", "queue/mutex",
    ]  # fmt: skip
    sweep = {(case.spec.workload.threads, case.spec.workload.think) for case in preset_cases("sweep", threads=[1, 2])}
    assert len(sweep) == 10


def test_a_custom_run_has_a_null_candidate() -> None:
    cases = custom_cases(["queue/native", "stack/native"], [Workload()], ["throughput"], 0.1)
    assert [case.spec.candidate for case in cases] == ["stack/null", "queue/null", "stack/native", "queue/native"]


def test_an_interpreter_that_cannot_is_left_out() -> None:
    can = Interpreter("/a", "3.14.0", "CPython", False, True)
    cannot = Interpreter("/b", "3.9.0", "CPython", True, False, reason="ImportError", command="/b -m pip install x")
    cases = preset_cases("races", [can, cannot])
    assert {(case.python, case.interpreter) for case in cases} == {("/a", "CPython 3.14.0 free-threaded")}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: preset_cases("fast"), "a preset is one of classic"),
        (lambda: preset_cases("classic", structures=["heap"]), "nothing of heap"),
        (lambda: preset_cases("classic", threads=[0]), "threads is a whole number from 1 to 256; got 0"),
        (lambda: preset_cases("classic", seconds=-1.0), "seconds is a number"),
        (lambda: matrix(["heap"], ["mutex"]), "a structure is one of"),
        (lambda: matrix(["stack"], ["magic"]), "an implementation is one of"),
        (lambda: matrix(["stack"], ["rwlock"]), "none of stack is implemented as rwlock"),
        (lambda: find_candidate("stack"), "a stack is implemented as"),
        (lambda: find_candidate(None), "a structure is one of"),
        (lambda: Workload(threads=10**9), "threads is a whole number from 1 to 256"),
        (lambda: Workload(insert_share=101), "insert_share"),
        (lambda: Workload(keys=0), "keys"),
        (lambda: Workload(backoff="much"), "backoff is one of"),
        (lambda: Workload(threads=2.0), "threads"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_bad_input_is_refused_in_words(call: Any, words: str) -> None:
    with pytest.raises(BenchError, match=words):
        call()


def test_words_for_a_workload() -> None:
    assert Workload(threads=1).words() == "1 thread"
    assert (
        Workload(insert_share=10, think=5, backoff="long").words() == "2 threads, 10 % inserts, think 5, backoff long"
    )


def program(path: Path, text: str) -> str:
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_this_interpreter_can() -> None:
    found = probe(sys.executable)
    assert found.reason is None and found.version == sys.version.split()[0]


def test_an_interpreter_is_known_by_its_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = '{"version": "3.99.1", "implementation": "CPython", "gil": true, "reason": "none"}'
    python = program(tmp_path / "python3", f"#!/bin/sh\necho 'lockfree-probe {answer}'\n")
    monkeypatch.chdir(tmp_path)
    assert probe("./python3").path == python


def test_what_is_no_interpreter(tmp_path: Path) -> None:
    for path, words in (
        ("/no/such/python", "no program"),
        (str(tmp_path), "no program"),
        (program(tmp_path / "silent", "#!/bin/sh\n"), "no Python interpreter: it said nothing"),
        (program(tmp_path / "loud", "#!/bin/sh\necho 'unknown option -c' >&2; exit 2\n"), "unknown option -c"),
        (program(tmp_path / "liar", "#!/bin/sh\necho 'lockfree-probe {'\n"), "no Python interpreter"),
        (program(tmp_path / "broken", "no program at all\0"), "cannot be started|no Python interpreter"),
    ):
        with pytest.raises(BenchError, match=words):
            probe(path)


def test_those_on_path_and_those_named_and_the_one_that_cannot(tmp_path: Path) -> None:
    answer = '{"version": "3.9.1", "implementation": "CPython", "gil": true, "reason": "ImportError: too old"}'
    old = program(tmp_path / "python3.9", f"#!/bin/sh\necho 'lockfree-probe {answer}'\n")
    program(tmp_path / "python3.7", "#!/bin/sh\nexit 1\n")
    program(tmp_path / "python3-config", "#!/bin/sh\nexit 1\n")  # has another name, is not even tried
    found, failed = find_interpreters(environment={"PATH": f"{tmp_path}:/no/such/folder"})
    assert [each.version for each in found] == [sys.version.split()[0], "3.9.1"]
    assert found[1].reason == "ImportError: too old"
    assert found[1].command == f"{old} -m pip install {ROOT}"
    assert list(failed) == [str(tmp_path / "python3.7")]
    found, failed = find_interpreters(["/no/such"], {"PATH": "", "LOCKFREE_LAB_PYTHONS": old})
    assert len(found) == 2 and list(failed) == ["/no/such"]


def test_who_names_an_interpreter_sees_it_beside_another_of_its_kind(tmp_path: Path) -> None:
    answer = '{"version": "3.99.1", "implementation": "CPython", "gil": true, "reason": "none"}'
    programs = []
    for folder in ("one", "two", "three"):
        (tmp_path / folder).mkdir()
        programs.append(program(tmp_path / folder / "python3", f"#!/bin/sh\necho 'lockfree-probe {answer}'\n"))
    one, two, _ = programs
    path = f"{tmp_path}/two:{tmp_path}/three"
    found, _ = find_interpreters([one], {"PATH": path, "LOCKFREE_LAB_PYTHONS": two})
    assert [each.path for each in found[1:]] == [one, two]
    found, _ = find_interpreters([], {"PATH": path})
    assert [each.path for each in found[1:]] == [two]


@pytest.mark.parametrize("own_code", ["same", "older"])
def test_an_extension_that_the_interpreter_has_itself_is_used_if_it_belongs_to_this_code(
    tmp_path: Path, own_code: str
) -> None:
    start = 'lockfree-probe {"version": "3.99.1", "implementation": "CPython", "gil": false, '
    lent = start + '"native": false, "native_reason": "not built", "code": "same"}'
    own = start + f'"native": true, "native_reason": null, "code": "{own_code}"}}'
    lines = ("#!/bin/sh", f"case \"$PYTHONPATH\" in {ROOT}*) echo '{lent}';; *) echo '{own}';; esac", "")
    python = program(tmp_path / "python3.99", "\n".join(lines))
    found, environment = probe(python), child_environment(python)
    if own_code == "same":
        assert (found.native, found.command, found.reason) == (True, "", None)
        assert environment["PYTHONSAFEPATH"] == "1" and str(ROOT) not in environment.get("PYTHONPATH", "")
    else:
        assert (found.native, found.native_reason) == (False, "not built")
        assert found.command == f"{python} -m pip install {ROOT}"
        assert environment["PYTHONPATH"].startswith(str(ROOT))
