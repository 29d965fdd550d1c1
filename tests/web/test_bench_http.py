"""Measuring over HTTP: the application in this process, samples that answer at once."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from lockfree_core.bench.formats import read_json, to_json
from lockfree_core.bench.store import Store
from tests.core.bench.bench_kit import PLACE, around, case, made
from tests.web.bench_lab import ENDLESS, LIMIT_S, SETTINGS, TINY, Lab, in_lab


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path))  # to ask every interpreter of a machine takes its time
    return tmp_path / "data" / "bench.sqlite3"


def test_what_can_be_measured(place: Path) -> None:
    async def scenario(lab: Lab) -> None:
        offer = await lab.get()
        assert set(offer) == {"structures", "implementations", "candidates", "presets", "kinds", "backoffs", "workload",
                              "limits", "budget_stretch", "cores", "native", "place"}  # fmt: skip
        assert offer["place"] == str(place) and not place.exists()
        keys = {each["key"] for each in offer["candidates"]}
        assert "stack/native" in keys and not any(key.endswith("/null") for key in keys)
        for way in offer["implementations"]:
            assert {f"{structure}/{way['key']}" for structure in way["structures"]} <= keys
        assert {each["name"] for each in offer["workload"]} == {"insert_share", "think", "keys", "prefill", "capacity"}
        assert {"least", "most", "default"} <= set(offer["limits"]["rounds"])
        found = await lab.get("/interpreters")
        assert [each["this"] for each in found["interpreters"]].count(True) == 1

    in_lab(scenario, place)


def test_a_job_from_start_to_history(place: Path) -> None:
    async def scenario(lab: Lab) -> None:
        assert await lab.get("/job") == {"job": None}
        begun = await lab.start(name="tiny", note="for a test")
        assert begun["state"] == "running" and begun["planned"] == 2 * len(begun["cases"])
        job = await lab.until(lambda job: job["state"] == "ended")
        assert (job["id"], job["ended"], job["saved"], job["trouble"]) == (begun["id"], "rounds", True, None)
        assert (job["done"], job["now"], job["left_s"]) == (job["planned"], None, 0.0)
        assert {each["samples"] for each in job["cases"]} == {2}
        assert {(each["median"], each["unit"]) for each in job["cases"]} == {(5.0, "M/s")}

        (summary,) = (await lab.get("/runs?words=tiny"))["runs"]
        assert (summary["id"], summary["note"]) == (job["id"], "for a test")
        view = await lab.get(f"/runs/{job['id']}?theme=dark")
        assert (view["run"]["name"], view["run"]["running"]) == ("tiny", False)
        assert view["verdict"] and view["table"]["rows"] and view["charts"]
        for chart in view["charts"]:
            assert chart["table"]["rows"] and len(chart["table"]["rows"][0]) == len(chart["table"]["columns"])
            assert chart["figure"]["data"] and "cores" in chart["words"]

        answer = await lab.ask("PATCH", f"/runs/{job['id']}", {"name": "renamed"})
        assert (answer.status_code, answer.json()["run"]["name"]) == (200, "renamed")
        assert (await lab.get(f"/runs/{job['id']}"))["run"]["note"] == "for a test"
        assert (await lab.ask("DELETE", f"/runs/{job['id']}")).status_code == 204
        assert (await lab.ask("GET", f"/runs/{job['id']}")).status_code == 404
        assert await lab.get("/job") == {"job": None}
        assert (await lab.ask("DELETE", f"/runs/{job['id']}")).status_code == 404

    in_lab(scenario, place)


def test_one_job_at_a_time_seen_while_it_runs_and_cancelled(place: Path) -> None:
    async def scenario(lab: Lab) -> None:
        assert (await lab.ask("DELETE", "/job")).status_code == 404
        job = await lab.start()
        second = await lab.ask("POST", "/job", TINY)
        assert second.status_code == 409 and "measure each other" in second.json()["error"]["message"]
        job = await lab.until(lambda job: job["now"] is not None)
        assert (job["round"], job["now"]["candidate"]) == (1, "counter/null")
        view = await lab.get(f"/runs/{job['id']}")
        assert view["run"]["running"] and view["run"]["ended_words"] == "it is being measured"
        assert view["charts"] == []
        assert (await lab.ask("DELETE", f"/runs/{job['id']}")).status_code == 409
        renamed = await lab.ask("PATCH", f"/runs/{job['id']}", {"name": "while it runs"})
        assert renamed.json()["run"]["name"] == "while it runs"
        waiting = asyncio.create_task(lab.until(lambda job: job["state"] == "ended"))
        ended = (await lab.ask("DELETE", "/job")).json()["job"]
        assert (ended["ended"], ended["state"], ended["saved"]) == ("cancelled", "ended", False)
        assert (await waiting)["id"] == job["id"]
        assert (await lab.get("/runs"))["runs"] == []  # nothing was measured, nothing is kept

    in_lab(scenario, place, ENDLESS)


def test_a_server_that_is_stopped_answers_who_waits_and_keeps_what_there_is(place: Path) -> None:
    async def scenario(lab: Lab) -> None:
        await lab.start(rounds=10_000)
        job = await lab.until(lambda job: job["round"] >= 2)
        await lab.bench.close()
        assert (await lab.get(f"/job?after={job['version'] + 10**6}"))["job"]["state"] == "ended"
        assert (await lab.ask("POST", "/job", TINY)).status_code == 409
        with Store(place) as store:
            kept = store.load(job["id"])
        assert kept.ended == "cancelled" and all(len(each.samples) >= 1 for each in kept.cases)

    in_lab(scenario, place)


def test_another_job_is_told_of_at_once_whatever_its_version(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.bench.WAIT_S", 10 * LIMIT_S)

    async def scenario(lab: Lab) -> None:
        first = await lab.start()
        await lab.until(lambda job: job["state"] == "ended")
        second = await lab.start(rounds=10_000)
        async with asyncio.timeout(LIMIT_S):
            answer = await lab.get(f"/job?after={10**6}&job={first['id']}")
        assert answer["job"]["id"] == second["id"] != first["id"]

    in_lab(scenario, place)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "preset"),
        ({"preset": "nothing"}, "preset"),
        ({"preset": "classic", "custom": {}}, "preset"),
        ({"preset": "classic", "structures": ["ring"]}, "preset"),
        ({"preset": "classic", "structures": ["heap"]}, "structures"),
        ({"preset": "classic", "threads": [0]}, "threads"),
        ({"preset": "classic", "threads": [100_000]}, "threads"),
        ({"preset": "classic", "threads": "2"}, "threads"),
        ({"preset": "classic", "kinds": ["race"]}, "kinds"),
        ({"preset": "classic", "seconds": 0}, "seconds"),
        ({"preset": "classic", "budget_s": -1}, "budget_s"),
        ({"preset": "classic", "precision": 0}, "precision"),
        ({"preset": "classic", "rounds": 1.5}, "rounds"),
        ({"preset": "classic", "note": "x" * 5000}, "note"),
        ({"preset": "classic", "pythons": ["/bin/true"]}, "pythons"),
        ({"preset": "classic", "threads": list(range(1, 65)), "kinds": ["throughput", "latency"]}, "preset"),
        ({"preset": "classic", "colour": 1}, "colour"),
        ({"custom": {"structures": ["stack"]}}, "implementations"),
        ({"custom": {"structures": [], "implementations": ["mutex"]}}, "structures"),
        ({"custom": {"structures": ["stack"], "implementations": ["rwlock"]}}, "implementations"),
        ({"custom": {"structures": ["stack"], "implementations": ["mutex"], "workload": {"think": -1}}}, "think"),
        ({"custom": {"structures": ["ring"], "implementations": ["mutex"], "workload": {"capacity": 1}}}, "custom"),
    ],
)
def test_what_cannot_be_measured_is_refused_by_name(place: Path, body: dict[str, Any], field: str) -> None:
    async def scenario(lab: Lab) -> None:
        answer = await lab.ask("POST", "/job", body)
        assert (answer.status_code, answer.json()["error"]["field"]) == (422, field), answer.text
        assert await lab.get("/job") == {"job": None}

    in_lab(scenario, place)


def test_a_custom_run(place: Path) -> None:
    async def scenario(lab: Lab) -> None:
        custom = {"structures": ["stack"], "implementations": ["mutex", "standard"], "workload": {"think": 10}}
        answer = await lab.ask("POST", "/job", {"custom": custom, "threads": [2, 4], "rounds": 1, "seconds": 0.01})
        assert answer.status_code == 201
        job = await lab.until(lambda job: job["state"] == "ended")
        assert job["preset"] == "custom" and len(job["cases"]) == 6
        assert {each["words"] for each in job["cases"]} == {"2 threads, think 10", "4 threads, think 10"}
        cells = {"candidates": ["stack/mutex", "ring/native"]}
        run = await lab.measured_body({"custom": cells, "rounds": 1, "threads": [2]})
        names = [each["candidate"] for each in (await lab.get("/job"))["job"]["cases"]]
        assert names == ["stack/null", "ring/null", "stack/mutex", "ring/native"]
        again = (await lab.get(f"/runs/{run}"))["again"]
        assert again == {"custom": cells | {"workload": {}}, "rounds": 1, "threads": [2]}
        both = cells | {"structures": ["stack"], "implementations": ["mutex"]}
        for wrong, field in (({"candidates": []}, "candidates"), ({"candidates": ["stack/magic"]}, "candidates"),
                             (both, "candidates"), ({}, "structures")):  # fmt: skip
            answer = await lab.ask("POST", "/job", {"custom": wrong})
            assert (answer.status_code, answer.json()["error"]["field"]) == (422, field), answer.text

    in_lab(scenario, place)


def test_half_a_letter_is_refused(place: Path) -> None:
    async def scenario(lab: Lab) -> None:
        run = await lab.measured()
        for method, path, body in (("POST", "/job", b'{"preset": "classic", "name": "\\ud800"}'),
                                   ("PATCH", f"/runs/{run}", b'{"note": "\\ud800"}')):  # fmt: skip
            answer = await lab.ask(method, path, body)
            assert answer.status_code == 422 and "half a letter" in answer.json()["error"]["message"]

    in_lab(scenario, place)


def test_exports(place: Path) -> None:
    async def scenario(lab: Lab) -> None:
        run = await lab.measured()
        files = {name: await lab.ask("GET", f"/runs/{run}/export?format={name}")
                 for name in ("json", "csv", "markdown", "pyperf")}  # fmt: skip
        assert {answer.status_code for answer in files.values()} == {200}
        for answer in files.values():
            assert answer.headers["content-disposition"].startswith("attachment; filename=")
        assert read_json(files["json"].content).id == run
        assert files["csv"].text.startswith("run,interpreter,cores")
        assert json.loads(files["pyperf"].content)["benchmarks"]
        bad = await lab.ask("GET", f"/runs/{run}/export?format=docx")
        assert (bad.status_code, bad.json()["error"]["field"]) == (422, "format")

    in_lab(scenario, place)


def test_import_and_comparison(place: Path) -> None:
    first = made(case("stack/mutex", around(1e6)), case("stack/standard", around(3e6)), name="laptop")
    second = made(case("stack/mutex", around(2e6)), case("stack/standard", around(3e6)), name="server",
                  place={**PLACE, "cores": 16})  # fmt: skip

    async def scenario(lab: Lab) -> None:
        for run in (first, second):
            answer = await lab.ask("POST", "/runs", to_json(run).encode())
            assert (answer.status_code, answer.json()) == (201, {"id": run.id})
        assert (await lab.ask("POST", "/runs", to_json(first).encode())).status_code == 409
        for bad in (b"{}", b"nonsense", json.dumps(first.as_dict() | {"version": 99}).encode()):
            refused = await lab.ask("POST", "/runs", bad)
            assert refused.status_code == 422, refused.text
        assert "version 99" in refused.json()["error"]["message"]

        found = await lab.get(f"/compare?runs={first.id},{second.id}")
        assert [run["name"] for run in found["runs"]] == ["laptop", "server"]
        assert found["differences"] == ["cores: 4 / 16"]
        (change,) = found["changes"]
        assert (change["candidate"], change["others"][0]["run"]) == ("stack/mutex", second.id)
        assert change["others"][0]["ratio"]["median"] == 2.0 and change["others"][0]["beyond_noise"]
        assert (found["common"], found["changed"]) == (2, 1)
        every = await lab.get(f"/compare?runs={first.id},{second.id}&all=1&theme=dark")
        assert [row["candidate"] for row in every["changes"]] == ["stack/mutex", "stack/standard"]
        assert [chart["key"] for chart in every["charts"]] == ["changes-ops_per_s", "compare-ops_per_s-stack"]
        for runs, status in ((first.id, 422), (f"{first.id},{first.id}", 422), (f"{first.id},none", 404)):
            assert (await lab.ask("GET", f"/compare?runs={runs}")).status_code == status

    in_lab(scenario, place)


def test_runs_of_other_structures_cannot_be_compared(place: Path) -> None:
    async def scenario(lab: Lab) -> None:
        runs = [made(case("stack/mutex", around(1e6))), made(case("queue/mutex", around(1e6)))]
        for run in runs:
            await lab.ask("POST", "/runs", to_json(run).encode())
        answer = await lab.ask("GET", f"/compare?runs={runs[0].id},{runs[1].id}")
        assert answer.status_code == 422 and "in common" in answer.json()["error"]["message"]

    in_lab(scenario, place)


def test_a_viewer_looks_and_does_not_touch(place: Path) -> None:
    async def scenario(lab: Lab) -> None:
        run = await lab.measured()
        known = lab.bench._interpreters = ([], {})
        lab.token = SETTINGS.viewer_token
        assert await lab.get("/interpreters?refresh=1") == {"interpreters": [], "failed": {}}
        assert lab.bench._interpreters is known
        assert (await lab.get(f"/runs/{run}"))["run"]["id"] == run
        assert (await lab.get("/job"))["job"]["id"] == run
        for method, path in (("POST", "/job"), ("DELETE", "/job"), ("POST", "/runs"), ("PATCH", f"/runs/{run}"),
                             ("DELETE", f"/runs/{run}")):  # fmt: skip
            assert (await lab.ask(method, path, {})).status_code == 403

    in_lab(scenario, place)


@pytest.mark.parametrize("path", ["/runs/none", "/runs/none/export", "/runs/%20", "/runs/..%2Fx"])
def test_a_run_that_is_not_there(place: Path, path: str) -> None:
    async def scenario(lab: Lab) -> None:
        assert (await lab.ask("GET", path)).status_code == 404

    in_lab(scenario, place)


@pytest.mark.parametrize("query", ["after=-1", "after=x", "after="])
def test_a_version_that_is_none(place: Path, query: str) -> None:
    async def scenario(lab: Lab) -> None:
        answer = await lab.ask("GET", f"/job?{query}")
        assert (answer.status_code, answer.json()["error"]["field"]) == (422, "after")

    in_lab(scenario, place)
