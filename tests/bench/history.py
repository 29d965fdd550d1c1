"""A history of 200 runs: how long it takes to open, to search, and to show one of them."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from lockfree_core.bench.results import Run, new_id
from lockfree_core.bench.store import Store
from lockfree_core.claims.reference import reference_run
from tests.bench.report import Target, environment, print_table, spread, write_result
from tests.serving import running_server
from tests.web.client import Visitor

__all__ = ["measure"]

RUNS: Final = 200
ROUNDS: Final = 15
TARGET_S: Final = 0.3


def _fill(folder: Path) -> list[Run]:
    """Runs as large as the preset ``classic`` makes them, a day after another."""
    model, runs = reference_run("classic"), []
    with Store(folder / "bench.sqlite3") as store:
        for number in range(RUNS):
            date = f"2026-{number // 28 + 1:02}-{number % 28 + 1:02}T12:00:00Z"
            run = replace(model, id=new_id(), name=f"run {number}", environment={**model.environment, "date": date})
            store.save(run)
            runs.append(run)
    return runs


def _times(ask: Callable[[], Any]) -> dict[str, Any]:
    found = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        ask()
        found.append(time.perf_counter() - began)
    return spread(found)


def measure() -> Path:
    """Of the file alone, opened anew each time, and of the server that reads it."""
    before = environment()
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        runs = _fill(folder)
        size = (folder / "bench.sqlite3").stat().st_size
        results = {"file opened and listed": _times(lambda: _listed(folder))}
        command = [sys.executable, "-m", "app", "serve", "--port", "0", "--no-browser", "--data", home]
        with running_server(command, home=folder) as server:
            visitor = Visitor(server.base_url, server.token)

            def get(path: str) -> None:
                assert visitor.http.get(f"/api/bench{path}").status_code == 200

            results |= {
                "GET runs": _times(lambda: get("/runs")),
                "GET runs, searched": _times(lambda: get("/runs?words=classic+run+17")),
                "GET one run with its charts": _times(lambda: get(f"/runs/{runs[RUNS // 2].id}?theme=dark")),
                "GET a comparison of two": _times(lambda: get(f"/compare?runs={runs[0].id},{runs[1].id}&all=1")),
            }
            visitor.close()
    print_table(
        f"A history of {RUNS} runs ({size / 1024**2:.0f} MB), milliseconds (median of {ROUNDS})",
        ["what", "median", "min", "max"],
        [[what, *(1000 * row[name] for name in ("median", "min", "max"))] for what, row in results.items()],
    )
    targets = [Target.at_most(f"seconds, {what}", TARGET_S, results[what]["median"]) for what in list(results)[:2]]
    figures = {"unit": "s", "runs": RUNS, "bytes": size, "results": results}
    return write_result("history", before, targets, figures)


def _listed(folder: Path) -> None:
    with Store(folder / "bench.sqlite3") as store:
        assert len(store.list()) == RUNS
