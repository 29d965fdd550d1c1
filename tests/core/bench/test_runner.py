"""The runner: alternation, when it ends, and samples that fail in every way there is."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lockfree_core.bench.results import Case, Run
from lockfree_core.bench.runner import Limits, Progress, Runner, run_sample
from lockfree_core.bench.spec import SampleSpec
from lockfree_core.bench.workloads import Workload
from lockfree_core.errors import BenchError

STEADY = "import json; print(json.dumps({'ok': True, 'ops_per_s': 5.0}))"


def cases(*candidates: str, threads: Sequence[int] = (2,), python: str = sys.executable) -> list[Case]:
    return [Case(SampleSpec("throughput", name, Workload(threads=count)), python)
            for count in threads for name in candidates]  # fmt: skip


def scripted(monkeypatch: pytest.MonkeyPatch, answers: dict[str, list[Any]]) -> list[str]:
    """Samples that answer what is scripted, the last one for ever; the candidates in the order in which they came."""
    order: list[str] = []

    def answer(python: str, spec: SampleSpec, cancelled: threading.Event, command: Sequence[str]) -> Any:
        order.append(spec.candidate)
        mine = answers[spec.candidate]
        value = mine.pop(0) if len(mine) > 1 else mine[0]
        if isinstance(value, float):
            return {"ok": True, "ops_per_s": value}
        return value

    monkeypatch.setattr("lockfree_core.bench.runner.run_sample", answer)
    return order


def test_candidates_take_turns_until_all_are_precise(monkeypatch: pytest.MonkeyPatch) -> None:
    order = scripted(monkeypatch, {"stack/mutex": [5.0], "stack/standard": [1.0, 9.0, *[4.0] * 20]})
    run = Runner("t", cases("stack/mutex", "stack/standard"), Limits(0.05, 60, fewest=6)).execute()
    assert run.ended == "precise"
    # Together: the steady one goes on while the other still needs samples, so that rounds can be compared.
    assert order == ["stack/mutex", "stack/standard"] * 9
    assert [len(case.samples) for case in run.cases] == [9, 9]


def test_a_group_that_is_precise_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    order = scripted(monkeypatch, {"stack/mutex": [5.0], "queue/mutex": [1.0, 2.0]})
    Runner("t", cases("stack/mutex", "queue/mutex"), Limits(0.05, 60, fewest=2, most=8)).execute()
    assert (order.count("stack/mutex"), order.count("queue/mutex")) == (6, 8)


def test_the_most_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, {"stack/mutex": [float(value) for value in range(1, 50)]})
    run = Runner("t", cases("stack/mutex"), Limits(0.0, 60, fewest=2, most=5)).execute()
    assert (run.ended, len(run.cases[0].samples)) == ("rounds", 5)


def test_what_was_asked_for_in_rounds_is_not_called_precise(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, {"stack/null": [1.0], "stack/native": [{"unavailable": True, "reason": "no extension"}]})
    run = Runner("t", cases("stack/null", "stack/native"), Limits(0.0, 60, fewest=3, most=3)).execute()
    assert (run.ended, len(run.cases[0].samples)) == ("rounds", 3)


def test_the_budget_ends_it_and_every_case_has_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, {"stack/mutex": [1.0], "stack/standard": [2.0]})
    run = Runner("t", cases("stack/mutex", "stack/standard"), Limits(0.0, 0.0)).execute()
    assert run.ended == "budget"
    assert [len(case.samples) for case in run.cases] == [1, 1]


@pytest.mark.parametrize(("budget_s", "samples"), [(12.0, 6), (10.5, 6), (9.0, 5), (3.0, 2)])
def test_the_budget_is_stretched_a_little_for_the_rounds_that_an_interval_needs(
    monkeypatch: pytest.MonkeyPatch, budget_s: float, samples: int
) -> None:
    now = [0.0]
    monkeypatch.setattr("lockfree_core.bench.runner.time", SimpleNamespace(monotonic=lambda: now[0]))

    def answer(python: str, spec: SampleSpec, cancelled: threading.Event, command: Sequence[str]) -> Any:
        now[0] += 1.0
        return {"ok": True, "ops_per_s": now[0]}

    monkeypatch.setattr("lockfree_core.bench.runner.run_sample", answer)
    run = Runner("t", cases("stack/mutex", "stack/standard"), Limits(0.0, budget_s)).execute()
    assert run.ended == "budget"
    assert len(run.cases[0].samples) == samples
    assert run.seconds <= budget_s * 1.15 + 1


def test_nothing_waits_for_the_null_candidate_to_be_precise(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, {"stack/null": [1.0, 9.0, 2.0, 8.0, 3.0, 7.0, 4.0], "stack/mutex": [5.0]})
    run = Runner("t", cases("stack/null", "stack/mutex"), Limits(0.05, 60)).execute()
    assert (run.ended, len(run.cases[0].samples)) == ("precise", 6)


def test_failures_are_recorded_and_the_run_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = {"ok": False, "reason": "2 of 18 items lost"}
    scripted(monkeypatch, {"stack/mutex": [bad, 5.0], "stack/standard": [5.0], "stack/twin": [bad]})
    run = Runner("t", cases("stack/mutex", "stack/standard", "stack/twin"), Limits(0.05, 60, 3, 20)).execute()
    mutex, standard, twin = run.cases
    assert (mutex.failures(), len(mutex.values())) == (["2 of 18 items lost"], 6)
    assert len(standard.samples) == 7
    assert len(twin.samples) == 3  # three in a row are enough
    assert (run.ended, run.failed_samples) == ("precise", 4)
    assert mutex.ratio_to(standard).samples == 6  # type: ignore[union-attr]


def test_what_is_not_there_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = {"ok": False, "unavailable": True, "reason": "no extension"}
    order = scripted(monkeypatch, {"stack/native": [missing], "stack/mutex": [5.0]})
    run = Runner("t", cases("stack/native", "stack/mutex"), Limits(0.05, 60, 3)).execute()
    assert order.count("stack/native") == 1
    assert (run.cases[0].unavailable, run.failed_samples, run.ended) == ("no extension", 0, "precise")
    alone = Runner("t", cases("stack/native"), Limits(0.05, 60, 3)).execute()
    assert alone.ended == "nothing"


def test_cancelling_keeps_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, {"stack/mutex": [5.0], "stack/standard": [6.0]})
    seen: list[Progress] = []

    def follow(progress: Progress) -> None:
        seen.append(progress)
        if progress.done == 3:
            runner.cancel()

    runner = Runner("t", cases("stack/mutex", "stack/standard"), Limits(0.0, 60), follow)
    run = runner.execute()
    assert (run.ended, sum(len(case.samples) for case in run.cases)) == ("cancelled", 4)
    assert [progress.done for progress in seen] == [0, 1, 2, 3, 4]
    assert seen[0].case is run.cases[0] and seen[-1].case is None and seen[-1].left_s == 0.0
    assert all(0 <= progress.left_s <= 60 for progress in seen)
    assert Run.from_dict(run.as_dict()).ended == "cancelled"


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "died of SIGKILL"),
        ("import sys; print('oh', file=sys.stderr); sys.exit(3)", "ended with status 3: oh"),
        ("print('hello')", "no JSON"),
        ("print('[]')", "is not one"),
        ("print('{\"ok\": false}')", "did not say why"),
        ("import sys; print('Timeout (0:00:01)!', file=sys.stderr); sys.exit(1)", "hung"),
        ("print('9' * 100000)", "is no"),
    ],
)
def test_a_sample_that_fails_says_how(program: str, words: str) -> None:
    (case,) = cases("stack/mutex")
    answer = run_sample(sys.executable, case.spec, threading.Event(), ["-c", program])
    assert answer is not None and not answer["ok"] and words in answer["reason"]


def test_a_sample_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    (case,) = cases("stack/mutex")
    monkeypatch.setattr("lockfree_core.bench.runner.sample_limit_s", lambda _: 0.2)
    answer = run_sample(
        sys.executable, case.spec, threading.Event(), ["-c", "import time; time.sleep(600)"], extra_s=0.0
    )
    assert answer is not None and "hung" in answer["reason"]


def test_a_sample_is_cancelled_with_its_children() -> None:
    (case,) = cases("stack/mutex")
    cancelled = threading.Event()
    timer = threading.Timer(0.2, cancelled.set)
    timer.start()
    # The grandchild holds the pipe open: only the end of the whole group closes it.
    program = (
        "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']).wait()"
    )
    assert run_sample(sys.executable, case.spec, cancelled, ["-c", program]) is None
    timer.join()


def test_an_interpreter_that_is_none() -> None:
    (case,) = cases("stack/mutex")
    answer = run_sample("/no/such/python", case.spec, threading.Event(), ["-c", STEADY])
    assert answer is not None and "cannot be started" in answer["reason"]


def test_real_samples_end_to_end() -> None:
    spec = SampleSpec("throughput", "stack/mutex", Workload(threads=2), 0.01, 0.0)
    null = SampleSpec("throughput", "stack/null", Workload(threads=2), 0.01, 0.0)
    run = Runner("t", [Case(null, sys.executable), Case(spec, sys.executable)], Limits(0.0, 60, 1, 2)).execute()
    assert run.ended == "rounds" and not run.failed_samples
    overhead = run.cases[0].interval("overhead")
    assert overhead is not None and overhead.samples == 2
    assert Run.from_dict(run.as_dict()).as_dict() == run.as_dict()


@pytest.mark.parametrize(
    "bad", [{"precision": -1}, {"budget_s": float("nan")}, {"fewest": 0}, {"fewest": 5, "most": 4}, {"most": True}]
)
def test_limits_that_are_none(bad: dict[str, Any]) -> None:
    with pytest.raises(BenchError):
        Limits(**bad)


def test_nothing_to_measure() -> None:
    with pytest.raises(BenchError, match="nothing to measure"):
        Runner("t", [])


def test_the_environment_is_whole() -> None:
    place = Runner("t", cases("stack/mutex")).run.environment
    wanted = {"date", "cpu", "cores", "system", "interpreter", "compiler", "gil", "native", "version", "commit"}
    assert wanted <= set(place)
    assert place["cores"] >= 1 and Path(sys.executable).exists()
