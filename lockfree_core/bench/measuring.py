"""The timed part of a sample: threads that start together, and what they did."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lockfree_core.bench.histogram import Histogram
from lockfree_core.bench.subjects import Body, Subject

__all__ = ["Measured", "harness_overhead", "jain", "measure_latency", "measure_throughput", "run_threads"]

_BATCH_NS: Final = 200_000  # between two looks at the clock, which cost 100 ns: nothing to worry about
_LARGEST_BATCH: Final = 100_000
_MOST_LATENCIES: Final = 1_000_000  # of all threads together: what a sample remembers until it is over
_STRETCH: Final = 10  # batches of each
_ROUNDS: Final = 9  # of a bare loop and of the harness, by turns


@dataclass(frozen=True, slots=True)
class Measured:
    """Operations of each thread, from the first start to the last end."""

    operations: list[int]
    turns: list[int]
    seconds: float
    cpu_s: float


def measure_throughput(subject: Subject, threads: int, seconds: float, warm_up: float) -> Measured:
    """Run the loop in so many threads for so long."""
    batch = _warm(subject.worker(), warm_up)
    bodies = [subject.worker() for _ in range(threads)]
    ends, turns, begins = [0] * threads, [0] * threads, [0] * threads
    clock, limit = time.perf_counter_ns, int(seconds * 1e9)

    def run(index: int) -> None:
        body, done = bodies[index], 0
        begins[index] = now = clock()
        deadline = now + limit
        while now < deadline:
            body(batch)
            done += batch
            now = clock()
        ends[index], turns[index] = now, done

    cpu = run_threads(run, threads)
    wall = (max(ends) - min(begins)) / 1e9
    return Measured([count * subject.turn for count in turns], turns, wall, cpu)


def measure_latency(subject: Subject, threads: int, seconds: float, warm_up: float) -> tuple[Histogram, Measured]:
    """Take the time of each operation; what taking it costs (two looks at the clock) is in it."""
    _warm(subject.worker(), warm_up)
    each = [subject.singles() for _ in range(threads)]
    times: list[list[int]] = [[] for _ in range(threads)]
    begins, ends = [0] * threads, [0] * threads
    clock, limit, most = time.perf_counter_ns, int(seconds * 1e9), _MOST_LATENCIES // threads

    def run(index: int) -> None:
        operations, note = each[index], times[index].append
        begins[index] = now = clock()
        deadline, left = now + limit, most
        while now < deadline and left > 0:
            for operation in operations:
                begin = clock()
                operation()
                now = clock()
                note(now - begin)
                left -= 1
        ends[index] = now

    cpu = run_threads(run, threads)
    histogram = Histogram()
    for mine in times:
        histogram.record_all(mine)
    counts = [len(mine) for mine in times]
    return histogram, Measured(counts, counts, (max(ends) - min(begins)) / 1e9, cpu)


def run_threads(run: Callable[[int], None], threads: int) -> float:
    """Run it in so many threads that start together; the seconds of processor time.

    Raises:
        Exception: what a thread raised, the first of them.
    """
    errors: list[BaseException] = []
    gate = threading.Barrier(threads + 1)

    def guarded(index: int) -> None:
        try:
            gate.wait()
            run(index)
        except BaseException as error:  # told by whoever waits for the threads
            errors.append(error)

    workers = [threading.Thread(target=guarded, args=(index,), daemon=True) for index in range(threads)]
    for worker in workers:
        worker.start()
    cpu = time.process_time()
    gate.wait()
    for worker in workers:
        worker.join()
    cpu = time.process_time() - cpu
    if errors:
        raise errors[0]
    return cpu


def harness_overhead(subject: Subject, bare: Body, warm_up: float) -> tuple[float, float]:
    """How much longer the harness takes than the bare loop, as a share; and nanoseconds of the bare loop a turn.

    One thread, processor time, stretches of both by turns, so that other work on the machine does not tell.
    """
    body = subject.worker()
    batch = _warm(body, warm_up)
    _warm(bare, warm_up)
    clock, cpu, count = time.perf_counter_ns, time.process_time_ns, batch * _STRETCH
    harnessed, plain = [], []
    for _ in range(_ROUNDS):
        begin = cpu()
        bare(count)
        plain.append(cpu() - begin)
        begin, done = cpu(), 0
        while done < count:
            body(batch)
            done += batch
            clock()
        harnessed.append(cpu() - begin)
    return _ratio(harnessed, plain) - 1, sorted(plain)[_ROUNDS // 2] / count


def _ratio(one: Sequence[int], other: Sequence[int]) -> float:
    """Of the quickest stretches: what is slower was disturbed."""
    return min(one) / max(min(other), 1)


def _warm(body: Body, seconds: float) -> int:
    """Run until the interpreter knows the loop; how many turns make a batch of the wanted length."""
    clock, batch = time.perf_counter_ns, 16
    deadline = clock() + int(seconds * 1e9)
    while True:
        begin = clock()
        body(batch)
        took = clock() - begin
        if took < _BATCH_NS and batch < _LARGEST_BATCH:
            batch *= 2
        elif clock() >= deadline:
            return batch


def jain(shares: Sequence[Any]) -> float:
    """Jain's fairness index: 1 when all threads did the same, 1/n when one did all."""
    total, squares = sum(shares), sum(share * share for share in shares)
    return total * total / (len(shares) * squares) if squares else 1.0
