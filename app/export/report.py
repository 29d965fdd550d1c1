"""A run as one HTML file: verdict, tables, charts, environment and method, to be read on any machine, offline."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Final

from markupsafe import Markup

from app.assets import asset_folder
from app.bundling.bundle import bundle
from app.bundling.javascript import without_comments
from app.bundling.stylesheet import style_sheet
from app.export.document import boot_script, icon_address, pack, policy
from app.services.bench_views import view
from app.templating import markup
from app.version import version
from lockfree_core.bench.results import Run
from lockfree_core.bench.verdict import verdict

__all__ = ["to_html"]

_SHEETS: Final = ("theme", "base", "figures", "report")
_PLOTLY: Final = "vendor/plotly/plotly-cartesian.min.js"
# Plotly fills an empty style element rule by rule; see the policy of the pages.
_EMPTY_STYLE: Final = ""


def to_html(run: Run) -> str:
    """The file. It asks nobody for anything; without JavaScript it still has every word and every table."""
    found = view(run, "light")
    name = run.name or run.preset.capitalize()
    boot, loader, plotly, program, style = boot_script(), _loader(), _plotly(), _program(), style_sheet(_SHEETS)
    return markup(
        "report.html",
        {
            "policy": policy((boot, loader, plotly, program), (style, _EMPTY_STYLE), images="data: blob:"),
            "version": version(),
            "title": name,
            "description": " ".join(map(str, verdict(run)[:2])) or f"A run of Lockfree Lab: {name}",
            "icon": icon_address(),
            "view": found,
            "boot": Markup(boot),
            "style": Markup(style),
            "data": Markup(pack(json.dumps(_data(run, found), ensure_ascii=False, separators=(",", ":")))),
            "plotly": Markup(_packed_plotly()),
            "program": Markup(pack(program)),
            "loader": Markup(loader),
        },
    )


def _data(run: Run, found: dict[str, Any]) -> dict[str, Any]:
    """The view, and its figures once more for the dark theme."""
    dark = {chart["key"]: chart["figure"] for chart in view(run, "dark")["charts"]}
    return {"view": found, "dark": dark, "version": version()}


@cache
def _program() -> str:
    return bundle(asset_folder("static") / "js", "report.js").text


@cache
def _loader() -> str:
    path = asset_folder("static") / "js" / "measure" / "loader.js"
    return without_comments(path.read_text(encoding="utf-8"), path.name)


@cache
def _plotly() -> str:
    return (asset_folder("static") / _PLOTLY).read_text(encoding="utf-8")


@cache
def _packed_plotly() -> str:
    return pack(_plotly())
