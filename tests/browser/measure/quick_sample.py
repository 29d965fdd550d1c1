"""A sample whose figures are made up, in the place of the real one: started by an interpreter that imports nothing.

What must hold: the same spec gives figures that differ by a few per cent from sample to sample, so that intervals are
intervals. While a file ``hold`` lies in the working folder a sample waits, unless fewer have been taken than it says.
"""

import json
import os
import sys
import time

PER_SECOND = {"null": 60e6, "mutex": 2e6, "rwlock": 1.2e6, "twin": 1e6, "emulated": 0.6e6, "hardware": 1.5e6,
              "native": 9e6, "standard": 8e6, "striped": 12e6}  # fmt: skip
WAVE = (1.0, 0.98, 1.02, 0.99, 1.01, 0.985, 1.015)


def is_held() -> bool:
    try:
        with open("hold") as file:  # noqa: PTH123
            return taken() >= int(file.read() or "0")
    except FileNotFoundError:
        return False


def taken() -> int:
    """How many samples have been taken in this folder."""
    return os.path.getsize("turn") if os.path.exists("turn") else 0  # noqa: PTH110, PTH202


def turn() -> float:
    """One of the wave's values, another one for each sample."""
    with open("turn", "a+") as file:  # noqa: PTH123
        file.write(".")
        return WAVE[file.tell() % len(WAVE)]


def answer(spec: dict) -> dict:
    way = spec["candidate"].partition("/")[2]
    if spec["workload"]["think"] == 13 and way == "native":
        return {"ok": False, "reason": "an item was lost: 41 went in, 40 came out"}
    value = PER_SECOND.get(way, 3e6) * turn() / spec["workload"]["threads"] ** 0.5
    found = {"ok": True, "ops_per_s": value, "operations": int(value * 0.1), "seconds": 0.1, "fairness": 0.98,
             "cpu_s": 0.1, "peak_kb": 20_000, "start_kb": 18_000, "retry_rate": 0.01, "attempts": 100,
             "lost_attempts": 1}  # fmt: skip
    if spec["kind"] == "latency":
        found["latency_ns"] = {name: 1e9 / value * factor for name, factor in
                               (("p50", 1), ("p99", 4), ("p99.9", 9), ("p99.99", 30), ("max", 200))}  # fmt: skip
    if spec["kind"] == "race":
        found = {"ok": True, "lost": 3, "expected": 3}
    return found


def main() -> None:
    spec = json.load(sys.stdin)
    while is_held():
        time.sleep(0.01)
    json.dump(answer(spec), sys.stdout)


if __name__ == "__main__":
    main()
