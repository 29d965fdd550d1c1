"""``python -m tests.bench [NAME …] [--long]``: measure on this machine, print tables, keep results as JSON.

A benchmark is a module of this package with ``measure() -> Path``, which prints its table and writes its result with
``tests.bench.report``, and a line in ``BENCHMARKS``. Results lie in ``tests/bench/results/``, each with the environment
that it was measured in.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Final

from tests.bench.report import Target, environment, print_table, write_result

SHORT_S: Final = 60.0
LONG_S: Final = 600.0
GROWTH: Final = 1.10  # memory is flat while it stays below this multiple of what it was at the first sample


def measure_streaming(seconds: float = SHORT_S) -> Path:
    """The whole way into a browser; memory is judged where it had ten minutes to grow."""
    from tests.bench.stream import measure_stream

    before = environment()
    # The page's buffer of 2,000,000 records must be full before its memory can be judged.
    figures = measure_stream(seconds=seconds, warm_up=30.0 if seconds >= LONG_S else 5.0)
    rows = [[name, float(value)] for name, value in figures.items()]
    print_table(f"Engine to browser, {seconds:g} s", ["figure", "value"], rows)
    targets = [
        Target.at_least("records a second in the page", 300_000, figures["records_per_second"]),
        Target.at_most("records lost", 0, figures["lost"]),
        Target.at_most("server's share of a core", 0.10, figures["server_cpu_share"]),
        Target.at_least("frames a second", 55, figures["frames_per_second"]),
    ]
    if seconds >= LONG_S:
        targets += [
            Target.at_most(
                f"growth of memory, {part}", GROWTH, figures[f"{part}_mb_last"] / figures[f"{part}_mb_first"]
            )
            for part in ("server", "engine", "heap")
        ]
    name = "stream_long" if seconds >= LONG_S else "stream"
    return write_result(name, before, targets, {"figures": figures})


def _of(name: str) -> Callable[[], Path]:
    """A benchmark whose module is loaded when it is asked for: each needs no more of an interpreter than itself."""

    def measure() -> Path:
        path: Path = import_module(f"tests.bench.{name}").measure()
        return path

    return measure


BENCHMARKS: Final[dict[str, tuple[Callable[[], Path], str]]] = {
    "traced_access": (_of("traced_access"), "what one traced access costs, and the same untraced"),
    "merger": (_of("merger"), "records a second through the merger, and its share of a core"),
    "latency": (_of("latency"), "from a command to its effect"),
    "stepping": (_of("stepping"), "running an execution anew, step by step"),
    "stepping_page": (_of("stepping_page"), "a step on the page, and scrubbing through a long execution"),
    "startup": (_of("startup"), "from the command line to a page that can be used"),
    "page_load": (_of("page_load"), "until the scripts of a page have run, as one file and as modules"),
    "history": (_of("history"), "a history of 200 runs: listed, searched, one of them shown"),
    "native": (_of("native"), "the native core against the standard library and its peers"),
    "maps": (_of("maps"), "native maps against a readers-writer lock, dict and their peers"),
    "backoff": (_of("backoff"), "what backoff buys the native structures, and what it costs: curves"),
    "kernels": (_of("kernels"), "lock-free against locks, with no interpreter in between"),
    "stream": (measure_streaming, "records from an engine's threads through the server into a page"),
}


def main(arguments: list[str]) -> int:
    """Run what is asked for, by default everything; 0 whatever is measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure on this machine.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(BENCHMARKS)} (default: all)")
    parser.add_argument("--long", action="store_true", help="stream for ten minutes instead of one")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    for name in options.names or BENCHMARKS:
        measure, what = BENCHMARKS[name]
        print(f"\n{name}: {what}", flush=True)
        path = measure_streaming(LONG_S) if name == "stream" and options.long else measure()
        print(f"  kept in results/{path.name}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
