"""Every scenario as a table, a column a thread: what a person has looked through once is what comes out ever after."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lockfree_core.scenarios import run_spec
from lockfree_core.scenarios.registry import SCENARIOS
from lockfree_core.scenarios.table import format_table

FOLDER = Path(__file__).with_name("golden")


@pytest.mark.parametrize("key", SCENARIOS)
def test_the_table_of_a_scenario_stays_as_it_is(key: str, golden: Callable[[Path, str], None]) -> None:
    scenario = SCENARIOS[key]
    golden(FOLDER / f"{key}.txt", f"{scenario.title}\n\n{format_table(run_spec(scenario.spec))}\n")


def test_there_is_no_table_of_a_scenario_that_is_gone() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(SCENARIOS)
