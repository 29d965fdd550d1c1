"""``lockfree-lab``: serve the dashboard; run, step or measure a structure without it; build the site; list."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence

from app.checks import FieldError
from app.settings import OPTIONS, add_arguments, read_settings
from app.version import version

__all__ = ["main"]

USAGE_ERROR = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        status: int = options.command(options)
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lockfree-lab", description="Lock-free data structures in real threads, every CAS live in the browser.",
    )  # fmt: skip
    parser.add_argument("--version", action="version", version=version())
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="start the dashboard", description="Start the dashboard.")
    add_arguments(serve)
    serve.set_defaults(command=_serve)
    run = commands.add_parser("run", help="run a structure without a browser, print counters and account")
    _add_run_arguments(run)
    step = commands.add_parser("step", help="run a program access by access under a schedule, print a table")
    _add_step_arguments(step)
    bench = commands.add_parser("bench", help="measure lock-free against lock-based on this machine")
    _add_bench_arguments(bench)
    site = commands.add_parser("site", help="write all scenarios as pages for static hosting")
    _add_site_arguments(site)
    listing = commands.add_parser("structures", help="list the structures")
    listing.add_argument("words", nargs="*", metavar="WORD", help="only those that a search for these words finds")
    listing.set_defaults(command=_structures)
    commands.add_parser("version", help="print the version").set_defaults(command=_version)
    return parser


def _add_run_arguments(parser: argparse.ArgumentParser) -> None:
    from app.command_run import add_run_arguments, run_command

    add_run_arguments(parser)
    parser.set_defaults(command=run_command)


def _add_step_arguments(parser: argparse.ArgumentParser) -> None:
    from app.command_step import add_step_arguments, step_command

    add_step_arguments(parser)
    parser.set_defaults(command=step_command)


def _add_bench_arguments(parser: argparse.ArgumentParser) -> None:
    from app.command_bench import add_bench_arguments

    add_bench_arguments(parser)


def _add_site_arguments(parser: argparse.ArgumentParser) -> None:
    from app.command_site import add_site_arguments, site_command

    add_site_arguments(parser)
    parser.set_defaults(command=site_command)


def _serve(options: argparse.Namespace) -> int:
    try:
        settings = read_settings(vars(options), os.environ)
    except FieldError as error:
        option = OPTIONS.get(error.field or "")
        return _fail(f"{option.flag} {error.reason}" if option else str(error))
    if settings.python is not None and shutil.which(settings.python) is None:
        return _fail(f"--python {settings.python} is no program that can be started")
    from app.serving import ListenError, listen, serve

    try:
        bound, settings = listen(settings)
    except ListenError as error:
        return _fail(str(error))
    with bound:
        serve(settings, bound)
    return 0


def _fail(message: str) -> int:
    print(f"lockfree-lab: {message}.", file=sys.stderr)
    return USAGE_ERROR


def _structures(options: argparse.Namespace) -> int:
    from lockfree_core.catalog import search

    found = search(" ".join(options.words))
    width = max((len(entry.key) for entry in found), default=0)
    for entry in found:
        print(f"{entry.key:{width}}  {entry.progress:9}  {entry.title}. {entry.summary}")
    if not found:
        print("lockfree-lab: no structure is called that; leave the words away to see all.", file=sys.stderr)
    return 0 if found else 1


def _version(options: argparse.Namespace) -> int:
    print(version())
    return 0
