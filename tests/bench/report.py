"""What every benchmark shares: the environment, fresh processes, medians with spread, tables and result files."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.serving import ROOT

__all__ = ["RESULTS", "Target", "environment", "fresh_process", "percentile", "print_table", "spread", "write_result"]

RESULTS = Path(__file__).resolve().parent / "results"
LIMIT_S = 120.0


@dataclass(frozen=True)
class Target:
    """What a figure is to reach, what was measured, and whether that is enough."""

    what: str
    limit: float
    measured: float
    met: bool

    @classmethod
    def at_most(cls, what: str, limit: float, measured: float) -> Target:
        """A figure that must not be greater."""
        return cls(what, limit, measured, measured <= limit)

    @classmethod
    def at_least(cls, what: str, limit: float, measured: float) -> Target:
        """A figure that must not be smaller."""
        return cls(what, limit, measured, measured >= limit)


def environment() -> dict[str, Any]:
    """Machine, interpreter, commit and how busy the machine was before the first sample."""
    return {
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "interpreter": f"{platform.python_implementation()} {platform.python_version()}",
        "compiler": platform.python_compiler(),
        "gil": getattr(sys, "_is_gil_enabled", lambda: True)(),
        "commit": _commit(),
        "load_average_before": list(os.getloadavg()),
    }


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def _commit() -> str:
    """The commit, with ``+`` where the tree differs from it; ``unknown`` outside a checkout."""
    git = ["git", "-c", "safe.directory=*", "-C", str(ROOT)]
    try:
        commit = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
        state = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return commit + ("+" if state.strip() else "")


def fresh_process(module: str, *arguments: object) -> Any:
    """Run ``python -m module arguments`` in a process of its own; the JSON that it prints."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    pipe, null = subprocess.PIPE, subprocess.DEVNULL
    done = subprocess.run(command, cwd=ROOT, stdin=null, stdout=pipe, timeout=LIMIT_S, check=True)
    return json.loads(done.stdout)


def spread(samples: Sequence[float]) -> dict[str, Any]:
    """Median, extremes and quartiles."""
    low, _, high = statistics.quantiles(samples, n=4, method="inclusive")
    return {
        "median": statistics.median(samples),
        "min": min(samples),
        "max": max(samples),
        "quartiles": [low, high],
        "rounds": len(samples),
    }


def percentile(samples: Sequence[float], percent: int) -> float:
    """The smallest sample that so many percent of all do not exceed."""
    return sorted(samples)[-(-len(samples) * percent // 100) - 1]


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under their columns, numbers to the right."""
    cells = [[f"{cell:,.2f}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    print(f"\n{title}")
    for row in [list(columns), *cells]:
        first, *rest = [cell.ljust(width) if not index else cell.rjust(width)
                        for index, (cell, width) in enumerate(zip(row, widths, strict=True))]  # fmt: skip
        print("  " + "  ".join([first, *rest]))


def write_result(name: str, before: dict[str, Any], targets: Sequence[Target], figures: dict[str, Any]) -> Path:
    """Write ``results/<name>.json`` and print how each target came out."""
    for target in targets:
        verdict = "met" if target.met else "NOT MET"
        print(f"  {verdict:8} {target.what}: {target.measured:,.3f} (target {target.limit:,.3f})")
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    content = {"benchmark": name, "environment": before, "targets": [asdict(item) for item in targets], **figures}
    path.write_text(json.dumps(_rounded(content), indent=2) + "\n")
    return path


def _rounded(value: Any) -> Any:
    """Six significant digits: what lies beyond is noise."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return value
