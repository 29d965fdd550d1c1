"""Runs a structure on its ordinary memory, untraced, for a moment: what watching is compared with.

A script of its own (the standard library and ``lockfree_core`` only), since it may run on another interpreter: it reads
its task as JSON from standard input and prints ``{"operations": …, "seconds": …}``.
"""

from __future__ import annotations

import importlib
import json
import random
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["main", "measure"]


def make_backoff(knobs: Mapping[str, Any]) -> Any:
    """The backoff policy that the knobs name."""
    from lockfree_core.memory import ConstantBackoff, ExponentialBackoff, NoBackoff

    cap = knobs["backoff_cap_us"]
    base = min(knobs["backoff_base_us"], cap)
    policies: dict[str, Callable[[], Any]] = {
        "none": NoBackoff,
        "constant": lambda: ConstantBackoff(base),
        "exponential": lambda: ExponentialBackoff(base, cap),
    }
    return policies[knobs["backoff"]]()


def measure(
    factory: str, operations: list[dict[str, Any]], knobs: Mapping[str, Any], seed: int, seconds: float
) -> dict[str, Any]:
    """Run the same threads with the same draws as a traced run; how many operations returned, in how long."""
    from lockfree_core.memory import LockedMemory

    module, _, name = factory.partition(":")
    structure = getattr(importlib.import_module(module), name)(LockedMemory(make_backoff(knobs)))
    for value in range(knobs["prefill"]):
        _call(structure, operations[0], value)
    counts = [0] * knobs["threads"]
    stop, begin = threading.Event(), threading.Barrier(knobs["threads"] + 1)

    def work(lane: int) -> None:
        draw = random.Random(f"{seed}:{lane}:operations").random
        share, done = knobs["insert_share"] / 100, 0
        begin.wait()
        while not stop.is_set():
            operation = operations[0] if draw() < share else operations[-1]
            _call(structure, operation, int(draw() * 100))
            done += 1
        counts[lane] = done

    threads = [threading.Thread(target=work, args=(lane,), daemon=True) for lane in range(knobs["threads"])]
    for thread in threads:
        thread.start()
    begin.wait()
    began = time.perf_counter()
    time.sleep(seconds)
    stop.set()
    elapsed = time.perf_counter() - began
    for thread in threads:
        thread.join()
    return {"operations": sum(counts), "seconds": elapsed}


def _call(structure: Any, operation: Mapping[str, Any], value: int) -> None:
    method = getattr(structure, operation["name"])
    if operation["takes_value"]:
        method(value)
    else:
        method()


def main() -> int:
    """Carry out the task on standard input."""
    task = json.load(sys.stdin)
    print(json.dumps(measure(**task)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
