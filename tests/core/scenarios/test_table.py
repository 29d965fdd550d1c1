"""The table of an execution: a line a step, a column a thread, faults where they happen."""

from __future__ import annotations

from typing import Any

from lockfree_core.scenarios import StepSpec, run_spec
from lockfree_core.scenarios.table import FAULT_MARK, format_table


def execution_of(structure: str, program: str, start: str = "", **rest: Any) -> dict[str, Any]:
    return run_spec(StepSpec(structure, program, start, **rest))


def test_steps_calls_and_results_stand_in_their_threads_column() -> None:
    table = format_table(execution_of("treiber-stack", "push 3 | pop", "push 1", schedule="1x4.2x3"))
    assert table.splitlines() == [
        "   T1                         T2",
        "-  -------------------------  ----------------------",
        "   push(3)",
        "1  allocate a node for 3: n2",
        "2  load head: n1",
        "3  store n2.next = n1",
        "4  CAS head: n1 → n2, won",
        "   = None",
        "                              pop()",
        "5                             load head: n2",
        "6                             load n2.next: n1",
        "7                             CAS head: n2 → n1, won",
        "                              = 3",
        "",
        "outcome: finished: Every thread has ended.",
        "account: 2 in, 1 out, 1 inside: balanced",
    ]


def test_an_execution_that_has_not_begun_is_a_head_and_an_account() -> None:
    table = format_table(execution_of("treiber-stack", "pop | pop | pop"))
    assert table.splitlines()[0].split() == ["T1", "T2", "T3"]
    assert table.endswith("\noutcome: running\naccount: 0 in, 0 out, 0 inside: balanced")


def test_a_column_is_never_wider_than_it_may_be() -> None:
    execution = execution_of("treiber-stack", 'push "a rather long word" | pop', then="all")
    wide, narrow = format_table(execution), format_table(execution, 20)
    assert max(map(len, wide.splitlines())) > max(map(len, narrow.splitlines()))
    assert max(map(len, narrow.splitlines()[:-3])) <= 2 + 2 + 20 + 2 + 20
    assert all(line == line.rstrip() for line in narrow.splitlines())


def test_faults_stand_under_their_step_or_at_the_end() -> None:
    table = format_table(execution_of("storing-queue", "enqueue 3; dequeue | enqueue 4; dequeue", schedule="1212221"))
    assert FAULT_MARK not in table, "nothing has gone wrong so far"
    table = format_table(execution_of("racy-counter", "increment | increment", schedule="1212"))
    lines = table.splitlines()
    assert lines[-4].startswith("!! lost items: The account does not balance")
    assert lines[-1] == "account: 2 in, 0 out, 1 inside: 1 lost"


def test_problems_come_first() -> None:
    lines = format_table(execution_of("treiber-stack", "push 1 | fly", schedule="13")).splitlines()
    assert [line.split()[:2] for line in lines[:3]] == [["?", "program:"], ["?", "schedule:"], ["T1", "T2"]]
