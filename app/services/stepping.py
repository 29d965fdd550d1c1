"""Step: an execution for what a link holds. Nothing is kept: the same link gives the same answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lockfree_core.scenarios import StepSpec, run_spec

__all__ = ["step"]


def step(texts: Mapping[str, str]) -> dict[str, Any]:
    """The execution that these parameters describe, and what is wrong with them; ``docs/protocol.md``, Step."""
    spec, problems = StepSpec.from_texts(texts)
    found = run_spec(spec)
    found["problems"] = [problem.describe() for problem in problems] + found["problems"]
    return found
