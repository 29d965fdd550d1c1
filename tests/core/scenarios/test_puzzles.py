"""Every puzzle can be solved in as many steps as its par says, and in no fewer."""

from __future__ import annotations

from typing import Any

import pytest

from lockfree_core.scenarios.puzzle import Puzzle
from lockfree_core.scenarios.puzzles import PUZZLES, describe_puzzles
from lockfree_core.scenarios.spec import StepSpec, run_spec
from tests.core.scenarios.shortest import shortest

EACH = pytest.mark.parametrize("puzzle", PUZZLES.values(), ids=list(PUZZLES))


def run(puzzle: Puzzle, schedule: str, then: str = "") -> dict[str, Any]:
    found = run_spec(puzzle.scheduled(schedule, then))
    assert found["problems"] == []
    return found


@EACH
def test_the_solution_reaches_the_goal_at_par(puzzle: Puzzle) -> None:
    found = run(puzzle, puzzle.solution)
    expected = {"key": puzzle.key, "reached": True, "steps": puzzle.par, "par": puzzle.par}
    assert puzzle.judge(found) == expected


@EACH
def test_the_goal_is_not_reached_before_the_first_step(puzzle: Puzzle) -> None:
    assert not puzzle.reached(run(puzzle, ""))


@EACH
def test_the_goal_is_not_reached_where_the_threads_run_one_after_another(puzzle: Puzzle) -> None:
    schedule = ""
    for thread in range(1, puzzle.spec.program.count("|") + 2):
        before: str | None = None
        while before != schedule:
            before = schedule
            schedule = run(puzzle, schedule, f"op:{thread}")["spec"]["schedule"]
    found = run(puzzle, schedule)
    assert found["outcome"]["kind"] == "finished"
    assert not puzzle.reached(found)


@EACH
def test_par_is_the_fewest_steps(puzzle: Puzzle) -> None:
    schedule, _ = shortest(puzzle, puzzle.par)
    assert schedule is not None
    assert len(run(puzzle, schedule)["steps"]) == puzzle.par


def test_a_death_spoils_a_puzzle_that_is_not_about_deaths() -> None:
    puzzle = PUZZLES["lose-three-times"]
    assert puzzle.reached(run(puzzle, puzzle.solution))
    assert not puzzle.reached(run(puzzle, f"{puzzle.solution}.k1"))


def test_puzzles_are_described_without_their_solutions() -> None:
    described = describe_puzzles()
    assert [item["key"] for item in described] == list(PUZZLES)
    for item in described:
        puzzle = PUZZLES[item["key"]]
        assert set(item) == {"key", "title", "text", "hint", "spec", "par", "deaths"}
        assert StepSpec(**item["spec"]) == puzzle.spec
        assert puzzle.spec.schedule == puzzle.spec.then == ""
        assert puzzle.solution not in item["text"] + item["hint"]
