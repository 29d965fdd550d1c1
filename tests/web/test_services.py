"""Parts behind the pages that need no server: rates, charts, engine output, chances of an engine that misbehaves."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.checks import FieldError
from app.messages import Command
from app.services.chart import HUES, Series, csv_text, figure
from app.services.engines import ERROR_TAIL, Engine, exit_words
from app.services.errors import Refusal
from app.services.rates import KEPT_SAMPLES, Rates
from app.services.run import Run, Spec, find_twin
from lockfree_core.catalog import CATALOG, of_lab
from tests.serving import ROOT

LIMIT_S = 60.0


def sampled(count: int) -> Rates:
    """Ten samples a second: 100 operations a second, one attempt in ten lost, all by lane 2."""
    rates = Rates()
    for index in range(count):
        totals = {"operations": 10 * index, "attempts": 10 * index, "losses": index}
        rates.add(index / 10, [{"lane": 2, "losses": index}], totals, 60 * index)
    return rates


def test_rates_over_the_last_second() -> None:
    assert Rates().now() == {"operations": 0.0, "records": 0.0, "retry_rate": 0.0}
    assert sampled(50).now() == {"operations": 100.0, "records": 600.0, "retry_rate": 0.1}


def test_points_are_few_and_cover_everything() -> None:
    points = sampled(6001).points(100)
    assert 90 <= len(points) <= 102
    assert points[-1].time == 600.0
    assert all(point.operations == pytest.approx(100) for point in points)
    assert points[0].lane_losses[:4] == pytest.approx([0, 0, 10, 0])
    assert sampled(6001).lanes == 3


def test_samples_are_bounded() -> None:
    rates = sampled(KEPT_SAMPLES + 500)
    assert rates.points()[0].time == pytest.approx(50 + 1, abs=0.2)


def test_a_chart_without_samples_is_empty_and_well_formed() -> None:
    sides = [Series("Treiber stack", [], 1)]
    assert len(json.loads(figure(sides, "dark"))["data"]) == 3
    assert csv_text(sides).splitlines() == [
        "side,structure,time_s,operations_per_s,records_per_s,retry_rate,retries_per_s_t1"
    ]


def test_a_chart_has_a_line_a_thread_and_a_dash_a_side() -> None:
    points = sampled(100).points()
    data = json.loads(figure([Series("A", points, 3), Series("B", points, 3)], "light"))["data"]
    assert len(data) == 10
    assert {(trace["name"].partition(":")[0], trace["line"]["dash"]) for trace in data} == {
        ("A", "solid"),
        ("B", "dash"),
    }
    assert max(data[1]["y"]) == pytest.approx(10)


def test_twins() -> None:
    pairs = {key: find_twin(entry).key for key, entry in CATALOG.items()}
    assert pairs["treiber-stack"] == pairs["locked-stack"].replace("treiber", "locked") == "locked-stack"
    assert (pairs["locked-queue"], pairs["storing-queue"]) == ("michael-scott-queue", "locked-queue")
    assert (pairs["locked-counter"], pairs["racy-counter"]) == ("atomic-counter", "locked-counter")
    assert (pairs["ring-queue"], pairs["locked-ring"]) == ("locked-ring", "ring-queue")


@pytest.mark.parametrize("key", sorted(set(CATALOG) - set(of_lab("watch"))))
def test_what_needs_the_simulated_heap_is_not_run_in_real_threads(key: str) -> None:
    reason = f"must be one that can run in real threads; {key} frees its nodes, .*: open it in Step"
    with pytest.raises(FieldError, match=reason):
        Spec.from_body({"structure": key})
    with pytest.raises(FieldError, match=reason):
        Spec.from_body({"structure": "treiber-stack"}).changed({"structure": key})
    assert "watch" in find_twin(CATALOG[key]).labs


@pytest.mark.parametrize("key", ["tree", "", 7, None, ["treiber-stack"]])
def test_a_structure_that_is_not_there_is_told_what_is(key: object) -> None:
    with pytest.raises(FieldError) as told:
        Spec.from_body({"structure": key})
    assert told.value.reason.startswith(f"must be one of {', '.join(of_lab('watch'))}; got ")


def test_a_spec_keeps_what_is_not_named() -> None:
    spec = Spec.from_body({"structure": "locked-queue", "seed": 5, "knobs": {"threads": 7}})
    later = spec.changed({"knobs": {"speed": 0}, "duel": True})
    assert (later.entry.key, later.seed, later.knobs.threads, later.knobs.speed) == ("locked-queue", 5, 7, 0)
    assert [entry.key for entry in later.entries] == ["locked-queue", "michael-scott-queue"]


@pytest.mark.parametrize(("code", "words"), [(3, "exit code 3"), (-9, "signal 9 (SIGKILL)"), (-99, "signal 99")])
def test_exits_in_words(code: int, words: str) -> None:
    assert exit_words(code) == words


def test_a_run_without_an_engine_refuses_control() -> None:
    run = Run(Spec.from_body({"structure": "treiber-stack"}), None, 1 << 20)
    with pytest.raises(Refusal, match="no engine"):
        asyncio.run(run.control(Command(None, "pause")))


# An engine that misbehaves: real processes, real pipes


class Listener:
    def __init__(self) -> None:
        self.reports: list[dict[str, Any]] = []
        self.exit: tuple[int, str] | None = None
        self.over = asyncio.Event()

    def on_report(self, report: dict[str, Any]) -> None:
        self.reports.append(report)

    def on_exit(self, code: int, errors: str) -> None:
        self.exit = (code, errors)
        self.over.set()


def with_engine(program: str, test: Callable[[Engine, Listener], Coroutine[Any, Any, None]]) -> None:
    """Run a test against a child that runs a program in place of an engine."""

    async def body() -> None:
        pipe = subprocess.PIPE
        process = subprocess.Popen([sys.executable, "-c", program], stdin=pipe, stdout=pipe, stderr=pipe)
        launched = SimpleNamespace(process=process, rings=None, close=lambda: None)
        listener = Listener()
        engine = Engine(cast(Any, launched), listener)
        await engine.open()
        try:
            async with asyncio.timeout(LIMIT_S):
                await test(engine, listener)
                engine.kill()
                await listener.over.wait()
        finally:
            engine.kill()
            process.wait()
            engine.release()
            await asyncio.sleep(0)

    asyncio.run(body())


def test_reports_arrive_whole_however_they_are_cut() -> None:
    program = """
