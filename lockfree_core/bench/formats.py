"""A run as JSON, CSV, Markdown, or as pyperf reads it; and the rows that all tables show."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any, Final

from lockfree_core.bench.classic import COLUMNS as CLASSIC
from lockfree_core.bench.classic import THREADS, classic_text
from lockfree_core.bench.results import Case, Run
from lockfree_core.bench.verdict import baseline_of, verdict
from lockfree_core.errors import ResultError

__all__ = [
    "COLUMNS",
    "LARGEST_FILE",
    "read_json",
    "read_result",
    "rows",
    "to_csv",
    "to_json",
    "to_markdown",
    "to_pyperf",
]

COLUMNS: Final = ("structure", "candidate", "workload", "interpreter", "kind", "median", "interval", "ratio",
                  "retries", "fair", "cpu", "memory", "samples")  # fmt: skip
LARGEST_FILE: Final = 64 * 1024 * 1024


def to_json(run: Run) -> str:
    """Everything, and the verdict; ``read_json`` reads it back."""
    return (
        json.dumps(
            {**run.as_dict(), "verdict": [str(sentence) for sentence in verdict(run)]}, indent=1, ensure_ascii=False
        )
        + "\n"
    )


def read_json(text: str | bytes) -> Run:
    """A run from its JSON.

    Raises:
        ResultError: when it is none.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise ResultError("this is no JSON") from None
    try:
        json.dumps(data, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        # Python reads them; no page could be sent them, and one such run would take the whole list with it.
        raise ResultError(
            "it holds a number that is none (NaN, infinite) or half a letter (a lone surrogate)"
        ) from None
    return Run.from_dict(data)


def read_result(path: Path) -> Run:
    """A run from a file.

    Raises:
        ResultError: when it cannot be read, or holds none.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ResultError(f"{path} is larger than {LARGEST_FILE // 1024**2} MB: no result is")
        return read_json(path.read_bytes())
    except OSError as error:
        raise ResultError(f"{path} cannot be read: {error.strerror}") from None
    except ResultError as error:
        raise ResultError(f"{path}: {error}") from None


def rows(run: Run) -> list[list[str]]:
    """A row a case under ``COLUMNS``, the ratio to the lock of its group; interpreters only where there are several."""
    found, several = [], len({case.interpreter for case in run.cases}) > 1
    for group in run.groups():
        base = baseline_of(group)
        found += [_row(case, base, several) for case in group]
    return found


def _row(case: Case, base: Case | None, several: bool) -> list[str]:
    structure, _, way = case.spec.candidate.partition("/")
    load, interval = case.spec.workload, case.interval()
    title = case.spec.title() if way != "null" else "(no operation)"
    head = [structure, title, load.words(), case.interpreter if several else "", case.spec.kind]
    if interval is None:
        failed = len(case.failures())
        return [*head, "–", *[""] * 6, f"0, {failed} failed" if failed else "0"]
    scale, unit = {"ops_per_s": (1e6, " M/s"), "p99.9": (1e3, " µs")}.get(case.figure, (1.0, " lost"))
    digits = ",.0f" if case.figure == "lost" else ".2f"
    ratio = case.ratio_to(base) if base is not None and way != "null" and case.spec.kind != "race" else None
    failed = len(case.failures())
    return [
        *head,
        f"{interval.median / scale:{digits}}{unit}",
        f"{interval.low / scale:{digits}} to {interval.high / scale:{digits}}" + ("" if interval.is_sure else " ?"),
        "1" if ratio and case is base else f"{ratio.median:.2f} ({ratio.low:.2f} to {ratio.high:.2f})" if ratio else "",
        _figure(case, "retry_rate", "{:.3%}"), _figure(case, "fairness", "{:.2f}"), _figure(case, "cpu_s", "{:.2f} s"),
        _figure(case, "peak_kb", "{:.1f} MB", 1024),
        f"{interval.samples}" + (f", {failed} failed" if failed else ""),
    ]  # fmt: skip


def troubles(run: Run) -> list[str]:
    """What could not be measured or failed, and why; the same reason once."""
    found = []
    for case in run.cases:
        where = f"{case.spec.candidate}, {case.spec.workload.words()}, {case.interpreter}"
        if case.unavailable:
            found.append(f"not measured: {where}: {case.unavailable}")
        found += [f"failed: {where}: {reason}" for reason in dict.fromkeys(case.failures())]
    return found


def _figure(case: Case, name: str, pattern: str, scale: float = 1.0) -> str:
    interval = case.interval(name)
    return pattern.format(interval.median / scale) if interval else ""


def to_csv(run: Run) -> str:
    """A line a sample: what somebody's own statistics need."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    figures = ("ops_per_s", "operations", "seconds", "retry_rate", "fairness", "cpu_s", "peak_kb", "lost")
    latencies = ("p50", "p99", "p99.9", "p99.99", "max")
    loads = ("threads", "insert_share", "think", "backoff", "keys", "prefill", "capacity")
    writer.writerow(["run", "interpreter", "cores", "kind", "candidate", *loads, "sample", "ok", "reason", *figures,
                     *(f"{name}_ns" for name in latencies)])  # fmt: skip
    for case in run.cases:
        load = case.spec.workload.as_dict()
        head = [run.id, case.interpreter, run.environment.get("cores", ""), case.spec.kind, case.spec.candidate]
        for number, sample in enumerate(case.samples, 1):
            quantiles = sample.get("latency_ns", {})
            writer.writerow([
                *head, *(load[name] for name in loads), number, sample["ok"], sample.get("reason", ""),
                *(sample.get(name, "") for name in figures), *(quantiles.get(name, "") for name in latencies),
            ])  # fmt: skip
    return out.getvalue()


def to_markdown(run: Run) -> str:
    """Environment, table and verdict."""
    place = run.environment
    lines = [f"# {run.name or run.preset}", ""]
    machine = f"{place.get('cpu')}, {place.get('cores')} cores, {place.get('system')}"
    gil = "GIL" if place.get("gil") else "no GIL"
    when = f"commit {place.get('commit')}; {place.get('date')}"
    lines += [f"{machine}; {place.get('interpreter')}, {gil}; {when}.", ""]
    lines += ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows(run)]
    lines += _classic(run)
    sentences = [*map(str, verdict(run)), *troubles(run)]
    return "\n".join([*lines, "", *(f"- {_cell(sentence)}" for sentence in sentences)]) + "\n"


