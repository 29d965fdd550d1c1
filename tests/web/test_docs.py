"""docs/protocol.md against the code: every message, endpoint, setting and command stands there, and nothing else."""

from __future__ import annotations

import argparse
import json
import re
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, APIRouter

from app.command_bench import add_bench_arguments
from app.main import create_app
from app.messages import ACTIONS, BATCH_HEADER, FROM_BROWSER, FROM_SERVER, MESSAGE_BYTES
from app.routes import api, bench, learn, pages, websockets
from app.services import bench_plan
from app.services.run import LARGEST_SEED, SPEC_FIELDS, Run, Spec
from app.services.side import Side
from app.settings import OPTIONS, Settings, add_arguments
from lockfree_core.bench.candidates import IMPLEMENTATIONS, STRUCTURES
from lockfree_core.bench.formats import to_json
from lockfree_core.bench.interpreters import VARIABLE as PYTHONS
from lockfree_core.bench.presets import PRESETS
from lockfree_core.bench.runner import Runner
from lockfree_core.bench.sample import take_sample
from lockfree_core.bench.spec import KINDS, SampleSpec
from lockfree_core.bench.store import VARIABLE
from lockfree_core.drive.engine import Engine
from lockfree_core.trace.layout import Position
from tests.core.bench.bench_kit import case, made
from tests.serving import ROOT

PAGE = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """What stands under a heading, its subsections included."""
    found = re.search(rf"^(#+) {re.escape(title)}$", PAGE, re.MULTILINE)
    assert found, f"no section {title}"
    rest = PAGE[found.end() :]
    following = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
    return rest[: following.start()] if following else rest


