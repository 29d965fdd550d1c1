"""What watching costs is measured on both memories, for any structure, and errors are said."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lockfree_core.drive.cost import make_backoff, measure_cost
from lockfree_core.drive.knobs import Knobs
from lockfree_core.errors import EngineError
from lockfree_core.memory import ConstantBackoff, ExponentialBackoff, NoBackoff
from tests.core.kit import plan_of
from tests.serving import ROOT


def run_cost(text: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lockfree_core.drive.cost"]
    return subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    "structure",
    [
        "michael-scott-queue",
        "locked-stack",
        "atomic-counter",
        "copy-on-write-map",
        "locked-state",
        "process-cas-counter",
        "process-locked-counter",
    ],
)
def test_watching_costs_something(structure: str) -> None:
    answer = run_cost(json.dumps(plan_of(structure, threads=2, prefill=5)))
    assert answer.stderr == ""
    result = json.loads(answer.stdout)
    assert set(result) == {"traced", "untraced", "ratio"}
    assert result["traced"] > 0
    assert result["ratio"] == pytest.approx(result["untraced"] / result["traced"])
    assert result["ratio"] > 1


def test_what_slows_the_run_is_left_out() -> None:
    slow: dict[str, Any] = {"speed": 0.2, "think_ms": 2000, "gap_share": 100, "gap_ms": 1000}
    result = measure_cost(plan_of("treiber-stack", threads=2, **slow), seconds=0.1, rounds=1)
    assert result["traced"] > 100, "throttled it would be one access in five seconds"


def test_a_structure_whose_threads_raise_is_measured_until_then() -> None:
    result = measure_cost(plan_of("storing-queue", threads=4), seconds=0.2)
    assert result["traced"] > 0 and result["untraced"] > 0


def test_threads_that_wait_for_each_other_are_measured_until_then() -> None:
    result = measure_cost(plan_of("two-lock-accounts", threads=2, prefill=3), seconds=0.2)
    assert result["untraced"] > 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cost: Expecting value"),
        ("[]", "cost: a plan is a JSON object"),
        ("{}", "cost: the plan cannot be read: KeyError: 'factory'"),
        (json.dumps({**plan_of("treiber-stack"), "knobs": {"threads": 33}}), "cost: threads must be from 1 to 32"),
    ],
)
def test_bad_plans_are_refused(text: str, message: str) -> None:
    answer = run_cost(text)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr.startswith(message)
    assert "Traceback" not in answer.stderr


def test_an_engine_that_ends_says_why(tmp_path: Path) -> None:
    false = tmp_path / "python"
    false.write_text("#!/bin/sh\necho no such luck >&2\nexit 3\n")
    false.chmod(0o755)
    with pytest.raises(EngineError, match="the engine (ended: no such luck|takes no commands)"):
        measure_cost(plan_of("treiber-stack"), python=str(false), seconds=0.02)


@pytest.mark.parametrize(
    ("knobs", "policy"),
    [
        ({}, NoBackoff),
        ({"backoff": "constant"}, ConstantBackoff),
        ({"backoff": "exponential", "backoff_base_us": 900, "backoff_cap_us": 100}, ExponentialBackoff),
    ],
)
def test_backoff_is_that_of_the_knobs(knobs: dict[str, Any], policy: type) -> None:
    made = make_backoff(Knobs().changed(knobs))
    assert type(made) is policy
    if isinstance(made, ExponentialBackoff):
        assert (made.base_us, made.cap_us) == (100, 100)
    if isinstance(made, ConstantBackoff):
        assert made.us == Knobs().backoff_base_us
