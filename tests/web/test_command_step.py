"""``lockfree-lab step`` and ``lockfree-lab site``, as a person types them."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from app.cli import main
from app.services.stepping import command_line, page_address, step
from lockfree_core.scenarios.registry import SCENARIOS
from lockfree_core.scenarios.spec import StepSpec, run_spec
from lockfree_core.scenarios.table import format_table

TABLE = """\
   T1                         T2
-  -------------------------  -------------------------
   push(1)
1  allocate a node for 1: n1
2  load head: None
3  store n1.next = None
                              push(2)
4                             allocate a node for 2: n2
5                             load head: None
6  CAS head: None → n1, won
   = None

outcome: running
account: 1 in, 0 out, 1 inside: balanced
schedule: 111221
page: /step?structure=treiber-stack&program=push%201%20%7C%20push%202&schedule=111221
"""


def test_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["step", "treiber-stack", "--program", "push 1 | push 2", "--schedule", "111221"])
    assert capsys.readouterr() == (TABLE, "")
    assert status == 0


def test_a_fault_is_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["step", "racy-counter", "--program", "increment | increment", "--schedule", "1212"])
    out = capsys.readouterr().out
    assert status == 1
    assert "!! lost items: The account does not balance: 2 in, 0 out, 1 inside: 1 lost." in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("step", "STRUCTURE is missing: name one of treiber-stack, "),
        ("step no-such", "STRUCTURE: must be one of treiber-stack, "),
        ("step --scenario no-such", "--scenario must be one of lost-cas-and-retry, "),
        ("step treiber-stack --program 'push; pop | pop 1'",
         "--program (thread 1, operation 1): expected push <value>; got no arguments in 'push'."),
        ("step treiber-stack --start frob", "--start (operation 1): there is no operation 'frob'; there are push"),
        ("step treiber-stack --program 'push 1 | pop' --schedule 13",
         "--schedule: step 2 cannot be taken: there is no thread 3; there are 2."),
        ("step treiber-stack --program 'pop' --schedule 111",
         "--schedule: step 2 cannot be taken: thread 1 has ended."),
        ("step treiber-stack --schedule 1y", "--schedule: expected thread numbers (1121), "),
        ("step treiber-stack --seed many", "--seed: must be a whole number from 0 to 4294967295; got 'many'."),
        ("step treiber-stack --backoff maybe", "--backoff: must be one of none, exponential; got 'maybe'."),
        ("step treiber-stack --reuse maybe", "--reuse: must be one of lifo, fifo, never; got 'maybe'."),
        ("step treiber-stack --then walk",
         "--then: must be op:THREAD, all, random:SEED or priority:3.1.2; got 'walk'."),
    ],
)  # fmt: skip
def test_bad_input_is_status_2(capsys: pytest.CaptureFixture[str], arguments: str, message: str) -> None:
    assert main(shlex.split(arguments)) == 2
    errors = capsys.readouterr().err.splitlines()
    assert errors[0].startswith(f"lockfree-lab: {message}")
    assert all(line.startswith("lockfree-lab: ") and line.endswith(".") for line in errors)


def test_what_is_right_is_shown_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["step", "treiber-stack", "--program", "push 1 | frob", "--schedule", "119"]) == 2
    out, errors = capsys.readouterr()
    assert "\n2  load head: None\n" in out
    assert len(errors.splitlines()) == 2


@pytest.mark.parametrize("key", SCENARIOS)
def test_a_scenario_is_what_the_api_tells(capsys: pytest.CaptureFixture[str], key: str) -> None:
    scenario = SCENARIOS[key]
    status = main(["step", "--scenario", key])
    lines = capsys.readouterr().out.splitlines()
    execution = step({name: str(value) for name, value in scenario.spec.describe().items()})
    assert lines[:3] == [scenario.title, scenario.shows, ""]
    assert "\n".join(lines[3:-2]) == format_table(execution)
    assert status == bool(execution["faults"])


@pytest.mark.parametrize("key", ["lost-cas-and-retry", "starvation-backoff"])
def test_address_schedule_and_command_give_the_execution_again(capsys: pytest.CaptureFixture[str], key: str) -> None:
    main(["step", "--scenario", key])
    *_, schedule, page = capsys.readouterr().out.splitlines()
    assert schedule.startswith("schedule: ")
    assert page.startswith("page: /step?")
    execution = run_spec(SCENARIOS[key].spec)
    assert step(dict(parse_qsl(page.partition("?")[2])))["records"] == execution["records"]
    spec, problems = StepSpec.from_texts(dict(parse_qsl(page.partition("?")[2])))
    assert problems == []
    assert page == f"page: {page_address(spec)}"
    assert main(["step", "--json", *shlex.split(command_line(spec))[2:]]) == 0
    assert json.loads(capsys.readouterr().out) == execution


def test_json_holds_the_problems(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["step", "treiber-stack", "--json", "--schedule", "9"]) == 2
    found = json.loads(capsys.readouterr().out)
    assert [problem["field"] for problem in found["problems"]] == ["schedule"]


def test_scenarios_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["step", "--list-scenarios"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(SCENARIOS)


def test_a_page(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    assert main(["step", "--scenario", "lost-cas-and-retry", "--html", str(path)]) == 0
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert capsys.readouterr().err == f"wrote {path}\n"


def test_a_page_that_cannot_be_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "no-such-folder" / "page.html"
    assert main(["step", "racy-counter", "--schedule", "1", "--html", str(path)]) == 2
    assert capsys.readouterr().err == f"lockfree-lab: --html {path} cannot be written: No such file or directory.\n"


def test_the_site(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = {key: SCENARIOS[key] for key in ("lost-cas-and-retry", "counter-read-then-write")}
    monkeypatch.setattr("app.export.site.SCENARIOS", few)
    folder = tmp_path / "deep" / "site"
    assert main(["site", str(folder)]) == 0
    names = [f"{key}.html" for key in few] + ["index.html"]
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)
    assert [line.split()[-1] for line in capsys.readouterr().out.splitlines()] == [str(folder / name) for name in names]
    index = (folder / "index.html").read_text(encoding="utf-8")
    for key, scenario in few.items():
        assert f'<a href="{key}.html">{scenario.title}</a>' in index
    assert "What a compare-and-swap does" in index


def test_a_site_that_cannot_be_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("", encoding="utf-8")
    assert main(["site", str(taken)]) == 2
    assert capsys.readouterr().err == f"lockfree-lab: {taken} cannot be written to: File exists.\n"
