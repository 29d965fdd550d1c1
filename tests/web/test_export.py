"""Executions as files: size, policy, what they hold, and the endpoint that gives them. Playing them: tests/browser."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
from functools import cache
from typing import Any

import pytest

from app.export.player import PlayerFile, export_player
from app.services.stepping import step
from lockfree_core.scenarios.registry import SCENARIOS
from lockfree_core.scenarios.spec import StepSpec, run_spec
from lockfree_core.scenarios.table import format_table
from tests.web.client import Visitor

LARGEST = 300_000
PLAIN = StepSpec("treiber-stack", "push 1; pop | push 2; pop", schedule="12", then="all")


@cache
def exported(key: str) -> PlayerFile:
    return export_player(SCENARIOS[key].spec, SCENARIOS[key])


def held(text: str, name: str = "execution") -> str:
    """What lies compressed in an element of the file."""
    match = re.search(rf'<script type="application/gzip" id="{name}">([^<]*)</script>', text)
    assert match, name
    return gzip.decompress(base64.b64decode(match[1])).decode()


def data_of(text: str) -> dict[str, Any]:
    return dict(json.loads(held(text)))


@pytest.mark.parametrize("key", SCENARIOS)
def test_every_scenario_is_small_and_asks_nobody(key: str) -> None:
    scenario, made = SCENARIOS[key], exported(key)
    assert len(made.html.encode()) < LARGEST
    for text in (made.html, held(made.html, "program")):
        addresses = re.findall(r"https?://[^\s\"'<>)]+", text)
        assert [address for address in addresses if not address.startswith("http://www.w3.org/")] == []
    assert not re.search(r"\b(?:src|srcset)=|@import|url\(", made.html)
    data = data_of(made.html)
    assert (data["title"], data["shows"]) == (scenario.title, scenario.shows)
    assert data["captions"] == scenario.describe()["captions"]
    assert data["execution"] == run_spec(scenario.spec)
    assert made.steps == len(data["execution"]["steps"])
    assert (data["graph"] is None) == (made.states == 0) == bool(data["whyNoGraph"])


def test_the_policy_lets_run_what_is_in_the_file_and_nothing_else() -> None:
    text = exported("lost-cas-and-retry").html
    found = re.search(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', text)
    assert found
    policy = dict(part.strip().split(" ", 1) for part in html.unescape(found[1]).split(";"))
    scripts = [*re.findall(r"<script>(.*?)</script>", text, re.DOTALL), held(text, "program")]
    styles = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    assert (len(scripts), len(styles)) == (3, 1)
    assert policy["default-src"] == "'none'"
    assert set(policy["script-src"].split()) == {hashed(script) for script in scripts}
    assert policy["style-src"].split() == [hashed(style) for style in styles]
    assert "connect-src" not in policy
    assert not re.search(r"\son[a-z]+=|\sstyle=", text)


def hashed(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_without_scripts_the_file_shows_the_terminals_table() -> None:
    text = exported("lost-cas-and-retry").html
    shown = re.search(r'<pre class="mono">(.*?)</pre>', text, re.DOTALL)
    assert shown
    assert html.unescape(shown[1]) == format_table(run_spec(SCENARIOS["lost-cas-and-retry"].spec))


def test_the_same_execution_gives_the_same_file() -> None:
    assert export_player(PLAIN).html == export_player(PLAIN).html


def test_an_execution_of_ones_own() -> None:
    made = export_player(PLAIN)
    data = data_of(made.html)
    assert data["title"] == "Treiber stack: push 1; pop | push 2; pop"
    assert data["captions"] == []
    assert (made.states, len(data["graph"]["states"])) == (223, 223)
    assert data["command"] == "lockfree-lab step treiber-stack --program 'push 1; pop | push 2; pop'"


def test_what_a_program_says_stays_text() -> None:
    spec, _ = StepSpec.from_texts({"program": 'push "</script><img src=x onerror=alert(1)>" | pop'})
    text = export_player(spec).html
    assert "<img" not in text
    assert text.count("</script>") == 4


def test_a_large_graph_is_left_out_and_the_file_says_why() -> None:
    program = "increment; increment; increment | increment; increment; increment | increment; increment; increment"
    made = export_player(StepSpec("atomic-counter", program, schedule="123"))
    data = data_of(made.html)
    assert (made.states, data["graph"]) == (0, None)
    assert data["whyNoGraph"] == "There are more than 1000 states."
    assert len(data["execution"]["steps"]) == 3


# -- the endpoint


def test_a_scenario_as_a_download(presenter: Visitor) -> None:
    answer = presenter.http.get("/api/step/export", params={"scenario": "lost-cas-and-retry"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="lockfree-lab-lost-cas-and-retry.html"'
    assert answer.text == exported("lost-cas-and-retry").html


def test_a_viewer_may_have_it_too(viewer: Visitor) -> None:
    params = {"structure": "racy-counter", "program": "increment | increment", "schedule": "1212"}
    answer = viewer.http.get("/api/step/export", params=params)
    assert answer.headers["content-disposition"] == 'attachment; filename="lockfree-lab-racy-counter.html"'
    execution = data_of(answer.text)["execution"]
    asked = step(params)
    assert {name: asked[name] for name in execution} == execution
    assert [fault["kind"] for fault in execution["faults"]] == ["lost items"]


def test_a_scenario_changed_by_hand(presenter: Visitor) -> None:
    params = {"scenario": "lost-cas-and-retry", "schedule": "11"}
    data = data_of(presenter.http.get("/api/step/export", params=params).text)
    assert data["title"] == SCENARIOS["lost-cas-and-retry"].title
    assert data["execution"]["spec"]["schedule"] == "11"


def test_what_is_wrong_is_told_of_in_the_file(presenter: Visitor) -> None:
    answer = presenter.http.get("/api/step/export", params={"structure": "no-such", "schedule": "1z", "seed": "x"})
    assert answer.status_code == 200
    problems = data_of(answer.text)["execution"]["problems"]
    assert [problem["field"] for problem in problems] == ["seed", "structure", "schedule"]


def test_an_unknown_scenario_is_refused(presenter: Visitor) -> None:
    answer = presenter.http.get("/api/step/export", params={"scenario": "no-such"})
    assert answer.status_code == 404
    assert answer.json()["error"]["field"] == "scenario"
    assert answer.json()["error"]["message"].startswith("must be one of lost-cas-and-retry, ")
