"""``python -m lockfree_core.bench.sample``: one sample in this process; JSON in, JSON out.

The answer has ``ok``. Where that is false, ``reason`` says why; with ``unavailable`` there is no such candidate on this
interpreter, and to try again is of no use. A sample that hangs ends itself after its limit, so that none outlives a
runner that was killed.
"""

from __future__ import annotations

import faulthandler
import gc
import json
import os
import sys
import time
from dataclasses import replace
from itertools import islice, repeat
from typing import Any, Final

from lockfree_core import native
from lockfree_core.bench.accounts import Tally, Writer
from lockfree_core.bench.candidates import Candidate, Parts, find_candidate
from lockfree_core.bench.measuring import (
    Measured,
    harness_overhead,
    jain,
    measure_latency,
    measure_throughput,
    run_threads,
)
from lockfree_core.bench.spec import SampleSpec
from lockfree_core.bench.subjects import Body, Subject, make_subject
from lockfree_core.errors import BenchError, LockfreeError

__all__ = ["main", "sample_limit_s", "take_sample"]

_GRACE_S: Final = 30.0
_RACE_SWITCH_S: Final = 1e-6  # so short that threads change places in the middle of everything
_BARE_WARM_UP_S: Final = 0.005


def sample_limit_s(spec: SampleSpec) -> float:
    """After which a sample has hung: threads on few cores may need a multiple of their time."""
    return _GRACE_S + 4 * (spec.seconds + spec.warm_up)


def take_sample(spec: SampleSpec) -> dict[str, Any]:
    """Take it in this process."""
    try:
        if spec.kind == "race":
            answer = _race(spec)
        else:
            candidate = find_candidate(spec.candidate)
            missing = candidate.unavailable()
            if missing is not None:
                return {"ok": False, "unavailable": True, "reason": missing}
            answer = _measure(spec, candidate)
    except MemoryError:
        answer = {"ok": False, "reason": "the sample ran out of memory"}
    except Exception as error:
        answer = {"ok": False, "reason": f"a thread raised {type(error).__name__}: {error}"}
    return {**answer, "peak_kb": _peak_kb(), "interpreter": _interpreter()}


def _measure(spec: SampleSpec, candidate: Candidate) -> dict[str, Any]:
    if candidate.guard:
        return _kernel(spec, candidate)
    if candidate.shared:
        return _processes(spec, candidate)
    gc.collect()
    before = _peak_kb()
    subject, parts = make_subject(candidate, spec.workload)
    losses = parts.losses() if parts.losses else 0
    if spec.kind == "latency":
        histogram, measured = measure_latency(subject, spec.workload.threads, spec.seconds, spec.warm_up)
        figures: dict[str, Any] = {"latency_ns": histogram.quantiles(), "histogram": histogram.pairs()}
    else:
        measured = measure_throughput(subject, spec.workload.threads, spec.seconds, spec.warm_up)
        figures = {}
    figures |= _figures(measured) | _attempts(subject, parts, losses, measured) | {"start_kb": before}
    if candidate.implementation == "null" and spec.kind == "throughput":
        overhead, bare_ns = harness_overhead(*make_null(candidate, spec), _BARE_WARM_UP_S)
        figures |= {"overhead": overhead, "bare_ns": bare_ns}
    problem = subject.problem()
    return {"ok": False, "reason": problem, **figures} if problem else {"ok": True, **figures}


def make_null(candidate: Candidate, spec: SampleSpec) -> tuple[Subject, Body]:
    """What the harness runs with nothing in it, and the loop that somebody would write by hand to do the same."""
    # To think takes as long with a harness as without one.
    load = replace(spec.workload, think=0)
    subject, parts = make_subject(candidate, load)

    def calls(count: int) -> None:
        call = parts.first
        for _ in repeat(None, count):
            call()

    def pairs(count: int) -> None:
        put, take = parts.first, parts.second
        assert take is not None
        for _ in repeat(None, count):
            put(1)
            take()

    def mix(count: int) -> None:
        put, take = parts.first, parts.second
        assert take is not None
        for is_put in islice(draws, count):
            if is_put:
                put(1)
            else:
                take()

    def entries(count: int) -> None:
        set_, get = parts.first, parts.second
        assert get is not None
        for key, is_set in islice(steps, count):
            if is_set:
                set_(key, 1)
            else:
                get(key)

    if candidate.structure == "counter":
        return subject, calls
    if candidate.structure == "dictionary":
        steps = Writer(0, load).steps
        return subject, entries
    if load.insert_share is None:
        return subject, pairs
    draws = Tally(0, load.insert_share, 1).draws
    return subject, mix


def _figures(measured: Measured) -> dict[str, Any]:
    operations = sum(measured.operations)
    return {
        "operations": operations,
        "seconds": measured.seconds,
        "ops_per_s": operations / measured.seconds if measured.seconds else 0.0,
        "fairness": jain(measured.operations),
        "cpu_s": measured.cpu_s,
        "per_thread": measured.operations,
    }


def _attempts(subject: Subject, parts: Parts, before: int, measured: Measured) -> dict[str, Any]:
    """Lost attempts as a share of all decisive ones, warm-up included in neither."""
    if parts.losses is None:
        return {}
    lost = parts.losses() - before
    won = subject.successes(sum(measured.turns))
    return {"lost_attempts": lost, "attempts": won + lost, "retry_rate": lost / (won + lost) if won + lost else 0.0}


