"""Pages from templates."""

from __future__ import annotations

from functools import cache
from typing import Any

from starlette.responses import HTMLResponse

from app.assets import asset_folder
from app.bundling.pages import script_address, sheet_address

__all__ = ["markup", "message_page", "render"]


@cache
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=FileSystemLoader(asset_folder("templates")),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        auto_reload=False,
    )
    environment.globals |= {"script_address": script_address, "sheet_address": sheet_address}
    environment.policies["json.dumps_kwargs"] = {
        "sort_keys": False
    }  # the knobs stand on the page in their table's order
    return environment


def markup(name: str, context: dict[str, Any]) -> str:
    """A template's text. A variable that is missing is an error, and not an empty place."""
    text: str = _environment().get_template(name).render(context)
    return text


def render(name: str, context: dict[str, Any], status: int = 200) -> HTMLResponse:
    """A page."""
    return HTMLResponse(markup(name, context), status)


def message_page(status: int, title: str, message: str) -> HTMLResponse:
    """A page that says what happened and what to do."""
    return render("error.html", {"status": status, "title": title, "message": message}, status)
