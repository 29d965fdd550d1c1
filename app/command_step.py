"""``lockfree-lab step``: a program run access by access under a schedule, as a table with a column for each thread."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lockfree_core.catalog import of_lab
from lockfree_core.drive.stepping.heap import REUSE_POLICIES
from lockfree_core.drive.stepping.program import Problem
from lockfree_core.scenarios.registry import SCENARIOS
from lockfree_core.scenarios.scenario import Scenario
from lockfree_core.scenarios.spec import BACKOFFS, StepSpec, run_spec
from lockfree_core.scenarios.table import format_table

__all__ = ["add_step_arguments", "step_command"]

_FAULT = 1
_BAD_INPUT = 2
_OPTIONS = ("program", "start", "schedule", "seed", "backoff", "reuse", "then")


def add_step_arguments(parser: argparse.ArgumentParser) -> None:
    """What a link to the page Step holds, and what is to come out."""
    parser.add_argument("structure", nargs="?", metavar="STRUCTURE", help=f"one of {', '.join(of_lab('step'))}")
    parser.add_argument("--program", metavar="TEXT", help="what each thread does: 'push 1; pop | pop'")
    parser.add_argument("--start", metavar="TEXT", help="operations that are done before the threads start")
    parser.add_argument(
        "--schedule", metavar="TEXT", help="who moves: 1121 a digit a step, 2x12 twelve steps, k1 the death of thread 1"
    )
    parser.add_argument("--then", metavar="WHAT",
                        help="what follows it: op:1, all, random:7 or priority:3.1")  # fmt: skip
    parser.add_argument("--seed", metavar="N", help="fixes what structures and back-off draw (default: 1)")
    parser.add_argument("--backoff", metavar="HOW", help=f"{' or '.join(BACKOFFS)} (default: {BACKOFFS[0]})")
    parser.add_argument("--reuse", metavar="HOW", help=f"of freed nodes: {', '.join(REUSE_POLICIES)} (default: lifo)")
    parser.add_argument("--scenario", metavar="KEY", help="begin with this scenario; other options change it")
    parser.add_argument("--list-scenarios", action="store_true", help="list the scenarios")
    parser.add_argument("--json", action="store_true", help="print the whole execution as JSON")
    parser.add_argument("--html", type=Path, metavar="FILE",
                        help="write a page that plays it, with no server and no Python")  # fmt: skip


def step_command(options: argparse.Namespace) -> int:
    """Run, print, and say by the status whether there was a fault (1) or something wrong with what was asked (2)."""
    if options.list_scenarios:
        return _list_scenarios()
    scenario = None
    if options.scenario is not None:
        scenario = SCENARIOS.get(options.scenario)
        if scenario is None:
            return _refuse([f"--scenario must be one of {', '.join(SCENARIOS)}; got {options.scenario[:40]!r}"])
    elif options.structure is None:
        return _refuse([f"STRUCTURE is missing: name one of {', '.join(of_lab('step'))}, or a --scenario"])
    return _run(options, scenario)


def _run(options: argparse.Namespace, scenario: Scenario | None) -> int:
    from app.services.stepping import page_address

    spec, problems = StepSpec.from_texts(_texts(options, scenario))
    execution = run_spec(spec)
    rows = [problem.describe() for problem in problems] + execution["problems"]
    execution["problems"] = []  # they have a stream of their own
    if any(row["field"] == "structure" for row in rows):
        return _refuse([_problem(row) for row in rows])
    played = replace(spec, schedule=execution["spec"]["schedule"], then="")
    if options.json:
        print(json.dumps({**execution, "problems": rows}, indent=2, ensure_ascii=False))
    else:
        head = [scenario.title, scenario.shows, ""] if scenario else []
        end = [f"schedule: {played.schedule or 'none'}", f"page: {page_address(played)}"]
        print("\n".join([*head, format_table(execution), *end]))
    if options.html is not None and not _write_page(options.html, spec, scenario, problems):
        return _BAD_INPUT
    if rows:
        return _refuse([_problem(row) for row in rows])
    return _FAULT if execution["faults"] else 0


def _texts(options: argparse.Namespace, scenario: Scenario | None) -> dict[str, str]:
    """As the parameters of a link: a scenario's, and those given beside it."""
    texts = {} if scenario is None else {name: str(value) for name, value in scenario.spec.describe().items()}
    given = {name: getattr(options, name) for name in ("structure", *_OPTIONS)}
    return texts | {name: value for name, value in given.items() if value is not None}


def _problem(row: dict[str, Any]) -> str:
    """The field, the place in it where it has one, and what is wrong."""
    field, thread, index = row["field"], row["thread"], row["index"]
    flag = f"--{field}" if field in _OPTIONS else field.upper() if field == "structure" else field
    if field == "schedule":
        return f"{flag}: {row['message']}"
    place = [f"thread {thread + 1}"] * (thread >= 0) + [f"operation {index + 1}"] * (index >= 0)
    return f"{flag}{' (' + ', '.join(place) + ')' if place else ''}: {row['message']}"


def _write_page(path: Path, spec: StepSpec, scenario: Scenario | None, problems: Sequence[Problem]) -> bool:
    from app.export.player import export_player

    try:
        path.write_text(export_player(spec, scenario, problems).html, encoding="utf-8")
    except OSError as error:
        _refuse([f"--html {path} cannot be written: {error.strerror or error}"])
        return False
    print(f"wrote {path}", file=sys.stderr)
    return True


def _list_scenarios() -> int:
    width = max(map(len, SCENARIOS))
    for scenario in SCENARIOS.values():
        print(f"{scenario.key:{width}}  {scenario.title}. {scenario.shows}")
    return 0


def _refuse(messages: Sequence[str]) -> int:
    for message in messages:
        print(f"lockfree-lab: {message.rstrip('.')}.", file=sys.stderr)
    return _BAD_INPUT
