"""``lockfree-lab bench``: measure on this machine from the command line."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.bench_output import (
    ProgressLine,
    add_output_arguments,
    check_outputs,
    print_run,
    tell_what_is_missing,
    write_run,
)
from app.checks import FieldError, check_text
from app.command_history import FAILED, add_history_commands, fail, guarded, open_store
from lockfree_core.errors import BenchError, StoreError

if TYPE_CHECKING:
    from lockfree_core.bench.interpreters import Interpreter
    from lockfree_core.bench.results import Case
    from lockfree_core.bench.runner import Limits, Progress, Runner
    from lockfree_core.bench.store import Store

__all__ = ["add_bench_arguments"]


def add_bench_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of a run, and the commands that look at runs."""
    parser.set_defaults(command=guarded(_run))
    what = parser.add_argument_group("what to measure")
    what.add_argument(
        "--preset", metavar="NAME", help="a ready question (default: classic); `bench presets` lists them"
    )
    what.add_argument("--structure", metavar="NAME,…", help="structures, instead of a preset or to narrow one")
    what.add_argument("--implementation", metavar="NAME,…", help="implementations of a custom run")
    what.add_argument("--candidate", metavar="NAME,…", help="single ones of a custom run, as stack/native")
    what.add_argument("--threads", metavar="N,…", help="numbers of threads")
    what.add_argument("--kind", metavar="KIND,…", help="throughput, latency")
    what.add_argument(
        "--python", metavar="PATH,…", help="interpreters (default: this one, or what the preset asks for)"
    )
    load = parser.add_argument_group("workload of a custom run")
    for name, words in (("insert-share", "percent of operations that put something in (default: by turns)"),
                        ("think", "turns of an empty loop between operations"), ("keys", "keys of a dictionary"),
                        ("prefill", "items inside at the beginning"), ("capacity", "of a ring")):  # fmt: skip
        load.add_argument(f"--{name}", type=int, metavar="N", help=words)
    load.add_argument("--backoff", metavar="NAME", help="default, none, constant, short or long")
    effort = parser.add_argument_group("how well")
    effort.add_argument("--seconds", type=float, metavar="S", help="of one sample")
    effort.add_argument("--budget", type=float, metavar="S", help="of the whole run")
    effort.add_argument("--precision", type=float, default=5.0, metavar="PERCENT",
                        help="half width of a median's interval that is narrow enough (default: 5)")  # fmt: skip
    effort.add_argument("--rounds", type=int, metavar="N", help="exactly so many samples of each, unless time is over")
    out = parser.add_argument_group("what becomes of it")
    out.add_argument("--name", default="", help="what to call the run")
    out.add_argument("--note", default="", help="what to remember of it")
    out.add_argument(
        "--save", action=argparse.BooleanOptionalAction, default=True, help="keep it in the history (default)"
    )
    out.add_argument("--data", type=Path, metavar="FOLDER", help="where the history lies (variable LOCKFREE_LAB_DATA)")
    add_output_arguments(out)
    out.add_argument("--quiet", action="store_true", help="no progress")
    add_history_commands(parser)


def _run(options: argparse.Namespace) -> int:
    """Measure, print, keep. 0 if everything could be measured, 1 if samples failed or nothing was, 130 if cancelled."""
    from lockfree_core.bench.runner import Runner

    cases, limits = _cases(options), _limits(options)
    _check_words(options)
    check_outputs(options)
    tell_what_is_missing(cases, options.quiet)
    store = open_store(options) if options.save else None  # before measuring: a minute's work should not be lost to it
    try:
        runner = Runner("custom" if _is_custom(options) else options.preset or "classic", cases, limits)
        runner.run.name, runner.run.note = options.name, options.note
        unsaved = _measure(runner, store, options.quiet)
        try:
            print_run(runner.run)
            if unsaved is not None:
                fail(str(unsaved), FAILED)
            elif store is not None:
                print(f"saved as {runner.run.id} in {store.path}")
        finally:
            write_run(runner.run, options)  # also where nobody reads what is printed, or the history is full
    finally:
        if store is not None:
            store.close()
    if runner.run.ended == "cancelled" and unsaved is None:
        return 130
    return FAILED if unsaved or runner.run.failed_samples or runner.run.ended == "nothing" else 0


def _check_words(options: argparse.Namespace) -> None:
    from app.services.bench_plan import LONGEST_TEXT

    for name, longest in LONGEST_TEXT.items():
        try:
            check_text(name, getattr(options, name), longest)
        except FieldError as error:
            raise BenchError(f"--{name} {error.reason}") from None


