"""Measuring a run again: what is asked for makes its cases, each of them and no other."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import pytest

from app.services.bench_again import again
from app.services.bench_plan import read_request
from lockfree_core.bench.presets import PRESETS
from lockfree_core.bench.results import Run
from lockfree_core.bench.runner import Runner
from lockfree_core.bench.workloads import Workload
from tests.core.bench.bench_kit import around, case, made

CUSTOM = {"candidates": ["stack/mutex", "stack/native", "queue/native"], "workload": {}}


def asked(body: dict[str, Any]) -> Run:
    """The run that a body asks for, before anything was measured."""
    request = read_request(body)
    return Runner(request.preset, request.cases([]), request.limits).run


@pytest.mark.parametrize(
    "body",
    [
        *({"preset": name} for name, preset in PRESETS.items() if not preset.every_interpreter),
        {"preset": "races", "pythons": [sys.executable]},
        {"preset": "interpreters", "threads": [1, 2, 4], "pythons": [sys.executable], "budget_s": 7.5},
        {"preset": "classic", "structures": ["counter"], "threads": [2], "seconds": 0.02, "rounds": 3},
        {"preset": "sweep", "threads": [2, 4], "precision": 2.5},
        {"preset": "latency", "kinds": ["latency"], "structures": ["queue"]},
        {"custom": CUSTOM},
        {"custom": CUSTOM | {"workload": {"think": 10, "insert_share": 30, "backoff": "long"}}, "threads": [1, 16],
         "kinds": ["throughput", "latency"], "seconds": 0.25, "budget_s": 9, "precision": 1},
        {"custom": {"candidates": ["counter/null"], "workload": {}}},
    ],
    ids=lambda body: "-".join(map(str, body.values()))[:60],
)  # fmt: skip
def test_a_run_says_what_was_asked_for(body: dict[str, Any]) -> None:
    run = asked(body)
    found = again(Run.from_dict(run.as_dict()))
    assert found == body
    assert [each.spec.as_dict() for each in asked(found).cases] == [each.spec.as_dict() for each in run.cases]


def test_rows_and_columns_become_their_cells() -> None:
    ways = {"structures": ["stack", "ring"], "implementations": ["mutex", "standard"]}
    assert again(asked({"custom": ways})) == {
        "custom": {"candidates": ["stack/mutex", "stack/standard", "ring/mutex"], "workload": {}}
    }


def test_what_was_left_out_is_left_out_again() -> None:
    both = {"custom": {"candidates": ["counter/mutex", "counter/process-cas"], "workload": {}}, "kinds": ["latency"]}
    found = again(asked(both))
    assert found is not None and found["custom"]["candidates"] == ["counter/mutex"], "processes have no latencies"


def test_a_preset_that_no_longer_makes_these_cases_becomes_a_custom_run() -> None:
    run = made(case("stack/null", around(1e6)), case("stack/mutex", around(1e6)))
    for preset in ("classic", "gone"):
        run.preset = preset
        assert again(run) == {"custom": {"candidates": ["stack/mutex"], "workload": {}}, "threads": [8],
                              "pythons": ["python"]}  # fmt: skip


def test_what_cannot_be_asked_for_cannot_be_repeated() -> None:
    run = made(case("stack/null", around(1e6)), case("stack/mutex", around(1e6)))
    other = case("stack/mutex", around(1e6))
    other.spec = replace(other.spec, workload=Workload(threads=8, think=50))
    assert again(made(*run.cases, other)) is None, "two think times"
    assert again(made()) is None
