"""What backoff buys and what it costs: throughput and fairness of the native structures, from little of it to much.

The default of each structure is a point of these curves (``lockfree_core/native/lf_backoff.h``). Under a global lock no
compare-and-swap is lost and every curve is flat: this is for free-threaded interpreters.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from lockfree_core import native
from tests.bench.native import is_free_threaded, tag
from tests.bench.native_candidates import compiled
from tests.bench.report import environment, print_table, write_result

__all__ = ["measure"]

POLICIES: Final = ((0, 0), (64, 1024), (256, 4096), (384, 6144), (512, 8192), (1024, 16384), (4096, 65536))
THREADS: Final = (2, 4, 8)
ROUNDS: Final = 5
SECONDS: Final = 0.3
WINDOW_S: Final = 0.1
BATCH: Final = 500
PREFILL: Final = 16

# name: its class, how a pair is written, and the rival's.
STRUCTURES: Final[dict[str, tuple[Callable[..., Any], str, str, str]]] = {
    "TreiberStack": (native.TreiberStack, "s.push(1); s.pop()", "push", "s.append(1); s.pop()"),
    "MichaelScottQueue": (
        native.MichaelScottQueue, "s.enqueue(1); s.dequeue()", "enqueue", "s.append(1); s.popleft()"
    ),
    "RingQueue": (
        lambda **backoff: native.RingQueue(1024, **backoff), "s.try_put(1); s.try_get()", "try_put",
        "s.append(1); s.popleft()",
    ),
}  # fmt: skip


def run(structure: Any, line: str, threads: int) -> tuple[float, float]:
    """Millions of pairs a second, and Jain's index of the threads' shares over windows of 100 ms, on average."""
    bodies = [compiled(structure, line) for _ in range(threads)]
    bodies[0](BATCH * 4)
    gate, spans = threading.Barrier(threads), [(0.0, 0.0)] * threads
    windows = [[0] * int(SECONDS / WINDOW_S + 2) for _ in range(threads)]

    def work(index: int) -> None:
        body, mine = bodies[index], windows[index]
        gate.wait()
        begin = now = time.perf_counter()
        while now < begin + SECONDS:
            body(BATCH)
            now = time.perf_counter()
            mine[min(int((now - begin) / WINDOW_S), len(mine) - 1)] += BATCH
        spans[index] = begin, now

    workers = [threading.Thread(target=work, args=(index,)) for index in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    wall = max(end for _, end in spans) - min(begin for begin, _ in spans)
    whole = [[mine[number] for mine in windows] for number in range(round(SECONDS / WINDOW_S))]
    return sum(map(sum, windows)) / wall / 1e6, statistics.mean(map(jain, whole))


def jain(shares: list[int]) -> float:
    """1 where all threads did as much, 1/n where one did all."""
    squares = sum(share * share for share in shares)
    return sum(shares) ** 2 / (len(shares) * squares) if squares else 1.0


def measure_one(name: str, threads: int) -> list[dict[str, Any]]:
    """Every policy and deque by turns; the median of each."""
    make, line, put, rival = STRUCTURES[name]
    found: dict[tuple[int, int] | None, list[tuple[float, float]]] = {}
    for _ in range(ROUNDS):
        found.setdefault(None, []).append(run(deque(range(PREFILL)), rival, threads))
        for base, cap in POLICIES:
            structure = make(backoff_base=base, backoff_cap=cap)
            for number in range(PREFILL):
                getattr(structure, put)(number)
            found.setdefault((base, cap), []).append(run(structure, line, threads))
    to_beat = [rate for rate, _ in found.pop(None)]
    return [
        {
            "structure": name, "threads": threads, "base": policy[0], "cap": policy[1],
            "millions_a_second": statistics.median(rate for rate, _ in runs),
            "ratio_to_deque": statistics.median(rate / other for (rate, _), other in zip(runs, to_beat, strict=True)),
            "fairness": statistics.median(fairness for _, fairness in runs),
        }
        for policy, runs in found.items() if policy is not None
    ]  # fmt: skip


def measure() -> Path:
    """The curves of all structures."""
    before = environment()
    rows = [row for name in STRUCTURES for threads in THREADS for row in measure_one(name, threads)]
    print_table("Backoff: throughput against fairness", list(rows[0]), [list(row.values()) for row in rows])
    note = "" if is_free_threaded() else "Under a global lock nothing is lost, and backoff changes nothing."
    return write_result(f"backoff_{tag()}", before, [], {"note": note, "curves": rows})
