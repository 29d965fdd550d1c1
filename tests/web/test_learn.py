"""The course: every page renders, every link leads somewhere, every chapter ends in a puzzle, and none is forgotten."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from app.routes.pages import LABS
from app.services import stepping
from app.services.course import CHAPTERS, neighbours, page_data
from app.templating import render
from lockfree_core.bench.presets import PRESETS
from lockfree_core.catalog import of_lab
from lockfree_core.claims.registry import CLAIMS
from lockfree_core.drive.knobs import KNOBS
from lockfree_core.scenarios.puzzles import PUZZLES
from lockfree_core.scenarios.registry import SCENARIOS
from lockfree_core.trace.layout import describe_layout
from tests.serving import ROOT
from tests.web.client import Visitor

EACH = pytest.mark.parametrize("key", CHAPTERS)
TEXTS = ROOT / "templates" / "learn"


class Page(HTMLParser):
    """The links of a page, its ids, and what is known to be wrong with its markup."""

    EMPTY = ("br", "hr", "img", "input", "link", "meta", "path", "rect", "circle")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.headings: list[int] = []
        self.problems: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.problems += [f"<{tag}> is not closed" for tag in self._open]

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "a":
            self.links.append(given["href"] or "")
        if "id" in given:
            self.ids.append(given["id"] or "")
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.problems += [f"<{tag} {name}>" for name in given if name == "style" or name.startswith("on")]
        if tag not in self.EMPTY:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in self.EMPTY:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1] == tag:
            self._open.pop()
        else:
            self.problems.append(f"</{tag}> closes <{self._open[-1] if self._open else ''}>")


def page(key: str | None) -> Page:
    data = page_data(None if key is None else CHAPTERS[key])
    answer = render("learn.html", data | {"lab": "learn", "labs": LABS, "bootstrap": {"layout": describe_layout()}})
    return Page(bytes(answer.body).decode())


def leads_somewhere(link: str) -> bool:
    parts = urlsplit(link)
    query = {name: values[0] for name, values in parse_qs(parts.query, strict_parsing=bool(parts.query)).items()}
    if parts.path.startswith("/learn/"):
        return parts.path.removeprefix("/learn/") in CHAPTERS and not query
    if parts.path == "/step" and query:
        return list(query.items())[0] in [("scenario", key) for key in SCENARIOS] + [("puzzle", key) for key in PUZZLES]
    if parts.path == "/measure" and query:
        return list(query.items())[0] in [("preset", key) for key in PRESETS]
    if parts.path == "/measure/claims" and parts.fragment:
        return parts.fragment in CLAIMS
    if parts.path == "/watch" and query:
        return query.pop("structure") in of_lab("watch") and query.keys() <= {*KNOBS, "duel"}
    return parts.path in ("/watch", "/step", "/measure", "/measure/claims", "/learn") and not query


@pytest.mark.parametrize("key", [None, *CHAPTERS])
def test_every_link_leads_somewhere(key: str | None) -> None:
    links = [link for link in page(key).links if not link.startswith("#")]
    assert [link for link in links if not leads_somewhere(link)] == []


@pytest.mark.parametrize("key", [None, *CHAPTERS])
def test_markup(key: str | None) -> None:
    found = page(key)
    assert found.problems == []
    assert len(set(found.ids)) == len(found.ids)
    assert found.headings[0] == 1 and found.headings.count(1) == 1
    steps = zip(found.headings, found.headings[1:], strict=False)
    assert [(one, other) for one, other in steps if other > one + 1] == []


def test_every_scenario_that_a_chapter_names_exists() -> None:
    named = {
        key for path in TEXTS.glob("*.html")
        for key in re.findall(r'parts\.(?:see|play|live)\("([^"]+)"', path.read_text(encoding="utf-8"))
    }  # fmt: skip
    assert named - set(SCENARIOS) == set()


def test_every_scenario_is_linked_from_a_chapter() -> None:
    linked = {link for key in CHAPTERS for link in page(key).links}
    assert [key for key in SCENARIOS if f"/step?scenario={key}" not in linked] == []


@EACH
def test_a_chapter_ends_in_a_puzzle(key: str) -> None:
    links = page(key).links
    last = max(index for index, link in enumerate(links) if "scenario=" in link)
    first = min(index for index, link in enumerate(links) if "puzzle=" in link)
    assert first > last
    assert CHAPTERS[key].puzzles


def test_every_puzzle_belongs_to_one_chapter_in_the_order_of_the_course() -> None:
    assert [key for chapter in CHAPTERS.values() for key in chapter.puzzles] == list(PUZZLES)


def test_chapters_and_files_are_the_same() -> None:
    parts = {"draw", "header", "index", "parts"}
    assert {path.stem for path in TEXTS.glob("*.html")} - parts == set(CHAPTERS)


def test_previous_and_next_go_through_the_course() -> None:
    chapters = list(CHAPTERS.values())
    assert neighbours(None) == (None, chapters[0])
    for index, chapter in enumerate(chapters):
        before, after = neighbours(chapter)
        assert before == (chapters[index - 1] if index else None)
        assert after == (chapters[index + 1] if index + 1 < len(chapters) else None)


def test_the_server_has_the_pages(viewer: Visitor) -> None:
    listing = viewer.http.get("/learn")
    assert listing.status_code == 200
    assert all(f'href="/learn/{key}"' in listing.text for key in CHAPTERS)
    assert viewer.http.get("/learn/aba").status_code == 200
    assert viewer.http.get("/learn/nothing").status_code == 404
    assert 'href="/learn"' in viewer.http.get("/watch").text


def test_step_judges_a_puzzle(viewer: Visitor) -> None:
    puzzle = PUZZLES["lose-an-increment"]
    query = {"puzzle": puzzle.key, "schedule": puzzle.solution}
    found = viewer.http.get("/api/step", params=query).json()
    assert found["goal"] == {"key": puzzle.key, "reached": True, "steps": 4, "par": 4}
    assert found["problems"] == []


def test_the_program_of_a_puzzle_is_its_own() -> None:
    found = stepping.step({"puzzle": "lose-an-increment", "structure": "atomic-counter", "program": "get", "seed": "9"})
    assert found["spec"]["structure"] == "racy-counter"
    assert found["spec"]["program"] == "increment | increment"
    assert found["goal"]["reached"] is False


def goal_and_problems(**texts: str) -> tuple[Any, list[dict[str, Any]]]:
    found = stepping.step(texts)
    return found["goal"], found["problems"]


def test_without_a_puzzle_there_is_no_goal() -> None:
    assert goal_and_problems(schedule="11") == (None, [])


def test_a_puzzle_that_does_not_exist_is_told_of() -> None:
    goal, problems = goal_and_problems(puzzle="no-such-puzzle")
    assert goal is None
    assert [problem["field"] for problem in problems] == ["puzzle"]
    assert "no-such-puzzle" in problems[0]["message"]