def _measure(runner: Runner, store: Store | None, is_quiet: bool) -> StoreError | None:
    """Measure until it ends or Ctrl-C ends it, and keep it; what kept it from being kept.

    Before anything is printed, and while another Ctrl-C does no more than the first one: neither a reader who has seen
    enough nor somebody impatient loses a run.
    """
    line = ProgressLine(is_quiet)
    runner.on_progress = _following(line, store)
    previous = signal.signal(signal.SIGINT, lambda *_: runner.cancel())
    try:
        runner.execute()
        if store is not None:
            store.save(runner.run)
    except StoreError as error:
        return error
    finally:
        signal.signal(signal.SIGINT, previous)
        line.clear()
    return None


def _following(line: ProgressLine, store: Store | None) -> Callable[[Progress], None]:
    """Shows each step; keeps each round, so that a run that is killed has not been for nothing."""
    rounds = [1]

    def follow(progress: Progress) -> None:
        line.show(progress)
        if store is not None and progress.round > rounds[0]:
            rounds[0] = progress.round
            # A disk that fills up meanwhile must not end the run: what is told is what the last save says.
            with contextlib.suppress(StoreError):
                store.save(progress.run)

    return follow


def _cases(options: argparse.Namespace) -> list[Case]:
    from lockfree_core.bench.presets import PRESETS, preset_cases

    threads, kinds = [_count(text) for text in _names(options.threads)], _names(options.kind)
    if _is_custom(options):
        return _custom_cases(options, threads, kinds)
    name = options.preset or "classic"
    given = [word for word in _LOAD if getattr(options, word) is not None]
    if given:
        raise BenchError(f"--{given[0].replace('_', '-')} is for a custom run, which --implementation makes")
    every = name in PRESETS and PRESETS[name].every_interpreter
    return preset_cases(name, _pythons(options, every), threads, options.seconds, kinds, _names(options.structure))


def _is_custom(options: argparse.Namespace) -> bool:
    return bool(_names(options.implementation) or _names(options.candidate))


def _custom_cases(options: argparse.Namespace, threads: list[int], kinds: list[str]) -> list[Case]:
    """What the rows and columns that were named have in common, and the single cells."""
    from lockfree_core.bench.candidates import STRUCTURES, matrix
    from lockfree_core.bench.presets import CUSTOM_KINDS, CUSTOM_SECONDS, CUSTOM_THREADS, custom_cases
    from lockfree_core.bench.workloads import Workload

    structures, ways, cells = map(_names, (options.structure, options.implementation, options.candidate))
    if options.preset:
        raise BenchError(f"--{'implementation' if ways else 'candidate'} is for a custom run; leave --preset away")
    if structures and not ways:
        raise BenchError("--structure beside --candidate wants --implementation: a candidate names its structure")
    found = [each.key for each in matrix(structures or STRUCTURES, ways)] if ways else []
    load = {word: getattr(options, word) for word in _LOAD if getattr(options, word) is not None}
    loads = [Workload(threads=count, **load) for count in threads or CUSTOM_THREADS]
    seconds = CUSTOM_SECONDS if options.seconds is None else options.seconds
    return custom_cases([*found, *cells], loads, kinds or CUSTOM_KINDS, seconds, _pythons(options, False))


_LOAD: Final = ("insert_share", "think", "keys", "prefill", "capacity", "backoff")


def _names(text: str | None) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in (text or "").split(",") if part.strip()))


def _count(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise BenchError(f"--threads takes whole numbers separated by commas; got {text!r}") from None


def _pythons(options: argparse.Namespace, every: bool) -> list[Interpreter]:
    """Those named, or all that can take samples, or none, which means this one. What is left out is told."""
    from lockfree_core.bench.interpreters import find_interpreters, probe

    if options.python:
        found = [probe(path) for path in _names(options.python)]
        for one in found:
            if one.reason is not None:
                raise BenchError(f"{one.path} cannot take samples: {one.reason}. To add the package: {one.command}")
        return found
    if not every:
        return []
    found, _ = find_interpreters()
    for one in found:
        if one.reason is not None and not options.quiet:
            print(f"left out: {one.title} ({one.path}): {one.reason}", file=sys.stderr)
    return [one for one in found if one.reason is None]


def _limits(options: argparse.Namespace) -> Limits:
    from lockfree_core.bench.presets import PRESETS
    from lockfree_core.bench.runner import Limits

    name = "" if _is_custom(options) else options.preset or "classic"
    budget = options.budget if options.budget is not None else PRESETS[name].budget_s if name in PRESETS else 60.0
    _within("--budget", budget, 0.1, 86_400)
    _within("--precision", options.precision, 0.1, 100)
    _within("--rounds", 1 if options.rounds is None else options.rounds, 1, 10_000)
    precision = options.precision / 100
    if options.rounds is None:
        return Limits(precision, budget)
    return Limits(0.0, budget, options.rounds, options.rounds)


def _within(flag: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise BenchError(f"{flag} is from {least:g} to {most:g}; got {value:g}")
