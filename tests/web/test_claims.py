"""The page of claims: judged by this machine's runs where there are some, and honest about where a figure is from."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.services.claims import claims_page
from lockfree_core.bench.store import Store
from lockfree_core.claims.registry import CLAIMS
from tests.core.bench.bench_kit import around, case, made
from tests.web.client import Visitor


def claim(page: dict[str, object], key: str) -> dict[str, object]:
    topics = page["topics"]
    assert isinstance(topics, list)
    return next(each for topic in topics for each in topic["claims"] if each["key"] == key)


def save(place: Path, faster: float, preset: str = "classic", date: str = "2026-01-02T03:04:05Z") -> str:
    run = made(case("counter/mutex", around(1e6)), case("counter/native", around(faster * 1e6)))
    run.preset, run.environment["date"] = preset, date
    with Store(place) as store:
        store.save(run)
    return run.id


def test_without_a_history_the_runs_of_the_package_speak(tmp_path: Path) -> None:
    place = tmp_path / "none" / "bench.sqlite3"
    page = claims_page(place)
    assert not place.parent.exists(), "looking makes no file"
    assert page["missing"] == ["classic", "interpreters", "kernels", "memory", "processes", "races"]
    assert sum(count for _, _, count in page["counts"]) == len(CLAIMS)
    assert page["trouble"] is None


@pytest.mark.parametrize(("faster", "state"), [(3.0, "holds"), (0.3, "fails")])
def test_a_run_of_this_machine_decides(tmp_path: Path, faster: float, state: str) -> None:
    place = tmp_path / "bench.sqlite3"
    id = save(place, faster)
    page = claims_page(place)
    found = claim(page, "counter-faster")
    assert found["state"] == state
    assert [each["run"]["id"] for each in found["findings"]] == [id]  # type: ignore[attr-defined]
    assert found["missing"] == []
    assert claim(page, "stack-faster")["missing"] == ["classic"], "that run says nothing of stacks"


def test_the_newest_run_that_decides_is_taken(tmp_path: Path) -> None:
    place = tmp_path / "bench.sqlite3"
    save(place, 3.0, date="2026-01-01T00:00:00Z")
    newest = save(place, 0.3, date="2026-03-01T00:00:00Z")
    save(place, 9.0, preset="sweep", date="2026-04-01T00:00:00Z")
    found = claim(claims_page(place), "counter-faster")
    assert (found["state"], found["findings"][0]["run"]["id"]) == ("fails", newest)  # type: ignore[index]


def test_a_history_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    place = tmp_path / "bench.sqlite3"
    place.write_bytes(b"no database" * 100)
    page = claims_page(place)
    assert "damaged or no database" in page["trouble"]
    assert claim(page, "counter-faster")["missing"] == ["classic"]


@pytest.mark.parametrize("role", ["presenter", "viewer"])
def test_everybody_may_read_it(role: str, request: pytest.FixtureRequest) -> None:
    visitor: Visitor = request.getfixturevalue(role)
    answer = visitor.http.get("/measure/claims")
    assert answer.status_code == 200
    for each in CLAIMS.values():
        assert f'id="{each.key}"' in answer.text
    assert answer.text.count('href="/step?scenario=') >= 10
