"""``lockfree-lab run``: a structure in real threads from the command line, its counters and its account as a table."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.checks import FieldError, check_number
from lockfree_core.catalog import CATALOG, of_lab
from lockfree_core.drive.knobs import KNOBS, PRESETS, Choice
from lockfree_core.errors import KnobError, LockfreeError

if TYPE_CHECKING:
    from app.services.headless import Outcome

__all__ = ["add_run_arguments", "run_command"]

LONGEST_S = 86_400

_COLUMNS = (
    ("thread", 7), ("status", 8), ("operations", 11), ("attempts", 10), ("retries", 9), ("rate", 7), ("streak", 7),
    ("help", 7), ("in", 9), ("out", 9), ("empty", 8),
)  # fmt: skip


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """The structure, how long, and an option for each knob."""
    parser.add_argument("structure", metavar="STRUCTURE", help=f"one of {', '.join(of_lab('watch'))}")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long (default: 5)")
    parser.add_argument(
        "--seed", type=int, help="fixes operations, values, delays; not the interleaving (default: random)"
    )
    parser.add_argument(
        "--duel", action="store_true", help="run the mutex variant (or the one without a lock) beside it"
    )
    parser.add_argument("--record", type=Path, metavar="FILE",
                        help="write a recording for the page; in a duel a second one, FILE with -duel")  # fmt: skip
    parser.add_argument(
        "--python", metavar="PYTHON", help="the interpreter that the engine runs on (default: this one)"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--preset", choices=PRESETS, help="knobs to begin with; those given beside it win")
    group = parser.add_argument_group("knobs")
    for name, knob in KNOBS.items():
        takes = ", ".join(knob.options) if isinstance(knob, Choice) else knob.range
        kind = str if isinstance(knob, Choice) else int if knob.integer else float
        words = f"{knob.help} ({takes})".replace("%", "%%")
        metavar = name.rpartition("_")[2].upper()
        group.add_argument(f"--{name.replace('_', '-')}", dest=name, type=kind, metavar=metavar, help=words)


def run_command(options: argparse.Namespace) -> int:
    """Run, print, and say by the status whether the account balances."""
    from app.services.errors import Refusal
    from app.services.headless import run_headless
    from app.services.run import Spec

    try:
        seconds = check_number("seconds", options.seconds, 0.1, LONGEST_S)
        spec = Spec.from_body(_body(options))
    except (FieldError, KnobError) as error:
        return _fail(f"{_flag(error.field)} {error.reason}", 2)
    try:
        outcomes = asyncio.run(run_headless(spec, options.python, seconds, options.record))
    except (Refusal, LockfreeError) as error:
        return _fail(str(error), 1)
    result = {"seed": spec.seed, "knobs": spec.knobs.as_dict(), "sides": [asdict(outcome) for outcome in outcomes]}
    for outcome in outcomes:
        if outcome.recording_error:
            _fail(outcome.recording_error, 1)
    if options.json:
        print(json.dumps(result, indent=2, ensure_ascii=False))
    else:
        for outcome in outcomes:
            print(_report(outcome, spec.seed), end="\n\n" if outcome is not outcomes[-1] else "\n")
    return 0 if all(outcome.is_good for outcome in outcomes) else 1


def _body(options: argparse.Namespace) -> dict[str, Any]:
    knobs = {"speed": 0.0, **(PRESETS[options.preset].knobs if options.preset else {})}
    knobs.update({name: getattr(options, name) for name in KNOBS if getattr(options, name) is not None})
    body = {"structure": options.structure, "duel": options.duel, "knobs": knobs}
    return body if options.seed is None else {**body, "seed": options.seed}


def _flag(field: str | None) -> str:
    if field is not None and (field in KNOBS or field in ("seconds", "seed")):
        return "--" + field.replace("_", "-")
    return field or ""


def _fail(message: str, status: int) -> int:
    print(f"lockfree-lab: {message}.", file=sys.stderr)
    return status


def _report(outcome: Outcome, seed: int) -> str:
    lines = [f"{outcome.title} ({outcome.structure}), seed {seed}"]
    if outcome.counters:
        lines.append("".join(f"{name:>{width}}" for name, width in _COLUMNS))
        letter = "P" if CATALOG[outcome.structure].processes else "T"
        lines += [_row(f"{letter}{lane['lane'] + 1}", lane) for lane in outcome.counters["lanes"]]
        lines.append(_row("all", {"status": "", **outcome.counters["totals"]}))
        lines.append(f"fairness {outcome.counters['totals']['fairness']:.3f} (Jain)")
    lines.append(_balance(outcome.account))
    if outcome.lost_records:
        lines.append(
            f"{outcome.lost_records} of {outcome.records + outcome.lost_records} records were lost: a ring was full"
        )
    if outcome.ended["reason"] != "stopped":
        lines.append(f"{outcome.ended['message']}\n{outcome.ended['detail']}".rstrip())
    if outcome.recording:
        lines.append(f"recorded {outcome.records} records in {outcome.recording}")
    return "\n".join(lines)


def _row(name: str, row: dict[str, Any]) -> str:
    rate = row["losses"] / row["attempts"] if row["attempts"] else 0.0
    counts = [row["operations"], row["attempts"], row["losses"], f"{rate:.1%}", row["longest_streak"]]
    cells = (name, row["status"], *counts, row["help"], row["in"], row["out"], row["empty"])
    return "".join(f"{cell:>{width}}" for cell, (_, width) in zip(cells, _COLUMNS, strict=True))


def _balance(account: dict[str, Any] | None) -> str:
    if account is None:
        return "no account: the engine ended before it could draw one up"
    flying = sum(entry["items"] for entry in account["in_flight"])
    verdict = "balanced" if account["balanced"] else f"NOT BALANCED: {account['lost']} lost"
    return f"in {account['in']} = out {account['out']} + inside {account['inside']} + in flight {flying}: {verdict}"
