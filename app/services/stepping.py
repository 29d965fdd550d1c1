"""Step: an execution for what a link holds. Nothing is kept: the same link gives the same answer."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from lockfree_core.drive.stepping.program import Problem
from lockfree_core.scenarios import StepSpec, run_spec
from lockfree_core.scenarios.puzzle import Puzzle
from lockfree_core.scenarios.puzzles import PUZZLES

__all__ = ["command_line", "page_address", "step"]

_OF_THE_PERSON = ("schedule", "then", "v")  # what a puzzle leaves open; the rest is the puzzle's own


def step(texts: Mapping[str, str]) -> dict[str, Any]:
    """The execution that these parameters describe, and what is wrong with them; ``docs/protocol.md``, Step."""
    given = dict(texts)
    key = given.pop("puzzle", None)
    puzzle = None if key is None else PUZZLES.get(key)
    if puzzle is not None:
        given = _as_posed(puzzle, given)
    spec, problems = StepSpec.from_texts(given)
    if key is not None and puzzle is None:
        problems.append(Problem("puzzle", f"must be one of {', '.join(PUZZLES)}; got {key[:40]!r}"))
    found = run_spec(spec)
    found["problems"] = [problem.describe() for problem in problems] + found["problems"]
    found["goal"] = None if puzzle is None else puzzle.judge(found)
    return found


def page_address(spec: StepSpec) -> str:
    """What opens the spec on the page: ``/step?…`` with everything that is not as by default."""
    return f"/step?{urlencode(_texts(spec), quote_via=quote)}"


def command_line(spec: StepSpec) -> str:
    """What runs the spec in a terminal."""
    texts = _texts(spec)
    structure = texts.pop("structure")
    options = [part for name, text in texts.items() for part in (f"--{name}", shlex.quote(text))]
    return " ".join(["lockfree-lab", "step", structure, *options])


def _texts(spec: StepSpec) -> dict[str, str]:
    """The structure and its program always, since the catalog's own may change; of the rest what is no default."""
    plain = StepSpec()
    always = ("structure", "program")
    return {
        name: str(value)
        for name, value in spec.describe().items()
        if name in always or value != getattr(plain, name)
    }  # fmt: skip


def _as_posed(puzzle: Puzzle, given: Mapping[str, str]) -> dict[str, str]:
    """The parameters of the puzzle; nobody makes it easier by changing its program."""
    posed = {name: str(value) for name, value in puzzle.spec.describe().items()}
    return posed | {name: given[name] for name in _OF_THE_PERSON if name in given}
