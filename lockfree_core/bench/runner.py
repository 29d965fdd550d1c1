"""Takes samples until they are enough: candidates by turns, each sample in a process of its own.

Whatever becomes of a sample (it loses an item, dies, hangs, prints nonsense), it is recorded with its reason and the
run goes on. A run can be cancelled at any time and keeps what it has.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lockfree_core.bench.environment import environment
from lockfree_core.bench.interpreters import child_environment
from lockfree_core.bench.results import Case, Run
from lockfree_core.bench.sample import sample_limit_s
from lockfree_core.bench.spec import SampleSpec
from lockfree_core.errors import BenchError

__all__ = ["BUDGET_STRETCH", "Limits", "Progress", "Runner", "run_sample"]

_POLL_S: Final = 0.05
_EXTRA_S: Final = 5.0  # what a sample that ends itself is given on top
_LONGEST_REASON: Final = 500
BUDGET_STRETCH: Final = 1.15  # than the budget, as a multiple, if that completes the fewest rounds
_HOPELESS: Final = 3  # failures in a row after which a case is left alone


@dataclass(frozen=True, slots=True)
class Limits:
    """When a run has enough.

    Attributes:
        precision: the half width of the median's interval, relative to it, that is asked for.
        budget_s: how long the run may take; the samples under way are finished. A seventh longer where that completes
            the fewest rounds: without them nothing that was measured could be told from noise.
        fewest: rounds at the least, unless the time is over; six are what an interval of 95 % needs.
        most: rounds at the most.
    """

    precision: float = 0.05
    budget_s: float = 60.0
    fewest: int = 6
    most: int = 100

    def __post_init__(self) -> None:
        for name, least, most in (("precision", 0.0, 10.0), ("budget_s", 0.0, 86_400.0), ("fewest", 1, 10_000),
                                  ("most", 1, 10_000)):  # fmt: skip
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
                raise BenchError(f"{name} is from {least:g} to {most:g}; got {value!r}")
        if self.fewest > self.most:
            raise BenchError(f"fewest is at most most, got {self.fewest} and {self.most}")


@dataclass(frozen=True, slots=True)
class Progress:
    """What runs now. ``left_s`` is how long it may take yet: never more than the budget leaves."""

    run: Run
    round: int
    done: int
    case: Case | None
    elapsed_s: float
    left_s: float


class Runner:
    """One run, from its cases to its end."""

    def __init__(
        self,
        preset: str,
        cases: Sequence[Case],
        limits: Limits | None = None,
        on_progress: Callable[[Progress], None] = lambda _: None,
        command: Sequence[str] = ("-m", "lockfree_core.bench.sample"),
    ) -> None:
        if not cases:
            raise BenchError("there is nothing to measure")
        self.limits = limits or Limits()
        self.run = Run(preset, list(cases), environment(), _settings(self.limits))
        self.on_progress, self._command = on_progress, tuple(command)
        self._cancelled = threading.Event()
        self._began = 0.0
        self._done = self._round = 0

    def cancel(self) -> None:
        """End soon: the sample under way is stopped and not counted. From any thread."""
        self._cancelled.set()

    def execute(self) -> Run:
        """Measure; returns when it ended."""
        self._began = time.monotonic()
        while self.run.ended == "running":
            self.run.ended = self._take_round()
            self.run.seconds = round(time.monotonic() - self._began, 3)
        self._report(None)
        return self.run

    def _take_round(self) -> str:
        """A sample of every case whose group has not enough; why it ended, or ``running``."""
        limit = self._limit_s(self._round)
        self._round += 1
        waiting = [
            case for group in self.run.groups() if not self._has_enough(group) for case in group if _is_open(case)
        ]
        for case in waiting:
            if self._cancelled.is_set():
                return "cancelled"
            if self._round > 1 and time.monotonic() - self._began >= limit:
                return "budget"
            self._report(case)
            sample = run_sample(case.python or sys.executable, case.spec, self._cancelled, self._command)
            if sample is None:
                return "cancelled"
            self._note(case, sample)
        return self._ending()

    def _limit_s(self, rounds: int) -> float:
        """How long the run may take, as far as can be said after so many rounds."""
        budget, fewest = self.limits.budget_s, self.limits.fewest
        if not 0 < rounds < fewest:
            return budget
        needed = (time.monotonic() - self._began) / rounds * fewest
        return budget * BUDGET_STRETCH if needed <= budget * BUDGET_STRETCH else budget

    def _ending(self) -> str:
        if not any(case.values() for case in self.run.cases) and not any(map(_is_open, self.run.cases)):
            return "nothing"
        if all(map(self._has_enough, self.run.groups())):
            # Where no precision was asked for, none was reached.
            return "precise" if self.limits.precision else "rounds"
        if self._round >= self.limits.most:
            return "rounds"
        return "budget" if time.monotonic() - self._began >= self._limit_s(self._round) else "running"

    def _note(self, case: Case, sample: dict[str, Any]) -> None:
        if sample.get("unavailable"):
            case.unavailable = sample["reason"]
        else:
            case.samples.append(sample)
            self._done += 1

    def _has_enough(self, group: Sequence[Case]) -> bool:
        """Together or not at all: cases of a group are compared round by round."""
        return all(not _is_open(case) or self._is_precise(case) for case in group)

    def _is_precise(self, case: Case) -> bool:
        values = case.values()
        is_null = case.spec.candidate.endswith("/null")  # nothing is compared with it
        if case.spec.kind == "race" or is_null or len(values) < self.limits.fewest:
            return len(values) >= self.limits.fewest
        interval = case.interval()
        return interval is not None and interval.is_sure and interval.half_width <= self.limits.precision

    def _report(self, case: Case | None) -> None:
        elapsed = time.monotonic() - self._began
        left = max(0.0, self.limits.budget_s - elapsed)
        if self._done and self.run.ended == "running":
            open_ = sum(map(_is_open, self.run.cases))
            left = min(left, elapsed / self._done * (open_ * self.limits.most - self._done))
        ended = self.run.ended != "running"
        self.on_progress(Progress(self.run, self._round, self._done, case, elapsed, 0.0 if ended else left))


def _settings(limits: Limits) -> dict[str, Any]:
    return {"precision": limits.precision, "budget_s": limits.budget_s, "fewest": limits.fewest, "most": limits.most}


def _is_open(case: Case) -> bool:
    """Whether another sample of it makes sense."""
    last = case.samples[-_HOPELESS:]
    return case.unavailable is None and not (len(last) == _HOPELESS and not any(sample["ok"] for sample in last))


def run_sample(
    python: str, spec: SampleSpec, cancelled: threading.Event, command: Sequence[str], extra_s: float = _EXTRA_S
) -> dict[str, Any] | None:
    """One sample in a fresh process; None if it was cancelled."""
    try:
        process = subprocess.Popen(
            [python, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=child_environment(python), start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        return _failure(f"{python} cannot be started: {error.strerror}")
    limit = sample_limit_s(spec) + extra_s
    deadline = time.monotonic() + limit
    given: bytes | None = json.dumps(spec.as_dict()).encode()
    try:
        while not cancelled.is_set():
            try:
                output, errors = process.communicate(given, timeout=_POLL_S)
            except subprocess.TimeoutExpired:
                given = None  # it remembers what is left to send
                if time.monotonic() > deadline:
                    return _failure(f"the sample hung: it had not ended after {limit:g} s")
                continue
            return _read_answer(process.returncode, output, errors)
        return None
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it with all that it started."""
    if process.poll() is None:
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def _read_answer(status: int, output: bytes, errors: bytes) -> dict[str, Any]:
    words = errors.decode("utf-8", "replace").strip()
    if status < 0:
        return _failure(f"the sample died of {_signal_name(-status)}. {words[-_LONGEST_REASON:]}".rstrip(". "))
    if status:
        hung = words.startswith("Timeout (")
        why = "the sample hung" if hung else f"the sample ended with status {status}"
        return _failure(f"{why}: {words[-_LONGEST_REASON:] or 'it said nothing'}")
    try:
        answer = json.loads(output)
    except ValueError:
        return _failure(f"the sample's answer is no JSON: {output[:80]!r}")
    if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool):
        return _failure(f"the sample's answer is not one: {output[:80]!r}")
    if not answer["ok"] and not isinstance(answer.get("reason"), str):
        answer["reason"] = "the sample did not say why"
    return answer


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _failure(reason: str) -> dict[str, Any]:
    return {"ok": False, "reason": reason}
