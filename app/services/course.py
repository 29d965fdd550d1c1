"""The course: which chapters there are, in which order, and which puzzles end them. Their words are templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from lockfree_core.bench.classic import COLUMNS, classic_text
from lockfree_core.catalog import CATALOG
from lockfree_core.claims.reference import reference_run
from lockfree_core.scenarios.puzzles import PUZZLES
from lockfree_core.scenarios.registry import SCENARIOS

__all__ = ["CHAPTERS", "Chapter", "neighbours", "page_data"]


@dataclass(frozen=True, slots=True)
class Chapter:
    """One chapter. ``lead`` is the sentence that stands for it in the list; its text is ``learn/KEY.html``."""

    key: str
    title: str
    lead: str
    puzzles: tuple[str, ...]

    @property
    def template(self) -> str:
        """The file with its text."""
        return f"learn/{self.key}.html"


_CHAPTERS = (
    Chapter(
        "why", "Why this is hard",
        "Two threads, one number, and an update that vanishes. Locks cure it, and send a bill.",
        ("lose-an-increment", "deadlock", "convoy"),
    ),
    Chapter(
        "cas", "Compare-and-swap",
        "One instruction that says “write this, if nobody was here before me”, and the loop that is built on it.",
        ("lose-three-times",),
    ),
    Chapter(
        "stack", "The stack",
        "Treiber's stack: one pointer, one loop, and the reason why losing means that somebody else has won.",
        ("be-overtaken",),
    ),
    Chapter(
        "queue", "The queue, and helping",
        "Two pointers cannot move in one step. So the queue may be found half done, and whoever finds it so mends it.",
        ("let-it-help", "lose-an-item", "crash-the-queue"),
    ),
    Chapter(
        "guarantees", "What is guaranteed",
        "Wait-free, lock-free, obstruction-free, and what promises nothing: stated exactly, and who proved what.",
        ("starve",),
    ),
    Chapter(
        "aba", "ABA",
        "A compare-and-swap compares values, not histories. When memory is used again, that is not enough.",
        ("aba",),
    ),
    Chapter(
        "cures", "Three cures",
        "Count, announce or wait: tags, hazard pointers and epochs, and what each of them costs.",
        ("wrap-the-tag", "hold-the-epoch"),
    ),
    Chapter(
        "copies", "Copy-on-write",
        "Build the next version in private, then swing one pointer. Readers never wait, and never see half a change.",
        ("torn-snapshot", "lose-a-write"),
    ),
    Chapter(
        "processes", "Processes, and dying in the middle",
        "Shared memory between processes, and what is left of an operation whose process is gone.",
        ("door-for-ever", "die-unnoticed"),
    ),
    Chapter(
        "gil", "What the GIL hides",
        "One lock around the interpreter makes races rare, which is not the same as making them impossible.",
        ("sleep-and-undo",),
    ),
    Chapter(
        "free-threading", "Python without the GIL",
        "PEP 703: what changes for a program, what the interpreter does in the GIL's place, and what stays your task.",
        ("two-winners",),
    ),
    Chapter(
        "when", "When to use it, and when not",
        "Most programs need a lock, or better: no sharing. A short list for the rest.",
        ("wasted-copies",),
    ),
)  # fmt: skip

CHAPTERS: Final[Mapping[str, Chapter]] = {chapter.key: chapter for chapter in _CHAPTERS}


def neighbours(chapter: Chapter | None) -> tuple[Chapter | None, Chapter | None]:
    """The chapters before and after one; None stands for the page that lists them."""
    index = -1 if chapter is None else _CHAPTERS.index(chapter)
    before = _CHAPTERS[index - 1] if index > 0 else None
    after = _CHAPTERS[index + 1] if index + 1 < len(_CHAPTERS) else None
    return before, after


def page_data(chapter: Chapter | None) -> dict[str, Any]:
    """What the template of a page of the course is given."""
    before, after = neighbours(chapter)
    return {
        "chapter": chapter, "chapters": list(CHAPTERS.values()), "before": before, "after": after,
        "number": 0 if chapter is None else _CHAPTERS.index(chapter) + 1,
        "scenarios": SCENARIOS, "puzzles": PUZZLES, "catalog": CATALOG, "classic": _classic(),
    }  # fmt: skip


@cache
def _classic() -> dict[str, Any]:
    """The classic table, beside the run that comes with the package."""
    run = reference_run("classic")
    place = run.environment
    machine = f"{place['cores']} cores of {place['cpu']} with {place['interpreter']}"
    return {"columns": COLUMNS, "rows": classic_text(run), "machine": machine}
