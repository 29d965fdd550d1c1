"""Kernels: each run accounts for itself, releases the interpreter's lock, and refuses what makes no sense."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from lockfree_core.errors import NativeError
from lockfree_core.native.kernels import GUARDS, STRUCTURES, Plan, run
from tests.serving import ROOT, wait_until

OPERATIONS = 3_000


@pytest.mark.parametrize("insert_share", [None, 50, 100, 0])
@pytest.mark.parametrize("guard", GUARDS)
@pytest.mark.parametrize("structure", STRUCTURES)
def test_a_run_accounts_for_itself(structure: str, guard: str, insert_share: int | None, extension: None) -> None:
    plan = Plan(structure, guard, threads=3, operations=OPERATIONS, insert_share=insert_share, prefill=7, capacity=64)
    result = run(plan)
    assert result.is_right
    assert [tally.operations for tally in result.tallies] == [OPERATIONS] * 3
    assert all(tally.puts + tally.takes + tally.refused == OPERATIONS for tally in result.tallies)
    assert all(tally.longest_streak <= tally.failures <= tally.attempts for tally in result.tallies)
    decisive = sum(tally.puts + tally.takes for tally in result.tallies)
    wins = sum(tally.attempts - tally.failures for tally in result.tallies)
    assert wins == decisive if guard == "lock-free" else wins == result.operations
    assert result.throughput > 0 and 0 <= result.retry_rate < 1
    assert result.histogram == ()


def test_time_is_kept_in_windows(extension: None) -> None:
    result = run(Plan("counter", threads=2, seconds=0.2, window_s=0.05))
    assert result.is_right and result.left == result.operations > 0
    assert 3 <= len(result.windows) <= 5
    assert all(len(window) == 2 for window in result.windows)
    assert sum(map(sum, result.windows)) <= result.operations
    assert 0.5 <= result.fairness <= 1


def test_latency_is_a_histogram_of_every_operation(extension: None) -> None:
    result = run(Plan("stack", threads=2, operations=OPERATIONS, latency=True))
    assert sum(count for _, count in result.histogram) == 2 * OPERATIONS
    starts = [start for start, _ in result.histogram]
    assert starts == sorted(set(starts))
    assert starts[0] <= result.quantile_ns(0.5) <= result.quantile_ns(0.999) <= result.quantile_ns(1.0) == starts[-1]


def test_think_time_slows_and_pinning_works(extension: None) -> None:
    """Told by processor time: that others use the processor meanwhile is nothing that the kernel does."""

    def processor_time(**more: Any) -> float:
        begin = time.process_time()
        assert run(Plan("counter", threads=1, operations=20_000, **more)).is_right
        return time.process_time() - begin

    assert processor_time(think=500, pin=True) > 3 * processor_time()


def test_python_goes_on_while_a_kernel_runs(extension: None) -> None:
    seconds = 0.2

    def has_ticked_inside() -> bool:
        """Whether this thread has seen a moment that was certainly between begin and end of a kernel."""
        span: list[float] = []

        def work() -> None:
            span.append(time.monotonic())
            assert run(Plan("stack", seconds=seconds)).is_right
            span.append(time.monotonic())

        thread = threading.Thread(target=work)
        thread.start()
        ticks = []
        while thread.is_alive():
            ticks.append(time.monotonic())
            time.sleep(0.001)
        begin, end = span
        return any(end - seconds < tick < begin + seconds for tick in ticks)

    wait_until(has_ticked_inside, 60, "Python going on beside a kernel")  # had it the lock, this would never be seen


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_an_interrupt_ends_it(extension: None) -> None:
    # Whoever runs the tests in the background may have them ignore the signal, and children inherit that.
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from lockfree_core.native.kernels import *; print(flush=True); run(Plan(seconds=60))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.2)  # that it comes while the kernel runs; were it sooner, it would end the program as well
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in errors


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("structure", "heap", ValueError), ("guard", "prayer", ValueError), ("threads", 0, ValueError),
        ("threads", 257, ValueError), ("threads", 1.5, TypeError), ("operations", -1, ValueError),
        ("seconds", -0.1, ValueError), ("seconds", float("nan"), ValueError), ("insert_share", 101, ValueError),
        ("capacity", 0, ValueError), ("think", -1, ValueError), ("backoff_base", 5000, ValueError),
        ("backoff_cap", 2**25, ValueError), ("seed", 2**64, ValueError), ("window_s", 0, ValueError),
    ],
)  # fmt: skip
def test_a_plan_that_makes_no_sense_is_refused_with_what_came(field: str, value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=str(value)):
        Plan(**{field: value})


def test_without_the_extension_there_are_no_kernels() -> None:
    program = (
        "import sys; sys.modules['lockfree_core.native._native'] = None\n"
        "from lockfree_core.native.kernels import *\n"
        "try:\n    run(Plan())\nexcept ImportError as error:\n    print(error)"
    )
    answer = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "there are no kernels: the C extension was not built" in answer.stdout
    assert issubclass(NativeError, ImportError)
