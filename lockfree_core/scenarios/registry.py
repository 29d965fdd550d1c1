"""All scenarios, by key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lockfree_core.scenarios.aba import ABA
from lockfree_core.scenarios.basics import BASICS
from lockfree_core.scenarios.copies import COPIES
from lockfree_core.scenarios.progress import PROGRESS
from lockfree_core.scenarios.scenario import Scenario

__all__ = ["SCENARIOS"]

_ALL: Final = (*BASICS, *PROGRESS, *ABA, *COPIES)

SCENARIOS: Final[Mapping[str, Scenario]] = {scenario.key: scenario for scenario in _ALL}
