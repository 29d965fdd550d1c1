"""Sharing: an execution as a file, for what a link holds."""

from __future__ import annotations

from collections.abc import Mapping

from app.export.player import export_player
from app.services.errors import Refusal
from lockfree_core.scenarios.registry import SCENARIOS
from lockfree_core.scenarios.spec import StepSpec

__all__ = ["export"]


def export(texts: Mapping[str, str]) -> tuple[str, str]:
    """A name for the file, and its HTML.

    Args:
        texts: the parameters of ``GET /api/step``, and ``scenario``, which gives those that are not named.

    Raises:
        Refusal: where there is no such scenario.
    """
    given = dict(texts)
    key = given.pop("scenario", "")
    scenario = SCENARIOS.get(key)
    if key and scenario is None:
        raise Refusal(404, f"must be one of {', '.join(SCENARIOS)}", "scenario")
    if scenario is not None:
        given = {name: str(value) for name, value in scenario.spec.describe().items()} | given
    spec, problems = StepSpec.from_texts(given)
    return scenario.key if scenario else spec.structure, export_player(spec, scenario, problems).html