def _kernel(spec: SampleSpec, candidate: Candidate) -> dict[str, Any]:
    """A loop in C. What it knows of itself has the same names."""
    from lockfree_core.native import kernels

    load, policy, latency = spec.workload, spec.workload.policy, spec.kind == "latency"
    plan: dict[str, Any] = {
        "structure": candidate.structure, "guard": candidate.guard, "threads": load.threads,
        "insert_share": load.insert_share, "prefill": 0 if candidate.structure == "counter" else load.prefill,
        "capacity": load.capacity, "think": load.think, "backoff_base": policy.base, "backoff_cap": policy.cap,
        "window_s": max(0.001, spec.seconds / 4),
    }  # fmt: skip
    if spec.warm_up:
        kernels.run(kernels.Plan(**plan, seconds=spec.warm_up))
    cpu = time.process_time()
    result = kernels.run(kernels.Plan(**plan, seconds=spec.seconds, latency=latency))
    operations = [tally.operations for tally in result.tallies]
    longest = max(tally.seconds for tally in result.tallies)
    figures = _figures(Measured(operations, operations, longest, time.process_time() - cpu))
    figures["fairness"] = result.fairness
    if candidate.guard == "lock-free":
        attempts = sum(tally.attempts for tally in result.tallies)
        lost = sum(tally.failures for tally in result.tallies)
        figures |= {"attempts": attempts, "lost_attempts": lost, "retry_rate": result.retry_rate}
    if latency:
        figures |= _kernel_latency(result)
    if not result.is_right:
        return {"ok": False, "reason": "what went in did not come out, or in another order", **figures}
    return {"ok": True, **figures}


def _kernel_latency(result: Any) -> dict[str, Any]:
    from lockfree_core.bench.histogram import QUANTILES

    pairs = [list(pair) for pair in result.histogram if pair[1]]
    quantiles = {name: result.quantile_ns(share) for name, share in QUANTILES.items()}
    return {"latency_ns": quantiles | {"max": pairs[-1][0] if pairs else 0}, "histogram": pairs}


def _processes(spec: SampleSpec, candidate: Candidate) -> dict[str, Any]:
    from lockfree_core.bench.processes import count_together

    load = spec.workload
    counts, wall, wrong = count_together(candidate.shared, load.threads, spec.seconds, load.think)
    figures = _figures(Measured(counts, counts, wall, 0.0))
    del figures["cpu_s"]  # it is the other processes' time
    return {"ok": False, "reason": wrong, **figures} if wrong else {"ok": True, **figures}


def _race(spec: SampleSpec) -> dict[str, Any]:
    """Unguarded on purpose, so that a loss is what was asked for, and only a surprise is a failure."""
    from lockfree_core.bench.races import RACES

    race, threads = RACES[spec.candidate.partition("/")[2]], spec.workload.threads
    run, look = race.prepare(threads, spec.operations)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(_RACE_SWITCH_S)
    begin = time.perf_counter()
    try:
        cpu = run_threads(run, threads)
    finally:
        sys.setswitchinterval(interval)
    seconds = time.perf_counter() - begin
    found, expected = look()
    figures = {
        "operations": threads * spec.operations, "seconds": seconds, "cpu_s": cpu,
        "ops_per_s": threads * spec.operations / seconds, "found": found, "expected": expected,
        "lost": expected - found, "may_lose": race.may_lose,
    }  # fmt: skip
    if found != expected and not race.may_lose:
        return {"ok": False, "reason": f"{expected - found:,} of {expected:,} lost, although {race.why}", **figures}
    return {"ok": True, **figures}


def _peak_kb() -> int:
    """The most memory that this process has had, in kB.

    Not from ``getrusage`` where there is something better: its figure begins with the parent's.
    """
    try:
        with open("/proc/self/status", "rb") as status:  # noqa: PTH123 - pathlib takes as long to load as a short sample
            for line in status:
                if line.startswith(b"VmHWM:"):
                    return int(line.split()[1])
    except OSError:
        pass
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1024 if sys.platform == "darwin" else peak


def _interpreter() -> dict[str, Any]:
    return {
        "version": sys.version.split()[0],
        "implementation": {"cpython": "CPython", "pypy": "PyPy"}.get(sys.implementation.name, sys.implementation.name),
        "gil": bool(getattr(sys, "_is_gil_enabled", lambda: True)()),
        "native": native.available(),
    }


def main() -> int:
    """Read a sample from standard input, take it, print the answer."""
    try:
        spec = SampleSpec.from_dict(json.load(sys.stdin))
    except (ValueError, LockfreeError) as error:
        kind = "" if isinstance(error, BenchError) else "this is no JSON: "
        print(json.dumps({"ok": False, "reason": f"{kind}{error}"}))
        return 0
    faulthandler.dump_traceback_later(sample_limit_s(spec), exit=True)
    print(json.dumps(take_sample(spec)), flush=True)
    faulthandler.cancel_dump_traceback_later()
    return 0


if __name__ == "__main__":
    status = main()
    if "multiprocessing" in sys.modules:  # which has processes and memory to put away
        sys.exit(status)
    # The answer has been flushed. To take an interpreter apart takes as long as a tenth of a short sample.
    os._exit(status)
