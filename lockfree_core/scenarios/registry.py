"""All scenarios, by key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lockfree_core.scenarios.aba import ABA
from lockfree_core.scenarios.basics import BASICS
from lockfree_core.scenarios.scenario import Scenario

__all__ = ["SCENARIOS"]

SCENARIOS: Final[Mapping[str, Scenario]] = {scenario.key: scenario for scenario in (*BASICS, *ABA)}
