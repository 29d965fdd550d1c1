"""Step: an execution for what a link holds. Nothing is kept: the same link gives the same answer."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from lockfree_core.scenarios import StepSpec, run_spec

__all__ = ["command_line", "page_address", "step"]


def step(texts: Mapping[str, str]) -> dict[str, Any]:
    """The execution that these parameters describe, and what is wrong with them; ``docs/protocol.md``, Step."""
    spec, problems = StepSpec.from_texts(texts)
    found = run_spec(spec)
    found["problems"] = [problem.describe() for problem in problems] + found["problems"]
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
