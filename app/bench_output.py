"""What ``lockfree-lab bench`` prints and writes: progress, tables, files."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.services.bench_views import ENDINGS, export
from lockfree_core.errors import BenchError, LockfreeError, StoreError

if TYPE_CHECKING:
    from lockfree_core.bench.results import Case, Run
    from lockfree_core.bench.runner import Progress

__all__ = ["OUTPUTS", "ProgressLine", "add_output_arguments", "check_outputs", "plain", "print_run", "print_table",
           "tell_what_is_missing", "write_run"]  # fmt: skip

OUTPUTS: Final = (("json", "the whole result as JSON"), ("csv", "a line a sample"), ("markdown", "the table"),
                  ("pyperf", "throughputs for `pyperf compare_to`"),
                  ("html", "a report that can be read anywhere, offline"))  # fmt: skip
_CHARTS: Final = "write each chart as CSV, SVG and PNG; pictures need kaleido (the extra `pictures`) and a Chromium"


def add_output_arguments(parser: Any, default: Any = None) -> None:
    """An option for each kind of file, and one for the charts."""
    for name, words in OUTPUTS:
        parser.add_argument(f"--{name}", type=Path, metavar="FILE", default=default, help=f"write {words}")
    parser.add_argument("--charts", type=Path, metavar="FOLDER", default=default, help=_CHARTS)


_BAR: Final = 20


def _bar(progress: Progress) -> str:
    """How much of the time has gone, as far as it can be said."""
    whole = progress.elapsed_s + progress.left_s
    done = round(_BAR * progress.elapsed_s / whole) if whole else 0
    return f"[{'#' * done}{'.' * (_BAR - done)}]"


class ProgressLine:
    """How far a run is, on standard error: a line that is written over on a terminal, elsewhere one a round."""

    def __init__(self, is_quiet: bool) -> None:
        self._is_quiet, self._is_terminal = is_quiet, sys.stderr.isatty()
        self._round = 0

    def show(self, progress: Progress) -> None:
        """Say what runs now."""
        case = progress.case
        if self._is_quiet or case is None:
            return
        head = f"round {progress.round}, {progress.done} samples, at most {progress.left_s:.0f} s left"
        if self._is_terminal:
            width = shutil.get_terminal_size().columns - 1
            text = f"{_bar(progress)} {head}: {case.spec.title()}, {case.spec.kind}, {case.spec.workload.words()}"
            print(f"\r\x1b[K{text[:width]}", end="", file=sys.stderr, flush=True)
        elif progress.round > self._round:
            self._round = progress.round
            print(head, file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Leave an empty line."""
        if self._is_terminal and not self._is_quiet:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def check_outputs(options: argparse.Namespace) -> None:
    """See that all files can be there, before anything is measured. Raises BenchError."""
    for name in (*(name for name, _ in OUTPUTS), "charts"):
        path: Path | None = getattr(options, name, None)
        if path is not None and not path.absolute().parent.is_dir():
            raise BenchError(f"--{name} {path}: there is no folder {path.parent}")
        if path is not None and path.exists() and path.is_dir() != (name == "charts"):
            raise BenchError(f"--{name} {path}: this is {'a folder' if path.is_dir() else 'no folder'}")


def write_run(run: Run, options: argparse.Namespace) -> None:
    """Write the files that were asked for, each of them that can be. Raises StoreError with what cannot."""
    errors = []
    for name in (*(name for name, _ in OUTPUTS), "charts"):
        path: Path | None = getattr(options, name, None)
        try:
            if path is not None and name == "charts":
                _write_charts(run, path)
            elif path is not None:
                path.write_text(export(run, name), encoding="utf-8")
        except OSError as error:
            errors.append(f"{path} cannot be written: {error.strerror}")
        except LockfreeError as error:
            errors.append(str(error).rstrip("."))
    if errors:
        raise StoreError("; ".join(errors))


def _write_charts(run: Run, folder: Path) -> None:
    from app.export.pictures import write_charts
    from lockfree_core.bench.charts import charts

    write_charts(charts(run), folder)


def tell_what_is_missing(cases: Sequence[Case], is_quiet: bool) -> None:
    """Say before measuring that this interpreter lacks the C extension, where that leaves something out."""
    from lockfree_core import native
    from lockfree_core.bench.candidates import CANDIDATES

    reason = native.unavailable_reason()
    keys = dict.fromkeys(case.spec.candidate for case in cases if case.python == sys.executable)
    ways = dict.fromkeys(CANDIDATES[key].implementation for key in keys
                         if key in CANDIDATES and CANDIDATES[key].needs_native)  # fmt: skip
    if reason is not None and ways and not is_quiet:
        print(f"the C extension is not built here: {', '.join(ways)} are left out; {reason}", file=sys.stderr)


def print_run(run: Run) -> None:
    """Table, the classic one, what failed, verdict."""
    from lockfree_core.bench import formats
    from lockfree_core.bench.classic import COLUMNS as CLASSIC
    from lockfree_core.bench.classic import THREADS, classic_text
    from lockfree_core.bench.verdict import verdict

    place = run.environment
    machine = f"{place.get('cpu')}, {place.get('cores')} cores, {place.get('system')}"
    interpreters = ", ".join(dict.fromkeys(case.interpreter for case in run.cases))
    ended = f"ended after {run.seconds:.0f} s: {ENDINGS.get(run.ended, run.ended)}"
    print(plain(f"{run.name or run.preset}: {machine}; {interpreters}; {ended}"))
    print_table(formats.COLUMNS, formats.rows(run), left=3)
    classic = classic_text(run)
    if classic:
        cores = f"{THREADS} threads, the article's on 4 cores, here on {place.get('cores')}"
        print(f"\nThe classic table (millions of operations a second, {cores}):")
        print_table(CLASSIC, classic)
        print()
    for trouble in formats.troubles(run):
        print(plain(trouble))
    for sentence in verdict(run):
        print(plain(f"* {sentence}"))


def plain(text: str) -> str:
    """Without what moves a terminal's cursor or colours it: a run from elsewhere has whatever name it was given."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}" for letter in text)


def print_table(columns: Sequence[str], cells: Sequence[Sequence[Any]], left: int = 1) -> None:
    """Rows under their columns; the first ones to the left, numbers to the right. Empty columns are left out."""
    wanted = [index for index in range(len(columns)) if any(str(row[index]) for row in cells) or not cells]
    lines = [[plain(str(row[index])).replace("\n", " ") for index in wanted] for row in [columns, *cells]]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        parts = [cell.ljust(width) if at < left else cell.rjust(width)
                 for at, (cell, width) in enumerate(zip(line, widths, strict=True))]  # fmt: skip
        print("  ".join(parts).rstrip())
