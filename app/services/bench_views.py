"""Runs as the page shows them: figures, tables, verdict, comparisons, and files to take away."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any, Final

from app.checks import FieldError
from app.services import figures
from lockfree_core.bench import formats
from lockfree_core.bench.charts import charts
from lockfree_core.bench.classic import COLUMNS as CLASSIC
from lockfree_core.bench.classic import THREADS, classic_text
from lockfree_core.bench.results import Run
from lockfree_core.bench.verdict import verdict
from lockfree_core.errors import ResultError

__all__ = ["ENDINGS", "FORMATS", "compare", "export", "view"]

ENDINGS: Final = {
    "precise": "every interval is as narrow as asked", "budget": "the time was over", "rounds": "the rounds were done",
    "cancelled": "cancelled", "nothing": "nothing could be measured", "running": "it never ended",
}  # fmt: skip

# format: the ending of the file's name, and its type.
FORMATS: Final[Mapping[str, tuple[str, str]]] = {
    "json": ("json", "application/json"),
    "csv": ("csv", "text/csv; charset=utf-8"),
    "markdown": ("md", "text/markdown; charset=utf-8"),
    "pyperf": ("pyperf.json", "application/json"),
    "html": ("html", "text/html; charset=utf-8"),
}


def view(run: Run, theme: str, is_running: bool = False) -> dict[str, Any]:
    """All that there is to see of a run."""
    return {
        "run": _head(run, is_running), "verdict": _verdict(run), "troubles": formats.troubles(run),
        "classic": _classic(run), "table": {"columns": list(formats.COLUMNS), "rows": formats.rows(run)},
        "charts": [figures.describe(chart, theme) for chart in charts(run)],
    }  # fmt: skip


def _verdict(run: Run) -> list[dict[str, Any]]:
    """Sentences that speak of the same place stand together."""
    groups = groupby(verdict(run), lambda sentence: sentence.place)
    return [{"place": place, "sentences": [asdict(sentence) for sentence in found]} for place, found in groups]


def _head(run: Run, is_running: bool) -> dict[str, Any]:
    return {
        "id": run.id, "name": run.name, "note": run.note, "preset": run.preset, "ended": run.ended,
        "ended_words": "it is being measured" if is_running else ENDINGS[run.ended], "seconds": run.seconds,
        "date": str(run.environment.get("date", "")), "environment": run.environment, "settings": run.settings,
        "interpreters": list(dict.fromkeys(case.interpreter for case in run.cases)),
        "samples": sum(len(case.samples) for case in run.cases), "failed": run.failed_samples, "running": is_running,
    }  # fmt: skip


def _classic(run: Run) -> dict[str, Any] | None:
    rows = classic_text(run)
    if not rows:
        return None
    cores = run.environment.get("cores")
    words = f"Millions of operations a second, {THREADS} threads: the article's on 4 cores, here on {cores}."
    return {"columns": list(CLASSIC), "rows": rows, "words": words}


def export(run: Run, format: str) -> str:
    """The run as a file. Raises ResultError where this run has nothing for that format."""
    return _WRITERS[format](run)


def _html(run: Run) -> str:
    from app.export.report import to_html  # type: ignore[import-not-found, import-untyped, unused-ignore]

    return str(to_html(run))


_WRITERS: Final[Mapping[str, Callable[[Run], str]]] = {
    "json": formats.to_json, "csv": formats.to_csv, "markdown": formats.to_markdown, "pyperf": formats.to_pyperf,
    "html": _html,
}  # fmt: skip


def compare(runs: Sequence[Run], theme: str, is_all: bool) -> dict[str, Any]:
    """Runs against the first of them."""
    from lockfree_core.bench.comparison import differences
    from lockfree_core.bench.comparison_charts import changes_of, comparison_charts

    try:
        changes = changes_of(runs)
    except ResultError as error:
        raise FieldError("runs", f"cannot be compared: {error}") from None
    shown = [row for row in changes if is_all or row.is_beyond_noise]
    return {
        "runs": [run.summary() for run in runs], "differences": differences(runs),
        "changes": [row.as_dict() for row in shown], "common": len(changes),
        "changed": sum(row.is_beyond_noise for row in changes),
        "charts": [figures.describe(chart, theme) for chart in comparison_charts(runs, shown)],
    }  # fmt: skip
