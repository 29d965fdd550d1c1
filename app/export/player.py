"""An execution as one HTML file: player, scenes, code, captions, trace, and the state graph where that is small."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any, Final

from markupsafe import Markup

from app.assets import asset_folder
from app.bundling.bundle import bundle
from app.bundling.javascript import without_comments
from app.bundling.stylesheet import style_sheet
from app.export.document import boot_script, icon_address, pack, policy
from app.services.source import highlight
from app.services.stepping import command_line
from app.templating import markup
from app.version import version
from lockfree_core.catalog import Entry
from lockfree_core.drive.stepping.graph import explore
from lockfree_core.drive.stepping.program import Problem
from lockfree_core.scenarios.scenario import Scenario
from lockfree_core.scenarios.spec import StepSpec, open_spec, run_spec
from lockfree_core.scenarios.table import format_table
from lockfree_core.trace.layout import describe_layout

__all__ = ["MOST_STATES", "PlayerFile", "export_player"]

MOST_STATES: Final = 1000
"""A graph with more states than these is left out: the file would grow, and the map would show nothing any more."""

_SECONDS: Final = 60.0  # the number of states ends the search; this, a structure whose steps take for ever
_SHEETS: Final = ("theme", "base", "stage", "scene", "scene-threads", "code", "transport", "dialogs", "tried", "player")


@dataclass(frozen=True, slots=True)
class PlayerFile:
    """What was made: the file's text, and for whoever lists it the number of steps and of states (0: no graph)."""

    html: str
    steps: int
    states: int


def export_player(
    spec: StepSpec,
    scenario: Scenario | None = None,
    problems: Sequence[Problem] = (),
    links: Sequence[tuple[str, str]] = (),
) -> PlayerFile:
    """The file.

    Args:
        spec: a spec that has been checked; it is what is played.
        scenario: title, claim and captions.
        problems: what was wrong with what was asked for.
        links: addresses and titles of files beside this one.
    """
    execution = run_spec(spec)
    execution["problems"] = [problem.describe() for problem in problems] + execution["problems"]
    bare = replace(spec, schedule="", then="")
    graph = _graph(bare)
    title = scenario.title if scenario else f"{spec.entry.title}: {spec.program}"
    data = {
        "title": title,
        "shows": scenario.shows if scenario else "",
        "captions": scenario.describe()["captions"] if scenario else [],
        "execution": execution,
        "graph": graph if graph["complete"] else None,
        "whyNoGraph": "" if graph["complete"] else f"{graph['why'][0].upper()}{graph['why'][1:]}.",
        "entry": spec.entry.describe(),
        "source": _source(spec.entry),
        "layout": describe_layout(),
        "command": command_line(bare),
        "version": version(),
        "links": [{"href": href, "title": name} for href, name in links],
    }
    html = _document(title, data["shows"] or spec.entry.summary, data, format_table(execution))
    return PlayerFile(html, len(execution["steps"]), len(graph["states"]) if graph["complete"] else 0)


def _source(entry: Entry) -> dict[str, Any]:
    """The algorithm's files; the one in which its operations stand is the one that is shown."""
    found = highlight(entry)
    operation = entry.operations[0].name
    shown = next(
        (file for file in found["files"] if any(part["name"] == operation for part in file["functions"])), found
    )
    return {**found, **shown}


def _document(title: str, description: str, data: dict[str, Any], table: str) -> str:
    boot, loader, program, style = boot_script(), _loader(), _program(), style_sheet(_SHEETS)
    return markup(
        "player.html",
        {
            "policy": policy((boot, loader, program), (style,)),
            "version": version(),
            "title": title,
            "description": description,
            "icon": icon_address(),
            "table": table,
            "boot": Markup(boot),
            "style": Markup(style),
            "data": Markup(pack(json.dumps(data, ensure_ascii=False, separators=(",", ":")))),
            "program": Markup(pack(program)),
            "loader": Markup(loader),
        },
    )


@cache
def _program() -> str:
    return bundle(asset_folder("static") / "js", "player.js").text


@cache
def _loader() -> str:
    path = asset_folder("static") / "js" / "player" / "loader.js"
    return without_comments(path.read_text(encoding="utf-8"), path.name)


@lru_cache(maxsize=32)
def _graph(spec: StepSpec) -> dict[str, Any]:
    """The state graph of a program, whatever its schedule."""
    return explore(lambda: open_spec(spec)[0], MOST_STATES, _SECONDS)