def rows(text: str) -> list[list[str]]:
    """The rows of the tables in a text, without their heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    rules = [index for index, row in enumerate(cells) if set("".join(row)) <= {"-"}]
    heads = {index - 1 for index in rules} | set(rules)
    return [row for index, row in enumerate(cells) if index not in heads]


def names(text: str) -> list[str]:
    """What stands in code quotes."""
    return re.findall(r"`([^`]+)`", text)


def documented_messages(title: str, column: int) -> dict[str, set[str]]:
    return {names(row[0])[0]: set(names(row[column])) for row in rows(section(title))}


def test_messages_from_the_server() -> None:
    documented = documented_messages("From the server", 2)
    assert set(documented) == set(FROM_SERVER)
    for kind, fields in FROM_SERVER.items():
        if kind in ("names", "snapshot", "counters", "account"):  # these have sections of their own
            text = section(kind.capitalize())
            assert [field for field in fields if f'"{field}"' not in text and f"`{field}`" not in text] == []
        else:
            assert set(fields) <= documented[kind], kind


def test_messages_from_the_browser() -> None:
    documented = documented_messages("From the browser", 1)
    assert set(documented) == set(FROM_BROWSER)
    for kind, fields in FROM_BROWSER.items():
        values = {"presenter", "viewer", "step", *ACTIONS, *Position.__members__}
        assert documented[kind] - values == set(fields), kind
    assert set(ACTIONS) | set(Position.__members__) <= documented["command"]
    assert f"at most {MESSAGE_BYTES // 1024} kB" in section("From the browser")


def test_the_batch_header() -> None:
    table = rows(section("Batch (binary)"))
    widths = {"u8": 1, "u16": 2, "u32": 4, "u64": 8}
    offset = 0
    for place, width, _meaning in table[:-1]:
        assert int(place) == offset
        offset += widths[width]
    assert int(table[-1][0]) == offset == BATCH_HEADER.size


def served(router: APIRouter) -> set[str]:
    found = set()
    for route in router.routes:
        if isinstance(route, APIRoute):
            found |= {f"{method} {route.path}" for method in route.methods or ()}
    return found


def test_endpoints() -> None:
    documented = {names(row[0])[0] for row in rows(section("HTTP"))}
    # The guard itself answers the viewer's link: no route has it.
    assert documented == served(pages.router) | served(learn.router) | served(api.router) | {"GET /view/{token}"}
    over_http = {names(row[0])[0]: set(names(row[1])) for row in rows(section("Over HTTP"))}
    assert set(over_http) == served(bench.router)
    assert over_http["POST /api/bench/job"] >= set(bench_plan.FIELDS)
    assert served(websockets.router) == set()
    assert [f"`{path}`" in section("WebSocket") for path in router_paths(websockets.router)] == [True]


def test_the_application_serves_nothing_beyond_its_routers() -> None:
    app = create_app(Settings())._app
    assert isinstance(app, FastAPI)
    known = {path for module in (pages, learn, api, bench, websockets) for path in router_paths(module.router)}
    assert {path for path in paths(app) if path not in known} == {"/static"}


def router_paths(router: APIRouter) -> list[str]:
    return [str(getattr(route, "path", "?")) for route in router.routes]


def paths(app: FastAPI) -> set[str]:
    found = set()
    for route in app.routes:
        inner = getattr(route, "routes", None) or getattr(getattr(route, "router", None), "routes", None)
        path = getattr(route, "path", None)
        if path is not None:
            found.add(path)
        for item in inner or ():
            found.add(getattr(item, "path", "?"))
    return found


def test_settings() -> None:
    documented = {
        names(row[0])[0]: (names(row[1])[0], row[2], row[3].replace("`", "")) for row in rows(section("Settings"))
    }
    assert documented == {
        option.flag: (option.variable, option.default, option.help) for option in OPTIONS.values()
    }  # fmt: skip
    parser = argparse.ArgumentParser(add_help=False)
    add_arguments(parser)
    assert {action.option_strings[0] for action in parser._actions} == set(documented)


@pytest.mark.parametrize(
    "name", [name for name, option in OPTIONS.items() if option.default not in ("off", "none", "this one")]
)
def test_documented_defaults_are_the_defaults(name: str) -> None:
    assert OPTIONS[name].parse(OPTIONS[name].default) == getattr(Settings(), name)


def listed(word: str, text: str) -> set[str]:
    """The names in the sentence that begins with a word and a colon."""
    found = re.search(rf"^{word}: (.*?)\.$", text, re.MULTILINE | re.DOTALL)
    assert found
    return set(names(re.sub(r"\([^)]*\)", "", found[1])))


def test_commands_and_reports_of_the_engine() -> None:
    text = section("Engine and server")
    handled = {name.removeprefix("do_") for name in vars(Engine) if name.startswith("do_")}
    assert listed("Commands", text) == handled | {"start"}
    taken = {name.removeprefix("_on_") for name in vars(Side) if name.startswith("_on_")}
    assert listed("Reports", text) == taken | {"done"}


def test_a_run_and_its_spec() -> None:
    run = Run(Spec.from_body({"structure": "treiber-stack"}), None, 1 << 20)
    run._new_sides()
    described: dict[str, Any] = run.describe()
    http = section("HTTP")
    table = {names(row[0])[0]: row[1] for row in rows(http)}
    assert set(described) <= set(names(table["GET /api/runs/{run}"]))
    assert set(SPEC_FIELDS) == set(names(table["POST /api/runs"])) == set(names(table["POST /api/runs/{run}/restart"]))
    assert set(re.findall(r'"(\w+)":', http.partition("A run's `sides`")[2].partition("`ended`")[0])) == set(
        described["sides"][0]
    )
    assert f"from 0 to {LARGEST_SEED:,}" in http


def test_bench() -> None:
    page = section("Bench").replace(section("Over HTTP"), "")
    parser = argparse.ArgumentParser(add_help=False)
    add_bench_arguments(parser)
    options = {", ".join(f"`{flag}`" for flag in action.option_strings): action.help for action in parser._actions
               if action.option_strings}  # fmt: skip
    presets = {f"`{name}`": preset.question for name, preset in PRESETS.items()}
    implementations = {f"`{name}`": words for name, (words, _) in IMPLEMENTATIONS.items()}
    assert dict(rows(page)) == implementations | presets | options
    (commands,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    assert all(f"`bench {name}" in page for name in commands.choices)
    assert {*STRUCTURES, *KINDS, VARIABLE, PYTHONS} <= set(names(page))


def test_the_result_file_of_bench() -> None:
    run = made(case("stack/native", [1.0]))
    written = json.loads(to_json(run))
    (block,) = re.findall(r"```json\n(.*?)```", section("Result file"), re.DOTALL)
    example = json.loads(block)
    assert set(example) == set(written)
    assert set(example["environment"]) == set(run.environment)
    assert set(example["cases"][0]) == set(written["cases"][0])
    assert set(example["cases"][0]["summary"]) == set(written["cases"][0]["summary"])
    assert set(example["settings"]) == set(Runner("t", run.cases).run.settings)
    answer = take_sample(SampleSpec("latency", "stack/mutex", seconds=0.001, warm_up=0.0))
    answer |= take_sample(SampleSpec("throughput", "counter/null", seconds=0.001, warm_up=0.0))
    answer |= take_sample(SampleSpec("race", "race/dict-add", operations=1))
    assert set(answer) <= set(names(section("Sample")))
