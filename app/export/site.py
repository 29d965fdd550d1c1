"""All scenarios as a static site: a file each, and an index."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup

from app.bundling.stylesheet import style_sheet
from app.export.document import boot_script, icon_address, policy
from app.export.player import export_player
from app.templating import markup
from app.version import version
from lockfree_core.scenarios.registry import SCENARIOS
from lockfree_core.scenarios.scenario import Scenario

__all__ = ["build_site"]

_INDEX: Final = "index.html"
_THEMES: Final = {
    "basics": "What a compare-and-swap does",
    "aba": "ABA, and its cures",
    "progress": "Who gets on, and who waits",
    "copies": "Copy-on-write",
}


def build_site(folder: Path) -> Iterator[Path]:
    """Write the files, each as it is made; the index comes last.

    Raises:
        OSError: where one cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pages: dict[str, list[dict[str, Any]]] = {}
    for scenario in SCENARIOS.values():
        made = export_player(scenario.spec, scenario, links=_links(scenario))
        path = folder / f"{scenario.key}.html"
        path.write_text(made.html, encoding="utf-8")
        pages.setdefault(scenario.theme, []).append(
            {
                "file": path.name,
                "title": scenario.title,
                "shows": scenario.shows,
                "structure": scenario.spec.entry.title,
                "steps": made.steps,
                "states": made.states,
                "faults": list(dict.fromkeys(scenario.faults)),
            }
        )
        yield path
    index = folder / _INDEX
    index.write_text(_index(pages), encoding="utf-8")
    yield index


def _links(scenario: Scenario) -> list[tuple[str, str]]:
    """The index, and the scenarios to compare this one with."""
    beside = [SCENARIOS[key] for key in scenario.beside if key in SCENARIOS]
    return [(_INDEX, "All scenarios"), *((f"{other.key}.html", other.title) for other in beside)]


def _index(pages: dict[str, list[dict[str, Any]]]) -> str:
    boot, style = boot_script(), style_sheet(("theme", "base", "site"))
    order = [*_THEMES, *(theme for theme in pages if theme not in _THEMES)]
    themes = [
        {"title": _THEMES.get(theme, theme.capitalize()), "pages": pages[theme]} for theme in order if theme in pages
    ]
    context = {
        "policy": policy((boot,), (style,)), "version": version(), "icon": icon_address(), "boot": Markup(boot),
        "style": Markup(style), "themes": themes, "title": "Scenarios",
        "description": "Executions of concurrent data structures, to be played an atomic access at a time.",
    }  # fmt: skip
    return markup("site.html", context)