def _classic(run: Run) -> list[str]:
    """The article's table beside this machine's, if the run has it."""
    found = classic_text(run)
    if not found:
        return []
    title = f"Millions of operations a second, {THREADS} threads; the article's on 4 cores, here on "
    lines = ["", f"{title}{run.environment.get('cores')}:", ""]
    lines += ["| " + " | ".join(CLASSIC) + " |", "|" + "---|" * len(CLASSIC)]
    return lines + ["| " + " | ".join(row) + " |" for row in found]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def to_pyperf(run: Run) -> str:
    """Seconds an operation, as ``pyperf compare_to`` reads them; only throughput, whose samples are its runs."""
    benchmarks: list[dict[str, Any]] = []
    place = run.environment
    for case in run.cases:
        values = [1 / value for value in case.values() if value] if case.spec.kind == "throughput" else []
        if values:
            # pyperf tells benchmarks apart by name: what differs has to be in it.
            name = f"{case.spec.candidate} ({case.spec.workload.words()}; {case.interpreter})"
            benchmarks.append({"metadata": {"name": name}, "runs": [{"values": [value]} for value in values]})
    if not benchmarks:
        raise ResultError("there are no throughputs in this run, and pyperf knows nothing else")
    metadata = {
        "unit": "second", "cpu_model_name": str(place.get("cpu")), "cpu_count": int(place.get("cores") or 1),
        "python_version": str(place.get("interpreter")), "loops": 1,
    }  # fmt: skip
    return json.dumps({"version": "1.0", "metadata": metadata, "benchmarks": benchmarks}) + "\n"
