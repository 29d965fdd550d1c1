"""Real samples, tiny ones: every candidate answers in the form that is promised. Nothing is asserted of their speed."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from lockfree_core.bench import sample
from lockfree_core.bench.candidates import CANDIDATES, Candidate, Parts
from lockfree_core.bench.races import RACES, Race
from lockfree_core.bench.spec import SampleSpec
from lockfree_core.bench.workloads import Workload

TINY: Any = {"seconds": 0.004, "warm_up": 0.0}
IN_PROCESS = [key for key, each in CANDIDATES.items() if not each.shared]


@pytest.mark.parametrize("key", IN_PROCESS)
def test_a_throughput_sample(key: str) -> None:
    answer = sample.take_sample(SampleSpec("throughput", key, Workload(threads=2), **TINY))
    if answer.get("unavailable"):
        pytest.skip(answer["reason"])
    assert answer["ok"], answer
    assert answer["operations"] == sum(answer["per_thread"]) > 0
    assert len(answer["per_thread"]) == 2
    assert answer["ops_per_s"] == pytest.approx(answer["operations"] / answer["seconds"])
    assert 0.5 <= answer["fairness"] <= 1
    assert answer["cpu_s"] >= 0 and answer["peak_kb"] > 0
    assert ("overhead" in answer) == key.endswith("/null")
    if CANDIDATES[key].progress == "lock-free" and not key.endswith("striped"):
        assert answer["attempts"] >= answer["lost_attempts"] >= 0
        assert 0 <= answer["retry_rate"] <= 1


@pytest.mark.parametrize(
    "key", ["counter/mutex", "stack/hardware", "queue/null", "dictionary/emulated", "stack/kernel"]
)
def test_a_latency_sample(key: str) -> None:
    answer = sample.take_sample(SampleSpec("latency", key, Workload(threads=2), **TINY))
    if answer.get("unavailable"):
        pytest.skip(answer["reason"])
    assert answer["ok"], answer
    figures = answer["latency_ns"]
    assert list(figures) == ["p50", "p99", "p99.9", "p99.99", "max"]
    values = list(figures.values())
    assert sum(count for _, count in answer["histogram"]) == answer["operations"]
    assert values[:4] == sorted(values[:4])


@pytest.mark.parametrize("name", RACES)
def test_a_race(name: str) -> None:
    answer = sample.take_sample(SampleSpec("race", f"race/{name}", Workload(threads=3), operations=200))
    assert answer["ok"], answer
    assert answer["lost"] == answer["expected"] - answer["found"] >= 0
    assert answer["lost"] == 0 or answer["may_lose"]


def test_a_race_that_must_not_lose_and_does_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Race("x", False, "it should not", lambda *_: (lambda _: None, lambda: (7, 9)))
    monkeypatch.setitem(RACES, "list-append", broken)
    answer = sample.take_sample(SampleSpec("race", "race/list-append", operations=1))
    assert not answer["ok"] and answer["reason"] == "2 of 9 lost, although it should not"


def test_a_structure_that_loses_an_item_is_a_failed_sample_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    candidate = Candidate("counter", "mutex", "forgetful", lambda _: Parts(lambda: None, None, lambda: 0))
    monkeypatch.setitem(CANDIDATES, "counter/mutex", candidate)
    answer = sample.take_sample(SampleSpec("throughput", "counter/mutex", **TINY))
    assert not answer["ok"] and "lost" in answer["reason"]


def test_a_structure_that_raises_is_a_failed_sample_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def burst() -> None:
        raise RuntimeError("too much")

    candidate = Candidate("counter", "mutex", "weak", lambda _: Parts(burst, None, lambda: 0))
    monkeypatch.setitem(CANDIDATES, "counter/mutex", candidate)
    answer = sample.take_sample(SampleSpec("throughput", "counter/mutex", **TINY))
    assert answer["reason"] == "a thread raised RuntimeError: too much"


def test_a_counter_between_processes() -> None:
    answer = sample.take_sample(SampleSpec("throughput", "counter/process-lock", Workload(threads=2), **TINY))
    assert answer["ok"], answer
    assert len(answer["per_thread"]) == 2 and all(count > 0 for count in answer["per_thread"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nonsense", "no JSON"),
        ("[1]", "an object with kind and candidate"),
        ('{"kind": "throughput", "candidate": "stack/nope"}', "a stack is implemented as"),
        ('{"kind": "throughput", "candidate": ["stack"]}', "a structure is one of"),
        ('{"kind": ["x"], "candidate": "stack/mutex"}', "kind is one of"),
        ('{"kind": "latency", "candidate": "counter/process-cas"}', "no latencies"),
        ('{"kind": "race", "candidate": "race/x"}', "a race is one of"),
        ('{"kind": "throughput", "candidate": "stack/mutex", "seconds": "1"}', "seconds is a number"),
        ('{"kind": "throughput", "candidate": "stack/mutex", "seconds": 1e9}', "seconds is a number"),
        ('{"kind": "throughput", "candidate": "stack/mutex", "more": 1}', "a sample has no more"),
        ('{"kind": "throughput", "candidate": "stack/mutex", "workload": {"threads": 0}}', "threads is a whole number"),
        ('{"kind": "throughput", "candidate": "stack/mutex", "workload": {"threads": true}}', "threads is a whole"),
        ('{"kind": "throughput", "candidate": "stack/mutex", "workload": {"thread": 1}}', "a workload has no thread"),
        ('{"kind": "throughput", "candidate": "stack/mutex", "workload": {"backoff": []}}', "backoff is one of"),
        ('{"kind": "throughput", "candidate": "stack/mutex", "workload": 3}', "a workload is an object"),
        ('{"kind": "throughput", "candidate": "ring/mutex", "workload": {"capacity": 2}}', "capacity is at least"),
    ],
)
def test_a_bad_request_is_answered(
    text: str, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert sample.main() == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"] is False and words in answer["reason"]


def test_a_spec_comes_back_as_it_went() -> None:
    spec = SampleSpec("latency", "queue/native", Workload(threads=3, insert_share=10, think=4, backoff="long"))
    assert SampleSpec.from_dict(json.loads(json.dumps(spec.as_dict()))) == spec
