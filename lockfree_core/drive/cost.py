"""What watching costs: the same operations on the default memory and on the traced one, measured in turn.

``python -m lockfree_core.drive.cost`` reads a plan (see ``make_plan`` in ``plan.py``) as JSON from standard input and
prints ``{"traced": …, "untraced": …, "ratio": …}``: operations a second, and how many times as many are done untraced.
Threads, mix, prefill, backoff and seed are the plan's; throttle, think time and gap are left out. Traced operations
run in an engine process whose records are thrown away here, so this is the cost in the threads that are watched. Where
processes run the structure both are done in processes.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from lockfree_core.drive.engine import SWITCH_INTERVAL
from lockfree_core.drive.knobs import Knobs
from lockfree_core.drive.launch import Launch, launch_engine
from lockfree_core.drive.plan import Plan, Step, read_plan
from lockfree_core.errors import EngineError, LockfreeError
from lockfree_core.memory import Backoff, ConstantBackoff, ExponentialBackoff, NoBackoff, default_memory
from lockfree_core.trace.layout import MAX_LANES, RECORD_BYTES

__all__ = ["SECONDS", "main", "measure_cost"]

SECONDS: Final = 0.5  # of each kind
ROUNDS: Final = 2

_START_LIMIT_S: Final = 20.0
_LEAVE_LIMIT_S: Final = 1.0  # threads that wait for each other never leave; they end with this process
_UNWATCHED: Final[Mapping[str, Any]] = {"speed": 0, "think_ms": 0, "gap_share": 0}


def measure_cost(
    plan: Mapping[str, Any], python: str | None = None, seconds: float = SECONDS, rounds: int = ROUNDS
) -> dict[str, float]:
    """Measure a plan: operations a second ``traced`` and ``untraced``, and ``ratio``, the latter by the former.

    Args:
        plan: the body of the engine's ``start`` command.
        python: the interpreter for the traced part; this one by default.
        seconds: how long each of the two is measured, in all.
        rounds: in how many stretches, by turns, so that both see the same weather.

    Raises:
        LockfreeError: when the plan is wrong, or the engine does not run.
    """
    read = read_plan(plan)
    knobs = read.knobs.changed(_UNWATCHED)
    bare = {**plan, "knobs": knobs.as_dict(), "hold": False}
    traced, untraced = _Tally(), _Tally()
    for _ in range(rounds):
        untraced.add(*_run_untraced(read, knobs, seconds / rounds))
        traced.add(*_run_traced(bare, python, seconds / rounds))
    if not traced.rate or not untraced.rate:
        raise EngineError("no operation returned within the time of the measurement")
    return {"traced": traced.rate, "untraced": untraced.rate, "ratio": untraced.rate / traced.rate}


class _Tally:
    """Operations and the seconds they took."""

    def __init__(self) -> None:
        self._operations = 0
        self._seconds = 0.0

    def add(self, operations: int, seconds: float) -> None:
        self._operations += operations
        self._seconds += seconds

    @property
    def rate(self) -> float:
        return self._operations / self._seconds if self._seconds else 0.0


def make_backoff(knobs: Knobs) -> Backoff:
    """The policy that the knobs name, for the default memory."""
    base = min(knobs.backoff_base_us, knobs.backoff_cap_us)
    if knobs.backoff == "constant":
        return ConstantBackoff(base)
    if knobs.backoff == "exponential":
        return ExponentialBackoff(base, knobs.backoff_cap_us)
    return NoBackoff()


class _Worker:
    """A thread that draws the same operations and values as the lane with that number does."""

    def __init__(self, plan: Plan, structure: Any, index: int) -> None:
        self.done = 0
        self.stopping = False
        self._draw = random.Random(f"{plan.seed}:{index}:operations").random
        self._share = plan.knobs.insert_share
        self._insert = _bind(structure, plan.operations[plan.insertion], self._draw)
        self._others = [_bind(structure, plan.operations[number], self._draw) for number in plan.others]
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        draw, share, insert, others = self._draw, self._share, self._insert, self._others
        only = others[0] if len(others) == 1 else None
        try:
            while not self.stopping:
                if draw() * 100 < share:
                    insert()
                else:
                    (only or others[int(draw() * len(others))])()
                self.done += 1
        except Exception:  # a flawed structure may raise; its thread ends, as the lane does
            return


def _bind(structure: Any, step: Step, draw: Callable[[], float]) -> Callable[[], object]:
    method: Callable[..., object] = getattr(structure, step.name)
    return lambda: method(*step.draw_arguments(draw))


def _run_untraced(plan: Plan, knobs: Knobs, seconds: float) -> tuple[int, float]:
    """Operations that returned, and how long that took: less than ``seconds`` where every thread has raised."""
    if plan.processes:
        return _run_untraced_processes(plan, knobs, seconds)
    structure = plan.factory(default_memory(make_backoff(knobs)))
    insert = _bind(structure, plan.operations[plan.insertion], random.Random(plan.seed).random)
    for _ in range(knobs.prefill):
        insert()
    workers = [_Worker(plan, structure, index) for index in range(knobs.threads)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL)
    try:
        began = time.perf_counter()
        for worker in workers:
            worker.thread.start()
        while time.perf_counter() < began + seconds and any(worker.thread.is_alive() for worker in workers):
            time.sleep(0.005)
        done, elapsed = sum(worker.done for worker in workers), time.perf_counter() - began
        for worker in workers:
            worker.stopping = True
        deadline = time.monotonic() + _LEAVE_LIMIT_S
        for worker in workers:
            worker.thread.join(max(0.0, deadline - time.monotonic()))
    finally:
        sys.setswitchinterval(interval)
    return done, elapsed


def _run_untraced_processes(plan: Plan, knobs: Knobs, seconds: float) -> tuple[int, float]:
    from lockfree_core.drive.processes.children import Children  # what threads run does without
    from lockfree_core.drive.processes.store import check_store

    check_store(plan.processes)
    insert = plan.operations[plan.insertion].name
    children = Children(lambda lane, pid, status: None)
    try:
        children.make(plan.factory, plan.processes, insert, [()] * knobs.prefill)
        return children.measure(knobs.threads, seconds, insert, knobs.as_dict())
    finally:
        children.close()


def _run_traced(plan: Mapping[str, Any], python: str | None, seconds: float) -> tuple[int, float]:
    """As ``_run_untraced``, in an engine, from its first operations on."""
    with launch_engine(python) as launch:
        _start(launch, plan)
        deadline = time.perf_counter() + _START_LIMIT_S
        while not _operations(launch):
            if launch.process.poll() is not None:
                raise EngineError(f"the engine ended: {_last_words(launch)}")
            if time.perf_counter() > deadline:
                raise EngineError(f"the engine did nothing within {_START_LIMIT_S:g} s")
            _drain(launch)
        before, began = _operations(launch), time.perf_counter()
        while time.perf_counter() < began + seconds and not _is_over(launch):
            _drain(launch)
        return _operations(launch) - before, time.perf_counter() - began


def _start(launch: Launch, plan: Mapping[str, Any]) -> None:
    assert launch.process.stdin is not None
    try:
        launch.process.stdin.write(json.dumps({"type": "start", "plan": dict(plan)}).encode() + b"\n")
        launch.process.stdin.flush()
    except OSError as error:
        raise EngineError(f"the engine takes no commands: {error.strerror}") from error


def _drain(launch: Launch) -> None:
    """Throw away what the rings hold, and nap for much less time than it takes to fill one."""
    for lane in range(MAX_LANES):
        for span in launch.rings.take(lane):
            launch.rings.taken(lane, len(span) // RECORD_BYTES)
    time.sleep(0.001)


def _operations(launch: Launch) -> int:
    return sum(int(lane["operations"]) for lane in launch.rings.counters())


def _is_over(launch: Launch) -> bool:
    return launch.process.poll() is not None or all(lane["status"] == "raised" for lane in launch.rings.counters())


def _last_words(launch: Launch) -> str:
    assert launch.process.stdout is not None
    assert launch.process.stderr is not None
    reports = [json.loads(line) for line in launch.process.stdout]
    told = [str(report["message"]) for report in reports if report["type"] == "error"]
    return (told or launch.process.stderr.read().decode(errors="replace").strip().splitlines() or ["no message"])[-1]


def main() -> int:
    """Measure the plan on standard input."""
    try:
        plan = json.load(sys.stdin)
        if not isinstance(plan, dict):
            raise EngineError("a plan is a JSON object")
        print(json.dumps(measure_cost(plan)))
    except (ValueError, LockfreeError) as error:
        print(f"cost: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
