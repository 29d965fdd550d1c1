"""What ``tests.bench.native`` compares, and one sample of it: ``python -m tests.bench.native_candidates NAME THREADS``.

A sample is one fresh process. Each thread does its operation in batches until time is over; what counts is the sum over
the time between the first start and the last end. Peers (``pip install 'lockfree-lab[peers]'``) that are not installed,
or do not work here, are left out, and the reason is kept.
"""

from __future__ import annotations

import importlib
import json
import queue
import sys
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from lockfree_core import HardwareMemory, native, structures
from lockfree_core.bench.stand_ins import LockedDeque, LockedInteger, LockedList
from lockfree_core.errors import NativeError
from tests.bench.native_maps import BATCH, MAPS, Body, peer

__all__ = ["CANDIDATES", "unavailable"]

SECONDS: Final = 0.25
PREFILL: Final = 16  # so that nobody's pop meets an empty one
LATENCIES: Final = 60_000  # of all threads together


def compiled(structure: Any, line: str) -> Body:
    """A loop around that line, with the structure in a local variable and its methods looked up at each call.

    That is how programs call methods. A bound method that all threads share would be measured instead of the structure:
    without a global lock they would contend for its reference count.
    """
    names: dict[str, Any] = {"structure": structure}
    exec(f"def body(count):\n    s = structure\n    for _ in range(count):\n        {line}\n", names)
    body: Body = names["body"]
    return body


def pairs(make: Callable[[], Any], put: str, take: str) -> Callable[[], Body]:
    """Puts and takes by turns."""

    def prepare() -> Body:
        structure = make()
        for number in range(PREFILL):
            getattr(structure, put)(number)
        return compiled(structure, f"s.{put}(1); s.{take}()")

    return prepare


def singles(make: Callable[[], Any], name: str, argument: str = "") -> Callable[[], Body]:
    """One call after another."""
    return lambda: compiled(make(), f"s.{name}({argument})")


def shared_word() -> Any:
    """What atomicshm counts with: a word of a buffer."""
    atomicshm = importlib.import_module("atomicshm")
    return atomicshm.AtomicU64(atomicshm.AtomicView(bytearray(64)), 0)


# family: name: how to prepare one. The first of a family is what the ratios of the others are taken against.
CANDIDATES: Final[dict[str, dict[str, Callable[[], Body]]]] = {
    "stack": {
        "deque": pairs(deque, "append", "pop"),
        "Lock + list": pairs(LockedList, "put", "take"),
        "native TreiberStack": pairs(lambda: native.TreiberStack[Any](), "push", "pop"),
        "TreiberStack in Python": pairs(lambda: structures.TreiberStack[Any](HardwareMemory()), "push", "pop"),
        "ft_utils ConcurrentDeque": pairs(peer("ft_utils.concurrency", "ConcurrentDeque"), "append", "pop"),
    },
    "queue": {
        "deque, as a queue": pairs(deque, "append", "popleft"),
        "SimpleQueue": pairs(queue.SimpleQueue, "put", "get"),
        "queue.Queue": pairs(queue.Queue, "put", "get"),
        "Lock + deque": pairs(LockedDeque, "put", "take"),
        "native MichaelScottQueue": pairs(lambda: native.MichaelScottQueue[Any](), "enqueue", "dequeue"),
        "native RingQueue": pairs(lambda: native.RingQueue[Any](1024), "try_put", "try_get"),
        "ft_utils ConcurrentQueue": pairs(peer("ft_utils.concurrency", "ConcurrentQueue"), "push", "pop"),
    },
    "counter": {
        "Lock + int": singles(LockedInteger, "increment"),
        "native AtomicCounter": singles(native.AtomicCounter, "increment"),
        "native StripedCounter": singles(native.StripedCounter, "increment"),
        "ft_utils AtomicInt64": singles(peer("ft_utils.concurrency", "AtomicInt64"), "incr"),
        "cereggii AtomicInt64": singles(peer("cereggii", "AtomicInt64"), "increment_and_get"),
        "atomicshm AtomicU64": singles(shared_word, "fetch_add", "1"),
    },
}

LATENCY: Final = ("deque", "Lock + list", "native TreiberStack", "queue.Queue", "native MichaelScottQueue",
                  "native RingQueue")  # fmt: skip


def find(name: str) -> Callable[[], Body]:
    """The candidate of that name."""
    return next(family[name] for family in (*CANDIDATES.values(), *MAPS.values()) if name in family)


def unavailable(name: str) -> str | None:
    """Why it cannot be measured here; None if it can."""
    without_lock = not is_locked()
    try:
        find(name)()(1)
    except (ImportError, AttributeError, NativeError) as error:
        return f"{type(error).__name__}: {error}"
    return "importing it switched the interpreter's lock on" if without_lock and is_locked() else None


def is_locked() -> bool:
    """Whether there is a global lock now."""
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())


def together(body: Callable[[], tuple[int, int, int]], threads: int, seconds: float) -> list[float]:
    """Millions of operations a second, and nanoseconds of processor time for each.

    A body returns how many it did, and when it began and ended.
    """
    results: list[tuple[int, int, int]] = []
    workers = [threading.Thread(target=lambda: results.append(body())) for _ in range(threads)]
    for worker in workers:
        worker.start()
    cpu = time.process_time_ns()
    ready.wait()
    time.sleep(seconds)
    over.set()
    for worker in workers:
        worker.join()
    cpu = time.process_time_ns() - cpu
    wall = max(end for _, _, end in results) - min(begin for _, begin, _ in results)
    total = sum(count for count, _, _ in results)
    return [total / wall * 1e3, cpu / total]


ready, over = threading.Barrier(1), threading.Event()


def throughput(name: str, threads: int) -> list[float]:
    """Millions of operations (pairs, of containers) a second, and nanoseconds of processor time for each."""
    global ready
    ready = threading.Barrier(threads + 1)
    operate = find(name)()
    operate(BATCH * 10)

    def body() -> tuple[int, int, int]:
        count = 0
        ready.wait()
        begin = time.perf_counter_ns()
        while not count or not over.is_set():  # at least once, however busy the machine
            operate(BATCH)
            count += BATCH
        return count, begin, time.perf_counter_ns()

    return together(body, threads, SECONDS)


def latency(name: str, threads: int) -> dict[str, float]:
    """Microseconds of one pair: median, p99.9, p99.99, maximum."""
    operate = find(name)()
    gate = threading.Barrier(threads)
    times: list[list[int]] = [[] for _ in range(threads)]

    def body(mine: list[int]) -> None:
        clock = time.perf_counter_ns
        gate.wait()
        for _ in range(LATENCIES // threads):
            begin = clock()
            operate(1)
            mine.append(clock() - begin)

    workers = [threading.Thread(target=body, args=(mine,)) for mine in times]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    everything = sorted(time for mine in times for time in mine)
    shares = {"p50": 0.5, "p99.9": 0.999, "p99.99": 0.9999, "max": 1.0}
    return {
        word: everything[min(int(share * len(everything)), len(everything) - 1)] / 1e3 for word, share in shares.items()
    }


def main(what: str, candidate: str, count: str) -> None:
    """One sample of that kind, as JSON."""
    warnings.simplefilter("ignore")  # of a peer that switches the lock on, which is an answer already
    if what == "unavailable":
        answer: Any = unavailable(candidate)
    else:
        answer = (latency if what == "latency" else throughput)(candidate, int(count))
    print(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
