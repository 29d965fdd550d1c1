"""The claims: each has evidence that decides it, and each judge says what its intervals say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lockfree_core.bench.presets import PRESETS
from lockfree_core.bench.results import Case, Run
from lockfree_core.bench.spec import SampleSpec
from lockfree_core.bench.workloads import Workload
from lockfree_core.claims import measured, reference, shown
from lockfree_core.claims.claim import STATES, TOPICS, Claim, Finding, Measurement, overall
from lockfree_core.claims.reference import REFERENCES, reference_run
from lockfree_core.claims.registry import CLAIMS
from lockfree_core.scenarios.registry import SCENARIOS
from tests.core.bench.bench_kit import around, case, made, sample

# What the article claims, by hand from its text: nobody may drop one.
ARTICLE = [
    "counter-faster", "stack-faster", "queue-faster", "dictionary-faster", "similar-at-two", "gap-widens",
    "emulated-cas", "free-threading-scales", "between-processes", "retry-rate", "copies-take-memory", "starvation",
    "aba", "readers-never-block", "no-deadlock", "no-inversion", "survives-death", "single-calls", "read-modify-write",
    "check-then-act", "split-cas",
]  # fmt: skip

Judge = Callable[[Run], Finding | None]


def test_every_claim_of_the_article_is_there() -> None:
    assert list(CLAIMS) == ARTICLE
    assert {claim.topic for claim in CLAIMS.values()} == set(TOPICS)


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=list(CLAIMS))
def test_every_claim_is_decided(claim: Claim) -> None:
    """By the runs that come with the package, and by executions that are run here."""
    assert claim.evidence, "a claim without evidence"
    for item in claim.evidence:
        if isinstance(item, Measurement):
            assert item.preset in PRESETS
            assert item.preset in REFERENCES
            finding = item.judge(reference_run(item.preset))
            assert finding is not None, f"{item.preset} says nothing to it"
            assert finding.rows, "a verdict without its numbers"
            assert "core" in finding.words, "the number of cores stands by every figure"
        else:
            assert item.scenarios
            assert set(item.scenarios) <= set(SCENARIOS)
            finding = item.show()
            assert finding.state == "holds", finding.words
        assert finding.state in STATES
        assert any(letter.isdigit() for letter in finding.figure + finding.words), "a verdict without a number"
    findings = [item.judge(reference_run(item.preset)) if isinstance(item, Measurement) else item.show()
                for item in claim.evidence]  # fmt: skip
    assert overall([finding for finding in findings if finding]) != "open"


def test_the_references_are_whole() -> None:
    folder = Path(reference.__file__).parent / "reference"
    assert sorted(path.stem for path in folder.iterdir()) == sorted(REFERENCES)
    for preset in REFERENCES:
        run = reference_run(preset)
        assert (run.preset, run.failed_samples) == (preset, 0)
        assert run.environment["cores"] >= 1
        assert "/" not in "".join(case.python for case in run.cases), "a path of somebody's machine"
    with pytest.raises(KeyError):
        reference_run("nothing")


def finding(state: Any) -> Finding:
    return Finding(state, "", "")


@pytest.mark.parametrize(
    ("states", "whole"),
    [
        ([], "open"), (["open"], "open"), (["holds", "open"], "holds"), (["holds", "holds"], "holds"),
        (["fails"], "fails"), (["holds", "fails"], "depends"), (["depends", "holds"], "depends"),
    ],
)  # fmt: skip
def test_several_findings_as_one(states: list[str], whole: str) -> None:
    assert overall([finding(state) for state in states]) == whole


def counters(lock: float, threads: int = 8, **ways: float) -> list[Case]:
    return [case("counter/mutex", around(lock), threads),
            *(case(f"counter/{way}", around(value), threads) for way, value in ways.items())]  # fmt: skip


FASTER = measured.faster_than_lock("counter")


@pytest.mark.parametrize(
    ("judge", "cases", "state"),
    [
        (FASTER, counters(1e6, emulated=2e6, hardware=3e6, native=4e6), "holds"),
        (FASTER, counters(1e6, emulated=0.3e6, hardware=3e6), "depends"),
        (FASTER, counters(1e6, emulated=0.3e6, hardware=0.5e6), "fails"),
        (FASTER, counters(1e6, hardware=1e6), "open"),
        (FASTER, counters(1e6, emulated=2e6, hardware=1e6), "depends"),
        (measured.emulated_is_slow, counters(1e6, emulated=0.4e6, native=9e6), "fails"),
        (measured.emulated_is_slow, counters(1e6, emulated=4e6), "holds"),
        (measured.similar_at_two, counters(1e6, 2, emulated=1.02e6), "holds"),
        (measured.similar_at_two, counters(1e6, 2, emulated=3e6), "fails"),
        (measured.similar_at_two, counters(1e6, 2, emulated=1.02e6, native=9e6), "depends"),
        (measured.gap_widens, counters(1e6, 2, native=2e6) + counters(1e6, 8, native=4e6), "holds"),
        (measured.gap_widens, counters(1e6, 2, native=4e6) + counters(1e6, 8, native=2e6), "fails"),
        (measured.gap_widens, counters(1e6, 2, native=4e6) + counters(1e6, 8, native=4e6), "fails"),
    ],
)
def test_ratios_to_the_lock(judge: Judge, cases: list[Case], state: str) -> None:
    found = judge(made(*cases))
    assert found is not None
    assert found.state == state, found
    assert found.rows


@pytest.mark.parametrize(
    "judge",
    [FASTER, measured.emulated_is_slow, measured.similar_at_two, measured.gap_widens, measured.retry_rate,
     measured.memory_of_copies, measured.unguarded("dict-add"), measured.scales_without_gil,
     measured.between_processes],
)  # fmt: skip
def test_a_run_of_something_else_says_nothing(judge: Judge) -> None:
    assert judge(made(case("stack/null", around(1e6), 3))) is None


def test_too_few_rounds_decide_nothing() -> None:
    few = [case("counter/mutex", [1e6, 1.1e6]), case("counter/native", [9e6, 9.1e6])]
    found = FASTER(made(*few))
    assert found is not None
    assert (found.state, found.rows[0][1][-15:]) == ("open", "too few rounds)")


@pytest.mark.parametrize(
    ("rates", "state"),
    [([0.05, 0.04], "holds"), ([0.0001, 0.0], "fails"), ([0.05, 0.0001], "depends")],
)
def test_retry_rates(rates: list[float], state: str) -> None:
    cases = [case(f"counter/{way}", around(1e6)) for way in ("emulated", "hardware")]
    for one, rate in zip(cases, rates, strict=True):
        one.samples[:] = [{**row, "retry_rate": rate} for row in one.samples]
    found = measured.retry_rate(made(*cases))
    assert found is not None
    assert found.state == state


def map_case(way: str, grown: list[int]) -> Case:
    spec = SampleSpec("throughput", f"dictionary/{way}", Workload(threads=8, keys=10_000))
    return Case(spec, "", "CPython 3.11.7", [sample(1e6, start_kb=1000, peak_kb=1000 + more) for more in grown])


@pytest.mark.parametrize(
    ("copied", "state"), [([500] * 6, "holds"), ([50] * 6, "fails"), ([90, 400, 400, 400], "depends")]
)
def test_memory(copied: list[int], state: str) -> None:
    found = measured.memory_of_copies(made(map_case("rwlock", [100] * 6), map_case("hardware", copied)))
    assert found is not None
    assert found.state == state


def race(name: str, lost: list[int], interpreter: str = "CPython 3.11.7") -> Case:
    spec = SampleSpec("race", f"race/{name}", Workload(threads=8))
    rows = [sample(1e6, lost=count, expected=1000) for count in lost]
    return Case(spec, "", interpreter, rows)


@pytest.mark.parametrize(
    ("name", "here", "there", "state"),
    [
        ("list-append", [0, 0], [0], "holds"), ("list-append", [0, 0], [1], "fails"),
        ("dict-add", [0], [3], "depends"), ("dict-add", [2], [3], "holds"), ("dict-add", [0], [0], "open"),
    ],
)  # fmt: skip
def test_races(name: str, here: list[int], there: list[int], state: str) -> None:
    run = made(race(name, here), race(name, there, "CPython 3.14.7 free-threaded"))
    found = measured.unguarded(name)(run)
    assert found is not None
    assert found.state == state
    assert f"{sum(here + there):,} of {1000 * len(here + there):,} lost" == found.figure


@pytest.mark.parametrize(("eight", "state"), [(3e6, "holds"), (0.3e6, "fails"), (1e6, "open")])
def test_scaling_without_a_gil(eight: float, state: str) -> None:
    cases = [case("stack/native", around(1e6), 1), case("stack/native", around(eight), 8)]
    assert measured.scales_without_gil(made(*cases)) is None, "with a GIL it says nothing"
    for one in cases:
        one.interpreter = "CPython 3.14.7 free-threaded"
    found = measured.scales_without_gil(made(*cases))
    assert found is not None
    assert found.state == state


@pytest.mark.parametrize(("mine", "state"), [(9e6, "holds"), (0.2e6, "fails")])
def test_between_processes(mine: float, state: str) -> None:
    found = measured.between_processes(
        made(case("counter/process-lock", around(1e6), 4), case("counter/process-cas", around(mine), 4))
    )
    assert found is not None
    assert found.state == state


def test_a_showing_that_does_not_end_so_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of the showings can only say yes."""
    assert shown.loses_updates("lost-cas-and-retry", "")().state == "fails", "this one ends without a fault"
    monkeypatch.setattr(shown, "_killed_everywhere", lambda *_: (3, 4))
    assert shown.dead_threads().state == "fails"
    assert shown.readers_pass().state == "fails"
    monkeypatch.setattr(shown, "_explored", lambda *_: (5, 1))
    assert shown.no_deadlock().state == "fails"
    monkeypatch.setattr(shown, "_delay", lambda *_: 2)
    assert shown.no_inversion().state == "fails"
    monkeypatch.setattr(shown, "_losses", lambda _: 2)
    assert shown.starvation().state == "fails"
    monkeypatch.setattr(shown, "_faults", lambda _: 1)
    assert shown.reuse_needs_a_cure().state == "fails"
