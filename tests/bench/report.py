"""What every benchmark shares: the environment, fresh processes, medians with spread, tables and result files."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lockfree_core.bench.environment import environment
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
