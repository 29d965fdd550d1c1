"""``lockfree-lab bench COMMAND``: list, print, compare, export, import and delete what was measured."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.bench_output import add_output_arguments, check_outputs, plain, print_run, print_table, write_run
from lockfree_core.errors import BenchError, LockfreeError, StoreError

if TYPE_CHECKING:
    from lockfree_core.bench.results import Run
    from lockfree_core.bench.store import Store

__all__ = ["FAILED", "add_history_commands", "fail", "guarded", "open_store"]

FAILED: Final = 1
USAGE: Final = 2


def add_history_commands(parser: argparse.ArgumentParser) -> None:
    """The commands that look at runs."""
    commands = parser.add_subparsers(metavar="COMMAND", title="looking at runs")

    def add(name: str, words: str, command: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=words, description=words)
        one.add_argument(
            "--data", type=Path, metavar="FOLDER", default=argparse.SUPPRESS, help="where the history lies"
        )
        one.set_defaults(command=guarded(command))
        return one

    add("presets", "list the presets", _presets)
    add("interpreters", "list the interpreters that are there", _interpreters).add_argument(
        "further", nargs="*", metavar="PATH", help="also these"
    )
    add("list", "list the runs in the history", _list).add_argument("words", nargs="*", metavar="WORD")
    show = add("show", "print a run again, or write it in another format", _show)
    show.add_argument("run", metavar="RUN", help="id, beginning of it, name, or a JSON file")
    add_output_arguments(show, argparse.SUPPRESS)
    comparing = add("compare", "compare runs with the first of them", _compare)
    comparing.add_argument("runs", nargs="+", metavar="RUN", help="id, name, or a JSON file; two or more")
    comparing.add_argument("--all", action="store_true", help="also what did not change beyond noise")
    add("import", "put a result from a file into the history", _import).add_argument("file", type=Path, metavar="FILE")
    add("delete", "delete a run from the history", _delete).add_argument("run", metavar="RUN")


def guarded(command: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    """The command, with what it raises said in a line."""

    def run(options: argparse.Namespace) -> int:
        try:
            return command(options)
        except BenchError as error:
            return fail(str(error), USAGE)
        except LockfreeError as error:
            return fail(str(error), FAILED)

    return run


def fail(message: str, status: int) -> int:
    """Say it; the status."""
    print(f"lockfree-lab: {message.rstrip('.')}.", file=sys.stderr)
    return status


def open_store(options: argparse.Namespace) -> Store:
    """The history that was named; it is made where there is none."""
    from lockfree_core.bench.store import Store

    data: Path | None = getattr(options, "data", None)
    return Store(data / "bench.sqlite3" if data is not None else None)


def _open_kept(options: argparse.Namespace) -> Store:
    """The history, for who only looks at it: where there is none, none is made."""
    from lockfree_core.bench.store import default_place

    data: Path | None = getattr(options, "data", None)
    place = default_place() if data is None else data / "bench.sqlite3"
    if not place.exists():
        raise StoreError(f"no run was saved yet: there is no {place}")
    return open_store(options)


def _find(options: argparse.Namespace, key: str) -> Run:
    """A run from a file, if there is one of that name, or else from the history."""
    from lockfree_core.bench.formats import read_result

    if Path(key).is_file():
        return read_result(Path(key))
    with _open_kept(options) as store:
        return store.load(key)


def _presets(options: argparse.Namespace) -> int:
    from lockfree_core.bench.presets import PRESETS

    print_table(("preset", "budget", "question"), [(name, f"{one.budget_s:.0f} s", one.question) for name, one in
                                              PRESETS.items()], left=3)  # fmt: skip
    return 0


def _interpreters(options: argparse.Namespace) -> int:
    from lockfree_core.bench.interpreters import find_interpreters

    found, failed = find_interpreters(options.further)
    rows = [(one.title, "yes" if one.gil else "no", "yes" if one.native else "no", one.path,
             one.reason or one.native_reason or "", one.command) for one in found]  # fmt: skip
    print_table(("interpreter", "GIL", "extension", "path", "what is missing", "command that adds it"), rows, left=6)
    for path, reason in failed.items():
        print(f"no interpreter: {path}: {reason}", file=sys.stderr)
    return FAILED if any(path in failed for path in options.further) else 0


def _list(options: argparse.Namespace) -> int:
    with _open_kept(options) as store:
        found = store.list(" ".join(options.words))
    columns = ("id", "date", "name", "preset", "ended", "interpreter", "cores", "samples", "failed", "note")
    if found:
        print_table(columns, [[run[column] for column in columns] for run in found], left=6)
        return 0
    fail("no run is called that" if options.words else "no run was saved yet", FAILED)
    return FAILED


def _show(options: argparse.Namespace) -> int:
    run = _find(options, options.run)
    check_outputs(options)
    print_run(run)
    write_run(run, options)
    return 0


def _compare(options: argparse.Namespace) -> int:
    """0 if nothing changed beyond noise, 1 if something did: a script can ask."""
    from lockfree_core.bench.comparison import compare, differences

    if len(options.runs) < 2:
        raise BenchError("compare takes two runs or more")
    first, *others = [_find(options, key) for key in options.runs]
    is_changed = False
    for other in others:
        changes = compare(first, other)
        shown = [change for change in changes if options.all or change.is_beyond_noise]
        is_changed = is_changed or any(change.is_beyond_noise for change in changes)
        print(plain(f"{other.name or other.id} against {first.name or first.id}: {len(changes)} "
                    f"{'case' if len(changes) == 1 else 'cases'} in common, "
                    f"{sum(change.is_beyond_noise for change in changes)} changed beyond noise"))  # fmt: skip
        for difference in differences([first, other]):
            print(plain(f"  not the same: {difference}"))
        if shown:
            print_table(("candidate", "workload", "figure", "first", "other", "ratio", "beyond noise"), [
                (change.candidate, change.words, change.figure, f"{change.first.median:.4g}",
                 f"{change.other.median:.4g}",
                 f"{change.ratio.median:.2f} ({change.ratio.low:.2f} to {change.ratio.high:.2f})",
                 "yes" if change.is_beyond_noise else "no") for change in shown
            ], left=3)  # fmt: skip
    return FAILED if is_changed else 0


def _import(options: argparse.Namespace) -> int:
    from lockfree_core.bench.formats import read_result

    run = read_result(options.file)
    with open_store(options) as store:
        if store.holds(run.id):
            raise StoreError(f"the run {run.id} is in {store.path} already")
        store.save(run)
        print(f"imported {run.id} into {store.path}")
    return 0


def _delete(options: argparse.Namespace) -> int:
    with _open_kept(options) as store:
        print(f"deleted {store.delete(options.run)}")
    return 0