import os, time
line = b'{"type":"snapshot","text":"' + b"x" * 300_000 + b'"}\\n'
data = line + b'{"type":"status","state":"running"}\\n' * 3
for start in range(0, len(data), 70_001):
    os.write(1, data[start:start + 70_001])
"""

    async def test(engine: Engine, listener: Listener) -> None:
        await listener.over.wait()
        assert [report["type"] for report in listener.reports] == ["snapshot", "status", "status", "status"]
        assert len(listener.reports[0]["text"]) == 300_000
        assert listener.exit == (0, "")

    with_engine(program, test)


def test_lines_that_are_no_reports_are_kept_as_errors() -> None:
    program = "print('not json'); print('[1]'); print('null'); print('{\"no\": \"type\"}')"

    async def test(engine: Engine, listener: Listener) -> None:
        await listener.over.wait()
        assert listener.reports == []
        assert listener.exit is not None
        assert listener.exit[1].count("no report") == 4

    with_engine(program, test)


def test_only_the_end_of_the_errors_is_kept() -> None:
    program = "import sys; sys.stderr.write('x' * 100_000 + 'the end'); sys.exit(7)"

    async def test(engine: Engine, listener: Listener) -> None:
        await listener.over.wait()
        assert listener.exit is not None
        code, errors = listener.exit
        assert code == 7
        assert errors.endswith("the end")
        assert len(errors) == ERROR_TAIL

    with_engine(program, test)


def test_commands_are_answered_by_id() -> None:
    program = """
import json, sys
for line in sys.stdin:
    command = json.loads(line)
    kind = "done" if command["type"] == "pause" else "error"
    print(json.dumps({"type": kind, "id": command["id"], "message": "cannot"}), flush=True)
"""

    async def test(engine: Engine, listener: Listener) -> None:
        await engine.ask("pause")
        with pytest.raises(Refusal, match="cannot"):
            await engine.ask("step", lane=1)
        assert listener.reports == []

    with_engine(program, test)


def test_a_command_whose_engine_dies_is_refused() -> None:
    async def test(engine: Engine, listener: Listener) -> None:
        with pytest.raises(Refusal, match="ended before"):
            await engine.ask("pause")
        await listener.over.wait()
        with pytest.raises(Refusal, match="has ended"):
            await engine.ask("pause")

    with_engine("import sys; sys.stdin.readline()", test)


def test_an_engine_that_does_not_read_is_refused_commands_and_killed_in_the_end() -> None:
    async def test(engine: Engine, listener: Listener) -> None:
        with pytest.raises(Refusal, match="does not take commands"):
            for _ in range(1000):
                engine.send("knobs", padding="x" * 10_000)
        await engine.stop()
        assert listener.exit is not None
        assert listener.exit[0] == -9

    with_engine("import time; time.sleep(600)", test)


def test_charts_and_page_give_a_thread_the_same_hue() -> None:
    css = (ROOT / "static" / "css" / "theme.css").read_text()
    found = re.findall(r"--t([0-7]): (#[0-9a-f]{6});", css)
    assert [hue for _, hue in found] == [*HUES["dark"], *HUES["light"]]
    assert [int(number) for number, _ in found] == [*range(8), *range(8)]
